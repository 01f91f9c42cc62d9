/** The texts of "Teach it" with their numbers. Nothing here touches the document. */
import { indexOfLargest } from "../../core/statistics.js";
import { plain, plural, whole } from "../../core/text.js";

/** For each drawing, whether it is held out: the third, the sixth, … drawing of each digit, as in the service. */
export function heldOut(labels) {
  const counts = Array(10).fill(0);
  return labels.map((label) => ++counts[label] % 3 === 0);
}

/** What can be done next with these labels; "" if they are enough. */
export function missingText(labels) {
  if (labels.length === 0) return "Draw a digit on the pad, choose what it should mean, and add it. The network does not learn while you draw.";
  if (!heldOut(labels).includes(true)) return "Add at least three drawings of a digit: the third is held out as a test.";
  return "";
}

/** What was learnt, from the held-out drawings. */
export function learntText(drawings) {
  const tests = drawings.filter((each) => each.held_out);
  const right = (when) => tests.filter((each) => indexOfLargest(each[when]) === each.label).length;
  return `Of ${plural(tests.length, "held-out drawing")}, the network read ${right("before")} correctly before and reads ${right("after")} now. It was never trained on ${tests.length === 1 ? "this drawing" : "these drawings"}.`;
}

/** The name of a weight: its layer and its place in it. */
export function movedText({ layer, index: [unit, source, row, column] }) {
  if (layer === "logits") return `unit ${source} → logit ${unit}`;
  if (layer === "dense1") return `input ${source} → unit ${unit} of dense1`;
  return `${layer}, filter ${unit}, input ${source}, row ${row}, column ${column}`;
}

const of100 = (correct, digits) => Math.round((1000 * (digits - correct)) / digits) / 10;

/** What was forgotten, and how far the guess was off. */
export function forgottenText(guess, { digits, correct_before: before, correct_after: after, lost }) {
  const most = Math.max(...lost);
  const worst = most > 0 ? ` The ${lost.indexOf(most)} suffers most: ${whole(most)} fewer are read correctly.` : "";
  const found = `Of 100 test digits of MNIST, it misread ${plain(of100(before, digits), 1)} before and misreads ${plain(of100(after, digits), 1)} now.${worst}`;
  if (guess === null) return found;
  const off = Math.abs(guess - of100(after, digits));
  return `${found} You guessed ${plain(guess, 1)}: ${off <= 1 ? "that is right, within 1." : `${plain(off, 1)} too ${guess > of100(after, digits) ? "many" : "few"}.`}`;
}
