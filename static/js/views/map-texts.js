/** Related cells, summaries and texts for one map or one list of numbers. No DOM access. */
import { byName } from "../core/layers.js";
import { isDead, summaryOf } from "../core/statistics.js";
import { number, place, short, whole } from "../core/text.js";

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

const noun = (layer) => (layer.grid ? (layer.name === "relu3" || layer.name === "dense1" ? "units" : "numbers") : "cells");

/** The summary as two lines of text: [minimum, maximum and mean; the number of zeros]. */
export function summaryText(layer, facts) {
  const { least, most, mean, zeros, count } = facts;
  const numbers = `min ${short(least)} · max ${short(most)} · mean ${short(mean)}`;
  if (isDead(layer, facts)) return [numbers, `dead on this drawing: all ${whole(count)} cells are 0`];
  return [numbers, `${zeros === 0 ? "none" : whole(zeros)} of ${whole(count)} ${noun(layer)} ${zeros === 1 ? "is" : "are"} 0`];
}

/**
 * For each map, its strongest number (the largest, or for signed layers the one furthest from 0) and whether the map is dead:
 * all zero, or for a map before ReLU, all zero after ReLU.
 */
export function strengths(layer, values) {
  return Array.from({ length: layer.maps }, (_, map) => {
    const { least, most } = summaryOf(layer, map, values);
    const strongest = layer.signed && -least > most ? least : most;
    return { map, strongest, dead: most <= 0 && layer.name !== "input" };
  });
}

/** Map numbers from the strongest to the weakest map; ties by number. */
export const byStrength = (list) =>
  [...list].sort((a, b) => Math.abs(b.strongest) - Math.abs(a.strongest) || a.map - b.map).map(({ map }) => map);

export function thumbnailLabel(layer, { map, strongest, dead }) {
  if (!dead) return `map ${map}, strongest ${short(strongest)}`;
  return layer.signed ? `map ${map}, strongest ${short(strongest)}, dead after ReLU` : `map ${map}, dead: all 0`;
}

/** "conv1, map 7: 26 × 26 numbers, row by row". */
export function tableCaption(layer, map) {
  const [n] = layer.shape;
  if (layer.cols === 1) return `${layer.name}: ${n} numbers, one for each digit`;
  if (layer.name === "flatten") return `flatten: ${whole(n)} numbers, each row one map of pool2`;
  if (layer.grid) return `${layer.name}: ${n} numbers, in rows of ${layer.cols}`;
  const which = layer.maps > 1 ? `${layer.name}, map ${map}` : layer.name;
  return `${which}: ${layer.rows} × ${layer.cols} numbers, row by row`;
}

/** A float32 with the fewest digits that identify it. */
export function shortestFloat32(value) {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(Number(value.toPrecision(9)));
}

/** One map as comma-separated values, a line for each row. */
export function csv(layer, values, map) {
  const at = map * layer.rows * layer.cols;
  const line = (row) => Array.from({ length: layer.cols }, (_, col) => shortestFloat32(values[at + row * layer.cols + col])).join(",");
  return Array.from({ length: layer.rows }, (_, row) => `${line(row)}\n`).join("");
}

/** The text about the weight or the kernel under the pointer. */
export const WEIGHT_TEXTS = {
  conv2: (kernel, { map }) => `channel ${map}: Σ|weights| = ${short(size(kernel))}`,
  dense1: (weight, cell, value) => product(byName.pool2, weight, cell, value),
  logits: (weight, cell, value) => product(byName.relu3, weight, cell, value),
};
const size = (weights) => weights.reduce((sum, weight) => sum + Math.abs(weight), 0);
const product = (layer, weight, cell, value) =>
  `${layer.name} ${place(layer, cell)}: ${number(value)} · weight ${number(weight)} = ${number(value * weight)}`;

/** The channel whose kernel has the largest Σ|weights|: { channel, sum }. */
export function heaviestKernel(kernels) {
  const sums = kernels.map(size);
  const channel = sums.indexOf(Math.max(...sums));
  return { channel, sum: sums[channel] };
}

