/** The network's weights, fetched once: the file is cached under its hash, so a second visit fetches nothing. */
import { byName } from "../core/layers.js";
import { parse } from "../core/safetensors.js";

/** The module of a layer in the state dict: conv1 is features.0. */
const moduleOf = (layer) => byName[layer].module;

/** The weights of the model the page was made for. Rejects when the service has others by now, or does not answer. */
export async function loadWeights(sha256, fetch = (...a) => globalThis.fetch(...a)) {
  const response = await fetch(`/model/weights?sha256=${sha256}`);
  if (!response.ok) throw new Error(`The weights did not come: status ${response.status}.`);
  return createWeights(parse(await response.arrayBuffer()).tensors);
}

/** Reads the lesson's state dict, { "features.0.weight": { shape, data }, … }, by layer. */
export function createWeights(tensors) {
  const weight = (layer) => tensors[`${moduleOf(layer)}.weight`];
  return {
    tensors,
    /** The 3×3 kernel of a convolution's map for one of its input channels: Float32Array of nine, row by row. */
    kernel(layer, map, channel = 0) {
      const { shape, data } = weight(layer);
      const at = (map * shape[1] + channel) * 9;
      return data.subarray(at, at + 9);
    },
    /** What is added to every sum of a map or unit. */
    bias: (layer, unit) => tensors[`${moduleOf(layer)}.bias`].data[unit],
    /** The weights of one unit of a dense layer, one for each number it is joined to. */
    row(layer, unit) {
      const { shape, data } = weight(layer);
      return data.subarray(unit * shape[1], (unit + 1) * shape[1]);
    },
  };
}
