/**
 * The lesson's formulas in MathML, in the lesson's letters: I is the input, K the filter, b the bias, O the output with the
 * indices i and j; u and v are indices inside the filter. Pooling makes P from A; softmax makes σ(z) from z for C classes.
 */
import { MEAN, STD } from "../../core/layers.js";
import { at, call, gap, letter, list, make, maxOver, num, op, plus, row, softmaxOf, upTo } from "./mathml.js";

const FORMULAS = {
  input: () => [letter("O", "O"), op("="), row(op("("), letter("x", "I"), op("/"), num(255), op("−"), num(MEAN), op(")")), op("/"), num(STD)],
  convolution: (depth) => [
    at(letter("O", "O"), ...list(letter("m"), letter("i"), letter("j"))),
    op("="),
    at(letter("b", "b"), letter("m")),
    op("+"),
    ...(depth > 1 ? [upTo(depth - 1, "k")] : []),
    upTo(2, "u", "v"),
    at(letter("I", "I"), ...list(...(depth > 1 ? [letter("k")] : []), plus("i", "u"), plus("j", "v"))),
    op("·"),
    at(letter("K", "K"), ...list(letter("m"), ...(depth > 1 ? [letter("k")] : []), letter("u"), letter("v"))),
  ],
  relu: () => [letter("O", "O"), op("="), call("max", num(0), op(","), letter("I", "I"))],
  max_pool: () => [
    at(letter("P", "O"), ...list(letter("i"), letter("j"))),
    op("="),
    maxOver(() => num(2)),
    gap(),
    at(letter("A", "I"), row(num(2), letter("i"), op("+"), letter("u")), op(","), row(num(2), letter("j"), op("+"), letter("v"))),
  ],
  flatten: () => [
    at(letter("O", "O"), row(num(25), letter("m"), op("+"), num(5), letter("i"), op("+"), letter("j"))),
    op("="),
    at(letter("I", "I"), ...list(letter("m"), letter("i"), letter("j"))),
  ],
  linear: (inputs) => [
    at(letter("O", "O"), letter("i")),
    op("="),
    at(letter("b", "b"), letter("i")),
    op("+"),
    upTo(inputs - 1, "j"),
    at(letter("w", "K"), ...list(letter("i"), letter("j"))),
    op("·"),
    at(letter("I", "I"), letter("j")),
  ],
  softmax: (temperature) => {
    const exponent = (index) => row(at(letter("z", "I"), letter(index)), ...(temperature === 1 ? [] : [op("/"), letter("T", "T")]));
    const scores = row(letter("z", "I"), ...(temperature === 1 ? [] : [op("/"), letter("T", "T")]));
    return [at(call("σ", scores), letter("i")), op("="), ...softmaxOf(exponent)];
  },
};

/** The formula of a kind of layer as a <math> element; `size` is the number of input maps or values, for softmax T. */
export function formula(kind, size) {
  const math = make("math", ...FORMULAS[kind](size));
  math.setAttribute("display", "inline");
  return math;
}
