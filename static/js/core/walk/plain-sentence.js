/**
 * One plain sentence about the number of a cell: what its layer found or did here. Everything it says follows from the numbers of the
 * calculation. Nothing here touches the document.
 */
import { byName, greyLevels, indexOf } from "../layers.js";
import { summaryOf } from "../statistics.js";
import { percent, short, whole } from "../text.js";
import { strongest } from "./calculation.js";
import { MIXED, nameOf, patternOf, similarity } from "./filter-pattern.js";

const LARGE = 0.5; // share of the largest number of the map from which a number counts as large
const ALIKE = 0.5; // least similarity of a window and a pattern; windows are less clear than filters, because lines are thick and grey
const FAR = 20; // how many times as likely a digit that is far ahead is
const CLEARLY = 2;

/**
 * The sentence for a calculation of core/walk/calculation.js. `activations` are those of all layers, `weights` as in
 * service/weights.js.
 */
export const plainSentence = (calculation, activations, weights) => SAY[calculation.kind](calculation, activations, weights);

const SAY = {
  input: ({ grey }) => (grey === 0 ? "There is no ink here: this pixel is black (0 of 255)." : `There is ink here: the grey level of this pixel is ${grey} of 255.`),

  convolution(calculation, activations, weights) {
    const layer = byName[calculation.cell.layer];
    const most = summaryOf(layer, calculation.cell.map, activations[layer.name]).most;
    const size = calculation.value <= 0 ? "none" : calculation.value >= LARGE * most ? "large" : "small";
    if (calculation.channels.length > 1) return ofManyMaps(calculation, size, weights);
    const filter = weights.kernel(layer.name, calculation.cell.map);
    const found = patternOf(filter);
    const window = calculation.channels[0].terms.map(({ value }) => value);
    return `This filter responds to ${found?.many ?? MIXED}; ${findings(found, window, size)}.`;
  },

  relu({ source }) {
    if (source.value > 0) return `ReLU keeps ${short(source.value)}, because it is above zero.`;
    if (source.value < 0) return `ReLU makes this 0, because ${short(source.value)} is below zero. Later layers get nothing from it.`;
    return "ReLU keeps 0: it changes only numbers below zero.";
  },

  max_pool({ terms, winner, value }) {
    if (value === 0) return "All four numbers are 0, so pooling keeps a 0.";
    if (terms.filter((term) => term.value === value).length > 1) return `Pooling keeps the largest of four numbers, ${short(value)}, which occurs more than once.`;
    const { i, j } = terms[winner];
    return `Pooling keeps the largest of four numbers, ${short(value)}: the one at the ${["upper", "lower"][i]} ${["left", "right"][j]}.`;
  },

  flatten: ({ source, value }) => `Nothing is computed here: this is a copy of ${short(value)} in map ${source.cell.map} of ${source.cell.layer}.`,

  linear(calculation, activations) {
    const { cell, terms, bias, value } = calculation;
    const [most, least] = [1, -1].map((way) => terms.reduce((best, next) => (way * next.product > way * best.product ? next : best)));
    const logit = cell.layer === "logits";
    if (most.product <= 0 && least.product >= 0) return `All ${whole(terms.length)} numbers are 0, so only the bias is left: ${short(bias)}.`;
    const name = (term, number) => (logit ? `unit ${indexOf(byName.relu3, term.cell)}` : `${number} from map ${term.cell.row}`);
    const adds = most.product > 0 ? `${name(most, "a number")} adds the most (+${short(most.product)})` : "nothing adds to it";
    const takes = least.product < 0 ? `${name(least, most.product > 0 ? "one" : "a number")} takes away the most (${short(least.product)})` : "nothing takes away from it";
    if (!logit) return `${capital(adds)}, ${takes}.`;
    const rank = activations.logits.filter((other) => other > value).length;
    return `The logit of ${cell.row} is the ${RANKS[rank]} of the ten: ${adds}, ${takes}.`;
  },

  softmax({ cell: { row: digit }, terms, sum }) {
    const p = terms.map(({ power }) => power / sum);
    const rival = p.reduce((best, next, i) => (i !== digit && (best < 0 || next > p[best]) ? i : best), -1);
    const ratio = Math.max(p[digit], p[rival]) / Math.min(p[digit], p[rival]);
    if (ratio === 1) return `${digit} and ${rival} are equally likely, with ${inWords(p[digit])} each.`;
    const far = ratio >= FAR ? "far" : ratio >= CLEARLY ? "clearly" : "only just";
    if (p[digit] > p[rival]) return `${digit} is ${far} ahead with ${inWords(p[digit])}; next comes ${rival} with ${inWords(p[rival])}.`;
    return `${digit} is ${far} behind with ${inWords(p[digit])}; the most likely digit is ${rival} with ${inWords(p[rival])}.`;
  },
};

const RANKS = ["largest", "second largest", "third largest", "fourth largest", "fifth largest", "sixth largest", "seventh largest", "third smallest", "second smallest", "smallest"];

const capital = (text) => text[0].toUpperCase() + text.slice(1);
const inWords = (p) => percent(p).replace("> ", "more than ").replace("< ", "less than ");

/** What a filter with a pattern (null for a mixed one) found in its window of nine numbers, as a clause. */
function findings(found, window, size) {
  const [least, most] = [Math.min(...window), Math.max(...window)];
  const empty = greyLevels([most])[0] === 0;
  if (found?.many === "empty places" && size === "large") return empty ? "here it found one" : "there is almost no ink here";
  if (empty) return "there is no ink in its window";
  if (found === null) return { large: "the ink here fits it well", small: "the ink here fits it a little", none: "the ink here does not fit it" }[size];
  if (found.many === "empty places") return size === "small" ? "there is a little ink here" : "there is ink here";
  if (found.many === "ink") return { large: "here it found a lot", small: "here it found a little", none: "here there is too little of it" }[size];
  if (most === least) return "its window is evenly full of ink";
  const like = likeness(window, found.nine);
  if (size === "none") return like <= -ALIKE ? `here it found the opposite, ${found.opposite.one}` : "there is none here";
  if (like >= ALIKE) return size === "large" ? "here it found one" : "here it found a weak one";
  return size === "large" ? "the ink here fits, but it is not a clear one" : "there is no clear one here";
}

/** The similarity of a window's contrast and a pattern, from −1 to 1. */
function likeness(window, nine) {
  const mean = window.reduce((sum, value) => sum + value, 0) / window.length;
  return similarity(window.map((value) => value - mean), nine);
}

/** The second convolution: its result, and the map that decided it. */
function ofManyMaps(calculation, size, weights) {
  const { cell, channels, value } = calculation;
  const start = { large: `Filter ${cell.map} found much of its pattern here`, small: `Filter ${cell.map} found a little of its pattern here`, none: `Filter ${cell.map} did not find its pattern here` }[size];
  const { map } = strongest(calculation);
  const { sum } = channels[map];
  if (sum === 0 || sum > 0 !== value > 0) return `${start}: its bias decides.`;
  const responding = `map ${map} (${nameOf(weights.kernel("conv1", map))})`;
  return value > 0 ? `${start}; most of it comes from ${responding}.` : `${start}; ${responding} counts against it most.`;
}
