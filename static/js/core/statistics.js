/** Statistics of maps and lists of numbers. Nothing here touches the document. */

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

/** The same for one map of a layer. */
export const summaryOf = ({ rows, cols }, map, values) => summary(values, map * rows * cols, (map + 1) * rows * cols);

/** Whether a map that cannot be negative is zero everywhere. */
export const isDead = (layer, { zeros, count }) => !layer.signed && layer.maps > 1 && zeros === count;
