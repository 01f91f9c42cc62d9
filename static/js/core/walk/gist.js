/** What each layer is for, in a few words. Nothing here touches the document. */
export const GIST = Object.freeze({
  input: "your drawing, as pixels",
  conv1: "small patterns",
  relu1: "below zero becomes 0",
  pool1: "the largest of each 2 × 2",
  conv2: "larger patterns",
  relu2: "below zero becomes 0",
  pool2: "the largest of each 2 × 2",
  flatten: "all maps as one list",
  dense1: "128 sums over the whole list",
  relu3: "below zero becomes 0",
  logits: "a score for each digit",
  probabilities: "the scores in percent",
});
