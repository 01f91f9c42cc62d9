/** The update of one weight in one step, with its numbers, by SGD or Adam. */
import { at, letter, make, num, op, row } from "../../ui/math/mathml.js";

/** A number with six decimals, or as 3.615 · 10⁻⁸ if it is very small or very large. */
export function written(value) {
  const size = Math.abs(value);
  const minus = (text) => text.replace("-", "−");
  if (size === 0) return num(0);
  if (size >= 1e-4 && size < 1e6) return num(minus(value.toFixed(size >= 100 ? 2 : 6)));
  const [digits, exponent] = value.toExponential(3).split("e");
  if (digits === "1.000") return make("msup", num(10), num(minus(String(Number(exponent)))));
  return row(num(minus(digits)), op("·"), make("msup", num(10), num(minus(String(Number(exponent))))));
}

/** A number as a factor, or after a minus sign: in brackets if it is negative. */
const factor = (value) => (value < 0 ? row(op("("), written(value), op(")")) : written(value));
const math = (...parts) => {
  const node = make("math", ...parts);
  node.setAttribute("display", "inline");
  node.setAttribute("displaystyle", "true");
  return node;
};
const w = () => letter("w", "w");
const eta = () => letter("η", "eta");
const g = () => letter("g", "g");
const hat = (name) => make("mover", letter(name, name), op("^"));
const square = (base) => make("msup", base, num(2));

/** SGD: w ← w − η·g. A list of <math> elements. */
function sgd({ before, gradient, after }, rate) {
  return [math(w(), op("←"), w(), op("−"), eta(), op("·"), g(), op("="), written(before), op("−"), num(rate), op("·"), factor(gradient), op("="), written(after))];
}

/** Adam: m and v, corrected for their start at zero, and w ← w − η·m̂/(√v̂ + ε). A list of <math> elements. */
function adam(step, { before, gradient, m, v, m_hat: mean, v_hat: spread, after }, previous, rate, { beta1, beta2, epsilon }) {
  const [m0, v0] = [previous?.m ?? 0, previous?.v ?? 0];
  const rest = (beta) => num(String(Number((1 - beta).toPrecision(6))));
  const power = (beta) => make("msup", num(beta), num(step));
  return [
    math(letter("m", "m"), op("="), num(beta1), op("·"), factor(m0), op("+"), rest(beta1), op("·"), factor(gradient), op("="), written(m)),
    math(letter("v", "v"), op("="), num(beta2), op("·"), written(v0), op("+"), rest(beta2), op("·"), square(factor(gradient)), op("="), written(v)),
    math(hat("m"), op("="), letter("m", "m"), op("/"), row(op("("), num(1), op("−"), power(beta1), op(")")), op("="), written(mean), op(","), make("mspace"), hat("v"), op("="), letter("v", "v"), op("/"), row(op("("), num(1), op("−"), power(beta2), op(")")), op("="), written(spread)),
    math(w(), op("←"), w(), op("−"), eta(), op("·"), make("mfrac", hat("m"), row(make("msqrt", hat("v")), op("+"), letter("ε", "epsilon"))), op("="), written(before), op("−"), num(rate), op("·"), make("mfrac", written(mean), row(make("msqrt", written(spread)), op("+"), written(epsilon))), op("="), written(after)),
  ];
}

/** The update of the weight in step `index` (counted from 0) of a run, as a list of <math> elements. */
export function rule(run, index) {
  const { step, weight } = run.steps[index];
  const rate = String(run.learning_rate);
  return run.optimiser === "sgd" ? sgd(weight, rate) : adam(step, weight, run.steps[index - 1]?.weight, rate, run.adam);
}

/** L = −(1/80) Σ ln p: the loss of the batch. */
export const lossFormula = (count) =>
  math(letter("L", "L"), op("="), op("−"), make("mfrac", num(1), num(count)), make("munderover", op("∑"), row(letter("i"), op("="), num(1)), num(count)), make("mi", "ln"), at(letter("p", "p"), letter("i")));
