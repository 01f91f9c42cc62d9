/** "Can I trust it?": the reliability diagram and the confusion matrix are in the template; this marks the current prediction. */
import { setAttribute, setText } from "../ui/dom.js";
import { createRovingFocus } from "../ui/roving-focus.js";
import { FACTS } from "../core/service-facts.js";
import { NOT_A_DIGIT, NOTHING_DRAWN, withConfidence } from "../core/prediction-text.js";
import { withArticle, plural, whole } from "../core/text.js";

export function createReliability(root) {
  const bins = [...root.querySelectorAll(".bin")];
  if (bins.length === 0) return { show() {} }; // not measured
  const cells = [...root.querySelectorAll(".confusion [data-row]")];
  const columns = [...root.querySelectorAll(".confusion [data-column]")];
  const [needle, here, says] = ["trust-needle", "trust-here", "trust-says"].map((id) => root.querySelector(`#${id}`));

  for (const type of ["pointerover", "focusin"]) {
    root.addEventListener(type, ({ target }) => {
      const said = target.closest("[data-says]")?.dataset.says;
      if (said) setText(says, said);
    });
  }
  createRovingFocus(bins, bins.length);
  createRovingFocus(cells, 10);

  return {
    /** Mark the current prediction by its confidence and its digit. */
    show({ answer: { prediction: { digit, confidence, verdict, model }, temperature } }) {
      const noDigit = verdict === "blank" || verdict === "not_a_digit"; // the test set has digits only
      const others = model !== FACTS.model.name; // the figures are those of the served weights
      const plain = others || temperature !== FACTS.model.temperature; // the diagram is of calibrated confidences
      const own = noDigit || plain ? null : bins.find((bin) => confidence >= bin.dataset.low && (confidence < bin.dataset.high || bin.dataset.high >= 1));
      for (const bin of bins) bin.classList.toggle("own", bin === own);
      for (const cell of columns) cell.classList.toggle("own", !noDigit && Number(cell.dataset.column) === digit);
      setAttribute(needle, "visibility", noDigit || plain ? "hidden" : "visible");
      if (verdict === "blank") return setText(here, `${NOTHING_DRAWN}, so there is no answer to trust.`);
      if (noDigit) return setText(here, `This answer: ${NOT_A_DIGIT}. The test set contains only digits, so these numbers say nothing about this drawing.`);
      if (others) return setText(here, `These figures are for ${FACTS.model.name}, not for the weights that you chose.`);
      if (plain) return setText(here, `This answer: ${digit}, ${withConfidence(confidence)}, by plain softmax. The diagram shows calibrated confidences: choose “calibrated” to see where this answer is.`);
      const at = Number(needle.dataset.left) + confidence * needle.dataset.wide;
      for (const end of ["x1", "x2"]) setAttribute(needle, end, at.toFixed(1));
      const read = cells.filter((cell) => Number(cell.dataset.column) === digit).map((cell) => Number(cell.textContent));
      const all = read.reduce((sum, count) => sum + count, 0);
      const share = all === 0 ? "" : ` Of the ${plural(all, "test image")} that the network read as ${digit}, ${whole(read[digit])} really ${read[digit] === 1 ? "shows" : "show"} ${withArticle(digit)}.`;
      const like = own ? own.dataset.says : "No test image had such a low confidence.";
      const less = verdict === "unsure" ? " Trust this answer less, for the reasons shown with the digit." : "";
      setText(here, `This answer: ${digit}, ${withConfidence(confidence)}. ${like}${share}${less}`);
    },
  };
}
