/** The filters and units of a layer as a grid of buttons: the 3×3 filters of conv1, or the maps and units for the user's digit. */
import { DIVERGING, paintMap, range, SEQUENTIAL } from "../../core/colour.js";
import { byName } from "../../core/layers.js";
import { el, setAttribute } from "../../ui/dom.js";

const SHOWN = { conv1: "conv1", conv2: "relu2", dense1: "relu3" }; // the layer whose numbers the grid shows
const NOUNS = { conv1: "Filter", conv2: "Filter", dense1: "Unit" };
export const LAYERS = Object.keys(SHOWN);

/** `choose(unit)` is called when a button is pressed. Returns { node, show({ layer, unit, weights, activations, edited, theme }) }. */
export function createFilterGrid({ choose }) {
  const node = el("div", { class: "filters", role: "radiogroup" });
  let layer = null;
  let buttons = [];

  function build(name) {
    layer = name;
    const count = byName[name].shape[0];
    node.className = `filters of-${name}`;
    node.setAttribute("aria-label", `The ${NOUNS[name].toLowerCase()}s of ${name}`);
    buttons = Array.from({ length: count }, (_, unit) => {
      const size = name === "conv1" ? 3 : name === "conv2" ? 11 : 1;
      const canvas = el("canvas", { width: size, height: size, "aria-hidden": "true" });
      const button = el("button", { type: "button", role: "radio", "aria-label": `${NOUNS[name]} ${unit}`, title: `${NOUNS[name]} ${unit}` }, canvas);
      button.addEventListener("click", () => choose(unit));
      button.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        const next = (unit + step + count) % count;
        choose(next);
        buttons[next].focus();
      });
      return button;
    });
    node.replaceChildren(...buttons);
  }

  function paint(canvas, values, from, size, limits, colours) {
    const image = new ImageData(size, size);
    paintMap(new Uint32Array(image.data.buffer), size, 0, values, from, size, size, limits, colours);
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  return {
    node,
    show({ layer: name, unit, weights, activations, edited, theme }) {
      if (layer !== name) build(name);
      const shown = byName[SHOWN[name]];
      const values = activations[SHOWN[name]];
      const limits = range(shown, values, "layer");
      for (const [i, button] of buttons.entries()) {
        setAttribute(button, "aria-checked", i === unit);
        button.tabIndex = i === unit ? 0 : -1;
        button.classList.toggle("edited", edited.has(i));
        const canvas = button.firstChild;
        if (name === "conv1") {
          if (!weights) continue;
          const kernel = weights.kernel("conv1", i);
          const most = Math.max(...kernel.map(Math.abs));
          paint(canvas, kernel, 0, 3, [-most, most], DIVERGING[theme]);
        } else if (name === "conv2") paint(canvas, values, i * 121, 11, limits, SEQUENTIAL);
        else paint(canvas, values, i, 1, limits, SEQUENTIAL);
      }
    },
  };
}
