/**
 * Predictions and blank drawings in words: every page takes its texts about them from here. Nothing here touches the document.
 *
 * A prediction is the service's { digit, confidence, verdict, reasons, … }. `image` is the image on the pad, null for strokes.
 */
import { percent, withArticle } from "./text.js";

export const NOT_A_DIGIT = "not a digit";
export const NOTHING_DRAWN = "Nothing is drawn";

/** What to say if the prediction comes from other weights than those that the page has loaded; "" if they are the same. */
export const otherWeightsText = ({ model }, loaded) =>
  model === loaded ? "" : `The server uses other weights now: ${model}. Reload the page, because its filters and sums are those of ${loaded}.`;

/** A probability in whole percent; never 100 or 0, as softmax never reaches them. */
export const wholePercent = (p) => (p >= 0.995 ? "> 99 %" : p < 0.005 ? "< 1 %" : `${Math.round(100 * p)} %`);

const closest = (digit) => `closest: ${digit}`;

/** "with 98.2 % confidence". */
export const withConfidence = (confidence) => `with ${percent(confidence).replace("> ", "more than ")} confidence`;

/** The large text of the prediction panel. */
export function headline({ digit, verdict }, image) {
  if (verdict === "blank") return image ? "no ink found" : "draw a digit";
  return verdict === "not_a_digit" ? NOT_A_DIGIT : String(digit);
}

/** The line below the headline, as texts [before, number, after]: ["", "98.2 %", " confidence"]. `number` is in bold type. */
export function lineBelow({ digit, confidence, verdict }, image) {
  if (verdict === "blank") return [image ? "no ink found in this image" : "the numbers of an empty image", "", ""];
  if (verdict === "not_a_digit") return [`${closest(digit)}, `, percent(confidence), ""];
  return ["", percent(confidence), " confidence"];
}

/** A prediction in a few characters, for a button: "7 · 99 %", "7? · 61 %". */
export function shortPrediction({ digit, confidence, verdict }) {
  if (verdict === "blank") return "no ink";
  if (verdict === "not_a_digit") return NOT_A_DIGIT;
  return `${digit}${verdict === "unsure" ? "?" : ""} · ${wholePercent(confidence)}`;
}

/** A prediction in one line, as the lesson shows it beside the digit: "7 · 98.2 %". */
export function linePrediction({ digit, confidence, verdict }) {
  if (verdict === "blank") return "nothing drawn";
  if (verdict === "not_a_digit") return `${NOT_A_DIGIT}, ${closest(digit)}`;
  return `${verdict === "unsure" ? "perhaps " : ""}${digit} · ${percent(confidence)}`;
}

/** A prediction as a sentence. */
export function predictionSentence({ digit, confidence, verdict }, image = null) {
  if (verdict === "blank") return image ? "No ink found in this image." : `${NOTHING_DRAWN}. Draw a digit.`;
  if (verdict === "not_a_digit") return `This is ${NOT_A_DIGIT}. Closest: ${digit}, ${withConfidence(confidence)}.`;
  if (verdict === "unsure") return `Perhaps ${withArticle(digit)}, ${withConfidence(confidence)}.`;
  return `The network predicts ${digit} ${withConfidence(confidence)}.`;
}

/** What screen readers announce when a stroke has ended: the prediction with its reasons. */
export const announcement = (prediction, image = null) =>
  [predictionSentence(prediction, image), ...(prediction.reasons ?? [])].join(" ");

/**
 * The in-distribution score in words: from 0.5, the share of real digits that are less typical than this drawing, otherwise the
 * share of those that are more typical.
 */
export function familiarityText(familiarity) {
  const share = Math.min(Math.round(100 * familiarity), 99);
  if (familiarity >= 0.5) return `more typical than ${share} % of real digits`;
  return `less typical than ${Math.min(100 - share, 99)} % of real digits`;
}
