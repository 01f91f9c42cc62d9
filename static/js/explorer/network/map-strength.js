/** Maps by their strength. Nothing here touches the document. */
import { byName } from "../../core/layers.js";
import { isDead, summaryOf } from "../../core/statistics.js";

/** The maps of each layer by their largest activation; conv1, relu1 and pool1 share one order, and so do the other three. */
export function byStrength(activations) {
  const orders = {};
  for (const family of [["conv1", "relu1", "pool1"], ["conv2", "relu2", "pool2"]]) {
    const layer = byName[family[1]];
    const strength = summaries(layer, activations).map(({ most }) => most);
    const order = strength.map((_, map) => map).sort((a, b) => strength[b] - strength[a] || a - b);
    for (const name of family) orders[name] = order;
  }
  return orders;
}

const summaries = (layer, activations) =>
  Array.from({ length: layer.maps }, (_, map) => summaryOf(layer, map, activations[layer.name]));

/** The maps after ReLU or pooling that are zero in every cell: { [layer]: [map, …] }. */
export function deadMaps(activations) {
  const dead = {};
  for (const name of ["relu1", "pool1", "relu2", "pool2"]) {
    const layer = byName[name];
    dead[name] = summaries(layer, activations).flatMap((about, map) => (isDead(layer, about) ? [map] : []));
  }
  return dead;
}
