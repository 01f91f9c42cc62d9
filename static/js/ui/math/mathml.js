/**
 * MathML elements. A letter has its meaning as data-means; pointing at it highlights everything with the same data-part.
 */
import { spokenFormula } from "./spoken.js";

const SPACE = "http://www.w3.org/1998/Math/MathML";

/** An element with children. A whole formula, <math>, has its words as its text alternative. */
export function make(tag, ...children) {
  const node = document.createElementNS(SPACE, tag);
  for (const child of children) node.append(child);
  if (tag === "math") {
    node.setAttribute("alttext", spokenFormula(node));
    node.setAttribute("aria-label", spokenFormula(node));
  }
  return node;
}

export const op = (sign) => {
  const node = make("mo", sign);
  if ("(){}".includes(sign)) node.setAttribute("stretchy", "false"); // as high as the letters, since the line has no room for larger ones
  return node;
};
export const gap = () => {
  const node = make("mspace");
  node.setAttribute("width", "0.2em");
  return node;
};
export const num = (n) => make("mn", String(n));
export const row = (...parts) => make("mrow", ...parts);
export const letter = (name, means) => {
  const node = make("mi", name);
  if (means) node.setAttribute("data-means", means);
  return node;
};
export const at = (base, ...indices) => make("msub", base, row(...indices));
/** A letter with a fixed index, such as W with "in" or F with "p"; both highlight the same part. */
export const labelled = (name, label, means) => {
  const node = at(letter(name, means), make("mi", label));
  if (means) node.setAttribute("data-means", means);
  return node;
};
export const list = (...names) => names.flatMap((name, i) => (i ? [op(","), name] : [name]));
const sum = (from, to) => make("munderover", op("∑"), from, to);
/**
 * max over 0 ≤ u < size and 0 ≤ v < size; `size()` makes the element for the size. The range is beside "max", or below it if
 * `under` is true.
 */
export const maxOver = (size, { under = false } = {}) => make(under ? "munder" : "msub", make("mi", "max"), row(...list(...["u", "v"].map((index) => row(num(0), op("≤"), letter(index), op("<"), size())))));
/** e to the power of z_i, divided by the sum of such powers over all C classes; `exponent(index)` makes the element for an exponent. */
export const softmaxOf = (exponent) => [power(exponent("i")), op("/"), row(sum(row(letter("j"), op("="), num(1)), letter("C", "C")), power(exponent("j")))];
/** The sum from 0 to `last` over one or more indices. */
export const upTo = (last, ...indices) => sum(row(...list(...indices.map((index) => letter(index))), op("="), num(0)), num(last));
export const plus = (index, step) => row(letter(index), op("+"), letter(step));
export const call = (name, ...parts) => row(make("mi", name), op("("), ...parts, op(")"));

export const power = (exponent) => make("msup", make("mi", "e"), exponent);
