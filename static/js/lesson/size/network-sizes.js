/** The sizes and costs of the lesson's network with other windows, paddings, strides and numbers of maps. No DOM access. */
import { plural, times, whole } from "../../core/text.js";
import { outputSize, steps } from "../shared/arithmetic.js";

/** "(28 − 3 + 2·0)/1 + 1 = 26", or "⌊(11 − 2 + 2·0)/2⌋ + 1 = 5" if the division leaves a remainder. */
export function worked(width, window, padding, stride) {
  const exact = outputSize(width, window, padding, stride);
  const inside = `(${width} − ${window} + 2·${padding})/${stride}`;
  return Number.isInteger(exact) ? `${inside} + 1 = ${exact}` : `⌊${inside}⌋ + 1 = ${Math.floor(exact)}`;
}

/**
 * The layers of GET /model with `changes` { [layer]: { window, padding, stride, maps } } applied. Each result has
 * { name, kind, module, window, padding, stride, source, shape, parameters, multiplications, worked, problem, left }. `shape` is null
 * for a layer whose window is larger than its input, and for all layers after it; `problem` describes the error. `left` is the
 * number of rows and columns that the window skips at the end.
 */
export function applyChanges(layers, changes) {
  let source = null;
  return layers.map((layer, i) => {
    const changed = { window: layer.window, padding: layer.padding, stride: layer.stride, maps: layer.shape[0], ...changes[layer.name] };
    const row = { ...layer, ...changed, source, worked: null, problem: null, left: 0 };
    if (i === 0) row.shape = layer.shape;
    else if (source === null) Object.assign(row, { shape: null, parameters: null, multiplications: null });
    else Object.assign(row, BUILD[layer.kind](source, row));
    ({ shape: source } = row);
    return row;
  });
}

const slide = ([, side], { name, window, padding, stride }) => {
  const out = steps(side, window, padding, stride);
  if (out < 1) return { out, problem: `${name} does not fit: its window is ${window} cells wide, but its input is only ${side + 2 * padding} cells wide.` };
  return { out, worked: worked(side, window, padding, stride), left: (side + 2 * padding - window) % stride };
};
const same = (source) => ({ shape: source, parameters: 0, multiplications: 0 });
const nothing = { shape: null, parameters: null, multiplications: null };

const BUILD = {
  convolution(source, row) {
    const { out, ...more } = slide(source, row);
    if (more.problem) return { ...nothing, ...more };
    const weights = row.maps * source[0] * row.window ** 2;
    return { ...more, shape: [row.maps, out, out], parameters: weights + row.maps, multiplications: weights * out * out };
  },
  max_pool(source, row) {
    const { out, ...more } = slide(source, row);
    return more.problem ? { ...nothing, ...more } : { ...more, ...same([source[0], out, out]) };
  },
  relu: same,
  softmax: same,
  flatten: (source) => ({ ...same([source.reduce((a, b) => a * b)]), worked: source.length === 3 ? `${source.join(" · ")} = ${whole(source.reduce((a, b) => a * b))}` : null }),
  linear: ([inputs], { maps }) => ({ shape: [maps], parameters: maps * (inputs + 1), multiplications: maps * inputs }),
};

/** The shapes of a layer's weight and bias in the state dict; null for a layer without weights or without a shape. */
function tensors({ kind, source, shape, maps, window }) {
  if (!shape || !["convolution", "linear"].includes(kind)) return null;
  return { weight: kind === "convolution" ? [maps, source[0], window, window] : [maps, source[0]], bias: [maps] };
}

/** A tensor in words: "32 filters of 3 × 3 over 1 map", "128 units of 1,600 weights each", "32 biases". */
function inWords(kind, key, [outputs, inputs, side]) {
  if (key === "bias") return `${whole(outputs)} ${outputs === 1 ? "bias" : "biases"}`;
  return kind === "convolution" ? `${plural(outputs, "filter")} of ${side} × ${side} over ${plural(inputs, "map")}` : `${plural(outputs, "unit")} of ${plural(inputs, "weight")} each`;
}

/**
 * The tensors of the loaded state dict that do not fit the changed network: [{ name, key, trained, needed }]; `trained` and
 * `needed` are { words, shape }; `needed` is null if the layer gets no input.
 */
export function mismatches(loaded, changed) {
  const found = [];
  for (const [i, before] of loaded.entries()) {
    const [trained, needed] = [tensors(before), tensors(changed[i])];
    for (const key of trained ? ["weight", "bias"] : []) {
      const describe = (tensor) => ({ words: inWords(before.kind, key, tensor), shape: times(tensor) });
      if (needed && times(trained[key]) === times(needed[key])) continue;
      found.push({ name: before.name, key: `${before.module}.${key}`, trained: describe(trained[key]), needed: needed && describe(needed[key]) });
    }
  }
  return found;
}

/** The sum of a column over all layers, or null if a layer has no number in this column. */
export const sumOf = (rows, column) => rows.reduce((sum, row) => (sum === null || row[column] === null ? null : sum + row[column]), 0);
