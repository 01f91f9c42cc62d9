/** The texts of "Teach it" with their numbers. Nothing here touches the document. */
import { indexOfLargest, wrongOf100 } from "../../core/statistics.js";
import { plain, plural, whole } from "../../core/text.js";

const EVERY = 3; // of the drawings of each digit, one in three is held out
const CLASSES = 2; // digits that are needed

/** For each drawing, whether it is held out: the third, the sixth, … drawing of each digit, as in the service. */
export function heldOut(labels) {
  const counts = Array(10).fill(0);
  return labels.map((label) => ++counts[label] % EVERY === 0);
}

/** What must be drawn before these labels can be taught; "" if they are enough: two digits, each with a drawing that is held out. */
export function missingText(labels) {
  if (labels.length === 0) return "Draw a digit on the pad, choose what it should mean, and add it. The network does not learn while you draw.";
  const counts = [...new Set(labels)].map((digit) => [digit, labels.filter((label) => label === digit).length]);
  const most = counts.sort((a, b) => b[1] - a[1]).slice(0, CLASSES);
  const lacking = most.filter(([, count]) => count < EVERY).map(([digit, count]) => `${EVERY - count} more of the ${digit}`);
  const second = most.length < CLASSES ? `at least ${EVERY} of a second digit: from one digit alone, the network would only learn to answer ${most[0][0]} more often` : "";
  if (lacking.length === 0 && second === "") return "";
  return `Draw ${[...lacking, second].filter(Boolean).join(", and ")}. Every third drawing of a digit is held out as a test.`;
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

/** The training whose result is to be guessed, as the beginning of the question. */
export const planText = ({ layers, steps }, rate) => `After ${plural(steps, "step")} of training ${layers === "all" ? "all layers" : "the last layer"} with the learning rate ${rate}, how many of 100 MNIST test digits does the network misread?`;

/** What was forgotten, and how far the guess was off. */
export function forgottenText(guess, { digits, correct_before: before, correct_after: after, lost }) {
  const most = Math.max(...lost);
  const digit = lost.indexOf(most);
  const worst = most > 0 ? ` The network forgot the ${digit} most: ${most === 1 ? `1 fewer ${digit} is` : `${whole(most)} fewer ${digit}s are`} read correctly.` : "";
  const wrong = wrongOf100(after, digits);
  const found = `Of ${whole(digits)} test digits of MNIST, the network misread ${whole(digits - before)} before and misreads ${whole(digits - after)} now, which is ${plain(wrong, 1)} of 100.${worst}`;
  if (guess === null) return found;
  const off = Math.abs(guess - wrong);
  return `${found} You guessed ${plain(guess, 1)} of 100: ${off <= 1 ? "that is right, to within 1." : `${plain(off, 1)} too ${guess > wrong ? "many" : "few"}.`}`;
}
