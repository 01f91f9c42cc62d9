/** Filters of 3 × 3 with a name, and how alike two filters are. Nothing here touches the document. */
import { short } from "../../core/text.js";

export const FILTERS = Object.freeze({
  sobel: [[1, 0, -1], [2, 0, -2], [1, 0, -1]],
  transposed: [[1, 2, 1], [0, 0, 0], [-1, -2, -1]],
  blur: [[1 / 9, 1 / 9, 1 / 9], [1 / 9, 1 / 9, 1 / 9], [1 / 9, 1 / 9, 1 / 9]],
  sharpen: [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
});

/** The lesson's picture: three columns of 10, then three of 100. */
export const PICTURE = Object.freeze(Array.from({ length: 6 }, () => [10, 10, 10, 100, 100, 100]));

const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
const length = (a) => Math.sqrt(dot(a, a));

/**
 * The cosine of the angle between two filters, lists of nine: Σ a·b / (√Σa² · √Σb²). 1 where one is a positive multiple of
 * the other, 0 where they have nothing in common, −1 where one is the other's opposite; null where one is all zero.
 */
export function cosine(a, b) {
  const size = length(a) * length(b);
  return size > 0 ? dot(a, b) / size : null;
}

/** The parts of the cosine, as they are written beside it: { product, lengths: [|a|, |b|] }. */
export const cosineParts = (a, b) => ({ product: dot(a, b), lengths: [length(a), length(b)] });

/** conv1's 32 filters with their cosine to `filter`, a list of nine: [{ map, cosine }], the most like it first; [] for nine zeros. */
export function ranking(weights, filter) {
  const all = Array.from({ length: 32 }, (_, map) => ({ map, cosine: cosine(filter, Array.from(weights.kernel("conv1", map))) }));
  return all.filter((one) => one.cosine !== null).sort((a, b) => b.cosine - a.cosine || a.map - b.map);
}

/** What a cosine says, in words. */
export function likeness(value) {
  const size = Math.abs(value);
  const how = size >= 0.9 ? "very much" : size >= 0.7 ? "much" : size >= 0.4 ? "somewhat" : "hardly";
  return `${how} like ${value < 0 ? "its opposite" : "it"}`;
}

/** A cosine as lists write it: two decimals, however small it is. */
export const decimals = (value) => (Math.round(100 * value) / 100 + 0).toFixed(2).replace("-", "−");

/** A whole number as it is, another one with two decimals. */
export const brief = (value) => (Number.isInteger(value) ? String(value).replace("-", "−") : short(value));

/** "10·1 + 100·(−2) + …" over two matrices of the same size, without the products by 0. */
export function sumText(window, filter) {
  const factor = (value) => (value < 0 ? `(${brief(value)})` : brief(value));
  const products = window.flatMap((row, i) => row.map((value, j) => [value, filter[i][j]]));
  const kept = products.filter(([, weight]) => weight !== 0);
  return kept.length === 0 ? "0" : kept.map(([value, weight]) => `${factor(value)}·${factor(weight)}`).join(" + ");
}
