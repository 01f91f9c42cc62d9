/** The lesson's formulas in MathML, in the lesson's letters: I is the input, K the kernel, b the bias, O the output. */
import { MEAN, STD } from "../../core/layers.js";
import { at, call, gap, letter, list, make, num, op, plus, power, row, upTo } from "./mathml.js";

const FORMULAS = {
  input: () => [letter("O", "O"), op("="), row(op("("), letter("x", "I"), op("/"), num(255), op("−"), num(MEAN), op(")")), op("/"), num(STD)],
  convolution: (depth) => [
    at(letter("O", "O"), ...list(letter("m"), letter("r"), letter("c"))),
    op("="),
    ...(depth > 1 ? [upTo(depth - 1, "k")] : []),
    upTo(2, "i", "j"),
    at(letter("I", "I"), ...list(...(depth > 1 ? [letter("k")] : []), plus("r", "i"), plus("c", "j"))),
    op("·"),
    at(letter("K", "K"), ...list(letter("m"), ...(depth > 1 ? [letter("k")] : []), letter("i"), letter("j"))),
    op("+"),
    at(letter("b", "b"), letter("m")),
  ],
  relu: () => [letter("O", "O"), op("="), call("max", num(0), op(","), letter("z", "I"))],
  max_pool: () => [
    at(letter("O", "O"), ...list(letter("r"), letter("c"))),
    op("="),
    at(make("mi", "max"), letter("i"), op(","), letter("j"), op("∈"), op("{"), num(0), op(","), num(1), op("}")),
    gap(),
    at(letter("I", "I"), row(num(2), letter("r"), op("+"), letter("i")), op(","), row(num(2), letter("c"), op("+"), letter("j"))),
  ],
  flatten: () => [
    at(letter("O", "O"), row(num(25), letter("m"), op("+"), num(5), letter("r"), op("+"), letter("c"))),
    op("="),
    at(letter("I", "I"), ...list(letter("m"), letter("r"), letter("c"))),
  ],
  linear: (inputs) => [
    at(letter("O", "O"), letter("u")),
    op("="),
    upTo(inputs - 1, "i"),
    at(letter("I", "I"), letter("i")),
    op("·"),
    at(letter("W", "K"), ...list(letter("u"), letter("i"))),
    op("+"),
    at(letter("b", "b"), letter("u")),
  ],
  softmax: (temperature) => {
    const exponent = (index) => row(at(letter("z", "I"), letter(index)), ...(temperature === 1 ? [] : [op("/"), letter("T", "T")]));
    return [at(letter("p", "O"), letter("d")), op("="), power(exponent("d")), op("/"), row(upTo(9, "i"), power(exponent("i")))];
  },
};

/** The formula of a kind of layer as a <math> element; `size` is the number of input maps or values, for softmax T. */
export function formula(kind, size) {
  const math = make("math", ...FORMULAS[kind](size));
  math.setAttribute("display", "inline");
  return math;
}
