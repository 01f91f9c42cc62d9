/**
 * The loaded network, computed in the browser for an image that is not on the pad, such as a moved digit. The results differ
 * from those of the service only by rounding. No DOM access.
 */
import { maxPool, relu } from "../../core/layers.js";
import { convolve, linear } from "./arithmetic.js";

/** The activations of the CNN for a normalised image of 784 values: { conv1, relu1, pool1, conv2, …, logits }. */
export function runCnn({ tensors }, input) {
  const [weight, bias] = [(name) => tensors[`${name}.weight`].data, (name) => tensors[`${name}.bias`].data];
  const conv1 = convolve(input, 1, 28, weight("features.0"), bias("features.0"));
  const relu1 = relu(conv1);
  const pool1 = maxPool(relu1, 32, 26, 26);
  const conv2 = convolve(pool1, 32, 13, weight("features.3"), bias("features.3"));
  const relu2 = relu(conv2);
  const pool2 = maxPool(relu2, 64, 11, 11);
  const dense1 = linear(pool2, weight("classifier.1"), bias("classifier.1"));
  const relu3 = relu(dense1);
  return { input, conv1, relu1, pool1, conv2, relu2, pool2, flatten: pool2, dense1, relu3, logits: linear(relu3, weight("classifier.3"), bias("classifier.3")) };
}

/** The first convolution alone: 32 maps of 26 × 26. */
export const firstConvolution = ({ tensors }, input) => convolve(input, 1, 28, tensors["features.0.weight"].data, tensors["features.0.bias"].data);
