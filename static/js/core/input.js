/** Keys and typed numbers. Nothing here touches the document. */
import { plain, whole as wholeText, withoutPower } from "./text.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Whether a key is pressed without the modifiers of a command. */
export const isPlain = (event) => !event.ctrlKey && !event.altKey && !event.metaKey;

/** The direction of an arrow key, [right, down]; undefined for other keys and for commands. */
export const arrowOf = (event) => (isPlain(event) ? ARROWS[event.key] : undefined);

/**
 * The Latin letter of a key, in lower case; "" for other keys. With a Cyrillic, Greek, Hebrew or Arabic layout it is the letter at
 * the key's place on an American keyboard, as in the browsers' own shortcuts.
 */
export function letterOf({ key, code }) {
  if (/^[a-z]$/i.test(key)) return key.toLowerCase();
  const other = /^\p{L}$/u.test(key) ? /^Key([A-Z])$/.exec(code) : null;
  return other ? other[1].toLowerCase() : "";
}

/** A typed text as a number; null if it is not a number. A comma counts as a decimal point, − as a minus, 1/9 as a fraction; 2·10⁻⁷ is read too. */
export function numberOf(text) {
  const simple = withoutPower(text.trim()).replaceAll("−", "-").replaceAll("–", "-").replace(",", ".").replace(/\s*%$/, "e-2");
  const [, numerator, denominator] = /^(-?\d+(?:\.\d+)?)\s*\/\s*(\d+(?:\.\d+)?)$/.exec(simple) ?? [];
  const value = denominator === undefined ? Number(simple) : Number(numerator) / Number(denominator);
  return simple === "" || !Number.isFinite(value) || Math.abs(value) > 1e9 ? null : value;
}

const shown = (value) => (Number.isInteger(value) ? wholeText(value) : plain(value, 9));

/**
 * Check a typed text: { value, says }. `label` names the number, and `kept` is its last good value. A number that is out of the
 * range, has more than `decimals`, or should be `whole`, is changed to the nearest allowed one. With `strict`, a number out of
 * the range is refused. `value` is null if the text is refused; `says` is "" if it is accepted as it is. `write` formats a
 * number.
 */
export function readNumber(text, { label, kept, min, max, whole = false, decimals = null, strict = false, write = shown }) {
  const must = `must be a ${whole ? "whole " : ""}number from ${write(min)} to ${write(max)}`;
  const still = `It is still ${write(kept)}.`;
  const typed = numberOf(text);
  if (typed === null) return { value: null, says: `${label} ${must}${text.trim() === "" || whole ? "" : ", written like 2.5 or −3"}. ${still}` };
  const rounded = whole ? Math.round(typed) : decimals === null ? typed : Number(typed.toFixed(decimals));
  const value = Math.min(Math.max(rounded, min), max) + 0;
  if (value === typed) return { value, says: "" };
  if (strict && value !== rounded) return { value: null, says: `${label} ${must}. ${still}` };
  const detail = !whole && value === rounded ? ` with at most ${decimals} decimals` : "";
  return { value, says: `${label} ${must}${detail}: ${write(typed)} was changed to ${write(value)}.` };
}
