/** Texts about maps, cells and weights: summaries, names, captions, CSV. No DOM access. */
import { byName } from "../core/layers.js";
import { indexOfLargest, isDead, summaryOf } from "../core/statistics.js";
import { equation, number, place, printed, short, whole } from "../core/text.js";

const noun = (layer) => (layer.grid ? (layer.name === "relu3" || layer.name === "dense1" ? "units" : "numbers") : "cells");

/** The summary as two lines of text: [minimum, maximum and mean; the number of zeros]. */
export function summaryText(layer, facts) {
  const { least, most, mean, zeros, count } = facts;
  const numbers = `min ${short(least)} · max ${short(most)} · mean ${short(mean)}`;
  if (isDead(layer, facts)) return [numbers, `dead for this drawing: all ${whole(count)} cells are 0`];
  return [numbers, `${zeros === 0 ? "none" : whole(zeros)} of the ${whole(count)} ${noun(layer)} ${zeros <= 1 ? "is" : "are"} 0`];
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
  if (!dead) return `map ${map}, strongest number ${short(strongest)}`;
  return layer.signed ? `map ${map}, strongest number ${short(strongest)}, all 0 after ReLU` : `map ${map}, dead: all 0`;
}

/** "conv1, map 7: 26 × 26 numbers, row by row". */
export function tableCaption(layer, map) {
  const [n] = layer.shape;
  if (layer.cols === 1) return `${layer.name}: ${n} numbers, one for each digit`;
  if (layer.name === "flatten") return `flatten: ${whole(n)} numbers; each row is one map of pool2`;
  if (layer.grid) return `${layer.name}: ${n} numbers, in rows of ${layer.cols}`;
  const which = layer.maps > 1 ? `${layer.name}, map ${map}` : layer.name;
  return `${which}: ${layer.rows} × ${layer.cols} numbers, row by row`;
}

/** A float32 with the fewest digits that identify it. */
function shortestFloat32(value) {
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
  `${layer.name} ${place(layer, cell)}: ${number(value)} · weight ${number(weight)} ${equation(printed(value) * printed(weight), number(value * weight))}`;

/** The channel whose kernel has the largest Σ|weights|: { channel, sum }. */
export function heaviestKernel(kernels) {
  const sums = kernels.map(size);
  const channel = indexOfLargest(sums);
  return { channel, sum: sums[channel] };
}

