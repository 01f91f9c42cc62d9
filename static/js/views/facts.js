/** What can be said about one map or one list of numbers. Nothing here touches the document. */
import { byName } from "../core/layers.js";
import { isDead, summaryOf } from "../core/statistics.js";
import { number, place, short, whole } from "../core/text.js";

/** Layers that belong on one screen: before and after a step that keeps or halves the size. */
const FAMILIES = [
  ["input"],
  ["conv1", "relu1", "pool1"],
  ["conv2", "relu2", "pool2"],
  ["flatten", "pool2"],
  ["dense1", "relu3"],
  ["logits", "probabilities"],
];
export const familyOf = (name) => FAMILIES.find((names) => names.includes(name));

/** The layers with a kernel or a row of weights behind them, by family. */
export const WEIGHED = { conv1: "conv1", conv2: "conv2", dense1: "dense1", logits: "logits" };

const isPool = (name) => byName[name].kind === "max_pool";

/**
 * Where in the layer `name` of the same family a cell is found again: { map, row, col, high, wide } in cells, or null.
 * A pooled cell is 2 × 2 cells of the map before it; a row of flatten is a map of pool2.
 */
export function echo(cell, name) {
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

/** The cell of another layer that lies about where this one does. */
export function carry(cell, name) {
  const [from, to] = [byName[cell.layer], byName[name]];
  const along = (at, was, is) => Math.min(Math.floor((at * is) / was), is - 1);
  return { layer: name, map: Math.min(cell.map, to.maps - 1), row: along(cell.row, from.rows, to.rows), col: along(cell.col, from.cols, to.cols) };
}

/** The same cell in a neighbouring map, or the neighbouring number of a list; null beyond the ends. */
export function neighbour(cell, by) {
  const layer = byName[cell.layer];
  if (layer.maps > 1) return cell.map + by < 0 || cell.map + by >= layer.maps ? null : { ...cell, map: cell.map + by };
  if (!layer.grid) return null;
  const at = cell.row * layer.cols + cell.col + by;
  return at < 0 || at >= layer.rows * layer.cols ? null : { ...cell, row: Math.floor(at / layer.cols), col: at % layer.cols };
}

const noun = (layer) => (layer.grid ? (layer.name === "relu3" || layer.name === "dense1" ? "units" : "numbers") : "cells");

/** The summary in words: [the line of numbers, the line about zeros]. */
export function summaryText(layer, facts) {
  const { least, most, mean, zeros, count } = facts;
  const numbers = `min ${short(least)} · max ${short(most)} · mean ${short(mean)}`;
  if (isDead(layer, facts)) return [numbers, `dead on this drawing: all ${whole(count)} cells are 0`];
  return [numbers, `${zeros === 0 ? "none" : whole(zeros)} of ${whole(count)} ${noun(layer)} ${zeros === 1 ? "is" : "are"} 0`];
}

/**
 * What a map is known by in the strip of all maps: its largest number, or for signed layers the one furthest from 0;
 * and whether it is dead, which for a map before its ReLU means that the ReLU will leave nothing of it.
 */
export function strengths(layer, values) {
  return Array.from({ length: layer.maps }, (_, map) => {
    const { least, most } = summaryOf(layer, map, values);
    const strongest = layer.signed && -least > most ? least : most;
    return { map, strongest, dead: most <= 0 && layer.name !== "input" };
  });
}

/** Maps from the strongest to the weakest; those equally strong by number. */
export const byStrength = (list) =>
  [...list].sort((a, b) => Math.abs(b.strongest) - Math.abs(a.strongest) || a.map - b.map).map(({ map }) => map);

export function filmName(layer, { map, strongest, dead }) {
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

/** A float32 in as few digits as tell it from its neighbours. */
export function exactly(value) {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(Number(value.toPrecision(9)));
}

/** One map as comma-separated values, a line for each row. */
export function csv(layer, values, map) {
  const at = map * layer.rows * layer.cols;
  const line = (row) => Array.from({ length: layer.cols }, (_, col) => exactly(values[at + row * layer.cols + col])).join(",");
  return Array.from({ length: layer.rows }, (_, row) => `${line(row)}\n`).join("");
}

/** What is said about one weight or one kernel under the pointer. */
export const WEIGHT_TEXTS = {
  conv2: (kernel, { map }) => `channel ${map}: Σ|weights| = ${short(size(kernel))}`,
  dense1: (weight, cell, value) => product(byName.pool2, weight, cell, value),
  logits: (weight, cell, value) => product(byName.relu3, weight, cell, value),
};
const size = (weights) => weights.reduce((sum, weight) => sum + Math.abs(weight), 0);
const product = (layer, weight, cell, value) =>
  `${layer.name} ${place(layer, cell)}: ${number(value)} · weight ${number(weight)} = ${number(value * weight)}`;

/** The channel whose kernel weighs most: { channel, sum }. */
export function heaviest(kernels) {
  const sums = kernels.map(size);
  const channel = sums.indexOf(Math.max(...sums));
  return { channel, sum: sums[channel] };
}

