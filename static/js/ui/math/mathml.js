/**
 * MathML elements. A letter has its meaning as data-means; pointing at it highlights everything with the same data-part.
 */
const SPACE = "http://www.w3.org/1998/Math/MathML";

export function make(tag, ...children) {
  const node = document.createElementNS(SPACE, tag);
  for (const child of children) node.append(child);
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
export const list = (...names) => names.flatMap((name, i) => (i ? [op(","), name] : [name]));
const sum = (from, to) => make("munderover", op("∑"), from, to);
/** The sum from 0 to `last` over one or more indices. */
export const upTo = (last, ...indices) => sum(row(...list(...indices.map((index) => letter(index))), op("="), num(0)), num(last));
export const plus = (index, step) => row(letter(index), op("+"), letter(step));
export const call = (name, ...parts) => row(make("mi", name), op("("), ...parts, op(")"));

export const power = (exponent) => make("msup", make("mi", "e"), exponent);
