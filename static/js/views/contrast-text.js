/** Why one digit and not another, in numbers and words. Nothing here touches the document. */
import { number, plain, whole } from "../core/text.js";

/** The sums of the positive and of the negative values of the pixels: { digit, against }. */
export function totals(values) {
  const flat = values.flat();
  const sum = (list) => list.reduce((total, value) => total + value, 0);
  return { digit: sum(flat.filter((value) => value > 0)), against: sum(flat.filter((value) => value < 0)) };
}

/** What the image shows, in a sentence or two. */
export function contrastSentence({ digit, against, values }, { blank }) {
  if (blank) return "Nothing is drawn, so no ink supports a digit.";
  const sums = totals(values);
  const [more, less] = sums.digit > -sums.against ? [digit, against] : [against, digit];
  return `Orange ink supports ${digit}, blue ink supports ${against}; the stronger the colour, the more. Overall, the ink supports ${more} more than ${less}.`;
}

/** How the difference of two logits turns into a ratio of probabilities, with the temperature T of the softmax. */
export function contrastOdds({ digit, against, value }, temperature) {
  const exponent = value / temperature;
  const [more, less] = exponent >= 0 ? [digit, against] : [against, digit];
  const ratio = Math.exp(Math.abs(exponent));
  const over = temperature === 1 ? "" : ` / ${plain(temperature)}`;
  const times = ratio >= 1e6 ? "more than a million" : ratio >= 100 ? `about ${whole(Math.round(ratio))}` : `about ${plain(ratio, 1)}`;
  return `In the softmax, a difference of ${number(Math.abs(value))} makes ${more} ${times} times as likely as ${less}: e^(${number(Math.abs(value))}${over}).`;
}
