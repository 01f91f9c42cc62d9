/**
 * A question for each section of the lesson that has something to work out: numbers drawn by a seed, or of the student's
 * digit. The same seed and the same digit ask the same. Nothing here touches the document.
 *
 * question(section, seed, { activations, grey, weights, card, temperature }) gives
 * { asks, given: [{ name, letter, matrix, signed, blank }], answer, tolerance, slips, how }, a question as in core/walk/questions.js with
 * the matrices that it needs; null where the digit or the weights are not there yet.
 */
import { calculate, cellOf } from "../../core/walk/calculation.js";
import { distinct, questionOf } from "../../core/walk/questions.js";
import { crossCorrelate, flipped, outputSize, pool, rowsOf, steps, weighted, windowOf } from "../shared/arithmetic.js";

/** The sections that ask, in the lesson's order. */
export const ASKING = Object.freeze(["correlation", "size", "edges", "pooling", "network", "softmax"]);

export function question(section, seed, context) {
  const found = ASK[section](random(seed, section), context);
  return found && { tolerance: 0.005, ...found, slips: distinct({ tolerance: 0.005, ...found }) };
}

/** Whole numbers from a seed: next(low, high), both ends among them. A linear congruential generator (Numerical Recipes). */
function random(seed, name) {
  let state = [...name].reduce((hash, letter) => (Math.imul(hash, 31) + letter.charCodeAt(0)) >>> 0, seed + 1);
  const step = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0);
  for (let i = 0; i < 8; i++) step();
  return (low, high) => low + Math.floor((step() / 2 ** 32) * (high - low + 1));
}

const matrixOf = (next, rows, cols, low, high) => Array.from({ length: rows }, () => Array.from({ length: cols }, () => next(low, high)));
const transposed = (matrix) => matrix[0].map((_, col) => matrix.map((row) => row[col]));
const MINUS = "−";
const signed = (value) => String(value).replace("-", MINUS);
const written = (a, b) => a.flatMap((row, i) => row.map((value, j) => `${signed(value)}·${b[i][j] < 0 ? `(${signed(b[i][j])})` : b[i][j]}`)).join(" + ");

export const SOBEL = Object.freeze([[1, 0, -1], [2, 0, -2], [1, 0, -1]]);

const ASK = {
  correlation(next) {
    const image = matrixOf(next, 3, 3, 0, 5);
    const kernel = matrixOf(next, 2, 2, -2, 3);
    const bias = next(1, 3);
    const [r, c] = [next(0, 1), next(0, 1)];
    const patch = windowOf(image, r, c, 2, 2);
    const value = weighted(patch, kernel);
    const others = [[0, 0], [0, 1], [1, 0], [1, 1]].filter(([i, j]) => i !== r || j !== c).map(([i, j]) => weighted(windowOf(image, i, j, 2, 2), kernel) + bias);
    const output = crossCorrelate(image, kernel, { bias });
    return {
      asks: `The filter K slides over the image I; the bias b is ${bias}. What is O in row ${r}, column ${c}?`,
      given: [{ name: "image", letter: "I", matrix: image, signed: false }, { name: "filter", letter: "K", matrix: kernel, signed: true }, { name: "output", letter: "O", matrix: output, signed: true, blank: [[r, c]] }],
      answer: value + bias,
      slips: [
        { value, says: "The bias is missing." },
        { value: value - bias, says: "The bias is added, not taken off." },
        { value: weighted(patch, flipped(kernel)) + bias, says: "That is true convolution: you have turned the filter round." },
        { value: weighted(patch, transposed(kernel)) + bias, says: "Rows and columns of the filter have changed places." },
        { value: value / 4 + bias, says: "The products are added up, not averaged." },
        { value: value / 4, says: "The products are added up, not averaged, and the bias comes on top." },
        ...others.map((other) => ({ value: other, says: "That is the output of another window: row and column say where its upper left corner lies." })),
      ],
      how: `${written(patch, kernel)} + ${bias} = ${signed(value + bias)}`,
    };
  },

  size(next) {
    const [F, P, S] = [next(2, 7), next(0, 3), next(1, 3)];
    const W = next(F + 3, 32);
    const answer = steps(W, F, P, S);
    const exact = outputSize(W, F, P, S);
    return {
      asks: `An image ${W} wide, a filter ${F} wide, padding ${P}, stride ${S}: how wide is the output?`,
      given: [],
      answer,
      tolerance: 0.001,
      slips: [
        { value: answer - 1, says: "+ 1 is missing: the first window counts too." },
        ...(Number.isInteger(exact) ? [] : [{ value: exact, says: "It does not divide: the last, unfinished step is left out, so round down." }, { value: answer + 1, says: "Round down: a window that does not fit is left out." }]),
        { value: steps(W, F, P / 2, S), says: "There is padding on both sides: 2P." },
        { value: steps(W, F, 0, S), says: "The padding is missing: it makes the image 2P wider." },
        { value: steps(W, F, P, 1), says: "The stride is missing: divide by S before you add 1." },
        { value: Math.floor((W - F + 2 * P + 1) / S), says: "Divide by S first, then add 1." },
      ],
      otherwise: "Put the four numbers into (W − F + 2P)/S + 1.",
      how: `(${W} ${MINUS} ${F} + 2·${P}) / ${S} + 1 = ${Number.isInteger(exact) ? exact : `${exact.toFixed(2)}, rounded down ${answer}`}`,
    };
  },

  edges(next, { grey }) {
    if (!grey) return null;
    const picture = rowsOf(grey, 28, 28);
    const places = [];
    for (let r = 0; r < 26; r++) {
      for (let c = 0; c < 26; c++) {
        const value = weighted(windowOf(picture, r, c, 3, 3), SOBEL);
        if (Math.abs(value) > 60) places.push([r, c]);
      }
    }
    if (places.length === 0) return null;
    const [r, c] = places[next(0, places.length - 1)];
    const patch = windowOf(picture, r, c, 3, 3);
    const answer = weighted(patch, SOBEL);
    return {
      asks: `Nine grey levels of your digit, rows ${r} to ${r + 2}, columns ${c} to ${c + 2}, under the Sobel filter K. What comes out?`,
      given: [{ name: "your digit", letter: "I", matrix: patch, signed: false }, { name: "Sobel filter", letter: "K", matrix: SOBEL, signed: true }],
      answer,
      tolerance: 0.5,
      slips: [
        { value: -answer, says: "The sign is turned: left counts plus and right minus, as the filter stands. (True convolution would turn it.)" },
        { value: Math.abs(answer), says: "That is the magnitude; with its sign it also says which side is brighter." },
        { value: weighted(patch, [[1, 0, -1], [1, 0, -1], [1, 0, -1]]), says: "The middle row counts twice." },
        { value: weighted(patch, transposed(SOBEL)), says: "That is the other Sobel filter, for horizontal edges: rows and columns have changed places." },
        { value: answer / 9, says: "The products are added up, not averaged." },
      ],
      how: `${written(patch, SOBEL)} = ${signed(answer)}`,
    };
  },

  pooling(next) {
    const image = matrixOf(next, 4, 4, 0, 99);
    const [r, c] = [next(0, 1), next(0, 1)];
    const values = windowOf(image, 2 * r, 2 * c, 2, 2).flat();
    const pooled = pool(image);
    const answer = pooled[r][c];
    return {
      asks: `Max pooling with a 2 × 2 window and stride 2. What is the output in row ${r}, column ${c}?`,
      given: [{ name: "image", letter: "I", matrix: image, signed: false }, { name: "output", letter: "O", matrix: pooled, signed: false, blank: [[r, c]] }],
      answer,
      tolerance: 0.001,
      slips: [
        { value: values.reduce((total, value) => total + value, 0) / 4, says: "That is the mean: average pooling. Max pooling takes the largest." },
        { value: Math.min(...values), says: "That is the smallest of the four." },
        { value: values.reduce((total, value) => total + value, 0), says: "They are not added up: the largest is passed on." },
        { value: Math.max(...windowOf(image, r, c, 2, 2).flat()), says: "With stride 2 the window moves two cells at a time." },
        ...pooled.flat().filter((value) => value !== answer).map((value) => ({ value, says: "That is the largest of another block." })),
        ...values.filter((value) => value !== answer).map((value) => ({ value, says: "There is a larger one in this block." })),
      ],
      otherwise: "Find the block of four cells first, then its largest number.",
      how: `max(${values.join(", ")}) = ${answer}`,
    };
  },

  network(next, { card }) {
    if (!card) return null;
    const layers = card.layers.filter(({ parameters }) => parameters > 0);
    const layer = layers[next(0, layers.length - 1)];
    const before = card.layers[card.layers.findIndex(({ name }) => name === layer.name) - 1];
    const [outputs, inputs] = [layer.shape[0], before.shape[0]];
    const window = layer.kind === "convolution" ? layer.window ** 2 : 1;
    const weights = outputs * inputs * window;
    const times = window > 1 ? `${outputs} · ${inputs} · ${layer.window} · ${layer.window}` : `${outputs} · ${inputs}`;
    return {
      asks: window > 1
        ? `${layer.name} makes ${outputs} maps from ${inputs === 1 ? "one map" : `${inputs} maps`} with filters of ${layer.window} × ${layer.window}. How many parameters has it, biases included?`
        : `${layer.name} joins ${inputs.toLocaleString("en-GB")} numbers to ${outputs}. How many parameters has it, biases included?`,
      given: [],
      answer: layer.parameters,
      tolerance: 0.001,
      slips: [
        { value: weights, says: `The biases are missing: one for each ${window > 1 ? "map" : "unit"}.` },
        ...(window > 1 ? [
          { value: outputs * window + outputs, says: "Each filter reaches through all the maps that come in." },
          { value: outputs * window, says: "Each filter reaches through all the maps that come in, and the biases are missing." },
        ] : [{ value: outputs + inputs, says: "Each of the outputs is joined to each of the inputs: multiply, then add the biases." }]),
        { value: weights + inputs, says: "There is a bias for each output, not for each input." },
        { value: weights + 1, says: "Each output has a bias of its own." },
      ],
      otherwise: "Multiply outputs, inputs and the size of the window; then add a bias for each output.",
      how: `${times} + ${outputs} = ${layer.parameters.toLocaleString("en-GB")}`,
    };
  },

  softmax(next, { activations, weights }) {
    if (!activations || !weights) return null;
    const likely = [...activations.logits.keys()].sort((a, b) => activations.logits[b] - activations.logits[a]);
    const digit = likely[next(0, 1)];
    // With a temperature as high as this the shares of the first two are large enough to be worked out.
    const temperature = Math.max(2, Math.round(activations.logits[likely[0]] - activations.logits[likely[1]]) / 2);
    const { kind, ...found } = calculate(cellOf("probabilities", digit), activations, weights, temperature);
    const asked = questionOf({ kind, ...found });
    return {
      ...asked,
      asks: `The ten logits of your digit, and the power of each, e^(z/T − max), with the high temperature T = ${temperature}. What probability does softmax give the ${digit}?`,
      given: [
        { name: "logits, 0 to 4 and 5 to 9", letter: "z", matrix: rowsOf(activations.logits, 2, 5), signed: true, exact: true },
        { name: "their powers", letter: "P", matrix: rowsOf(found.terms.map(({ power }) => power), 2, 5), signed: false, exact: true },
      ],
      tolerance: 0.002,
      otherwise: "Add up the ten powers, and divide the digit's own by the sum.",
    };
  },
};
