/** A map of numbers as coloured cells. A ring marks a cell; the mouse, a finger and the arrow keys move it. */
import { paintMap, palette } from "../../core/colour.js";
import { el, setAttribute, setText } from "../../ui/dom.js";
import { arrowOf, isPlain } from "../../core/input.js";
import { number, short } from "../../core/text.js";

/**
 * A map of `rows` × `cols` cells of at most `k` px. `look({ row, col })` is called with the cell under the pointer, or with the
 * cell that an arrow key leads to. Returns { node, show({ values, title, exact, theme, most }), mark(spot, size) }: `values` is a flat list, row by row;
 * `most` is the value of the strongest colour, by default the largest magnitude. mark() puts the ring around
 * `size` × `size` cells, with the upper left one at { row, col }, and writes the value of the middle cell.
 */
export function createCellMap({ rows, cols, k = 7, look }) {
  const canvas = el("canvas", { width: cols, height: rows, "aria-hidden": "true" });
  const context = canvas.getContext("2d");
  const ring = el("div", { class: "cell-ring", hidden: true });
  const plot = el("div", { class: "cells-plot", tabIndex: 0, role: "application", "aria-roledescription": "map" }, canvas, ring);
  const name = el("b");
  const value = el("span", { class: "cell-says" });
  const spoken = el("span", { class: "visually-hidden", role: "status" });
  const ramp = el("canvas", { class: "cells-ramp", width: 255, height: 1, "aria-hidden": "true" });
  const ends = [el("span"), el("span", {}, "0"), el("span")];
  const node = el("figure", { class: "cells" }, el("figcaption", {}, name), plot, ramp, el("div", { class: "cells-ends", "aria-hidden": "true" }, ...ends), el("p", { class: "cell-line" }, value, spoken));
  node.style.setProperty("--wide", `${cols * k}px`);
  node.style.setProperty("--ratio", `${cols} / ${rows}`);

  let shown = null;
  let spot = { row: 0, col: 0 };
  let painted = null;
  const clamp = (index, size) => Math.min(Math.max(index, 0), size - 1);
  const under = ({ clientX, clientY }) => {
    const frame = canvas.getBoundingClientRect();
    return { row: clamp(Math.floor((clientY - frame.top) / (frame.height / rows)), rows), col: clamp(Math.floor((clientX - frame.left) / (frame.width / cols)), cols) };
  };
  const textOf = ({ row, col }) => `row ${row}, column ${col}: ${number(shown.values[row * cols + col], shown.exact)}`;
  for (const type of ["pointermove", "pointerdown"]) plot.addEventListener(type, (event) => shown && look(under(event)));
  plot.addEventListener("keydown", (event) => {
    const arrow = arrowOf(event);
    if (!shown || !isPlain(event) || !(arrow || ["Home", "End"].includes(event.key))) return;
    event.preventDefault();
    if (arrow) look({ row: clamp(spot.row + arrow[1], rows), col: clamp(spot.col + arrow[0], cols) });
    else look(event.key === "Home" ? { row: 0, col: 0 } : { row: rows - 1, col: cols - 1 });
    setText(spoken, textOf(spot));
  });

  return {
    node,
    show({ values, title, exact, theme, most }) {
      shown = { values, exact };
      const end = most ?? Math.max(1e-9, ...values.map(Math.abs));
      const colours = palette({ signed: true }, theme);
      const image = context.createImageData(cols, rows);
      paintMap(new Uint32Array(image.data.buffer), cols, 0, values, 0, rows, cols, [-end, end], colours);
      context.putImageData(image, 0, 0);
      if (painted !== colours) {
        const row = new ImageData(255, 1);
        new Uint32Array(row.data.buffer).set(colours);
        ramp.getContext("2d").putImageData(row, 0, 0);
        painted = colours;
      }
      const zeros = values.every((value) => value === 0); // without other numbers, the scale shows only its 0
      setText(ends[0], zeros ? "" : short(-end));
      setText(ends[2], zeros ? "" : short(end));
      setText(name, title);
      setAttribute(plot, "aria-label", `${title}, ${rows} × ${cols}. Arrow keys move from cell to cell.`);
    },
    mark(at, size = 1) {
      ring.hidden = at === null;
      if (!at) return setText(value, "");
      spot = size === 1 ? at : { row: at.row + (size >> 1), col: at.col + (size >> 1) };
      ring.style.left = `${(100 * at.col) / cols}%`;
      ring.style.top = `${(100 * at.row) / rows}%`;
      ring.style.width = `${(100 * size) / cols}%`;
      ring.style.height = `${(100 * size) / rows}%`;
      setText(value, shown ? textOf(spot) : "");
    },
  };
}
