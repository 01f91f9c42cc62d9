/** The texts of "Fool it" with their numbers. Nothing here touches the document. */
import { NOT_A_DIGIT } from "../../core/prediction-text.js";
import { percent, plain, plural, whole, withArticle } from "../../core/text.js";

const LEAST_FAMILIARITY = 0.1; // familiarity from which a drawing still looks like a digit

/** The result of the guess about the smallest ε. */
export function guessText(guess, { succeeded, epsilon, changed_prediction: changed }) {
  if (!succeeded) return "Even a change of 255 grey levels does not fool the network: your drawing is too unusual. Try another digit.";
  const found = `If every pixel may change by ${epsilon} of 255 grey levels, the network reads ${withArticle(changed.digit)}.`;
  if (guess === null) return found;
  const off = Math.abs(guess - epsilon);
  if (off === 0) return `${found} You guessed exactly that.`;
  return `${found} You guessed ${plain(guess)}: ${plain(off)} too ${guess > epsilon ? "high" : "low"}.`;
}

const CERTAIN = { proven: " Fewer are not enough: all possibilities were tried.", upper_bound: " The search may have missed an even smaller change." };

/** What an attack has changed, and what the network reads now. */
export function attackText({ method, succeeded, towards, digit, changed_pixels: pixels, largest_change: largest, length, certainty, changed_prediction: after }) {
  const aim = towards === null ? `anything but ${digit}` : withArticle(towards);
  const read = after.digit === null ? "nothing" : `${withArticle(after.digit)} (${percent(after.confidence)})`;
  const changes = {
    fewest_pixels: `${plural(pixels, "pixel")} ${pixels === 1 ? "was" : "were"} set to black or white.`,
    smallest_change: `No pixel changes by more than ${largest} grey levels. The square root of the sum of all squared changes is ${plain(length, 0)}.`,
  }[method] ?? `${whole(pixels)} of 784 pixels have changed, by at most ${largest} grey levels.`;
  const proof = succeeded && method === "fewest_pixels" ? (CERTAIN[certainty] ?? "") : succeeded && method === "smallest_change" ? CERTAIN.upper_bound : "";
  return `${changes} ${succeeded ? `The network reads ${read}.` : `The network still reads ${read}; the goal was ${aim}.`}${proof}`;
}

/** The most likely digit, even if the service would refuse the image; familiarityText says whether it would. */
export const readText = ({ digit, confidence }) => (digit === null ? "nothing" : `${digit} · ${percent(confidence)}`);

/** How typical the changed image is of real digits; "" for weights without a calibration. */
export function familiarityText({ familiarity: before }, { familiarity: after, verdict }) {
  if (before === null || after === null) return "";
  const refused = verdict === "not_a_digit" ? ` The service would refuse the image as “${NOT_A_DIGIT}”.` : verdict === "unsure" ? " The service would say that it is unsure: “perhaps”." : " The service would not doubt its answer.";
  return `In-distribution score: ${before.toFixed(2)} before, ${after.toFixed(2)} now (1: like the digits it was trained with; 0: like none of them).${refused}`;
}

/** The curves' point nearest to an ε, in words. `ten`, the curve of ten steps, has fewer points; it is null until it is measured. */
export function curveText({ one: { digits, epsilons, correct }, ten }, epsilon) {
  const nearest = epsilons.reduce((best, each, i) => (Math.abs(each - epsilon) < Math.abs(epsilons[best] - epsilon) ? i : best), 0);
  const same = ten ? ten.epsilons.indexOf(epsilons[nearest]) : -1;
  const after = same < 0 ? "" : `, and with ten smaller steps ${whole(ten.correct[same])}`;
  return `With one step of ε = ${epsilons[nearest]}, ${whole(correct[nearest])} of ${whole(digits)} test digits are still read correctly${after}; without an attack, ${whole(correct[0])} are.`;
}

/** The score of the game: the probability of the wrong digit, or 0 if the drawing no longer looks like a digit. */
export function scoreOf({ probabilities, familiarity, verdict }, wrong) {
  if (verdict === "blank" || familiarity === null || familiarity < LEAST_FAMILIARITY) return 0;
  return probabilities[wrong];
}

export function scoreText({ probabilities, familiarity, verdict }, [right, wrong]) {
  if (verdict === "blank") return `Draw ${withArticle(right)} on the pad.`;
  if (familiarity === null) return "These weights have no in-distribution score. Choose the weights robust or lesson for the game.";
  const chance = percent(probabilities[wrong]);
  if (familiarity < LEAST_FAMILIARITY) return `${wrong} has ${chance}, but that does not count: the drawing is too different from the digits that the network was trained with. Its in-distribution score is ${familiarity.toFixed(2)}, and the game needs at least ${LEAST_FAMILIARITY}.`;
  return `${wrong} has ${chance}.${probabilities[wrong] > 0.5 ? ` Well done: would your friends still read ${withArticle(right)}?` : " More than 50 % is a win."}`;
}
