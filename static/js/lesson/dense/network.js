/** The lesson's dense network, 784–128–10. No DOM access. */
import { relu } from "../../core/layers.js";
import { indexOfLargest } from "../../core/statistics.js";
import { linear, softmax } from "../shared/arithmetic.js";

/** Ten probabilities for a normalised image of 784 values, row by row: softmax(W₃·max(0, W₁·x + b₁) + b₃). */
export function runDense(tensors, input) {
  const hidden = relu(linear(input, tensors["1.weight"].data, tensors["1.bias"].data));
  return softmax(linear(hidden, tensors["3.weight"].data, tensors["3.bias"].data));
}

/** The digit with the largest of ten probabilities: { digit, p }. */
export function prediction(probabilities) {
  const digit = indexOfLargest(probabilities);
  return { digit, p: probabilities[digit] };
}
