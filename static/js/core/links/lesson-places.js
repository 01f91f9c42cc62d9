/** Where the lesson explains what: the section, and perhaps the step, of /lesson for each kind of layer and for two views. */
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
