/** Numbers, cells and scales in words. Nothing here touches the document. */
import { indexOf } from "./layers.js";

const MINUS = "\u2212";
const sign = (text) => text.replace("-", MINUS);
/** A whole number with the minus sign U+2212. */
export const signed = (n) => sign(String(n));

/** 1234567 -> "1,234,567". The first call of toLocaleString would take longer than painting the page. */
export const whole = (n) => sign(String(n).replace(/\B(?=(\d{3})+$)/g, ","));

const SMALL = 1e-4; // smaller numbers would have at most one digit with four decimals
const LARGE = 1e6;
const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

/** 0.000000277 -> "2.77·10⁻⁷": how all pages write numbers that are too small or too large for decimals. */
function scientific(value, digits) {
  const [mantissa, exponent] = value.toExponential(digits).split("e");
  return `${sign(mantissa)}·10${[...exponent.replace("+", "")].map((character) => RAISED[character]).join("")}`;
}

/** A number with `digits` decimals, or as 2.77·10⁻⁷; Infinity and NaN as they are. */
export function withDecimals(value, digits) {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return sign(String(value));
  if (size !== 0 && (size < SMALL || size >= LARGE)) return scientific(value, digits > 4 ? 3 : 2);
  return sign((value + 0).toFixed(digits));
}

/** An activation: four decimals if it is exact; two decimals and "≈" while the pen moves. */
export function number(value, exact = true) {
  if (exact) return withDecimals(value, 4);
  const text = value.toFixed(2);
  return `≈ ${sign(text === "-0.00" ? "0.00" : text)}`;
}

/** A shorter form, for legends, lists and cells: two decimals, or the first digit of a number that would become 0.00. */
export function short(value) {
  const size = Math.abs(value);
  if (size > 0 && size < 0.005) return size < SMALL ? scientific(value, 0) : sign(value.toPrecision(1));
  return sign(size >= 99.5 ? value.toFixed(0) : value.toFixed(value === 0 ? 0 : 2));
}

/** A whole number without decimals, any other number in its short form. */
export const brief = (value) => (Number.isInteger(value) ? whole(value) : short(value));

/** A number without trailing zeros: 6 as "6", 79.75 as "79.75"; four decimals at most. */
export const plain = (value, decimals = 4) => sign(String(Number(value.toFixed(decimals)) + 0));

/** A text with a power of ten, 2.77·10⁻⁷ or 2.77*10^-7, in the form that Number() reads: 2.77e-7. */
export function withoutPower(text) {
  const lowered = Object.fromEntries(Object.entries(RAISED).map(([character, raised]) => [raised, character]));
  const plainPowers = text.replace(/10([⁻⁰¹²³⁴-⁹]+)/, (_, raised) => `10^${[...raised].map((character) => lowered[character]).join("")}`);
  return plainPowers.replace(/\s*[·×*]\s*10\^([-−]?\d+)$/, (_, exponent) => `e${exponent}`);
}

// The sign before a printed result. A reader who calculates with the printed numbers must get the printed result: if so, the sign
// is "=", otherwise "≈", because the page computes with more digits than it prints.
const ROUNDING = 1e-9; // relative; float64 itself adds up 0.1 + 0.2 to a little more than 0.3

/** The value of a number as the pages print it: "≈ −1,234.50" is −1234.5, "2.00·10⁻⁷" is 2e-7. */
const asPrinted = (text) => Number(withoutPower(String(text).replace("≈", "").replaceAll("−", "-").replaceAll(",", "").trim()));

/** A value as it is after printing; `write` is the function that prints it. */
export const printed = (value, write = number) => asPrinted(write(value));

/** "=" if `value`, calculated from printed numbers, is the printed `result`, otherwise "≈". A result that is not a number always gets "≈". */
export function equalsSign(value, result) {
  const shown = asPrinted(result);
  if (String(result).includes("≈")) return "≈";
  return value === shown || Math.abs(value - shown) <= ROUNDING * Math.max(Math.abs(value), Math.abs(shown)) ? "=" : "≈";
}

/** "= 1.5" or "≈ 1.5": the sign and the printed result. */
export const equation = (value, result) => `${equalsSign(value, result)} ${String(result).replace("≈", "").trim()}`;

/** The sign before the printed sum of some values. */
export const sumSign = (values, sum, write = number) => equalsSign(values.reduce((total, value) => total + printed(value, write), 0), write(sum));

/** 0.99812 -> "99.8 %". Never 100 or 0: softmax does not reach them, even if the rounded number would. */
export function percent(p) {
  if (p >= 0.9995) return "> 99.9 %";
  if (p < 0.0005) return "< 0.1 %";
  return `${(100 * p).toFixed(1)} %`;
}

/** A text in which no line ends between a number and its unit or sign: their spaces become no-break spaces. */
export const unbroken = (text) => String(text).replace(/(\d) (?=(%|px|ms|s|kB|MB)(?!\w))/g, "$1\u00A0").replace(/([<>]) (?=\d)/g, "$1\u00A0");

export const plural = (n, noun) => `${whole(n)} ${noun}${n === 1 ? "" : "s"}`;
export const times = (shape) => shape.join(" × ");

/** A shift [right, down] in words: "1 px right and 3 px down", "3 px down", or "" for none. */
export function shiftInWords([dx, dy]) {
  const parts = [
    [dx, dx < 0 ? "left" : "right"],
    [dy, dy < 0 ? "up" : "down"],
  ].filter(([n]) => n !== 0);
  return parts.map(([n, direction]) => `${Math.abs(n)} px ${direction}`).join(" and ");
}

/** "a 7", "an 8". */
export const withArticle = (digit) => `${digit === 8 ? "an" : "a"} ${digit}`;

/** Whether a layer has one number for each of the ten digits; these are named, not counted. */
export const byDigit = (layer) => layer.shape[0] === 10;

/** "map 7, row 12, column 5", counted from 0. */
export function place(layer, cell) {
  if (byDigit(layer)) return `digit ${cell.row}`;
  if (layer.grid) return `${layer.name === "flatten" ? "number" : "unit"} ${whole(indexOf(layer, cell))}`;
  const where = `row ${cell.row}, column ${cell.col}`;
  return layer.maps === 1 ? where : `map ${cell.map}, ${where}`;
}

/** A cell as in a program: conv1[7, 12, 5]. */
export function subscript(layer, cell) {
  return layer.grid ? `${layer.name}[${indexOf(layer, cell)}]` : `${layer.name}[${cell.map}, ${cell.row}, ${cell.col}]`;
}

/** The legend's sentence: what the colours mean, and what shares the scale. */
export function legendText(layer, scale) {
  const colours = layer.signed ? "Blue is below zero, orange is above zero." : "Dark is zero, yellow is the largest number.";
  const reach = layer.signed ? `±${layer.fixed}` : `0 to ${layer.fixed}`;
  const sharing = {
    map: "Each map has its own scale: don't compare maps.",
    layer: `All ${layer.grid ? (layer.name === "flatten" ? "numbers" : "units") : "maps"} in this layer share one scale.`,
    fixed: `Always ${reach}, so you can compare drawings. Numbers outside this range get the colour at its end.`,
  };
  if (layer.maps === 1 && scale === "map") return `${colours} This layer has only one map, so the map and the layer share one scale.`;
  if (layer.most && scale === "layer") return `${colours} The scale always ends at ±${short(layer.most)}, the number of a white pixel.`;
  return `${colours} ${sharing[scale]}`;
}
