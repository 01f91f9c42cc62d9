/** The prediction panel: the digit in large type (or why there is none), the confidence, how typical it is, and ten bars. */
import { announcement, familiarityText, headline, lineBelow } from "../core/prediction-text.js";
import { percent } from "../core/text.js";
import { el, setText } from "../ui/dom.js";
import { createPredictionSpeech } from "../ui/speech/live-regions.js";

/** `below` is the element that shows the reasons on a phone. */
export function createPredictionPanel(root, below) {
  const [large, perhaps, line, familiar, familiarText, familiarShort, needle, reasons, announcer] = [
    "digit", "perhaps", "verdict", "familiar", "familiar-text", "familiar-short", "familiar-needle", "reasons", "announce",
  ].map((id) => root.querySelector(`#${id}`));
  const say = createPredictionSpeech(announcer);
  const rows = Array.from({ length: 10 }, (_, digit) => {
    const fill = el("span", { class: "fill" });
    const share = el("span", { class: "share" });
    const row = el("li", {}, el("span", { class: "name" }, digit), el("span", { class: "track" }, fill), share);
    root.querySelector("#bars").append(row);
    return { row, fill, share };
  });

  return {
    /** Show the prediction for a drawing; `image` is the image on the pad, null for strokes. */
    show(prediction, image) {
      const { verdict, digit, familiarity } = prediction;
      const blank = verdict === "blank";
      root.dataset.verdict = verdict;
      setText(large, headline(prediction, image));
      perhaps.hidden = verdict !== "unsure";
      const parts = lineParts(prediction, image);
      const text = parts.map((part) => part.textContent ?? part).join("");
      if (line.textContent !== text) line.replaceChildren(...parts);
      showFamiliarity(blank ? null : familiarity);
      showReasons(prediction.reasons ?? []);
      for (const [i, { row, fill, share }] of rows.entries()) {
        const p = prediction.probabilities[i];
        row.classList.toggle("first", !blank && i === digit);
        fill.style.transform = `scaleX(${p.toFixed(4)})`;
        setText(share, percent(p));
      }
    },
    /** Announce the prediction to screen readers, once a stroke has ended. */
    announce(prediction, image) {
      say(announcement(prediction, image), { byKeyboard: image?.kind === "pixels" });
    },
  };

  /** The in-distribution score from 0 to 1; hidden if it was not measured. */
  function showFamiliarity(familiarity) {
    familiar.hidden = typeof familiarity !== "number";
    if (familiar.hidden) return;
    needle.style.left = `${(100 * familiarity).toFixed(1)}%`;
    setText(familiarText, familiarityText(familiarity));
    setText(familiarShort, `typical: ${familiarity.toFixed(2)}`); // on a phone
  }

  function showReasons(list) {
    const shown = list.join("\n");
    if (reasons.dataset.shown === shown) return;
    reasons.dataset.shown = shown;
    root.dataset.reasons = Math.min(list.length, 3);
    reasons.replaceChildren(...list.map((reason) => el("li", {}, reason)));
    setText(below, list.join(" ")); // on a phone, where the panel is too narrow for sentences
  }
}

/** The line below the headline; a phone hides the words of class "word". */
function lineParts(prediction, image) {
  const [before, number, after] = lineBelow(prediction, image);
  if (number === "") return [before];
  const strong = el("b", {}, number);
  if (prediction.verdict !== "not_a_digit") return [strong, el("span", { class: "word" }, after)];
  const [name] = before.split(", ");
  return [name, el("span", { class: "word" }, ", ", strong)];
}
