/**
 * The numbers that a student can work out, as questions with their answers and the results of common mistakes. Nothing here
 * touches the document.
 *
 * A question is { asks, answer, tolerance, slips: [{ value, says }], otherwise, how }: `asks` is the question as a sentence,
 * `slips` are the results of common mistakes with a hint for each, `otherwise` is the hint for other wrong numbers, `how` the
 * worked solution. `checkNumber` in ui/number-check.js checks a typed number.
 */
import { indexOf, byName, MEAN, STD } from "../layers.js";
import { equation, number, printed, whole } from "../text.js";

/** The tolerance of an answer: operands are shown with four decimals, and nine rounded ones can be off by this much. */
export const TOLERANCE = 0.005;

const FORGOT_BIAS = "That is the sum without the bias: add b.";
const FLIPPED = "That is the result with the filter turned by 180° (a true convolution). Here, the filter is not turned.";
const MINUS_BIAS = "You subtracted the bias. It is added, whatever its sign.";

/** The question for the result of a calculation from calculation.js; `channel` is the one of conv2 that is shown. */
export function questionOf(calculation, { channel = 0 } = {}) {
  const question = { tolerance: TOLERANCE, slips: [], answer: calculation.value, ...ASK[calculation.kind](calculation, channel) };
  return { ...question, slips: distinct(question) };
}

/** The slips whose results differ from the answer and from each other. */
export function distinct({ answer, tolerance, slips }) {
  const kept = [];
  for (const slip of slips) {
    const near = (value) => Math.abs(slip.value - value) <= 2 * tolerance;
    if (Number.isFinite(slip.value) && !near(answer) && !kept.some(({ value }) => near(value))) kept.push(slip);
  }
  return kept;
}

/** "+ 1.2345" or "− 1.2345". */
const added = (value) => `${value < 0 ? "−" : "+"} ${number(Math.abs(value))}`;
const sum = (numbers) => numbers.reduce((total, value) => total + value, 0);
const n = (value) => number(value);

const ASK = {
  input: ({ grey, value }) => ({
    asks: `The grey level x is ${grey} of 255. What is (x/255 − ${MEAN}) / ${STD}?`,
    otherwise: `Divide by 255, subtract ${MEAN}, divide by ${STD}.`,
    slips: [
      { value: grey / 255, says: "That is the grey level between 0 and 1. Now subtract the mean and divide by the standard deviation." },
      { value: grey / 255 - MEAN, says: `You have subtracted the mean. Now divide by the standard deviation, ${STD}.` },
      { value: (grey - MEAN) / STD, says: "Divide the grey level by 255 first." },
      { value: grey / 255 / STD, says: `Subtract the mean, ${MEAN}, first.` },
    ],
    how: `(${grey}/255 − ${MEAN}) / ${STD} ${equation((grey / 255 - MEAN) / STD, n(value))}`,
  }),

  convolution({ channels, bias, value, computed }, channel) {
    const deep = channels.length > 1;
    const terms = channels.flatMap((part) => part.terms);
    const turned = sum(channels.flatMap((part) => part.terms.map((term, i) => term.value * part.terms[part.terms.length - 1 - i].weight)));
    const shown = channels[channel].sum;
    const total = computed - bias;
    return {
      otherwise: deep ? `Add the bias to the sum of all ${channels.length} channels.` : "Add up the nine products and the bias.",
      asks: deep ? `Add up all ${channels.length} channels and the bias: what is O?` : "Add up the nine products and the bias: what is O?",
      slips: [
        { value: total, says: FORGOT_BIAS },
        { value: total - bias, says: MINUS_BIAS },
        ...(deep ? [{ value: shown + bias, says: `That is one channel plus the bias. Add up all ${channels.length} channels.` }, { value: shown, says: `That is one channel. Add up all ${channels.length} and the bias.` }] : []),
        { value: turned + bias, says: FLIPPED },
        { value: total / terms.length + bias, says: "That is the mean of the products. Add them up instead." },
        { value: Math.max(0, value), says: "That is the value after ReLU, one layer later. In this layer, a negative number stays negative." },
      ],
      how: `${n(total)} ${added(bias)} ${equation(printed(total) + printed(bias), n(value))}`,
    };
  },

  relu: ({ source, value }) => ({
    asks: `What is max(0, ${n(source.value)})?`,
    otherwise: "Numbers above zero stay, numbers below zero become 0.",
    slips: [
      { value: source.value, says: "This number is below zero, so ReLU makes it 0." },
      { value: Math.abs(source.value), says: "ReLU does not change the sign. Numbers below zero become 0." },
    ],
    how: `max(0, ${n(source.value)}) = ${n(value)}`,
  }),

  max_pool: ({ terms, value }) => ({
    asks: "Four numbers: which one does max pooling keep?",
    otherwise: "Max pooling keeps the largest of the four.",
    slips: [
      { value: sum(terms.map((term) => term.value)) / terms.length, says: "That is the mean, as in average pooling. Max pooling keeps the largest." },
      { value: sum(terms.map((term) => term.value)), says: "That is the sum. Max pooling keeps the largest." },
      { value: Math.min(...terms.map((term) => term.value)), says: "That is the smallest." },
      ...terms.filter((term) => term.value !== value).map((term) => ({ value: term.value, says: "One of the four is larger." })),
    ],
    how: `max(${terms.map((term) => n(term.value)).join(", ")}) = ${n(value)}`,
  }),

  flatten: ({ source, value }) => ({
    otherwise: "Flatten computes nothing: the number stays the same.",
    asks: `pool2[${source.cell.map}, ${source.cell.row}, ${source.cell.col}] is ${n(source.value)}. Which number is in the list?`,
    slips: [],
    how: `A copy: ${n(value)}`,
  }),

  linear({ terms, bias, value, computed }) {
    const largest = sum(terms.slice(0, 10).map(({ product }) => product));
    const rest = computed - bias - largest;
    return {
      otherwise: "Add up three numbers: the sum of the ten largest products, the sum of the others, and the bias.",
      asks: `Add up all ${whole(terms.length)} products and the bias: what is the result?`,
      slips: [
        { value: value - bias, says: FORGOT_BIAS },
        { value: value - 2 * bias, says: MINUS_BIAS },
        { value: largest + bias, says: "That is only the ten largest products and the bias. Add the sum of the other products." },
        { value: largest, says: "That is only the ten largest products. Add the sum of the others and the bias." },
        { value: Math.max(0, value), says: "That is the value after ReLU, one layer later. In this layer, a negative number stays negative." },
      ],
      how: `${n(largest)} ${added(rest)} ${added(bias)} ${equation(printed(largest) + printed(rest) + printed(bias), n(value))}`,
    };
  },

  softmax({ terms, own, sum: all, temperature, value }) {
    const powers = terms.map((term) => Math.exp(term.value - Math.max(...terms.map((other) => other.value))));
    const index = indexOf(byName.logits, own.cell);
    return {
      otherwise: `Divide the exponential of z${index} by the sum of all ten exponentials.`,
      asks: `Divide the exponential of z${index} by the sum of all ten: what is the probability of ${index}?`,
      tolerance: 0.0005,
      slips: [
        { value: own.power, says: "That is only the exponential. Divide it by the sum of all ten." },
        { value: own.value / sum(terms.map((term) => term.value)), says: "Don't divide the logits. Divide their exponentials, e^z." },
        ...(temperature === 1 ? [] : [{ value: powers[index] / sum(powers), says: "Divide the logits by the temperature T first." }]),
        { value: own.power / (all - own.power), says: "The sum contains all ten exponentials, including this one." },
        { value: 100 * value, says: "Write the probability as a number from 0 to 1, not in percent." },
      ],
      how: `${n(own.power)} / ${n(all)} ${equation(printed(own.power) / printed(all), n(value))}`,
    };
  },
};
