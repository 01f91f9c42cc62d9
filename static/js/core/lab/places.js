/** The experiment of the lab that continues from a cell of the network, and its settings. Nothing here touches the document. */

const LAYERS_ON_THE_MAP = { relu1: "pool1", pool1: "pool1", relu2: "pool2", pool2: "pool2", flatten: "pool2", relu3: "relu3" };

/** A cell -> [experiment, settings as in a link]. */
export function labPlace({ layer, map, row, col }) {
  if (layer === "input") return ["matter", {}];
  if (layer === "conv1" || layer === "conv2") return ["break", { "break.at": `${layer}_${map}` }];
  if (layer === "dense1") return ["break", { "break.at": `dense1_${row * 8 + col}` }];
  if (layer === "logits") return ["teach", {}];
  if (layer === "probabilities") return ["replay", {}];
  return ["map", { "map.layer": LAYERS_ON_THE_MAP[layer] }];
}
