/** Highlights a layer, or a part of a calculation, while the pointer or the focus is on a word or a letter for it. */
import { byName, LAYERS } from "../../core/layers.js";
import { highlight } from "../../ui/highlight.js";

/**
 * `cellPanel` is the element with the calculation, `explained()` the explained cell. Returns highlight(word): the name of a
 * layer, "part:K" for a part of the calculation, a letter for a part and the layer it comes from, or null for nothing.
 */
export function createHighlighting(cellPanel, explained) {
  return (word) => {
    const part = word?.startsWith("part:") ? word.slice(5) : word;
    highlight(cellPanel, part);
    highlightLayer(word in byName ? word : layerOf(word, explained()));
  };
}

/** The layer whose numbers a letter stands for: I the input of the calculation, O its output. */
function layerOf(letter, cell) {
  if (!cell) return undefined;
  const source = LAYERS[Math.max(LAYERS.indexOf(byName[cell.layer]) - 1, 0)];
  return { I: source.name, O: cell.layer }[letter];
}

function highlightLayer(name) {
  for (const layer of document.querySelectorAll(".layer")) layer.classList.toggle("lit", layer.dataset.layer === name);
}
