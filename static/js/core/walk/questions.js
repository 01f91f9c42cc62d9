/**
 * The numbers that a student can work out, as questions: what is asked, the answer, how far off it may be, and what comes
 * out when one of the usual slips is made. Nothing here touches the document.
 *
 * A question is { asks, answer, tolerance, slips: [{ value, says }], otherwise, how }: `asks` a sentence, `otherwise` what
 * helps with any other wrong number, `how` the way to the answer with its numbers. `checkNumber` in
 * ui/number-check.js compares a typed number with it.
 */
import { indexOf, byName, MEAN, STD } from "../layers.js";
import { number } from "../text.js";

/** What may be off where operands are shown with four decimals: nine of them, rounded, are at most so far from the sum. */
export const TOLERANCE = 0.005;

const FORGOT_BIAS = "That is the sum without the bias: add b.";
const FLIPPED = "That comes out with the kernel turned round: true convolution. Here the kernel is laid on as it is.";
const MINUS_BIAS = "You have taken the bias off; it is added, whatever its sign.";

/** The result of a calculation of calculation.js as a question; `channel` is the one of conv2 that is opened. */
export function questionOf(calculation, { channel = 0 } = {}) {
  const question = { tolerance: TOLERANCE, slips: [], answer: calculation.value, ...ASK[calculation.kind](calculation, channel) };
  return { ...question, slips: distinct(question) };
}

/** Slips that come out where the answer does, or where another slip does, say nothing. */
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
    asks: `Grey level ${grey} of 255; the network is given (x/255 − ${MEAN}) / ${STD}. What is that?`,
    otherwise: `Divide by 255, subtract ${MEAN}, divide by ${STD}.`,
    slips: [
      { value: grey / 255, says: "That is the grey level between 0 and 1; now take the average off and divide by the spread." },
      { value: grey / 255 - MEAN, says: `The mean is subtracted; now divide by the standard deviation, ${STD}.` },
      { value: (grey - MEAN) / STD, says: "Divide the grey level by 255 first." },
      { value: grey / 255 / STD, says: `Subtract the mean, ${MEAN}, first.` },
    ],
    how: `(${grey}/255 − ${MEAN}) / ${STD} = ${n(value)}`,
  }),

  convolution({ channels, bias, value }, channel) {
    const deep = channels.length > 1;
    const terms = channels.flatMap((part) => part.terms);
    const turned = sum(channels.flatMap((part) => part.terms.map((term, i) => term.value * part.terms[part.terms.length - 1 - i].weight)));
    const opened = channels[channel].sum;
    const total = value - bias;
    return {
      otherwise: deep ? "Add the bias to the sum of all 32 channels." : "Add up the nine products, then the bias.",
      asks: deep ? "The sums of all 32 channels and the bias: what is z?" : "Nine products and the bias: what is z?",
      slips: [
        { value: total, says: FORGOT_BIAS },
        { value: total - bias, says: MINUS_BIAS },
        ...(deep ? [{ value: opened + bias, says: "That is one channel and the bias: all 32 channels are added up." }, { value: opened, says: "That is one channel alone: all 32 are added up, and the bias." }] : []),
        { value: turned + bias, says: FLIPPED },
        { value: total / terms.length + bias, says: "That is the mean of the products: they are added up, not averaged." },
        { value: Math.max(0, value), says: "That is what ReLU makes of it, one layer later; here a negative number stays." },
      ],
      how: `${n(total)} ${added(bias)} = ${n(value)}`,
    };
  },

  relu: ({ source, value }) => ({
    asks: `max(0, ${n(source.value)}): what is left?`,
    otherwise: "What is above zero stays, what is below becomes 0.",
    slips: [
      { value: source.value, says: "Below zero nothing passes: ReLU makes it 0." },
      { value: Math.abs(source.value), says: "ReLU does not turn the sign: what is below zero becomes 0." },
    ],
    how: `max(0, ${n(source.value)}) = ${n(value)}`,
  }),

  max_pool: ({ terms, value }) => ({
    asks: "Four numbers come in: what does max pooling pass on?",
    otherwise: "It passes on the largest of the four.",
    slips: [
      { value: sum(terms.map((term) => term.value)) / terms.length, says: "That is the mean: average pooling. Here the largest is passed on." },
      { value: sum(terms.map((term) => term.value)), says: "They are not added up: the largest is passed on." },
      { value: Math.min(...terms.map((term) => term.value)), says: "That is the smallest." },
      ...terms.filter((term) => term.value !== value).map((term) => ({ value: term.value, says: "There is a larger one among the four." })),
    ],
    how: `max(${terms.map((term) => n(term.value)).join(", ")}) = ${n(value)}`,
  }),

  flatten: ({ source, value }) => ({
    otherwise: "Flatten computes nothing: the number stays what it was.",
    asks: `pool2[${source.cell.map}, ${source.cell.row}, ${source.cell.col}] is ${n(source.value)}: what stands in the list?`,
    slips: [],
    how: `A copy: ${n(value)}`,
  }),

  linear({ terms, bias, value }) {
    const ten = sum(terms.slice(0, 10).map(({ product }) => product));
    return {
      otherwise: "Add up three numbers: the ten largest, the others, the bias.",
      asks: `${terms.length.toLocaleString("en-GB")} products, ten of them written out and the others added up, and the bias: what comes out?`,
      slips: [
        { value: value - bias, says: FORGOT_BIAS },
        { value: value - 2 * bias, says: MINUS_BIAS },
        { value: ten + bias, says: "That is only the ten largest: the sum of the others belongs to it." },
        { value: ten, says: "That is only the ten largest: the others belong to it, and the bias." },
        { value: Math.max(0, value), says: "That is what ReLU makes of it, one layer later; here a negative number stays." },
      ],
      how: `${n(ten)} ${added(value - bias - ten)} ${added(bias)} = ${n(value)}`,
    };
  },

  softmax({ terms, own, sum: all, temperature, value }) {
    const powers = terms.map((term) => Math.exp(term.value - Math.max(...terms.map((other) => other.value))));
    const index = indexOf(byName.logits, own.cell);
    return {
      otherwise: "Divide its power by the sum of all ten.",
      asks: `Its power divided by the sum of all ten: what is the probability of ${index}?`,
      tolerance: 0.0005,
      slips: [
        { value: own.power, says: "That is the power alone: divide it by the sum of all ten." },
        { value: own.value / sum(terms.map((term) => term.value)), says: "Not the logits are divided but their powers, e to the logit." },
        ...(temperature === 1 ? [] : [{ value: powers[index] / sum(powers), says: "Divide the logits by the temperature T first." }]),
        { value: own.power / (all - own.power), says: "The sum is of all ten powers, its own among them." },
        { value: 100 * value, says: "As a share of 1, not in percent." },
      ],
      how: `${n(own.power)} / ${n(all)} = ${n(value)}`,
    };
  },
};
