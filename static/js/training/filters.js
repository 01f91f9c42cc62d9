/** The 32 filters of conv1 as they change: nine weights each, after the selected epoch or right now. */
import { DIVERGING, paintMap } from "../core/colour.js";
import { byName, tileAt } from "../core/layers.js";
import { isLive, measuredAt } from "../core/training/run-log.js";
import { signed, withDecimals } from "../core/text.js";
import { FIRST, loadWeightSet } from "../service/weights.js";
import { el, setText } from "../ui/dom.js";
import { themeOf } from "../ui/theme-switch.js";
import { currentWeights, logOf, runOf } from "./page-state.js";

const COUNT = byName.conv1.maps;
const SIDE = 3;
const RETRY = 5000; // ms after which weights that did not load are fetched again
/** All filters as one image, one cell apart. */
const GRID = { tiles: 8, rows: SIDE, cols: SIDE, width: 8 * (SIDE + 1) - 1, height: (COUNT / 8) * (SIDE + 1) - 1 };

/** Returns show(state). `root` is the panel. */
export function createFilters(root) {
  const canvas = el("canvas", { width: GRID.width, height: GRID.height, class: "filters-canvas", role: "img", "aria-label": "The filters, which are loading" });
  const ring = el("div", { class: "filter-ring", hidden: true });
  const plate = el("div", { class: "filters-plate" }, canvas, ring);
  const heading = el("p", { class: "panel-says" });
  const about = el("p", { class: "caption" }, "Orange weights are positive, blue ones negative. A filter with orange on one side and blue on the other responds to an edge.");
  const one = el("p", { class: "filter-numbers" });
  root.append(plate, el("div", { class: "panel-text" }, heading, about, one));
  const fetched = {}; // kernels by name of the weights, for runs whose events have none
  let current = null; // the kernels on the screen
  let pointed = null;

  const point = (event) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const [x, y] = [((event.clientX - left) / width) * GRID.width, ((event.clientY - top) / height) * GRID.height];
    pointed = Math.min(Math.floor(y / (SIDE + 1)) * GRID.tiles + Math.floor(x / (SIDE + 1)), COUNT - 1);
    showOne();
  };
  for (const type of ["pointermove", "pointerdown"]) canvas.addEventListener(type, point); // a tap does not move
  canvas.addEventListener("pointerleave", ({ pointerType }) => {
    if (pointerType === "touch") return; // the numbers stay when the finger has left
    pointed = null;
    showOne();
  });

  function showOne() {
    ring.hidden = pointed === null || !current;
    if (ring.hidden) return setText(one, "");
    const [left, top] = tileAt(GRID, pointed);
    ring.style.left = `${(100 * left) / GRID.width}%`;
    ring.style.top = `${(100 * top) / GRID.height}%`;
    ring.style.width = `${(100 * SIDE) / GRID.width}%`;
    ring.style.height = `${(100 * SIDE) / GRID.height}%`;
    const nine = Array.from(current.subarray(9 * pointed, 9 * pointed + 9), (value) => withDecimals(value, 3).padStart(7));
    return setText(one, [`filter ${signed(pointed)}:`, ...[0, 3, 6].map((at) => nine.slice(at, at + 3).join(""))].join("\n"));
  }

  function paint(kernels, theme) {
    const image = new ImageData(GRID.width, GRID.height);
    const pixels = new Uint32Array(image.data.buffer);
    const most = Math.max(...kernels.map(Math.abs), 1e-9);
    for (let filter = 0; filter < COUNT; filter++) {
      const [left, top] = tileAt(GRID, filter);
      paintMap(pixels, GRID.width, top * GRID.width + left, kernels, 9 * filter, SIDE, SIDE, [-most, most], DIVERGING[theme]);
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  /** The kernels to show; null while they are being fetched. */
  function kernelsOf(state) {
    const log = logOf(state);
    if (state.epoch === null && log.kernels) return log.kernels;
    const found = measuredAt(log, state.epoch);
    if (found?.kernels) return found.kernels;
    const name = currentWeights(state);
    if (!name) return null;
    if (!(name in fetched)) {
      fetched[name] = null;
      loadWeightSet(name, FIRST).then(({ tensors }) => {
        fetched[name] = tensors["features.0.weight"].data;
        repaint();
      }, () => setTimeout(() => delete fetched[name], RETRY));
    }
    return fetched[name];
  }

  let shown = null;
  const repaint = () => shown && show(shown);
  function show(state) {
    shown = state;
    if (root.hidden) return;
    const kernels = kernelsOf(state);
    canvas.classList.toggle("waiting", !kernels);
    if (!runOf(state)) return setText(heading, "The 32 filters of the first convolution appear here as soon as a run begins.");
    const epoch = measuredAt(logOf(state), state.epoch)?.epoch;
    const now = state.epoch === null && isLive(runOf(state).state);
    const when = epoch === undefined ? "" : now ? " now" : epoch === 0 ? " before training: random numbers" : ` after epoch ${epoch}`;
    setText(heading, `The 32 filters of the first convolution${when}.`);
    if (!kernels) return undefined;
    current = kernels;
    paint(kernels, themeOf(state));
    canvas.setAttribute("aria-label", `The 32 filters of conv1${when}, each with nine weights; the largest weight is ${withDecimals(Math.max(...kernels.map(Math.abs)), 3)}.`);
    return showOne();
  }
  return show;
}
