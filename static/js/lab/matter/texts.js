/** The texts of "What matters" with their numbers. Nothing here touches the document. */
import { plural, withDecimals } from "../../core/text.js";

/** The methods in the order of the page: their names, and how each is computed, in a sentence. */
export const METHODS = {
  gradient: ["Gradient", "how fast the logit grows if a pixel becomes lighter"],
  gradient_times_input: ["Gradient × ink", "the gradient times the ink of the pixel"],
  integrated_gradients: ["Integrated gradients", "the ink times the mean gradient on the way from black to the drawing"],
  grad_cam: ["Grad-CAM", "where the maps of conv2 that support the digit are active"],
  occlusion: ["Covering", "how far the logit falls if a black square covers the pixel"],
};

/** The `count` pixels with ink that have the largest values, as [row, column], the largest first. */
export function strongest(values, pixels, count) {
  const places = values.flatMap((row, i) => row.map((value, j) => [value, i, j])).filter(([, i, j]) => pixels[i][j] > 0);
  return places.sort((a, b) => b[0] - a[0]).slice(0, count).map(([, i, j]) => [i, j]);
}

/** Pearson's correlation of two lists of rows; 0 if one of them is constant. */
export function correlation(first, second) {
  const [a, b] = [first.flat(), second.flat()];
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(a), mean(b)];
  const sum = (terms) => terms.reduce((total, term) => total + term, 0);
  const product = sum(a.map((value, i) => (value - x) * (b[i] - y)));
  const size = Math.sqrt(sum(a.map((value) => (value - x) ** 2)) * sum(b.map((value) => (value - y) ** 2)));
  return size > 0 ? product / size : 0;
}

const ALIKE = 0.5; // correlation from which two maps look alike

export function correlationText(value) {
  const text = withDecimals(value, 2);
  return value >= ALIKE ? `correlation ${text}: much the same without learning` : `correlation ${text}: this map shows what was learnt`;
}

/**
 * The result of the game. `falls` says how far the logit falls without the pixels that were chosen, { yours, method: … }; `shared`
 * is the number of pixels that both you and the method `name` chose.
 */
export function gameText(falls, name, shared, digit) {
  const methods = Object.keys(METHODS).filter((method) => method in falls);
  const beaten = methods.filter((method) => falls.yours > falls[method]).length;
  const fall = (value) => (value >= 0 ? `falls by ${withDecimals(value, 2)}` : `even rises by ${withDecimals(-value, 2)}`);
  const verdict = beaten === methods.length ? "You beat every method." : beaten === 0 ? "Every method found pixels that matter more." : `You beat ${beaten} of the ${plural(methods.length, "method")}.`;
  return `Without your four pixels, the logit of ${digit} ${fall(falls.yours)}; without the four of ${METHODS[name][0]}, it ${fall(falls[name])}. ${shared === 0 ? "None" : shared === 4 ? "All" : shared} of its pixels ${shared === 1 ? "is" : "are"} also yours. ${verdict}`;
}
