/** The network's weights, each set fetched once; the browser also caches the file of the served ones under its hash. */
import { byName } from "../core/layers.js";
import { parse } from "../core/safetensors.js";
import { addressOf } from "../core/service/address.js";

/** The served weights, which have this hash. Rejects if the service has loaded others by now, or does not answer. */
export const loadWeights = (sha256, fetch) => load({ sha256 }, fetch);

const loaded = new Map(); // sets of weights by name

/** The weights of a set that GET /weights names. Rejects if the service does not answer. */
export async function loadWeightSet(name, fetch) {
  if (!loaded.has(name)) loaded.set(name, await load({ weights: name }, fetch));
  return loaded.get(name);
}

async function load(query, fetch = (...a) => globalThis.fetch(...a)) {
  const response = await fetch(addressOf(`/model/weights?${new URLSearchParams(query)}`));
  if (!response.ok) throw new Error(`The weights did not load: status ${response.status}.`);
  return createWeights(parse(await response.arrayBuffer()).tensors);
}

/** Access by layer to the lesson's state dict, { "features.0.weight": { shape, data }, … }. */
export function createWeights(tensors) {
  const tensor = (layer, part) => tensors[`${byName[layer].module}.${part}`];
  return {
    tensors,
    /** The 3×3 kernel of one map of a convolution for one input channel: a Float32Array of nine numbers, row by row. */
    kernel(layer, map, channel = 0) {
      const { shape, data } = tensor(layer, "weight");
      const at = (map * shape[1] + channel) * 9;
      return data.subarray(at, at + 9);
    },
    /** The bias of a map or unit. */
    bias: (layer, unit) => tensor(layer, "bias").data[unit],
    /** The weights of one unit of a dense layer, one for each of its inputs. */
    row(layer, unit) {
      const { shape, data } = tensor(layer, "weight");
      return data.subarray(unit * shape[1], (unit + 1) * shape[1]);
    },
  };
}
