/** The answer: the digit large or why there is none, how sure, how familiar, and ten bars with their numbers. */
import { el, setText } from "../ui/dom.js";
import { announcement, familiarityText, percent } from "../core/text.js";

/** `below` is where the reasons stand on a phone. */
export function createPredictionPanel(root, below) {
  const [large, perhaps, line, familiar, familiarText, familiarShort, needle, reasons, announce] = [
    "digit", "perhaps", "verdict", "familiar", "familiar-text", "familiar-short", "familiar-needle", "reasons", "announce",
  ].map((id) => root.querySelector(`#${id}`));
  const rows = Array.from({ length: 10 }, (_, i) => {
    const row = root.querySelector("#bars").appendChild(document.createElement("li"));
    const part = (name, text = "", parent = row) => {
      const span = parent.appendChild(document.createElement("span"));
      span.className = name;
      span.textContent = text;
      return span;
    };
    part("name", i);
    const fill = part("fill", "", part("track"));
    return { row, fill, share: part("share") };
  });

  return {
    /** Show the answer to a drawing; `picture` is what lies on the pad if it is not strokes. */
    show(prediction, picture) {
      const { verdict, digit, familiarity } = prediction;
      const blank = verdict === "blank";
      root.dataset.verdict = verdict;
      setText(large, blank ? (picture ? "no ink found" : "draw something") : verdict === "not_a_digit" ? "not a digit" : digit);
      perhaps.hidden = verdict !== "unsure";
      const parts = verdictParts(prediction, picture);
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
    /** Say the answer aloud: when a stroke has ended, not while it is drawn. */
    announce(prediction, picture) {
      announce.textContent = announcement(prediction, picture);
    },
  };

  /** How much like a digit it is, from 0 to 1; nothing where that is not measured. */
  function showFamiliarity(familiarity) {
    familiar.hidden = typeof familiarity !== "number";
    if (familiar.hidden) return;
    needle.style.left = `${(100 * familiarity).toFixed(1)}%`;
    setText(familiarText, familiarityText(familiarity));
    setText(familiarShort, `familiar ${familiarity.toFixed(2)}`); // on a phone
  }

  function showReasons(given) {
    const shown = given.join("\n");
    if (reasons.dataset.shown === shown) return;
    reasons.dataset.shown = shown;
    reasons.replaceChildren(...given.map((reason) => el("li", {}, reason)));
    below.textContent = given.join(" "); // on a phone, where the panel is too narrow for sentences
  }
}

function verdictParts({ digit, confidence, verdict }, picture) {
  const strong = (text) => el("b", {}, text);
  if (verdict === "blank" && picture) return ["no ink found in this picture"];
  if (verdict === "blank") return ["no ink yet; this is what it makes of nothing"];
  if (verdict === "not_a_digit") return [`closest: ${digit}`, el("span", { class: "word" }, ", ", strong(percent(confidence)))];
  return [strong(percent(confidence)), el("span", { class: "word" }, " confidence")];
}
