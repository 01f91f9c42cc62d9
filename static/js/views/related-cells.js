/** The layers that a view shows together, and the cells that correspond to each other. No DOM access. */
import { byName } from "../core/layers.js";

/** Layers shown on one screen: before and after a step that keeps or halves the size. */
const FAMILIES = [
  ["input"],
  ["conv1", "relu1", "pool1"],
  ["conv2", "relu2", "pool2"],
  ["flatten", "pool2"],
  ["dense1", "relu3"],
  ["logits", "probabilities"],
];
export const familyOf = (name) => FAMILIES.find((names) => names.includes(name));

/** The layer whose weights are shown for each family. */
export const WEIGHTED_LAYER = { conv1: "conv1", conv2: "conv2", dense1: "dense1", logits: "logits" };

const isPool = (name) => byName[name].kind === "max_pool";

/**
 * The cells of layer `name`, of the same family, that correspond to a cell: { map, row, col, high, wide } in cells, or null.
 * A pooled cell corresponds to 2 × 2 cells of the map before it; a row of flatten corresponds to a map of pool2.
 */
export function matchingCells(cell, name) {
  const { map, row, col } = cell;
  const one = { map, row, col, high: 1, wide: 1 };
  if (name === cell.layer) return one;
  if (cell.layer === "flatten") return { ...one, map: row, row: Math.floor(col / 5), col: col % 5 };
  if (name === "flatten") return { ...one, map: 0, row: map, col: 5 * row + col };
  if (isPool(cell.layer)) return { map, row: 2 * row, col: 2 * col, high: 2, wide: 2 };
  if (!isPool(name)) return one;
  const { rows, cols } = byName[name];
  const [down, across] = [row >> 1, col >> 1];
  return down < rows && across < cols ? { ...one, row: down, col: across } : null;
}

/** The cell of another layer at about the same relative place. */
export function scaledCell(cell, name) {
  const [from, to] = [byName[cell.layer], byName[name]];
  const scaled = (index, size, newSize) => Math.min(Math.floor((index * newSize) / size), newSize - 1);
  return { layer: name, map: Math.min(cell.map, to.maps - 1), row: scaled(cell.row, from.rows, to.rows), col: scaled(cell.col, from.cols, to.cols) };
}

/** The same cell in a neighbouring map, or the neighbouring number of a list; null past either end. */
export function neighbour(cell, by) {
  const layer = byName[cell.layer];
  if (layer.maps > 1) return cell.map + by < 0 || cell.map + by >= layer.maps ? null : { ...cell, map: cell.map + by };
  if (!layer.grid) return null;
  const at = cell.row * layer.cols + cell.col + by;
  return at < 0 || at >= layer.rows * layer.cols ? null : { ...cell, row: Math.floor(at / layer.cols), col: at % layer.cols };
}
