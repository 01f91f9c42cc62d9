/** What the student expects of a run, and what happened. Nothing here touches the document. */
import { accuracyOf } from "./run-log.js";

/** The possible answers to a preset's question. */
export const CURVES = Object.freeze({
  loss: "the loss",
  train: "the accuracy on training images",
  test: "the accuracy on test images",
  none: "none of them",
});

const RISE = 0.02; // a share of images, or of the first loss; less is noise
const WINDOW = 5; // a single loss is noisy, or a peak: the median of the first and of the last few counts

/** The median; of an even number of values, the lower of the two in the middle. */
const median = (values) => [...values].sort((a, b) => a - b)[(values.length - 1) >> 1];

/** "up", "down" or "level" for each curve; null while there are too few values. */
export function directions({ curve, measured }) {
  const losses = curve.map(({ loss }) => loss).filter(Number.isFinite);
  const size = Math.min(WINDOW, Math.floor(losses.length / 2));
  const first = median(losses.slice(0, size));
  const last = measured.at(-1);
  // Training images are not read before the first epoch; an untrained network reads them no better than test images.
  const start = accuracyOf(measured[0]?.test);
  const direction = (result) => (measured.length < 2 || !result ? null : compare(start, accuracyOf(result), RISE));
  return {
    loss: size === 0 ? null : compare(first, median(losses.slice(-size)), RISE * first),
    train: direction(last?.train),
    test: direction(last?.test),
  };
}

function compare(from, to, tolerance) {
  if (to > from + tolerance) return "up";
  return to < from - tolerance ? "down" : "level";
}

const VERBS = { up: "went up", down: "went down", level: "stayed about the same" };
const GAP = 0.03; // between the accuracies on training and on test images; more is called over-fitting

/** What happened, in sentences; with `curve`, the student's answer, whether it was right. "" before there is anything to say. */
export function outcome(log, curve = null) {
  const found = directions(log);
  if (Object.values(found).includes(null)) return "";
  const { loss, train, test } = found;
  const accuracy = train === test ? `the accuracy on training and test images ${VERBS[test]}` : `the accuracy on training images ${VERBS[train]}, that on test images ${VERBS[test]}`;
  const right = curve === "none" ? !Object.values(found).includes("up") : found[curve] === "up";
  return [...(curve ? [right ? "You were right about the curve." : "You were wrong about the curve."] : []), `The loss ${VERBS[loss]}; ${accuracy}.`, ...gap(log.measured.at(-1))].join(" ");
}

/** A sentence if the network reads its training images much better than others. */
function gap({ train, test }) {
  const [known, other] = [accuracyOf(train), accuracyOf(test)];
  return known - other > GAP ? [`It reads ${percentText(known)} of its training images, but only ${percentText(other)} of the others: over-fitting.`] : [];
}

/** How far a guess was from the measured accuracy, both as shares. */
export function compareGuess(guess, accuracy) {
  const points = 100 * (accuracy - guess);
  const size = Math.abs(points) < 0.05 ? 0 : Math.abs(points);
  const measured = `${(100 * accuracy).toFixed(2)} %`;
  if (size === 0) return `You expected ${percentText(guess)}, and that’s what it is.`;
  return `You expected ${percentText(guess)}; it is ${measured}, ${size.toFixed(1)} points ${points > 0 ? "more" : "less"}.`;
}

/** 0.985 -> "98.5 %", 0.9 -> "90 %". */
export const percentText = (share) => `${Number((100 * share).toFixed(2))} %`;

/** A typed percentage as a share; null if the text is not a percentage. */
export function readGuess(text) {
  const value = Number(text.trim().replace(",", ".").replace(/\s*%$/, ""));
  return text.trim() === "" || !Number.isFinite(value) || value < 0 || value > 100 ? null : value / 100;
}
