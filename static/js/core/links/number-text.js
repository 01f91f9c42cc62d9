/** Whole numbers as text, for links. */
import { check, UNREADABLE_DRAWING } from "./damage.js";

// 64 characters that need no escape in an address: five bits of a number each, the lowest first; the sixth bit says that more
// follow.
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const CODES = new Map([...ALPHABET].map((character, code) => [character, code]));
const MOST_BITS = 20;

/** 0, −1, 1, −2, 2, … -> 0, 1, 2, 3, 4, …, so that numbers near zero are short, with either sign. */
export const zigzag = (n) => (n < 0 ? -2 * n - 1 : 2 * n);
export const unzigzag = (n) => (n % 2 ? -(n + 1) / 2 : n / 2);

export function numbersToText(numbers) {
  let text = "";
  for (let n of numbers) {
    for (; n >= 32; n >>= 5) text += ALPHABET[32 | (n & 31)];
    text += ALPHABET[n];
  }
  return text;
}

/** Throws Damage unless the text consists of whole numbers of at most 20 bits. */
export function textToNumbers(text) {
  const numbers = [];
  let [n, bits] = [0, 0];
  for (const character of text) {
    const code = CODES.get(character);
    check(code !== undefined && bits < MOST_BITS, UNREADABLE_DRAWING);
    n |= (code & 31) << bits;
    bits += 5;
    if (code >= 32) continue;
    numbers.push(n);
    [n, bits] = [0, 0];
  }
  check(bits === 0, UNREADABLE_DRAWING);
  return numbers;
}
