/**
 * The lesson's operations on small matrices (lists of rows) and on the network's flat arrays. Sums are float64.
 * No DOM access.
 */

/** The lesson's Sobel filter, for vertical edges. */
export const SOBEL = Object.freeze([[1, 0, -1], [2, 0, -2], [1, 0, -1]]);

/** (W − F + 2P)/S + 1, not rounded: the output size for `width` cells with `padding` on each side. */
export const outputSize = (width, size, padding, stride) => (width - size + 2 * padding) / stride + 1;

/** The number of places of the window: outputSize rounded down, at least 0. */
export const steps = (width, size, padding, stride) => Math.max(0, Math.floor(outputSize(width, size, padding, stride)));

/** A list of rows with `padding` rows and columns of zeros around it. */
export function padded(image, padding) {
  if (padding === 0) return image;
  const width = image[0].length + 2 * padding;
  const blank = () => Array.from({ length: padding }, () => Array(width).fill(0));
  const side = Array(padding).fill(0);
  return [...blank(), ...image.map((row) => [...side, ...row, ...side]), ...blank()];
}

/** The filter turned by 180°: rows and columns reversed. */
export const flipped = (kernel) => kernel.map((row) => [...row].reverse()).reverse();

/** The window of `rows` × `cols` cells with its upper left cell at (top, left). */
export const windowOf = (image, top, left, rows, cols) => image.slice(top, top + rows).map((row) => row.slice(left, left + cols));

/** The sum of the products a·b over two matrices of the same size. */
export const weighted = (a, b) => a.reduce((sum, row, i) => row.reduce((partial, value, j) => partial + value * b[i][j], sum), 0);

/** O[i][j] = b + Σ I[i+u][j+v]·K[u][v], with the window moved by `stride`. The lesson and all frameworks call it convolution. */
export function crossCorrelate(image, kernel, { bias = 0, padding = 0, stride = 1 } = {}) {
  const from = padded(image, padding);
  const [rows, cols] = [kernel.length, kernel[0].length];
  const [down, across] = [steps(from.length, rows, 0, stride), steps(from[0].length, cols, 0, stride)];
  return Array.from({ length: down }, (_, r) =>
    Array.from({ length: across }, (_, c) => weighted(windowOf(from, r * stride, c * stride, rows, cols), kernel) + bias),
  );
}

/** The largest ("max") or the mean ("mean") of each window of `size` × `size` cells. */
export function pool(image, size = 2, stride = size, how = "max") {
  const of = how === "max" ? (values) => Math.max(...values) : (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return Array.from({ length: steps(image.length, size, 0, stride) }, (_, r) =>
    Array.from({ length: steps(image[0].length, size, 0, stride) }, (_, c) => of(windowOf(image, r * stride, c * stride, size, size).flat())),
  );
}

/** rows × cols values of a flat list, from index `start`, as a list of rows. */
export const rowsOf = (values, rows, cols, start = 0) =>
  Array.from({ length: rows }, (_, r) => Array.from(values.slice(start + r * cols, start + (r + 1) * cols)));

/** A square image, as a flat list, moved right by `dx` and down by `dy`; new pixels at the edge are `fill`. */
export function shifted(values, side, dx, dy, fill) {
  const moved = new Float32Array(values.length).fill(fill);
  for (let y = Math.max(0, dy); y < Math.min(side, side + dy); y++) {
    for (let x = Math.max(0, dx); x < Math.min(side, side + dx); x++) moved[y * side + x] = values[(y - dy) * side + x - dx];
  }
  return moved;
}

/** e^(z/T) / Σ e^(z/T); the largest z is subtracted first, so that no exponential overflows. */
export function softmax(logits, temperature = 1) {
  const largest = Math.max(...logits);
  const powers = Array.from(logits, (z) => Math.exp((z - largest) / temperature));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

// ---------------------------------------------------------------- flat arrays of the network

/**
 * A 3×3 convolution without padding, on flat arrays: `values` is channels × side × side, `weight` is maps × channels × 3 × 3,
 * `bias` has one number per map. Returns maps × (side − 2) × (side − 2).
 */
export function convolve(values, channels, side, weight, bias) {
  const maps = bias.length;
  const out = side - 2;
  const result = new Float32Array(maps * out * out);
  const sums = new Float64Array(out * out);
  for (let map = 0; map < maps; map++) {
    sums.fill(bias[map]);
    for (let channel = 0; channel < channels; channel++) {
      const kernel = (map * channels + channel) * 9;
      const plane = channel * side * side;
      for (let i = 0; i < 9; i++) {
        const w = weight[kernel + i];
        const from = plane + Math.floor(i / 3) * side + (i % 3);
        for (let row = 0, at = 0; row < out; row++) {
          for (let p = from + row * side, end = p + out; p < end; p++, at++) sums[at] += w * values[p];
        }
      }
    }
    result.set(sums, map * out * out);
  }
  return result;
}

/** W x + b; `weight` is units × inputs as a flat array. */
export function linear(values, weight, bias) {
  const inputs = values.length;
  return Float32Array.from(bias, (b, unit) => {
    let sum = b;
    for (let i = 0, at = unit * inputs; i < inputs; i++, at++) sum += weight[at] * values[i];
    return sum;
  });
}

/**
 * The index of the map that responds most to the ink: the map with the largest Σ max(0, value − corner), where `corner` is the
 * map's upper left number, because there is no ink in that corner. `values` is a flat array of `maps` maps of `size` numbers each.
 */
export function mostActiveMap(values, maps, size) {
  let [best, most] = [0, -Infinity];
  for (let map = 0; map < maps; map++) {
    const blank = values[map * size];
    let sum = 0;
    for (let i = map * size; i < (map + 1) * size; i++) if (values[i] > blank) sum += values[i] - blank;
    if (sum > most) [best, most] = [map, sum];
  }
  return best;
}
