/** The texts of "Break it" with their numbers. Nothing here touches the document. */
import { wrongOf100 } from "../../core/statistics.js";
import { plain, whole } from "../../core/text.js";

/** The result of the guess that `guess` of 100 digits are misread. */
export function guessText(guess, { correct, digits }) {
  const wrong = wrongOf100(correct, digits);
  const off = Math.abs(guess - wrong);
  const verdict = off <= 1 ? "That is right, to within 1." : `You were ${plain(off, 1)} too ${guess > wrong ? "high" : "low"}.`;
  return `You guessed ${plain(guess, 1)} of 100; it is ${plain(wrong, 1)}. ${verdict}`;
}

/** What the edits cost. */
export function costText({ correct, correct_before: before, digits, lost, confusion, changed_weights: changed }) {
  const most = Math.max(...lost);
  const change = before - correct;
  const effect = change > 0 ? `${whole(change)} more than before` : change < 0 ? `${whole(-change)} fewer than before` : "as many as before";
  const digit = lost.indexOf(most);
  const images = confusion[digit].reduce((sum, count) => sum + count, 0);
  const worst = most > 0 ? ` The ${digit} suffers most: ${whole(most)} more of its ${images} images ${most === 1 ? "is" : "are"} misread.` : "";
  return `${whole(digits - correct)} of ${whole(digits)} test digits are misread, ${effect}.${worst} The edits change ${whole(changed)} weights and biases.`;
}
