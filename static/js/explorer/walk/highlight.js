/** Highlights a layer, or a part of a calculation, while the pointer or the focus is on a word for it. */
import { byName, LAYERS } from "../../core/layers.js";
import { highlight } from "../../ui/highlight.js";

/** `cellPanel` and `explanation` are elements; `explained()` is the explained cell. Returns highlightPart(part or null). */
export function createHighlighting(cellPanel, explanation, explained) {
  for (const type of ["pointerover", "focusin"]) {
    explanation.addEventListener(type, (event) => {
      const target = event.target.closest("[data-lights]")?.dataset.lights;
      if (!target) return;
      if (target.startsWith("part:")) highlight(cellPanel, target.slice(5));
      else highlightLayer(target);
    });
  }

  return (part) => {
    highlight(cellPanel, part);
    const cell = part && explained();
    const source = cell && LAYERS[Math.max(LAYERS.indexOf(byName[cell.layer]) - 1, 0)];
    highlightLayer({ I: source?.name, O: cell?.layer }[part]);
  };
}

function highlightLayer(name) {
  for (const layer of document.querySelectorAll(".layer")) layer.classList.toggle("lit", layer.dataset.layer === name);
}
