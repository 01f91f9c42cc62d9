/** The ways to prepare a drawing side by side: a switch, and on each of its buttons what the network reads then. */
import { isBlank } from "../core/drawing.js";
import { setText } from "../ui/dom.js";
import { whyUnavailable } from "../service/preprocessing-comparison.js";
import { shortPrediction } from "../core/text.js";

/** What is read, without how sure: which digit is closest to what is none does not matter. */
const reading = ({ verdict, digit }) => (verdict === "not_a_digit" ? verdict : `${verdict} ${digit}`);

export function createModeSwitch(root) {
  const chips = [...root.querySelectorAll("label")].map((label) => ({
    label,
    way: label.querySelector("input").value,
    reads: label.querySelector(".reads"),
  }));

  return {
    /** Show the answers { drawn, pen, answers } to what is on the pad; those to an earlier drawing stay, and look it. */
    show(variants, present, pen) {
      const { drawn, answers } = variants;
      root.classList.toggle("old", drawn !== present || (present.strokes.length > 0 && variants.pen !== pen));
      const blank = drawn === null || isBlank(drawn);
      const usual = answers.mnist;
      for (const { label, way, reads } of chips) {
        const answer = answers[way];
        const text = blank ? "–" : whyUnavailable(way, drawn) || (answer ? shortPrediction(answer) : "…");
        setText(reads, text);
        label.classList.toggle("differs", !blank && Boolean(answer && usual) && reading(answer) !== reading(usual));
        label.classList.toggle("without", !answer);
      }
    },
  };
}
