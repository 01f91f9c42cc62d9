/** Where the lesson explains what: the section and step of /lesson for each kind of layer, and for the page's other views. */
export const PLACES = Object.freeze({
  input: ["correlation", "yours"],
  convolution: ["correlation"],
  relu: ["network", "relu1"],
  max_pool: ["pooling"],
  flatten: ["network", "flatten"],
  linear: ["dense"],
  softmax: ["softmax"],
  costs: ["size"],
  trust: ["mistakes"],
});
