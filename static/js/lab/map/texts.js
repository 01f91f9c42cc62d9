/** The texts of "The map" with their numbers. Nothing here touches the document. */
import { plain, whole } from "../../core/text.js";

export const LAYERS = ["input", "pool1", "pool2", "relu3", "logits"];

const share = (value) => `${plain(100 * value, value < 0.995 ? 0 : 1)} %`;

/** How much of its layer the plane of a map shows. */
export function explainedText({ layer, dimensions, explained: [first, second] }) {
  return `The layer ${layer} has ${whole(dimensions)} numbers for each digit, so each digit is a point in ${whole(dimensions)} dimensions. The map shows two directions: ${share(first)} of the variance, which measures how much the digits differ, lies along the horizontal axis and ${share(second)} along the vertical one. ${share(1 - first - second)} of it is not visible here.`;
}

/** The layer on whose map the nearest other digit has the same label most often. */
const clearest = (facts) => facts.reduce((best, each) => (each.same_in_plane > best.same_in_plane ? each : best));

/** The result of the guess, with the facts of all five layers. */
export function guessText(guess, facts) {
  const best = clearest(facts);
  const found = `On the map of ${best.layer}, the nearest other digit has the same label in ${share(best.same_in_plane)} of cases: more often than on any other map.`;
  if (guess === null) return found;
  if (guess === best.layer) return `That is right. ${found}`;
  const yours = facts.find(({ layer }) => layer === guess);
  return `You guessed ${guess}, with ${share(yours.same_in_plane)}. ${found}`;
}

export const rowOf = ({ layer, explained: [first, second], same_in_plane: plane, same_in_layer: all }) => [layer, share(first + second), share(plane), share(all)];

/** The labels of the nearest digits in words. */
export function nearestText(nearest, predicted) {
  const counts = new Map();
  for (const { label } of nearest) counts.set(label, (counts.get(label) ?? 0) + 1);
  const [label, count] = [...counts].sort((a, b) => b[1] - a[1])[0];
  const most = count === nearest.length ? `All ${count}` : `${count} of ${nearest.length}`;
  return `${most} are labelled ${label}. The network reads ${predicted ?? "nothing"}.`;
}
