/** The image as a list of 784 numbers, and the cost of connecting each of them to 128 units: one dot for each weight or bias. */
import { SIDE } from "../../core/drawing.js";
import { paintMap, palette } from "../../core/colour.js";
import { el, setText } from "../../ui/dom.js";
import { whole } from "../../core/text.js";
import { whole as wholeNumber } from "../../core/links/setting-fields.js";
import { createCellMap } from "../shared/cell-map.js";

const PIXELS = SIDE * SIDE;

/**
 * Returns { node, settings, show({ dense, weights }) }: `dense` has the tensors of the dense network, `weights` the loaded
 * weights; each is null until loaded.
 */
export function createFlatten(lesson) {
  let spot = { row: 9, col: 12 };
  const image = createCellMap({
    rows: SIDE,
    cols: SIDE,
    look(at) {
      spot = at;
      mark();
    },
  });
  const strip = el("canvas", { class: "strip-784", width: PIXELS, height: 1, "aria-hidden": "true" });
  const needle = el("div", { class: "strip-needle", "aria-hidden": "true" });
  const position = el("p", { class: "place" });
  const matrix = el("canvas", { class: "dots-dense", width: PIXELS + 1, height: 128, role: "img", "aria-label": "The numbers of the dense layer, which are loading" });
  const filters = el("canvas", { class: "dots-conv", width: 32, height: 10, role: "img", "aria-label": "The numbers of conv1, which are loading" });
  const counts = [el("p", { class: "count-dense" }, "…"), el("p", { class: "count-conv" }, "…")];
  const node = el("div", { class: "flatten waiting" },
    el("div", { class: "flatten-top" },
      image.node,
      el("div", { class: "flatten-list" },
        el("p", {}, "The image as a list, row after row:"),
        el("div", { class: "strip-box" }, strip, needle),
        el("p", { class: "strip-ends", "aria-hidden": "true" }, el("span", {}, "0"), el("span", {}, String(PIXELS - 1))),
        position)),
    el("figure", { class: "dots" }, el("figcaption", {}, el("b", {}, "A dense layer of 128 units"), " on these pixels, with one dot for each number that it learns:"), el("div", { class: "dots-box" }, matrix), counts[0]),
    el("figure", { class: "dots" }, el("figcaption", {}, el("b", {}, "conv1"), ", the first convolution of the network, drawn in the same way:"), filters, counts[1]));
  let painted = "";

  function mark() {
    image.mark(spot);
    const index = SIDE * spot.row + spot.col;
    needle.style.left = `${(100 * (index + 0.5)) / PIXELS}%`;
    setText(position, `row ${spot.row}, column ${spot.col} (counted from 0) is number ${SIDE} · ${spot.row} + ${spot.col} = ${index} of the list${index + SIDE < PIXELS ? `; the pixel below it is number ${index + SIDE}` : ""}.`);
  }

  return {
    node,
    settings: {
      fields: { row: wholeNumber(0, SIDE - 1), col: wholeNumber(0, SIDE - 1) },
      get: () => spot,
      set(at) {
        spot = at;
        mark();
      },
    },
    show({ dense, weights }) {
      const { theme } = lesson;
      const { answer } = lesson.state;
      node.classList.toggle("waiting", !answer);
      if (answer) {
        const input = lesson.input();
        const colours = palette({ signed: true }, theme);
        image.show({ values: input, title: "your digit, 28 × 28", exact: answer.exact, theme });
        paint(strip, input, 1, PIXELS, Math.max(...input.map(Math.abs)), colours);
        mark();
      }
      if (!dense || !weights || painted === theme) return;
      painted = theme;
      const colours = palette({ signed: true }, theme);
      const [units, pixels] = dense["1.weight"].shape;
      const rows = Float32Array.from({ length: units * (pixels + 1) }, (_, i) => {
        const [unit, column] = [Math.floor(i / (pixels + 1)), i % (pixels + 1)];
        return column === pixels ? dense["1.bias"].data[unit] : dense["1.weight"].data[unit * pixels + column];
      });
      paint(matrix, rows, units, pixels + 1, 4 * rootMeanSquare(rows), colours);
      const [maps] = weights.tensors["features.0.weight"].shape;
      const columns = Float32Array.from({ length: 10 * maps }, (_, i) => (i < 9 * maps ? weights.kernel("conv1", i % maps)[Math.floor(i / maps)] : weights.bias("conv1", i % maps)));
      paint(filters, columns, 10, maps, 4 * rootMeanSquare(columns), colours);
      const [all, few] = [units * pixels + units, maps * 9 + maps];
      setText(counts[0], `${pixels} pixels × ${units} units = ${whole(units * pixels)} weights, and ${units} biases (the last column): ${whole(all)} numbers.`);
      setText(counts[1], `${maps} filters × 3 × 3 = ${whole(maps * 9)} weights, and ${maps} biases (the last row): ${whole(few)} numbers. The dense layer needs ${Math.round(all / few)} times as many as the convolution.`);
      matrix.setAttribute("aria-label", `${whole(all)} dots, one for each weight and bias of the dense layer`);
      filters.setAttribute("aria-label", `${whole(few)} dots, one for each weight and bias of conv1`);
    },
  };
}

const rootMeanSquare = (values) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

function paint(canvas, values, rows, cols, most, colours) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(cols, rows);
  paintMap(new Uint32Array(image.data.buffer), cols, 0, values, 0, rows, cols, [-most, most], colours);
  context.putImageData(image, 0, 0);
}
