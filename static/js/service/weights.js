/** The network's weights, each set fetched once; the browser also caches the file of the served ones under its hash. */
import { byName, LAYERS } from "../core/layers.js";
import { parse } from "../core/safetensors.js";
import { addressOf } from "../core/service/address.js";

export const FIRST = { layers: "conv1" }; // 1 kB of 900, and enough until the user looks beyond the first layer
const RETRY = 3000; // ms

/**
 * The served weights, which have this hash; with `parts` FIRST only those of conv1. Rejects if the service has loaded others by now,
 * or does not answer.
 */
export const loadWeights = (sha256, parts = {}) => load({ sha256, ...parts });

const loaded = new Map(); // sets of weights by name and parts

/** The weights of a set that GET /weights names. Rejects if the service does not answer. */
export async function loadWeightSet(name, parts = {}) {
  const key = `${name} ${parts.layers}`;
  if (!loaded.has(key)) loaded.set(key, await load({ weights: name, ...parts }));
  return loaded.get(key);
}

/**
 * Loads the weights of conv1 at once and all others when they are needed; after a failure, tries again every 3 s. `changed(weights)` is called
 * with both. Returns { choose(name), needAll() }: `choose` takes another set, or null for the served weights.
 */
export function createWeightsLoader(sha256, changed) {
  let name = null;
  let all = false;
  let complete = false; // whether all weights of the set have come

  async function start(parts) {
    const asked = name;
    const outdated = () => asked !== name || (complete && parts === FIRST);
    try {
      const weights = await (asked ? loadWeightSet(asked, parts) : loadWeights(sha256, parts));
      if (outdated()) return;
      complete ||= weights.complete;
      changed(weights);
    } catch {
      setTimeout(() => outdated() || start(parts), RETRY);
    }
  }

  return {
    choose(next) {
      name = next;
      complete = false;
      start(FIRST);
      if (all) start({});
    },
    needAll() {
      if (all) return;
      all = true;
      start({});
    },
  };
}

async function load(query) {
  const response = await fetch(addressOf(`/model/weights?${new URLSearchParams(query)}`));
  if (!response.ok) throw new Error(`The weights did not load: status ${response.status}.`);
  return createWeights(parse(await response.arrayBuffer()).tensors);
}

/** Access by layer to the lesson's state dict, { "features.0.weight": { shape, data }, … }. */
function createWeights(tensors) {
  const tensor = (layer, part) => tensors[`${byName[layer].module}.${part}`];
  const covers = (layer) => byName[layer].parameters === 0 || tensor(layer, "weight") !== undefined;
  return {
    tensors,
    /** Whether these are the weights of all layers. */
    complete: LAYERS.every(({ name }) => covers(name)),
    /** Whether a layer has no weights or its weights are among these. */
    covers,
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
