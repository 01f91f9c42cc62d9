/** The update of one weight in one step, with its numbers, by SGD or Adam. */
import { equalsSign, printed, withDecimals } from "../../core/text.js";
import { at, letter, make, num, op, row } from "../../ui/math/mathml.js";

const write = (value) => (value === 0 ? "0" : withDecimals(value, 6));
/** A number with six decimals, or as 3.615·10⁻⁸ if it is very small or very large. */
const written = (value) => num(write(value));
/** A number that follows a · or a −: in brackets if it is negative. */
const factor = (value) => (value < 0 ? row(op("("), written(value), op(")")) : written(value));
/** The sign = or ≈, then the result as it is printed; `value` is calculated from printed numbers. */
const result = (value, shown) => [op(equalsSign(value, write(shown))), written(shown)];
const shown = (value) => printed(value, write);
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
  return [math(w(), op("←"), w(), op("−"), eta(), op("·"), g(), op("="), written(before), op("−"), num(rate), op("·"), factor(gradient), ...result(shown(before) - Number(rate) * shown(gradient), after))];
}

/** Adam: m and v, corrected for their start at zero, and w ← w − η·m̂/(√v̂ + ε). A list of <math> elements. */
function adam(step, { before, gradient, m, v, m_hat: mean, v_hat: spread, after }, previous, rate, { beta1, beta2, epsilon }) {
  const [m0, v0] = [previous?.m ?? 0, previous?.v ?? 0];
  const left = (beta) => Number((1 - beta).toPrecision(6));
  const rest = (beta) => num(String(left(beta)));
  const power = (beta) => make("msup", num(beta), num(step));
  return [
    math(letter("m", "m"), op("="), num(beta1), op("·"), factor(m0), op("+"), rest(beta1), op("·"), factor(gradient), ...result(beta1 * shown(m0) + left(beta1) * shown(gradient), m)),
    math(letter("v", "v"), op("="), num(beta2), op("·"), written(v0), op("+"), rest(beta2), op("·"), square(factor(gradient)), ...result(beta2 * shown(v0) + left(beta2) * shown(gradient) ** 2, v)),
    math(hat("m"), op("="), letter("m", "m"), op("/"), row(op("("), num(1), op("−"), power(beta1), op(")")), ...result(shown(m) / (1 - beta1 ** step), mean), op(","), make("mspace"), hat("v"), op("="), letter("v", "v"), op("/"), row(op("("), num(1), op("−"), power(beta2), op(")")), ...result(shown(v) / (1 - beta2 ** step), spread)),
    math(w(), op("←"), w(), op("−"), eta(), op("·"), make("mfrac", hat("m"), row(make("msqrt", hat("v")), op("+"), letter("ε", "epsilon"))), op("="), written(before), op("−"), num(rate), op("·"), make("mfrac", written(mean), row(make("msqrt", written(spread)), op("+"), written(epsilon))), ...result(shown(before) - (Number(rate) * shown(mean)) / (Math.sqrt(shown(spread)) + epsilon), after)),
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
  math(letter("L", "L"), op("="), row(op("−"), make("mfrac", num(1), num(count))), make("munderover", op("∑"), row(letter("i"), op("="), num(1)), num(count)), make("mi", "ln\u2009"), at(letter("p", "p"), letter("i")));
