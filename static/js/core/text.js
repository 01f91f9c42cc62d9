/** What the page says, in sentences with the real numbers. Nothing here touches the document. */
import { FIT, fits, LINES, PAD, SIDE } from "./drawing.js";
import { FACTS } from "./facts.js";
import { byName, convolutionOf, indexOf, MEAN, STD } from "./layers.js";
import { isDead, summaryOf } from "./statistics.js";

const MINUS = "\u2212";
const sign = (text) => text.replace("-", MINUS);

/** 1234567 -> "1,234,567". */
export const whole = (n) => sign(n.toLocaleString("en-GB"));

/** A number of the network: four decimals when it is exact, two and "≈" before it while the pen still moves. */
export function number(value, exact = true) {
  const digits = exact ? 4 : 2;
  const text = Math.abs(value) >= 1e-4 || value === 0 || !exact ? value.toFixed(digits) : value.toExponential(2);
  return (exact ? "" : "≈ ") + sign(text === "-0.00" ? "0.00" : text);
}

/** A shorter one, for legends and lists. */
export function short(value) {
  const size = Math.abs(value);
  if (size > 0 && size < 0.005) return value.toExponential(0).replaceAll("-", MINUS);
  return sign(size >= 99.5 ? value.toFixed(0) : value.toFixed(value === 0 ? 0 : 2));
}

/** A number that people typed or could have: 6 as "6", 79.75 as "79.75"; four decimals at most. */
export const plain = (value, decimals = 4) => sign(String(Number(value.toFixed(decimals)) + 0));

/** 0.99812 -> "99.8 %". Softmax is never quite all or nothing, so neither 100 nor 0 is ever said, even if it rounds to it. */
export function percent(p) {
  if (p >= 0.9995) return "> 99.9 %";
  if (p < 0.0005) return "< 0.1 %";
  return `${(100 * p).toFixed(1)} %`;
}

export const plural = (n, noun) => `${whole(n)} ${noun}${n === 1 ? "" : "s"}`;
export const times = (shape) => shape.join(" × ");

/** A shift [right, down] in words: "1 right, 3 down", "3 px down", or "" for none. */
export function moved([dx, dy]) {
  const ways = [
    [dx, dx < 0 ? "left" : "right"],
    [dy, dy < 0 ? "up" : "down"],
  ].filter(([n]) => n !== 0);
  const px = ways.length === 1 ? " px" : "";
  return ways.map(([n, way]) => `${Math.abs(n)}${px} ${way}`).join(", ");
}

/** Layers whose numbers stand for the ten digits, and need no counting. */
export const byDigit = (layer) => layer.shape[0] === 10;

/** "map 7, row 12, column 5", as programs count: from 0. */
export function place(layer, cell) {
  if (byDigit(layer)) return `digit ${cell.row}`;
  if (layer.grid) return `${layer.name === "flatten" ? "number" : "unit"} ${whole(indexOf(layer, cell))}`;
  const where = `row ${cell.row}, column ${cell.col}`;
  return layer.maps === 1 ? where : `map ${cell.map}, ${where}`;
}

/** The same as a program would write it: conv1[7, 12, 5]. */
export function subscript(layer, cell) {
  return layer.grid ? `${layer.name}[${indexOf(layer, cell)}]` : `${layer.name}[${cell.map}, ${cell.row}, ${cell.col}]`;
}

/**
 * Two short pieces about a layer and one of its cells: what the layer does, with the lesson's formula worked out, and
 * where this very number comes from, so far as that takes no weights. `picture` is the prepared picture, grey levels;
 * `temperature` is what the logits are divided by before softmax, 1 where they are not.
 */
export function explain(name, cell, activations, picture, exact, temperature = 1) {
  const say = EXPLAIN[name];
  const n = (value) => number(value, exact);
  return say(cell, activations, n, picture, temperature);
}

const parts = (rule, here = "") => ({ rule, here });

const reluText = (source) => (cell, a, n) => {
  const layer = byName[source];
  const z = a[source][indexOf(layer, cell)];
  return parts(
    `Every negative number becomes 0, every other stays. The size stays ${layer.grid ? layer.shape[0] : times(layer.shape)}; no parameters.`,
    `max(0, ${n(z)}) = ${n(Math.max(0, z))}`,
  );
};

const poolText = (source, sum) => (cell, a, n) => {
  const layer = byName[source];
  const four = [0, 1].flatMap((dy) =>
    [0, 1].map((dx) => a[source][indexOf(layer, { map: cell.map, row: 2 * cell.row + dy, col: 2 * cell.col + dx })]),
  );
  return parts(
    `Of every 2 × 2 cells only the largest stays: ${sum}; no parameters.`,
    `max(${four.map(n).join(", ")}) = ${n(Math.max(...four))}`,
  );
};

const EXPLAIN = {
  input: (cell, a, n, picture) => {
    const grey = picture[indexOf(byName.input, cell)];
    return parts(
      `Your picture as 28 × 28 numbers: grey levels from 0 to 255, scaled so that MNIST's average ${MEAN} becomes 0 and its spread ${STD} becomes 1.`,
      `(${grey}/255 ${MINUS} ${MEAN}) / ${STD} = ${n((grey / 255 - MEAN) / STD)}`,
    );
  },
  conv1: () =>
    parts(
      `32 kernels of 3 × 3 slide over the picture: (input ${MINUS} kernel + 2·padding)/stride + 1 = (28 ${MINUS} 3 + 2·0)/1 + 1 = 26, so each map is 26 × 26. Parameters: 32 · (3·3·1 weights + 1 bias) = 320. Each cell adds up nine products, pixel times weight, and the bias.`,
    ),
  relu1: reluText("conv1"),
  pool1: poolText("relu1", `(26 ${MINUS} 2)/2 + 1 = 13`),
  conv2: () =>
    parts(
      `64 kernels, each 3 × 3 deep through all 32 maps: (13 ${MINUS} 3 + 2·0)/1 + 1 = 11, so each map is 11 × 11. Parameters: 64 · (3·3·32 weights + 1 bias) = 18,496. Each cell adds up 32 · 9 = 288 products and the bias.`,
    ),
  relu2: reluText("conv2"),
  pool2: poolText("relu2", `⌊(11 ${MINUS} 2)/2⌋ + 1 = 5, the odd last row and column fall away, and with them the picture’s last two`),
  flatten: (cell) => {
    const index = indexOf(byName.flatten, cell);
    const [map, row, col] = [Math.floor(index / 25), Math.floor((index % 25) / 5), index % 5];
    return parts(
      "The 64 maps of 5 × 5 in one line: 64 · 5 · 5 = 1,600 numbers, map by map, in each row by row; no parameters.",
      `25 · ${map} + 5 · ${row} + ${col} = ${whole(index)}: map ${map}, row ${row}, column ${col} of pool2`,
    );
  },
  dense1: () =>
    parts(
      "128 units, each joined to all 1,600 numbers. Parameters: 128 · (1,600 weights + 1 bias) = 204,928, which is 91 % of the whole network. Each unit adds up 1,600 products and its bias.",
    ),
  relu3: reluText("dense1"),
  logits: () =>
    parts(
      "10 units, one for each digit; the largest wins. Parameters: 10 · (128 weights + 1 bias) = 1,290. Each adds up 128 products and its bias; softmax turns the ten into probabilities.",
    ),
  probabilities: ({ row }, a, n, picture, temperature) => {
    const z = Array.from(a.logits, (v) => sign((v / temperature).toFixed(2)));
    return parts(
      temperature === 1
        ? "Softmax: e to the power of each logit, divided by the sum of all ten. So they are positive and add up to 1."
        : `Softmax of the logits, each divided by T = ${number(temperature)} first: e to the power of each, divided by the sum of all ten. T was fitted on digits that training did not see, so that 90 % means right nine times of ten.`,
      `e^${z[row]} / (${z.map((v) => `e^${v}`).slice(0, 2).join(" + ")} + … + e^${z[9]}) = ${n(a.probabilities[row])}`,
    );
  },
};

/** A map in three numbers, and what its kernel adds: "map 7: min −1.20 · max 3.21 · mean 0.10 · bias 0.02". */
export function mapFacts(layer, { map }, values, weights, exact) {
  const about = summaryOf(layer, map, values);
  const n = (value) => number(value, exact);
  const facts = [`${layer.maps > 1 ? `map ${map}` : layer.name}: min ${n(about.least)}`, `max ${n(about.most)}`, `mean ${n(about.mean)}`];
  const convolution = convolutionOf(layer.name);
  const bias = weights && convolution && `bias ${number(weights.bias(convolution, map))}`;
  if (bias) facts.push(layer.name === convolution ? bias : `made by ${convolution}’s kernel ${map}, ${bias}`);
  if (isDead(layer, about)) facts.push("dead on this drawing: all zero");
  return facts.join(" · ");
}

const NOUNS = /\b(?:input|conv1|relu1|pool1|conv2|relu2|pool2|flatten|dense1|relu3|logits?|probabilities|picture|kernels?|bias)\b/g;
const LIGHTS = { picture: "input", logit: "logits", kernel: "part:K", kernels: "part:K", bias: "part:b" };

/** A text in pieces, [{ text, lights }]: `lights` is the layer a noun names, or "part:K" for a part of the calculation. */
export function splitNouns(text) {
  const pieces = [];
  let end = 0;
  for (const match of text.matchAll(NOUNS)) {
    if (match.index > end) pieces.push({ text: text.slice(end, match.index) });
    pieces.push({ text: match[0], lights: LIGHTS[match[0]] ?? match[0] });
    end = match.index + match[0].length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end) });
  return pieces;
}

/** The legend's own sentence: which colours, and whose numbers are at their ends. */
export function legendText(layer, mode) {
  const colours = layer.signed ? "Blue is below zero, orange above." : "Dark is zero, yellow the largest.";
  const reach = layer.signed ? `±${layer.fixed}` : `0 to ${layer.fixed}`;
  const ends = {
    map: "The ends are this map's own, so maps do not compare.",
    layer: `The ends are this layer's, so its ${layer.grid ? (layer.name === "flatten" ? "numbers" : "units") : "maps"} compare.`,
    fixed: `Always ${reach}, so drawings compare; beyond it, the end's colour.`,
  };
  if (layer.maps === 1 && mode === "map") return `${colours} This layer is a single map, so the ends are the layer's.`;
  if (layer.most && mode === "layer") return `${colours} The ends are a white pixel's ±${short(layer.most)}, whatever is drawn.`;
  return `${colours} ${ends[mode]}`;
}

const size = ([w, h]) => `${Math.round(w)} × ${Math.round(h)}`;
const factor = (scale) => `× ${scale.toPrecision(2)}`;
const WIDE = 1.5 * LINES[1]; // px; a line half as wide again as MNIST's widest
const SMALL = 14; // px of the 28, half of them: a digit smaller than that is far from MNIST's 20

/** How far the centre of mass of a 28×28 picture is from where MNIST puts it, in its pixels. */
export function distanceFromCentre(picture) {
  let [mass, down, across] = [0, 0, 0];
  for (let i = 0; i < picture.length; i++) {
    mass += picture[i];
    down += picture[i] * Math.floor(i / SIDE);
    across += picture[i] * (i % SIDE);
  }
  return mass === 0 ? 0 : Math.hypot(down / mass - FACTS.fit.centre, across / mass - FACTS.fit.centre);
}

/** A caption for each stage of the preparation: { name: text }. `pictures.shifted` is what the network gets. */
export function stageTexts({ source, prepare, size: whole, box, scale, line, pen, fitted, shift, inverted, drawn, pictures }) {
  // A blank pad goes out as black pixels; it is the pad all the same, and as large.
  const blank = source === "pixels" && !box;
  const from = { strokes: "Your drawing", image: "Your picture", pixels: blank || drawn ? "Your drawing" : "The sample" }[source];
  const surface = blank && prepare !== "none" ? [PAD, PAD] : whole;
  const nothing = source === "image" ? "No ink found." : "No ink yet.";
  const cut = fits(prepare) ? "cut out" : "not cut out";
  const texts = {
    grey: `${from} as it comes: ${size(surface)} px${source === "image" ? ", in shades of grey" : ""}.`,
    ink: inverted ? "Dark on light: turned around, as MNIST is white on black." : "White ink on black, as in MNIST: nothing to turn around.",
    box: box ? `Ink ${size(onSurface(box, whole))} px, ${cut}.` : nothing,
  };
  if (fits(prepare)) {
    // Of strokes only the lines are scaled, unless the pen is left as it is.
    let how = factor(scale);
    if (line !== null && prepare === "own_pen") how = `${how}, pen ${Math.round(pen)} → ${line.toFixed(1)} px`;
    else if (line !== null) how = `Lines ${how}, then a pen of ${line.toFixed(1)} px`;
    // Lines too thin to be seen at 20 px are made wider, for which the ink leaves room.
    else if (box && source === "image" && scale * Math.max(box[2] - box[0], box[3] - box[1]) < FIT - 0.8) how = `${how}, then thin lines made wider`;
    texts.fitted = box ? `${how}: fitted to ${size(fitted)} px.` : "Nothing to fit.";
  } else if (prepare === "resize") {
    texts.fitted = `The whole ${source === "image" ? "picture" : "pad"} shrunk to 28 × 28: ${factor(scale)}.`;
  } else {
    texts.fitted = "Not fitted: drawn straight onto 28 × 28.";
  }
  const way = moved(shift);
  const off = box ? distanceFromCentre(pictures.shifted.data).toFixed(1) : "";
  if (!box) texts.shifted = "Nothing to move.";
  else if (prepare === "uncentred") texts.shifted = `Not centred: its weight lies ${off} px off the middle.`;
  else if (!fits(prepare)) texts.shifted = `Not moved: its weight lies ${off} px off the middle.`;
  else texts.shifted = way ? `Its weight to the middle: moved ${way}.` : "Its weight is already in the middle.";
  return texts;
}

/** Width and height of what lies on the surface: a pen that runs along the edge inks only half of its width. */
function onSurface([left, top, right, bottom], [width, height]) {
  return [Math.min(right, width) - Math.max(left, 0), Math.min(bottom, height) - Math.max(top, 0)];
}

/** What may go wrong with a drawing, in plain words, beside the stage where one sees it: { name: text }. */
export function stageWarnings({ source, prepare, size: whole, box, scale, line, pen }) {
  if (!box) return {};
  const warnings = {};
  const sides = [box[2] - box[0], box[3] - box[1]];
  // A sample of MNIST fills its field now and then; and what lies on the pad's edge is cut off only where the pen was.
  const slack = source === "strokes" ? 0 : 0.5;
  const touches = box[0] < slack || box[1] < slack || box[2] > whole[0] - slack || box[3] > whole[1] - slack;
  if (touches) warnings.box = "It touches the edge: is all of it there?";
  if (!fits(prepare)) {
    const ink = sides.map((side) => side * scale);
    if (Math.max(...ink) < SMALL) warnings.fitted = `Only ${size(ink)} of them are the digit.`;
  } else if (source === "strokes" && prepare === "own_pen") {
    if (line > WIDE) warnings.fitted = "Wider than any line of MNIST.";
  } else if (source === "strokes" && (FIT * pen) / Math.max(...sides) > WIDE) {
    warnings.fitted = "Small for its pen, which is thinner now.";
  }
  return warnings;
}

/** "a 7", "an 8". */
export const withArticle = (digit) => `${digit === 8 ? "an" : "a"} ${digit}`;

/** A probability in whole percent; softmax is never quite all or nothing, so neither 100 nor 0 is ever said. */
export const wholePercent = (p) => (p >= 0.995 ? "> 99 %" : p < 0.005 ? "< 1 %" : `${Math.round(100 * p)} %`);

/** An answer in a few characters, as it stands beside others: "7 · 99 %". */
export function shortPrediction({ digit, confidence, verdict }) {
  if (verdict === "blank") return "no ink";
  if (verdict === "not_a_digit") return "no digit";
  return `${digit}${verdict === "unsure" ? "?" : ""} · ${wholePercent(confidence)}`;
}

/** What a familiarity says: the share of real digits that look less like digits than this drawing. */
export function familiarityText(familiarity) {
  if (familiarity < 0.01) return "stranger than 99 % of real digits";
  const percent = Math.min(Math.round(100 * familiarity), 99);
  return familiarity < 0.5 ? `stranger than ${100 - percent} % of real digits` : `more typical than ${percent} % of real digits`;
}

/** What a screen reader hears when a stroke has ended. */
export function announcement({ digit, confidence, verdict, reasons }, picture = null) {
  if (verdict === "blank") return picture ? "No ink found in this picture." : "The pad is blank. Draw something.";
  const sure = `${percent(confidence).replace("> ", "more than ")} confidence`;
  const why = ["", ...(reasons ?? [])].join(" ");
  if (verdict === "not_a_digit") return `This does not look like a digit. Closest: ${digit}, ${sure}.${why}`;
  if (verdict === "unsure") return `Perhaps ${digit}, ${sure}.${why}`;
  return `The network reads ${digit}, ${sure}.${why}`;
}
