/** The switch between the preprocessing modes; each of its buttons shows the prediction in that mode. */
import { isBlank } from "../../core/drawing.js";
import { shortPrediction } from "../../core/prediction-text.js";
import { whyUnavailable } from "../../service/preprocessing-comparison.js";
import { setText } from "../../ui/dom.js";

/** What is compared: the verdict and the digit. If a drawing is not a digit, the closest digit does not matter. */
const outcome = ({ verdict, digit }) => (verdict === "not_a_digit" ? verdict : `${verdict} ${digit}`);

export function createModeSwitch(root) {
  const buttons = [...root.querySelectorAll("label")].map((label) => ({
    label,
    mode: label.querySelector("input").value,
    prediction: label.querySelector(".reads"),
  }));

  return {
    /** Show the predictions of service/preprocessing-comparison.js; those for an earlier drawing stay and look faded. */
    show(comparison, present, pen) {
      const { drawn, predictions } = comparison;
      root.classList.toggle("old", drawn !== present || (present.strokes.length > 0 && comparison.pen !== pen));
      const blank = drawn === null || isBlank(drawn);
      const usual = predictions.mnist;
      for (const { label, mode, prediction: node } of buttons) {
        const prediction = predictions[mode];
        const text = blank ? "–" : whyUnavailable(mode, drawn) || (prediction ? shortPrediction(prediction) : "…");
        setText(node, text);
        label.classList.toggle("differs", !blank && Boolean(prediction && usual) && outcome(prediction) !== outcome(usual));
        label.classList.toggle("without", !prediction);
      }
    },
  };
}
