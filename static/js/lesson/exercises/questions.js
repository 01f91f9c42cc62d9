/**
 * A question for each section of the lesson that has something to work out. The numbers come from a seed or from the
 * student's digit; the same seed and digit give the same question. No DOM access.
 *
 * question(section, seed, { activations, grey, weights, card, temperature }) returns
 * { asks, given: [{ name, letter, matrix, signed, blank }], answer, tolerance, slips, how }, a question as in
 * core/walk/questions.js and its matrices. It returns null if the question needs a digit or weights that are missing.
 */
import { equation, whole } from "../../core/text.js";
import { calculate, cellOf } from "../../core/walk/calculation.js";
import { distinct, questionOf } from "../../core/walk/questions.js";
import { crossCorrelate, flipped, outputSize, pool, rowsOf, SOBEL, steps, weighted, windowOf } from "../shared/arithmetic.js";

/** The sections with a question, in the lesson's order. */
export const SECTIONS_WITH_QUESTION = Object.freeze(["correlation", "size", "edges", "pooling", "network", "softmax"]);

export function question(section, seed, context) {
  const found = ASK[section](random(seed, section), context);
  return found && { tolerance: 0.005, ...found, slips: distinct({ tolerance: 0.005, ...found }) };
}

/** Returns next(low, high), a random whole number with both ends included. A linear congruential generator (Numerical Recipes). */
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
      asks: `The filter K slides over the image I, and the bias b is ${bias}. What is the output O in row ${r}, column ${c}?`,
      given: [{ name: "image", letter: "I", matrix: image, signed: false }, { name: "filter", letter: "K", matrix: kernel, signed: true }, { name: "output", letter: "O", matrix: output, signed: true, blank: [[r, c]] }],
      answer: value + bias,
      slips: [
        { value, says: "The bias is missing." },
        { value: value - bias, says: "Add the bias, do not subtract it." },
        { value: weighted(patch, flipped(kernel)) + bias, says: "That is a true convolution: you turned the filter by 180°." },
        { value: weighted(patch, transposed(kernel)) + bias, says: "You swapped the rows and columns of the filter." },
        { value: value / 4 + bias, says: "Add up the products, do not take their mean." },
        { value: value / 4, says: "Add up the products, do not take their mean. Then add the bias." },
        ...others.map((other) => ({ value: other, says: "That is the output of another window. The row and the column of the output tell you where the upper left corner of the window is." })),
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
      asks: `The image is ${W} cells wide, the filter is ${F} cells wide, the padding is ${P} and the stride is ${S}. How wide is the output?`,
      given: [],
      answer,
      tolerance: 0.001,
      slips: [
        { value: answer - 1, says: "You forgot to add 1: the first place of the window counts too." },
        ...(Number.isInteger(exact) ? [] : [{ value: exact, says: "The division leaves a remainder. The last step does not fit, so round down." }, { value: answer + 1, says: "Round down: a window that does not fit is skipped." }]),
        { value: steps(W, F, P / 2, S), says: "There is padding on both sides: count it twice." },
        { value: steps(W, F, 0, S), says: "The padding is missing: it makes the image wider on both sides." },
        { value: steps(W, F, P, 1), says: "The stride is missing: divide by it before you add 1." },
        { value: Math.floor((W - F + 2 * P + 1) / S), says: "Divide by the stride first, then add 1." },
      ],
      otherwise: "Subtract the filter from the image and its padding, divide by the stride, and add 1.",
      how: `(${W} ${MINUS} ${F} + 2·${P}) / ${S} + 1 ${Number.isInteger(exact) ? `= ${exact}` : `${equation(exact, exact.toFixed(2))}, rounded down to ${answer}`}`,
    };
  },

  edges(next, { grey }) {
    if (!grey) return null;
    const image = rowsOf(grey, 28, 28);
    const places = [];
    for (let r = 0; r < 26; r++) {
      for (let c = 0; c < 26; c++) {
        const value = weighted(windowOf(image, r, c, 3, 3), SOBEL);
        if (Math.abs(value) > 60) places.push([r, c]);
      }
    }
    if (places.length === 0) return null;
    const [r, c] = places[next(0, places.length - 1)];
    const patch = windowOf(image, r, c, 3, 3);
    const answer = weighted(patch, SOBEL);
    return {
      asks: `These are nine grey levels of your digit, from rows ${r} to ${r + 2} and columns ${c} to ${c + 2}. What is the output of the Sobel filter K here?`,
      given: [{ name: "your digit", letter: "I", matrix: patch, signed: false }, { name: "Sobel filter", letter: "K", matrix: SOBEL, signed: true }],
      answer,
      tolerance: 0.5,
      slips: [
        { value: -answer, says: "The sign is wrong: the left column has positive weights, and the right column has negative ones. (A true convolution swaps them.)" },
        { value: Math.abs(answer), says: "That is the magnitude. Keep the sign: it tells you which side is brighter." },
        { value: weighted(patch, [[1, 0, -1], [1, 0, -1], [1, 0, -1]]), says: "In the middle row, the weights are 2 and −2, not 1 and −1." },
        { value: weighted(patch, transposed(SOBEL)), says: "That is the other Sobel filter, for horizontal edges: you swapped rows and columns." },
        { value: answer / 9, says: "Add up the products, do not take their mean." },
      ],
      how: `${written(patch, SOBEL)} = ${whole(answer)}`,
    };
  },

  pooling(next) {
    const image = matrixOf(next, 4, 4, 0, 99);
    const [r, c] = [next(0, 1), next(0, 1)];
    const values = windowOf(image, 2 * r, 2 * c, 2, 2).flat();
    const pooled = pool(image);
    const answer = pooled[r][c];
    return {
      asks: `Max pooling with a 2\u00a0×\u00a02 window and stride 2: what is the number in row ${r}, column ${c} of the pooled map P?`,
      given: [{ name: "map", letter: "A", matrix: image, signed: false }, { name: "pooled map", letter: "P", matrix: pooled, signed: false, blank: [[r, c]] }],
      answer,
      tolerance: 0.001,
      slips: [
        { value: values.reduce((total, value) => total + value, 0) / 4, says: "That is the mean, as in average pooling. Max pooling keeps the largest number." },
        { value: Math.min(...values), says: "That is the smallest of the four. Max pooling keeps the largest." },
        { value: values.reduce((total, value) => total + value, 0), says: "Do not add them up: only the largest is kept." },
        { value: Math.max(...windowOf(image, r, c, 2, 2).flat()), says: "With stride 2, the window moves two cells at a time." },
        ...pooled.flat().filter((value) => value !== answer).map((value) => ({ value, says: "That is the largest of another block." })),
        ...values.filter((value) => value !== answer).map((value) => ({ value, says: "There is a larger number in this block." })),
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
    const times = window > 1 ? `${outputs} · ${inputs} · ${layer.window} · ${layer.window}` : `${outputs} · ${whole(inputs)}`;
    return {
      asks: window > 1
        ? `${layer.name} makes ${outputs} maps from ${inputs === 1 ? "one map" : `${inputs} maps`} with filters of ${layer.window}\u00a0×\u00a0${layer.window}. How many parameters does it have, including the biases?`
        : `${layer.name} connects ${whole(inputs)} inputs to ${outputs} outputs. How many parameters does it have, including the biases?`,
      given: [],
      answer: layer.parameters,
      tolerance: 0.001,
      slips: [
        { value: weights, says: `The biases are missing: one for each ${window > 1 ? "map" : "unit"}.` },
        ...(window > 1 ? [
          { value: outputs * window + outputs, says: "Each filter covers all input maps." },
          { value: outputs * window, says: "Each filter covers all input maps, and has a bias." },
        ] : [{ value: outputs + inputs, says: "Each output is connected to each input: multiply, then add the biases." }]),
        { value: weights + inputs, says: "There is one bias for each output, not for each input." },
        { value: weights + 1, says: "Each output has its own bias." },
      ],
      otherwise: `Multiply outputs${window > 1 ? `, inputs and the ${window} cells of a window` : " and inputs"}. Then add one bias for each output.`,
      how: `${times} + ${outputs} = ${whole(layer.parameters)}`,
    };
  },

  softmax(next, { activations, weights }) {
    if (!activations || !weights) return null;
    const likely = [...activations.logits.keys()].sort((a, b) => activations.logits[b] - activations.logits[a]);
    const digit = likely[next(0, 1)];
    // With such a high temperature, the probabilities of the first two digits are large enough to work out on paper.
    const temperature = Math.max(2, Math.round(activations.logits[likely[0]] - activations.logits[likely[1]]) / 2);
    const { kind, ...found } = calculate(cellOf("probabilities", digit), activations, weights, temperature);
    return {
      ...questionOf({ kind, ...found, value: found.computed }), // the service uses another temperature
      asks: `These are the ten logits z of your digit and their exponentials e^(z/T − m). T = ${temperature} is a high temperature, and m is the largest of the ten z/T. What probability does softmax give to the ${digit}?`,
      given: [
        { name: "logits of 0 to 4, then of 5 to 9", letter: "z", matrix: rowsOf(activations.logits, 2, 5), signed: true, exact: true },
        { name: "their exponentials, e^(z/T − m)", matrix: rowsOf(found.terms.map(({ power }) => power), 2, 5), signed: false, exact: true },
      ],
      tolerance: 0.002,
      otherwise: "Add up the ten exponentials. Then divide the exponential of the digit by the sum.",
    };
  },
};
