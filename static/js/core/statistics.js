/** Statistics of maps and lists of numbers. Nothing here touches the document. */
import { byName } from "./layers.js";

/** Minimum, maximum, mean and the number of zeros of `values` from `from` to `to`. */
export function summary(values, from, to) {
  let [least, most, sum, zeros] = [Infinity, -Infinity, 0, 0];
  for (let i = from; i < to; i++) {
    const value = values[i];
    if (value < least) least = value;
    if (value > most) most = value;
    if (value === 0) zeros++;
    sum += value;
  }
  return { least, most, mean: sum / (to - from), zeros, count: to - from };
}

/** The summary of one map of a layer. */
export const summaryOf = ({ rows, cols }, map, values) => summary(values, map * rows * cols, (map + 1) * rows * cols);

/** Whether a map that cannot be negative is zero everywhere. */
export const isDead = (layer, { zeros, count }) => !layer.signed && layer.maps > 1 && zeros === count;

/** The index of the largest of `values` from `from` to `to`; if several are equal, that of the first. */
export function indexOfLargest(values, from = 0, to = values.length) {
  let largest = from;
  for (let i = from + 1; i < to; i++) if (values[i] > values[largest]) largest = i;
  return largest;
}

/** The indexes of the two largest values, the largest first. */
export const topTwo = (values) => [...values.keys()].sort((a, b) => values[b] - values[a]).slice(0, 2);

/** The cell of a layer, or of one of its maps, with the largest value. */
export function strongestCell(name, activations, map = null) {
  const { rows, cols } = byName[name];
  const size = rows * cols;
  const values = activations[name];
  const at = map === null ? indexOfLargest(values) : indexOfLargest(values, map * size, (map + 1) * size);
  return { layer: name, map: Math.floor(at / size), row: Math.floor((at % size) / cols), col: at % cols };
}

/** How many of 100 digits are misread if `correct` of `digits` are read correctly, with one decimal. */
export const wrongOf100 = (correct, digits) => Math.round((1000 * (digits - correct)) / digits) / 10;
