/** Named 3 × 3 filters, and the similarity of two filters. No DOM access. */
import { brief, printed } from "../../core/text.js";
import { matrix } from "../../core/links/setting-fields.js";
import { SOBEL } from "../shared/arithmetic.js";

export const FILTERS = Object.freeze({
  sobel: SOBEL,
  transposed: [[1, 2, 1], [0, 0, 0], [-1, -2, -1]],
  blur: [[1 / 9, 1 / 9, 1 / 9], [1 / 9, 1 / 9, 1 / 9], [1 / 9, 1 / 9, 1 / 9]],
  sharpen: [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
});

/** The name of a filter in FILTERS; undefined for any other filter. */
export const nameOf = (filter) => Object.keys(FILTERS).find((name) => JSON.stringify(FILTERS[name]) === JSON.stringify(filter));

export const LARGEST = 999; // limit for typed numbers
const nine = matrix([3, 3], [3, 3], LARGEST);

/** A filter as text, for links: its name, or its nine numbers. */
export const filterField = {
  write: (filter) => nameOf(filter) ?? nine.write(filter),
  read: (text) => (Object.hasOwn(FILTERS, text) ? FILTERS[text] : nine.read(text)),
  must: `one of ${Object.keys(FILTERS).join(", ")}, or ${nine.must}`,
};

/** The lesson's image: three columns of 10, then three columns of 100. */
export const IMAGE = Object.freeze(Array.from({ length: 6 }, () => [10, 10, 10, 100, 100, 100]));

const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
const length = (a) => Math.sqrt(dot(a, a));

/**
 * The cosine of the angle between two filters, lists of nine numbers: Σ a·b / (√Σa² · √Σb²). It is 1 if one filter is a
 * positive multiple of the other, 0 if they are orthogonal, −1 if they are opposite; null if a filter is all zero.
 */
export function cosine(a, b) {
  const size = length(a) * length(b);
  return size > 0 ? dot(a, b) / size : null;
}

/** The parts of the cosine: { product: a·b, lengths: [|a|, |b|] }. */
export const cosineParts = (a, b) => ({ product: dot(a, b), lengths: [length(a), length(b)] });

/** The 32 filters of conv1 and their cosine to `filter`, a list of nine numbers: [{ map, cosine }], most similar first. [] if `filter` is all zero. */
export function ranking(weights, filter) {
  const all = Array.from({ length: 32 }, (_, map) => ({ map, cosine: cosine(filter, Array.from(weights.kernel("conv1", map))) }));
  return all.filter((one) => one.cosine !== null).sort((a, b) => b.cosine - a.cosine || a.map - b.map);
}

/** The meaning of a cosine in words. */
export function similarityText(value) {
  const size = Math.abs(value);
  const how = size >= 0.9 ? "very similar" : size >= 0.7 ? "similar" : size >= 0.4 ? "somewhat similar" : "hardly similar";
  return `${how} to ${value < 0 ? "the opposite of K" : "K"}`;
}

/**
 * "10·1 + 100·(−2) + …" for two matrices of the same size, without the products whose weight is 0, and its value if it is calculated
 * with the numbers as they are printed: { text, value }.
 */
export function writtenSum(window, filter) {
  const write = (value) => (value === 1 / 9 ? "1/9" : brief(value));
  const factor = (value) => (value < 0 ? `(${write(value)})` : write(value));
  const exact = (value) => (value === 1 / 9 ? value : printed(value, write));
  const products = window.flatMap((row, i) => row.map((value, j) => [value, filter[i][j]]));
  const kept = products.filter(([, weight]) => weight !== 0);
  return {
    text: kept.length === 0 ? "0" : kept.map(([value, weight]) => `${factor(value)}·${factor(weight)}`).join(" + "),
    value: kept.reduce((sum, [value, weight]) => sum + exact(value) * exact(weight), 0),
  };
}
