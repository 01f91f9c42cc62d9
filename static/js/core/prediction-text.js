/** Predictions in words. Nothing here touches the document. */
import { percent } from "./text.js";

/** A probability in whole percent; never 100 or 0, as softmax never reaches them. */
export const wholePercent = (p) => (p >= 0.995 ? "> 99 %" : p < 0.005 ? "< 1 %" : `${Math.round(100 * p)} %`);

/** A prediction in a few characters: "7 · 99 %". */
export function shortPrediction({ digit, confidence, verdict }) {
  if (verdict === "blank") return "no ink";
  if (verdict === "not_a_digit") return "no digit";
  return `${digit}${verdict === "unsure" ? "?" : ""} · ${wholePercent(confidence)}`;
}

/** The in-distribution score as a share of real digits that are less, or more, typical than this drawing. */
export function familiarityText(familiarity) {
  const share = Math.min(Math.round(100 * familiarity), 99);
  if (familiarity >= 0.5) return `more typical than ${share} % of real digits`;
  return `less typical than ${Math.min(100 - share, 99)} % of real digits`;
}

/** What screen readers announce when a stroke has ended. */
export function announcement({ digit, confidence, verdict, reasons }, image = null) {
  if (verdict === "blank") return image ? "No ink found in this image." : "The pad is blank. Draw something.";
  const sure = `${percent(confidence).replace("> ", "more than ")} confidence`;
  const why = ["", ...(reasons ?? [])].join(" ");
  if (verdict === "not_a_digit") return `This does not look like a digit. Closest: ${digit}, ${sure}.${why}`;
  if (verdict === "unsure") return `Perhaps ${digit}, ${sure}.${why}`;
  return `The network predicts ${digit}, ${sure}.${why}`;
}
