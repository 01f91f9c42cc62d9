/** The answer: the digit large, how sure, and ten bars with their numbers. */
import { setText } from "./dom.js";
import { announcement, percent } from "./words.js";

export function createAnswer(root) {
  const digit = root.querySelector("#digit");
  const verdict = root.querySelector("#verdict");
  const announce = root.querySelector("#announce");
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
      const blank = prediction.verdict === "blank";
      root.dataset.verdict = prediction.verdict;
      setText(digit, blank ? (picture ? "no ink found" : "draw something") : prediction.digit);
      const parts = verdictParts(prediction, picture);
      const text = parts.map((part) => part.textContent ?? part).join("");
      if (verdict.textContent !== text) verdict.replaceChildren(...parts);
      const best = prediction.digit;
      for (const [i, { row, fill, share }] of rows.entries()) {
        const p = prediction.probabilities[i];
        row.classList.toggle("first", !blank && i === best);
        fill.style.transform = `scaleX(${p.toFixed(4)})`;
        setText(share, percent(p));
      }
    },
    /** Say the answer aloud: when a stroke has ended, not while it is drawn. */
    announce(prediction, picture) {
      announce.textContent = announcement(prediction, picture);
    },
  };
}

function verdictParts({ digit, confidence, verdict, reasons }, picture) {
  const strong = (text) => Object.assign(document.createElement("b"), { textContent: text });
  if (verdict === "blank" && picture) return ["no ink found in this picture"];
  if (verdict === "blank") return ["no ink yet; this is what it makes of nothing"];
  const why = reasons?.length ? ` (${reasons.join("; ")})` : "";
  if (verdict === "not_a_digit") return [strong("not a digit"), ` closest: ${digit}, ${percent(confidence)}${why}`];
  if (verdict === "unsure") return [strong("not sure"), ` best guess, ${percent(confidence)}${why}`];
  const word = Object.assign(document.createElement("span"), { className: "word", textContent: " confidence" });
  return [strong(percent(confidence)), word];
}
