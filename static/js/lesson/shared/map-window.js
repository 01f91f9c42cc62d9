/** One map as an image, one pixel per cell, and a window over it that follows the pointer and the arrow keys. */
import { paintMap, palette, range } from "../../core/colour.js";
import { el, setAttribute } from "../../ui/dom.js";
import { arrowOf } from "../../core/input.js";

/**
 * `layer` has { rows, cols, signed, most } as in core/layers.js; a cell is `scale` px wide. With `size` [rows, cols], the map has
 * a window of that size. `move(row, col)` is called with the window's new place, counted in steps of `stride` cells. `label` names the image. Returns
 * { node, show(values, options) }; options: `from`, the index of the map's first value; `ends`, the values at the ends of the
 * colour scale, by default the layer's; `theme`; `window` [row, col]; `label`.
 */
export function createMapWindow({ layer, scale, size = null, stride = 1, move, label, part }) {
  const { rows, cols } = layer;
  const canvas = el("canvas", { width: cols, height: rows });
  const frame = el("span", { class: "picture-window", hidden: !size });
  const moves = Boolean(move);
  const node = el("div", { class: "picture", role: moves ? "application" : "img", "aria-roledescription": moves ? "image with a window" : undefined, "aria-label": label, "data-part": part }, canvas, frame);
  if (moves) node.tabIndex = 0;
  node.style.width = `${cols * scale}px`;
  const context = canvas.getContext("2d");
  const image = context.createImageData(cols, rows);
  const pixels = new Uint32Array(image.data.buffer);
  let at = [0, 0];

  const to = (row, col) => {
    const [down, across] = [(rows - size[0]) / stride, (cols - size[1]) / stride].map(Math.floor);
    at = [Math.min(Math.max(row, 0), down), Math.min(Math.max(col, 0), across)]; // set at once, because the next key may be pressed before the next frame
    move(...at);
  };
  if (moves) {
    const under = (event) => {
      const box = canvas.getBoundingClientRect();
      const [x, y] = [((event.clientX - box.left) / box.width) * cols, ((event.clientY - box.top) / box.height) * rows];
      to(Math.round((y - size[0] / 2) / stride), Math.round((x - size[1] / 2) / stride));
    };
    canvas.addEventListener("click", under);
    canvas.addEventListener("pointermove", (event) => event.pointerType === "mouse" && event.buttons === 1 && under(event));
    node.addEventListener("keydown", (event) => {
      const arrow = arrowOf(event);
      if (!arrow) return;
      event.preventDefault();
      to(at[0] + arrow[1], at[1] + arrow[0]);
    });
  }
  return {
    node,
    show(values, { from = 0, theme = "light", ends = range(layer, values, "layer"), window = [0, 0], label: says } = {}) {
      at = window;
      paintMap(pixels, cols, 0, values, from, rows, cols, ends, palette(layer, theme));
      context.putImageData(image, 0, 0);
      if (says) setAttribute(node, "aria-label", says);
      if (!size) return;
      const percent = (cells, of) => `${(100 * cells) / of}%`;
      frame.style.left = percent(window[1] * stride, cols);
      frame.style.top = percent(window[0] * stride, rows);
      frame.style.width = percent(size[1], cols);
      frame.style.height = percent(size[0], rows);
    },
  };
}
