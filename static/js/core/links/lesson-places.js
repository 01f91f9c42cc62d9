/** The section of the lesson, and perhaps its step, that explains each kind of layer and two of the views. */
export const LESSON_PLACES = Object.freeze({
  input: ["network", "input"],
  convolution: ["correlation"],
  relu: ["network", "relu1"],
  max_pool: ["pooling"],
  flatten: ["network", "flatten"],
  linear: ["dense"],
  softmax: ["softmax", "yours"],
  costs: ["size"],
  trust: ["mistakes"],
});
