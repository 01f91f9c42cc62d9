/** The whole path of a walk, from the answer to the ink, and the two digits that it compares. Nothing here touches the document. */
import { topTwo } from "../statistics.js";
import { sameCell } from "./path.js";
import { strongest } from "./calculation.js";

/** Whether `path` is the beginning of `route`. */
export const isPrefix = (path, route) => path.length <= route.length && path.every((cell, i) => sameCell(cell, route[i]));

/**
 * The calculations of a path, followed by those of the strongest operands down to the ink. `calculate(cell)` is the calculation of a
 * cell; the path has at least one cell.
 */
export function routeOf(path, calculate) {
  const route = path.map(calculate);
  for (let next = strongest(route.at(-1)); next; next = strongest(route.at(-1))) route.push(calculate(next));
  return route;
}

/** A digit and the most likely other digit: [3, 7]. */
export function withRival(digit, probabilities) {
  const [first, second] = topTwo(probabilities);
  return [digit, digit === first ? second : first];
}

/** The digit that a walk is about: that of the logit or the probability at its beginning; null if it begins elsewhere. */
export const digitOf = (path) => (["probabilities", "logits"].includes(path[0]?.layer) ? path[0].row : null);
