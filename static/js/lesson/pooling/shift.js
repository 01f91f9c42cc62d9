/** How much of conv1, relu1 and pool1 stays when the image moves by one pixel. No DOM access. */
import { byName, maxPool, MEAN, relu, STD } from "../../core/layers.js";
import { shifted } from "../shared/arithmetic.js";
import { firstConvolution } from "../shared/forward-pass.js";

const BLACK = (0 - MEAN) / STD; // the value of new pixels at the edge
const SMALL = 0.05; // a change below this share of the layer's largest number is ignored

/** The mean of each 2×2 block of relu1's maps, as average pooling would give. */
function meanPool(values) {
  const { maps, rows, cols } = byName.pool1;
  const wide = byName.relu1.cols;
  return Float32Array.from({ length: maps * rows * cols }, (_, i) => {
    const [map, row, col] = [Math.floor(i / (rows * cols)), Math.floor(i / cols) % rows, i % cols];
    const at = (map * byName.relu1.rows + 2 * row) * wide + 2 * col;
    return (values[at] + values[at + 1] + values[at + wide] + values[at + wide + 1]) / 4;
  });
}

function layersOf(weights, input) {
  const conv1 = firstConvolution(weights, input);
  const relu1 = relu(conv1);
  const { maps, rows, cols } = byName.relu1;
  return { conv1, relu1, pool1: maxPool(relu1, maps, rows, cols), mean: meanPool(relu1) };
}

/**
 * Two measures, from 0 to 1, of how much stays the same when the numbers `a` become `b`. `kept` is 1 − Σ|a − b| / (Σ|a| + Σ|b|): it is 1 if no
 * number changes, and 0 if in each place a or b is 0 or their signs differ. `still` is the share of numbers that change by less than 5 % of the largest |a|.
 */
export function measure(a, b) {
  let [changed, all, largest] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    changed += Math.abs(a[i] - b[i]);
    all += Math.abs(a[i]) + Math.abs(b[i]);
    largest = Math.max(largest, Math.abs(a[i]));
  }
  let still = 0;
  for (let i = 0; i < a.length; i++) if (Math.abs(a[i] - b[i]) < SMALL * largest || a[i] === b[i]) still++;
  return { kept: all === 0 ? 1 : 1 - changed / all, still: still / a.length };
}

/** A normalised image, and the image moved right by `dx` and down by `dy`: { before, after, measures }, each { conv1, relu1, pool1, mean }. */
export function compare(weights, input, dx, dy) {
  const before = layersOf(weights, input);
  const after = layersOf(weights, shifted(input, byName.input.cols, dx, dy, BLACK));
  return { before, after, measures: Object.fromEntries(Object.keys(before).map((name) => [name, measure(before[name], after[name])])) };
}
