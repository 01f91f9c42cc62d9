/** What a layer does, and where one of its numbers comes from, in words. Nothing here touches the document. */
import { byName, convolutionOf, indexOf, LAYERS, MEAN, STD } from "../../core/layers.js";
import { isDead, summaryOf } from "../../core/statistics.js";
import { equation, number, printed, times, whole } from "../../core/text.js";

const TOTAL = LAYERS.reduce((sum, { parameters }) => sum + parameters, 0);

/**
 * Two texts about a cell: `rule`, what its layer does, with the lesson's formula worked out, and `here`, where this number comes
 * from, if no weights are needed to say so. `pixels` are the grey levels of the preprocessed image; `temperature` is T in
 * softmax(logits / T).
 */
export function explain(name, cell, activations, pixels, exact, temperature = 1) {
  const n = (value) => number(value, exact);
  const layer = byName[name];
  const source = LAYERS[LAYERS.indexOf(layer) - 1];
  return { here: "", ...EXPLAIN[layer.kind]({ layer, source, cell, activations, pixels, temperature, n }) };
}

const EXPLAIN = {
  input({ layer, cell, pixels, n }) {
    const grey = pixels[indexOf(layer, cell)];
    return {
      rule: `Your digit as ${layer.rows} × ${layer.cols} numbers: grey levels from 0 to 255, scaled so that MNIST's mean, ${MEAN}, becomes 0 and its standard deviation, ${STD}, becomes 1.`,
      here: `(${grey}/255 − ${MEAN}) / ${STD} ${equation((grey / 255 - MEAN) / STD, n((grey / 255 - MEAN) / STD))}`,
    };
  },

  convolution({ layer, source }) {
    const { maps, parameters, formula, rows, cols } = layer;
    const first = source.maps === 1;
    const terms = first ? "nine products (pixel · weight)" : `${source.maps} · 9 = ${9 * source.maps} products`;
    return {
      rule: `${maps} filters${first ? " of 3 × 3 slide over the image" : `, each 3 × 3 and ${source.maps} maps deep`}: ${first ? "(input − filter + 2·padding)/stride + 1 = " : ""}${formula}, so each map is ${rows} × ${cols}. Parameters: ${maps} · (3·3·${source.maps} weights + 1 bias) = ${whole(parameters)}. Each cell is the sum of ${terms} and the bias.`,
    };
  },

  relu({ layer, source, cell, activations, n }) {
    const z = activations[source.name][indexOf(source, cell)];
    return {
      rule: `Negative numbers become 0; all other numbers stay the same. The size stays ${layer.grid ? layer.shape[0] : times(layer.shape)}. No parameters.`,
      here: `max(0, ${n(z)}) ${equation(Math.max(0, printed(z, n)), n(Math.max(0, z)))}`,
    };
  },

  max_pool({ layer, source, cell, activations, n }) {
    const four = [0, 1].flatMap((dy) =>
      [0, 1].map((dx) => activations[source.name][indexOf(source, { map: cell.map, row: 2 * cell.row + dy, col: 2 * cell.col + dx })]),
    );
    const odd = source.rows % 2 ? ` ${source.name} has ${source.rows} rows, an odd number: the last row and column are dropped, and with them the last two of the image.` : "";
    return {
      rule: `Of every 2 × 2 cells, only the largest number is kept: ${layer.formula}. No parameters.${odd}`,
      here: `max(${four.map(n).join(", ")}) ${equation(Math.max(...four.map((value) => printed(value, n))), n(Math.max(...four)))}`,
    };
  },

  flatten({ layer, source, cell }) {
    const { name, maps, rows, cols } = source;
    const index = indexOf(layer, cell);
    const [map, row, col] = [Math.floor(index / (rows * cols)), Math.floor((index % (rows * cols)) / cols), index % cols];
    return {
      rule: `The ${maps} maps of ${rows} × ${cols} as one list: ${maps} · ${rows} · ${cols} = ${whole(layer.shape[0])} numbers, map by map and row by row. No parameters.`,
      here: `${rows * cols} · ${map} + ${cols} · ${row} + ${col} = ${whole(index)}: map ${map}, row ${row}, column ${col} of ${name}`,
    };
  },

  linear({ layer, source }) {
    const [units, inputs] = [layer.shape[0], source.shape[0]];
    const parameters = `Parameters: ${units} · (${whole(inputs)} weights + 1 bias) = ${whole(layer.parameters)}`;
    if (layer.name === "logits") {
      return { rule: `${units} units, one for each digit. The largest logit is the answer. ${parameters}. Each is the sum of ${inputs} products and a bias; softmax turns the ten numbers into probabilities.` };
    }
    const share = Math.round((100 * layer.parameters) / TOTAL);
    return { rule: `${units} units, each connected to all ${whole(inputs)} numbers. ${parameters}, ${share} % of the whole network. Each unit is the sum of ${whole(inputs)} products and a bias.` };
  },

  softmax({ cell: { row }, activations, temperature, n }) {
    const z = Array.from(activations.logits, (value) => (value / temperature).toFixed(2).replace("-", "−"));
    return {
      rule: temperature === 1
        ? "Softmax: e to the power of each logit, divided by the sum of all ten. The results are positive and add up to 1."
        : `Softmax: each logit is divided by the temperature T = ${number(temperature)}; then e to the power of each, divided by the sum of all ten. T was calibrated on digits not used in training, so that answers with a confidence of 90 % are right nine times out of ten.`,
      here: `e^${z[row]} / (${z.map((value) => `e^${value}`).slice(0, 2).join(" + ")} + … + e^${z[9]}) ≈ ${n(activations.probabilities[row]).replace("≈ ", "")}`,
    };
  },
};

/** A map in three numbers, and its filter's bias: "map 7: min −1.20 · max 3.21 · mean 0.10 · bias 0.02". */
export function mapFacts(layer, { map }, values, weights, exact) {
  const about = summaryOf(layer, map, values);
  const n = (value) => number(value, exact);
  const facts = [`${layer.maps > 1 ? `map ${map}` : layer.name}: min ${n(about.least)}`, `max ${n(about.most)}`, `mean ${n(about.mean)}`];
  const convolution = convolutionOf(layer.name);
  const bias = convolution && weights?.covers(convolution) && `bias ${number(weights.bias(convolution, map))}`;
  if (bias) facts.push(layer.name === convolution ? bias : `from filter ${map} of ${convolution}, ${bias}`);
  if (isDead(layer, about)) facts.push("all 0 for this drawing");
  return facts.join(" · ");
}

const NOUNS = new RegExp(`\\b(?:${LAYERS.map(({ name }) => name).join("|")}|logit|image|filters?|bias)\\b`, "g");
const LIGHTS = { image: "input", logit: "logits", filter: "part:K", filters: "part:K", bias: "part:b" };

/** A text in pieces, [{ text, lights }]: `lights` is the layer that a noun names, or "part:K" for a part of the calculation. */
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
