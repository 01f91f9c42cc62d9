/** "The path": a recap of a walk on one screen, from the ink to the probability, each step with its number and its sentence. */
import { paintMap, palette, range } from "../core/colour.js";
import { byName } from "../core/layers.js";
import { number, subscript } from "../core/text.js";
import { calculate, cellOf } from "../core/walk/calculation.js";
import { GIST } from "../core/walk/gist.js";
import { plainSentence } from "../core/walk/plain-sentence.js";
import { isPrefix, routeOf } from "../core/walk/route.js";
import { el, setText } from "../ui/dom.js";

const SIDE = 44; // px, the longer side of a step's map
const THIN = 9; // px, the least width of a map: that of a single column

/** `walk(path)` is called with the path from the answer to the step that was pressed. */
export function createPathView(root, { walk }) {
  const list = root.querySelector("#path-steps");
  const title = root.querySelector("#path-title");
  let made = []; // what the list was made from
  let route = []; // the cells of the list, the answer first

  list.addEventListener("click", ({ target }) => {
    const step = target.closest("button")?.parentElement;
    if (step) walk(route.slice(0, route.length - [...list.children].indexOf(step)));
  });

  /** A step of the list: the name, the map with its cell, the number and the sentence. */
  function stepOf(calculation, { answer, weights, theme }) {
    const { cell, value } = calculation;
    const layer = byName[cell.layer];
    const name = el("span", { class: "path-name" }, el("b", {}, layer.name), " ", el("span", {}, GIST[layer.name]));
    const says = el("span", { class: "path-says" }, plainSentence(calculation, answer.activations, weights));
    return el("li", {}, el("button", { type: "button", title: subscript(layer, cell) },
      thumbnail(layer, cell, answer.activations[layer.name], theme), name, el("span", { class: "path-number" }, number(value)), says));
  }

  return {
    /** Show the path, continued along the strongest operands down to the ink. While the walk moves along this path, it stays on the screen. */
    show({ answer, weights, theme, path }) {
      if (root.hidden) return;
      root.dataset.settled = String(answer.exact && weights !== null);
      if (!answer.exact || !weights) return;
      const start = path.length > 0 ? path : [cellOf("probabilities", answer.prediction.digit ?? 0)];
      const from = [answer, weights, theme];
      if (from.some((value, i) => value !== made[i]) || !isPrefix(start, route)) {
        made = from;
        const steps = routeOf(start, (cell) => calculate(cell, answer.activations, weights, answer.temperature));
        route = steps.map(({ cell }) => cell);
        list.replaceChildren(...steps.reverse().map((step) => stepOf(step, { answer, weights, theme })));
        const last = byName[route[0].layer];
        setText(title, `From your ink to ${last.name === "probabilities" ? `the probability of ${route[0].row}` : subscript(last, route[0])}, in ${route.length} steps.`);
      }
      for (const [i, step] of [...list.children].reverse().entries()) {
        if (i === path.length - 1) step.firstChild.setAttribute("aria-current", "step");
        else step.firstChild.removeAttribute("aria-current");
      }
    },
  };
}

/** The map of a cell, as large as fits, with a frame around the cell. */
function thumbnail(layer, cell, values, theme) {
  const { rows, cols } = layer;
  const canvas = el("canvas", { width: cols, height: rows });
  const image = new ImageData(cols, rows);
  paintMap(new Uint32Array(image.data.buffer), cols, 0, values, cell.map * rows * cols, rows, cols, range(layer, values, "map", cell.map), palette(layer, theme));
  canvas.getContext("2d").putImageData(image, 0, 0);
  const k = SIDE / Math.max(rows, cols);
  const [wide, high] = [Math.max(cols * k, THIN), rows * k];
  Object.assign(canvas.style, { width: `${wide}px`, height: `${high}px` });
  const mark = el("span", { class: "path-mark" });
  const { row, col } = cell;
  Object.assign(mark.style, { left: `${(col * wide) / cols}px`, top: `${row * k}px`, width: `${wide / cols}px`, height: `${k}px` });
  return el("span", { class: "path-map", "aria-hidden": "true" }, el("span", { class: "path-image" }, canvas, mark));
}
