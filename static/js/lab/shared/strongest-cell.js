/** The cell of a layer, or of one of its maps, with the largest value: where a link from the lab to the network leads. */
import { byName } from "../../core/layers.js";

export function strongestCell(name, activations, map = null) {
  const { rows, cols } = byName[name];
  const size = rows * cols;
  const values = activations[name];
  const [from, to] = map === null ? [0, values.length] : [map * size, (map + 1) * size];
  let best = from;
  for (let i = from; i < to; i++) if (values[i] > values[best]) best = i;
  return { layer: name, map: Math.floor(best / size), row: Math.floor((best % size) / cols), col: best % cols };
}
