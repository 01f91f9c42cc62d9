/**
 * The network's layers: their shapes, how each is drawn as one image, and the computation of those without weights:
 * normalising, ReLU, max pooling, flattening. Nothing here touches the document.
 */

import { FACTS } from "./service-facts.js";

export const MEAN = FACTS.input.mean;
export const STD = FACTS.input.std;

/**
 * How a layer is drawn. `tiles` is how many maps stand side by side, `grid` the rows and columns of a layer that is a plain
 * list of numbers. `fixed` is the end of the fixed scale: 99 of 100 images of MNIST's test set stay within it. `most`, if
 * there is one, is the largest possible value: that of a white pixel.
 */
const DRAWN = {
  input: { tiles: 1, fixed: 3, most: (1 - MEAN) / STD },
  conv1: { tiles: 4, fixed: 10 },
  relu1: { tiles: 4, fixed: 3 },
  pool1: { tiles: 4, fixed: 3 },
  conv2: { tiles: 8, fixed: 18 },
  relu2: { tiles: 8, fixed: 7 },
  pool2: { tiles: 8, fixed: 7 },
  flatten: { grid: [64, 25], fixed: 7 },
  dense1: { grid: [16, 8], fixed: 40 },
  relu3: { grid: [16, 8], fixed: 30 },
  logits: { grid: [10, 1], fixed: 38 },
  probabilities: { grid: [10, 1], fixed: 1 },
};

/** The service's layers, each with how it is drawn; the numbers of `signed` layers may be negative. */
export const LAYERS = FACTS.layers.map((facts) => {
  const signed = ["input", "convolution", "linear"].includes(facts.kind);
  const layer = { ...facts, signed, ...DRAWN[facts.name] };
  return Object.freeze({ ...layer, ...layout(layer) });
});

export const byName = Object.fromEntries(LAYERS.map((layer) => [layer.name, layer]));

/** The layers that are requested: the input and those with weights. All others are computed from these. */
export const REQUESTED_LAYERS = LAYERS.filter(({ kind, parameters }) => kind === "input" || parameters > 0).map(({ name }) => name);

/** Maps, rows and columns of a layer, and the size in cells of its image, in which tiles are one cell apart. */
function layout({ shape, tiles, grid }) {
  if (grid) return { maps: 1, rows: grid[0], cols: grid[1], tiles: 1, width: grid[1], height: grid[0] };
  const [maps, rows, cols] = shape;
  return { maps, rows, cols, width: tiles * (cols + 1) - 1, height: Math.ceil(maps / tiles) * (rows + 1) - 1 };
}

/** The convolution that a layer's maps come from: itself, or the one before its ReLU and pooling; otherwise undefined. */
export function convolutionOf(name) {
  let at = LAYERS.indexOf(byName[name]);
  while (["relu", "max_pool"].includes(LAYERS[at].kind)) at--;
  return LAYERS[at].kind === "convolution" ? LAYERS[at].name : undefined;
}

/** The upper left corner of a map, in cells of the layer's image. */
export function tileAt(layer, map) {
  return [(map % layer.tiles) * (layer.cols + 1), Math.floor(map / layer.tiles) * (layer.rows + 1)];
}

/** The cell { map, row, col } at a place in the layer's image; the gap between tiles belongs to the tile before. */
export function cellAt(layer, x, y) {
  const across = Math.min(Math.max(Math.floor(x), 0), layer.width - 1);
  const down = Math.min(Math.max(Math.floor(y), 0), layer.height - 1);
  const tileX = layer.maps === 1 ? 0 : Math.floor(across / (layer.cols + 1));
  const tileY = layer.maps === 1 ? 0 : Math.floor(down / (layer.rows + 1));
  const [left, top] = tileAt(layer, tileY * layer.tiles + tileX);
  return {
    map: tileY * layer.tiles + tileX,
    row: Math.min(down - top, layer.rows - 1),
    col: Math.min(across - left, layer.cols - 1),
  };
}

/** The index of a cell in the layer's values: map by map and row by row. */
export const indexOf = (layer, { map, row, col }) => (map * layer.rows + row) * layer.cols + col;

/** The cell `dx` to the right and `dy` down. Beyond the edge of a map, it is in the next map; beyond that of the layer, it is `cell`. */
export function step(layer, cell, dx, dy) {
  const x = (cell.map % layer.tiles) * layer.cols + cell.col + dx;
  const y = Math.floor(cell.map / layer.tiles) * layer.rows + cell.row + dy;
  const down = Math.ceil(layer.maps / layer.tiles) * layer.rows;
  if (x < 0 || y < 0 || x >= layer.tiles * layer.cols || y >= down) return cell;
  return {
    map: Math.floor(y / layer.rows) * layer.tiles + Math.floor(x / layer.cols),
    row: y % layer.rows,
    col: x % layer.cols,
  };
}

/** Turns the normalised input, (x/255 − mean) / std, back into x, rounded to whole grey levels. */
export const greyLevels = (input) => Uint8Array.from(input, (value) => Math.round(255 * (value * STD + MEAN)));

/** Turns quantised values q back into numbers: minimum + q/255 · (maximum − minimum). */
export function dequantise(bytes, { min, max }) {
  const values = new Float32Array(bytes.length);
  const unit = (max - min) / 255;
  for (let i = 0; i < bytes.length; i++) values[i] = min + bytes[i] * unit;
  return values;
}

/** max(0, z) for each number. */
export function relu(values) {
  const kept = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) if (values[i] > 0) kept[i] = values[i];
  return kept;
}

/** exp(z) / Σ exp(z) for a list of numbers. */
export function softmax(values) {
  const largest = Math.max(...values);
  const powers = Array.from(values, (value) => Math.exp(value - largest));
  const sum = powers.reduce((all, power) => all + power, 0);
  return powers.map((power) => power / sum);
}

/** The largest number of each 2×2 block, for `maps` maps of rows × cols; an odd last row or column is dropped. */
export function maxPool(values, maps, rows, cols) {
  const [high, wide] = [rows >> 1, cols >> 1];
  const pooled = new Float32Array(maps * high * wide);
  let out = 0;
  for (let map = 0; map < maps; map++) {
    for (let row = 0; row < high; row++) {
      let at = map * rows * cols + 2 * row * cols;
      for (let col = 0; col < wide; col++, at += 2) {
        pooled[out++] = Math.max(values[at], values[at + 1], values[at + cols], values[at + cols + 1]);
      }
    }
  }
  return pooled;
}

/**
 * A response of /feature-maps -> { activations, stages, prediction, temperature }.
 *
 * `activations` has all twelve layers as Float32Array: those in the response, dequantised if necessary, and those computed
 * from them. `stages` is null if they were not requested. `temperature` is T in probabilities = softmax(logits / T).
 */
export function readFeatureMaps({ tensors, metadata }) {
  const scales = metadata.scales ? JSON.parse(metadata.scales) : {};
  const sent = (name) => {
    const tensor = tensors[name];
    return tensor && (tensor.dtype === "U8" ? dequantise(tensor.data, scales[name]) : tensor.data);
  };
  const prediction = JSON.parse(metadata.prediction);
  const temperature = Number(metadata.temperature);
  const a = {};
  a.input = sent("input");
  a.conv1 = sent("conv1");
  a.relu1 = relu(a.conv1);
  a.pool1 = maxPool(a.relu1, ...byName.relu1.shape);
  a.conv2 = sent("conv2");
  a.relu2 = relu(a.conv2);
  a.pool2 = maxPool(a.relu2, ...byName.relu2.shape);
  a.flatten = a.pool2;
  a.dense1 = sent("dense1");
  a.relu3 = relu(a.dense1);
  a.logits = sent("logits");
  a.probabilities = Float32Array.from(prediction.probabilities);
  if (!metadata.stages) return { activations: a, prediction, temperature, stages: null };
  const images = {};
  for (const name of ["grey", "ink", "fitted", "shifted"]) {
    const { shape, data } = tensors[`stage.${name}`];
    images[name] = { height: shape[0], width: shape[1], data };
  }
  return { activations: a, prediction, temperature, stages: { ...JSON.parse(metadata.stages), images } };
}
