/** The texts of "Replay" with their numbers. Nothing here touches the document. */
import { changes, decidedAt, decisiveStrokes, mostLikelyDigit } from "../../core/lab/replay.js";
import { percent, plain } from "../../core/text.js";

export const wholeShare = (share) => `${Math.round(100 * share)} %`;

/** The result of the guess, in percent of the ink. */
export function guessText(guess, steps) {
  const decided = Math.round(100 * decidedAt(steps));
  const found = `After ${decided} % of the ink, the answer is always ${mostLikelyDigit(steps.at(-1).prediction)}.`;
  if (guess === null) return found;
  const off = Math.abs(guess - decided);
  return `${found} You guessed ${plain(guess)} %: ${off <= 3 ? "that is right, within 3." : `${plain(off)} too ${guess > decided ? "late" : "early"}.`}`;
}

/** When the answer changed, and from which digit to which. */
export function changesText(steps) {
  const found = changes(steps);
  if (found.length === 0) return `The answer is ${mostLikelyDigit(steps[0].prediction)} from the first line to the last.`;
  const listed = found.slice(-6).map(({ share, from, to }) => `${from} → ${to} at ${wholeShare(share)}`);
  return `The answer changes: ${found.length > 6 ? "… " : ""}${listed.join(", ")}.`;
}

/** Which stroke decided. */
export function decisiveText(steps, strokes) {
  if (strokes.length === 1) return "There is only one stroke, so it decided the answer.";
  const found = decisiveStrokes(steps, strokes).map((i) => i + 1);
  if (found.length === 0) return "No single stroke decided: without any one of them, the answer is the same.";
  if (found.length === strokes.length) return "Every stroke is needed: without any one of them, the answer is different.";
  return `${found.length === 1 ? "Stroke" : "Strokes"} ${found.join(" and ")} decided: without ${found.length === 1 ? "it" : "one of them"}, the answer is different.`;
}

/** The prediction at a step, in a few words. */
export const stepText = ({ share, prediction }) => `${wholeShare(share)} of the ink: ${mostLikelyDigit(prediction)}, ${percent(Math.max(...prediction.probabilities))}`;
