/** Numbers, cells and scales in words. Nothing here touches the document. */
import { indexOf } from "./layers.js";

const MINUS = "\u2212";
const sign = (text) => text.replace("-", MINUS);

/** 1234567 -> "1,234,567". */
export const whole = (n) => sign(n.toLocaleString("en-GB"));

/** An activation: four decimals if it is exact; two decimals and "≈" while the pen moves. */
export function number(value, exact = true) {
  const digits = exact ? 4 : 2;
  const text = Math.abs(value) >= 1e-4 || value === 0 || !exact ? value.toFixed(digits) : value.toExponential(2);
  return (exact ? "" : "≈ ") + sign(text === "-0.00" ? "0.00" : text);
}

/** A shorter form, for legends and lists. */
export function short(value) {
  const size = Math.abs(value);
  if (size > 0 && size < 0.005) return value.toExponential(0).replaceAll("-", MINUS);
  return sign(size >= 99.5 ? value.toFixed(0) : value.toFixed(value === 0 ? 0 : 2));
}

/** Without trailing zeros: 6 as "6", 79.75 as "79.75"; four decimals at most. */
export const plain = (value, decimals = 4) => sign(String(Number(value.toFixed(decimals)) + 0));

/** 0.99812 -> "99.8 %". Never 100 or 0: softmax does not reach them, even if the rounded number would. */
export function percent(p) {
  if (p >= 0.9995) return "> 99.9 %";
  if (p < 0.0005) return "< 0.1 %";
  return `${(100 * p).toFixed(1)} %`;
}

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

/** The same as in a program: conv1[7, 12, 5]. */
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
    fixed: `Always ${reach}, so you can compare drawings. Larger numbers get the last colour.`,
  };
  if (layer.maps === 1 && scale === "map") return `${colours} This layer has only one map, so it is also the scale of the layer.`;
  if (layer.most && scale === "layer") return `${colours} The scale always ends at ±${short(layer.most)}, the number of a white pixel.`;
  return `${colours} ${sharing[scale]}`;
}
