/** The student's digit moved by whole pixels, and read by both networks. */
import { el, setAttribute, setText } from "../../ui/dom.js";
import { SIDE } from "../../core/drawing.js";
import { greyLevels, MEAN, STD } from "../../core/layers.js";
import { shiftInWords, percent } from "../../core/text.js";
import { shifted, softmax } from "../shared/arithmetic.js";
import { createChart, createTable, sample } from "../../widgets/chart.js";
import { prediction, runDense } from "./network.js";
import { whole } from "../../core/links/setting-fields.js";
import { createSlider } from "../shared/slider.js";
import { createCellMap } from "../shared/cell-map.js";
import { runCnn } from "../shared/forward-pass.js";

const MOST = 8; // px, the largest shift in each direction
const BLACK = (0 - MEAN) / STD;
const SLICE = 8; // ms of computing between two frames
const SHIFTS = Array.from({ length: 2 * MOST + 1 }, (_, i) => i - MOST);
const signs = (value) => String(value).replace("-", "−");
const X = { from: -MOST, to: MOST, ticks: [-8, -4, 0, 4, 8], write: signs };
const Y = { from: 0, to: 1, ticks: [0, 0.25, 0.5, 0.75, 1], write: (value) => `${100 * value} %` };
const AXES = { x: "px left (−) or right", y: "px up (−) or down" };
const NETWORKS = ["dense", "cnn"];
/** The caption of the curve along an axis, with the shift along the other axis. */
const caption = (axis, { dx, dy }) => {
  const other = shiftInWords(axis === "x" ? [0, dy] : [dx, 0]);
  return `${axis === "x" ? "Sideways" : "Up or down"}${other ? ` (and ${other})` : ""}: probability of the first answer`;
};

/** Returns { node, show({ dense, weights }), set({ dx, dy }), settings, state, current() }; `changed()` is called when the predictions change. */
export function createShift(lesson, { changed }) {
  const state = { dx: 0, dy: 0 };
  let input = null; // the image of the `computed` predictions
  let computed = new Map(); // "dx,dy" -> { cnn, dense }, ten probabilities each
  let working = false;
  let networks = { dense: null, weights: null };

  const sliders = {
    dx: createSlider({ label: "right (px)", min: -MOST, max: MOST, value: 0, changed: (dx) => set({ dx }) }),
    dy: createSlider({ label: "down (px)", min: -MOST, max: MOST, value: 0, changed: (dy) => set({ dy }) }),
  };
  const back = el("button", { type: "button", class: "quiet" }, "Back to its original place");
  back.addEventListener("click", () => set({ dx: 0, dy: 0 }));
  const image = createCellMap({ rows: SIDE, cols: SIDE, look: (spot) => image.mark(spot) });
  const charts = Object.fromEntries(["x", "y"].map((axis) => [axis, createChart({ x: { ...X, name: AXES[axis] }, y: Y })]));
  const captions = Object.fromEntries(["x", "y"].map((axis) => [axis, el("figcaption", {}, caption(axis, state))]));
  const head = el("tr");
  const body = el("tbody");
  const answers = el("table", { class: "figure-table answers" }, el("thead", {}, head), body);
  const message = el("p", { class: "says", role: "status" });
  const table = createTable("These curves as a table");
  const node = el("div", { class: "shift" },
    el("div", { class: "controls" }, sliders.dx.node, sliders.dy.node, back),
    el("div", { class: "shift-row" }, image.node,
      ...["x", "y"].map((axis) => el("figure", { class: "curve-figure" }, captions[axis], charts[axis].node))),
    el("div", { class: "answers-scroller" }, answers), message, table.node);

  function set(change) {
    Object.assign(state, change);
    sliders.dx.set(state.dx);
    sliders.dy.set(state.dy);
    for (const axis of ["x", "y"]) setText(captions[axis], caption(axis, state));
    lesson.repaint("dense");
    changed();
  }

  const key = (dx, dy) => `${dx},${dy}`;
  const at = (dx, dy) => computed.get(key(dx, dy)) ?? null;
  /** The shifts to compute: the current one, no shift, and all shifts along both axes through the current one. */
  const neededShifts = () => [[state.dx, state.dy], [0, 0], ...SHIFTS.map((d) => [d, state.dy]), ...SHIFTS.map((d) => [state.dx, d])];

  function work() {
    working = false;
    const start = performance.now();
    for (const [dx, dy] of neededShifts()) {
      if (at(dx, dy)) continue;
      const values = shifted(input, SIDE, dx, dy, BLACK);
      computed.set(key(dx, dy), { cnn: softmax(runCnn(networks.weights, values).logits, lesson.temperature), dense: runDense(networks.dense, values) });
      if (performance.now() - start > SLICE) break;
    }
    lesson.repaint("dense");
  }

  function show({ dense, weights }) {
    const { answer } = lesson.state;
    node.classList.toggle("waiting", !answer);
    if (!answer) return;
    const newInput = lesson.input();
    image.show({ values: shifted(newInput, SIDE, state.dx, state.dy, BLACK), title: "your digit, moved", exact: answer.exact, theme: lesson.theme });
    const ready = dense !== null && weights !== null && answer.exact && !lesson.blank;
    if (ready && (input !== newInput || networks.weights !== weights)) {
      [input, computed, networks] = [newInput, new Map(), { dense, weights }];
    }
    const complete = ready && neededShifts().every(([dx, dy]) => at(dx, dy));
    node.classList.toggle("old", !ready);
    setAttribute(node, "data-settled", String(complete));
    if (ready && !complete && !working) {
      working = true;
      setTimeout(work, 0);
    }
    if (lesson.blank) {
      for (const axis of ["x", "y"]) charts[axis].show({ label: "Nothing is drawn.", lines: [], at: axis === "x" ? state.dx : state.dy });
      head.replaceChildren();
      body.replaceChildren();
      table.show([], []);
      return setText(message, "Nothing is drawn, so there is no digit to move.");
    }
    if (ready && at(0, 0)) paint(complete);
  }

  function paint(complete) {
    const first = { dense: prediction(at(0, 0).dense), cnn: prediction(at(0, 0).cnn) };
    const curve = (axis, network) => SHIFTS.map((d) => [d, (axis === "x" ? at(d, state.dy) : at(state.dx, d))?.[network][first[network].digit] ?? null]);
    for (const axis of ["x", "y"]) {
      const here = axis === "x" ? state.dx : state.dy;
      const lines = NETWORKS.map((network, kind) => ({ kind, points: curve(axis, network) }));
      const label = `${caption(axis, state)}. The horizontal axis is ${AXES[axis]}. The first answer is each network’s answer before the move: ${first.dense.digit} (dense), ${first.cnn.digit} (convolutional). The numbers are in the table below.`;
      charts[axis].show({ label, lines, at: here });
    }
    const way = shiftInWords([state.dx, state.dy]);
    head.replaceChildren(...["network", "first answer", way ? `moved ${way}` : "moved", "probability of the first answer"].map((name) => el("th", { scope: "col" }, name)));
    const current = at(state.dx, state.dy);
    body.replaceChildren(...NETWORKS.map((network, kind) => {
      const then = current && prediction(current[network]);
      const cells = [reads(first[network]), then ? reads(then) : "…", current ? `${first[network].digit}: ${percent(current[network][first[network].digit])}` : "…"];
      const name = el("th", { scope: "row" }, sample(kind), ` ${network === "dense" ? "dense" : `convolutional (${lesson.model})`}`);
      return el("tr", { class: then && then.digit !== first[network].digit ? "lost" : "" }, name, ...cells.map((cell) => el("td", {}, cell)));
    }));
    if (!complete) return;
    table.show(["moved by", ...["x", "y"].flatMap((axis) => NETWORKS.map((network) => `${axis === "x" ? "sideways" : "down"}, ${network === "dense" ? "dense" : "convolutional"}`))],
      SHIFTS.map((d, i) => [signs(d), ...["x", "y"].flatMap((axis) => NETWORKS.map((network) => percent(curve(axis, network)[i][1])))]));
    setText(message, sentence(first, current, way));
    changed();
  }

  return {
    node,
    show,
    set,
    settings: { fields: { dx: whole(-MOST, MOST), dy: whole(-MOST, MOST) }, get: () => ({ ...state }), set },
    state,
    /** { dx, dy, dense: { digit, p }, cnn: { digit, p }, pixels }: the current predictions and the moved image's grey levels; null until computed. */
    current() {
      const current = input && !lesson.blank ? at(state.dx, state.dy) : null;
      if (!current) return null;
      const grey = greyLevels(shifted(input, SIDE, state.dx, state.dy, BLACK));
      const pixels = Array.from({ length: SIDE }, (_, row) => Array.from(grey.slice(SIDE * row, SIDE * (row + 1))));
      return { ...state, dense: prediction(current.dense), cnn: prediction(current.cnn), pixels };
    },
  };
}

const reads = ({ digit, p }) => `${digit} · ${percent(p)}`;

/** A sentence about how both predictions change. */
function sentence(first, current, way) {
  if (!way) return "Move the digit with the sliders. The digit stays the same; only its place changes.";
  const kept = NETWORKS.filter((network) => prediction(current[network]).digit === first[network].digit);
  if (kept.length === 2) return `When the digit is moved ${way}, both networks still give their first answer. Move the digit further.`;
  if (kept.length === 0) return `When the digit is moved ${way}, both networks read a different digit than before.`;
  const [holds, loses] = kept[0] === "cnn" ? ["convolutional", "dense"] : ["dense", "convolutional"];
  return `When the digit is moved ${way}, the ${loses} network reads a different digit than before. The ${holds} network still gives its first answer.`;
}
