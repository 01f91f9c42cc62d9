/** Cross-correlation or true convolution of any image and any filter up to 8 × 8. */
import { el, setText } from "../../ui/dom.js";
import { createMatrix } from "../../ui/matrix.js";
import { plain } from "../../core/text.js";
import { choice, matrix, place, whole } from "../../core/links/setting-fields.js";
import { crossCorrelate, flipped, windowOf } from "../shared/arithmetic.js";
import { createChoice, createNumber, createPlayer } from "../shared/controls.js";
import { LESSON, SEVEN } from "./examples.js";
import { programsOf } from "./programs.js";
import { sum } from "./written-sum.js";

const LARGEST = 999;
const LIMITS = { min: -LARGEST, max: LARGEST, decimals: 2 }; // of the numbers in the cells
const MOST = 8; // rows or columns
const MOST_BIAS = 20;
const HOW = [["correlation", "cross-correlation"], ["convolution", "true convolution"]];

export function mountAnyNumbers(root, changed) {
  const start = () => ({ ...SEVEN });
  let state = { ...start(), how: "correlation", place: [0, 0] };
  let theme = "light";
  const put = (more) => {
    state = { ...state, ...more };
    show();
    changed();
  };
  const edit = (key) => (row, col, value) => put({ [key]: state[key].map((line, r) => line.map((old, c) => (r === row && c === col ? value : old))) });
  const sized = (matrix, rows, cols) => Array.from({ length: rows }, (_, r) => Array.from({ length: cols }, (_, c) => matrix[r]?.[c] ?? 0));

  const sizes = { image: ["Image", "rows", "columns"], kernel: ["Filter", "rows", "columns"] };
  const controls = Object.fromEntries(Object.entries(sizes).map(([key, [noun]]) => [key, ["rows", "columns"].map((side, i) =>
    createNumber({ name: i ? "columns" : `${noun}: rows`, label: `${noun}, ${side}`, min: 1, max: MOST, value: i ? state[key][0].length : state[key].length, change: (value) => put({ [key]: sized(state[key], controls[key][0].value, controls[key][1].value) }) }))]));
  const bias = createNumber({ name: "bias", label: "Bias", min: -MOST_BIAS, max: MOST_BIAS, value: state.bias, part: "b", change: (value) => put({ bias: value }) });
  const how = createChoice("correlation-how", "Operation", HOW, (value) => put({ how: value }));
  const random = (low, high) => low + Math.floor(Math.random() * (high - low + 1));
  const button = (text, press) => {
    const node = el("button", { type: "button", class: "quiet" }, text);
    node.addEventListener("click", press);
    return node;
  };
  const load = (more) => {
    player.stop();
    put({ ...more, place: [0, 0] });
  };
  const player = createPlayer(step, "slide the window");
  const moveTo = ({ row, col }, type) => {
    if (type !== "pointerenter") player.stop();
    if (row !== state.place[0] || col !== state.place[1]) put({ place: [row, col] });
  };

  const grids = {
    I: createMatrix({ caption: "image", letter: "I", label: "Image", write: plain, edit: edit("image"), limits: LIMITS }),
    K: createMatrix({ caption: "filter, as typed", letter: "K", label: "Filter", write: plain, edit: edit("kernel"), limits: LIMITS }),
    turned: createMatrix({ caption: "turned by 180°", label: "Filter turned by 180°", write: plain }),
    O: createMatrix({ caption: "output", letter: "O", label: "Output", write: plain, look: moveTo }),
    other: createMatrix({ caption: "cross-correlation, for comparison", label: "Output of the cross-correlation", write: plain, small: true }),
  };
  grids.turned.node.dataset.part = "K";
  const line = el("p", { class: "worked" });
  const message = el("p", { class: "says", role: "status" });
  const none = el("p", { class: "says warn", hidden: true }, "The filter is larger than the image. It fits nowhere, so there is no output.");
  const result = el("div", { class: "any-output" }, grids.O.node, none, grids.other.node);
  root.append(
    el("div", { class: "controls" }, ...Object.values(controls).map((pair) => el("span", { class: "pair" }, ...pair.map(({ node }) => node))), bias.node),
    el("div", { class: "controls" }, how.node, player.node,
      button("random numbers", () => load({ image: state.image.map((cells) => cells.map(() => random(0, 9))), kernel: state.kernel.map((cells) => cells.map(() => random(-2, 2))) })),
      button("all 0", () => load({ image: state.image.map((cells) => cells.map(() => 0)), kernel: state.kernel.map((cells) => cells.map(() => 0)), bias: 0 })),
      button("the lesson’s numbers", () => load({ ...LESSON, bias: 0 })),
      button("start again", () => load(start()))),
    el("div", { class: "figure-row" }, grids.I.node, el("span", { class: "sign", "aria-hidden": "true" }, "⋆"), grids.K.node, grids.turned.node, el("span", { class: "sign", "aria-hidden": "true" }, "="), result),
    line, message,
  );
  const sign = root.querySelector(".figure-row .sign");

  /** Move to the next place, row by row; false at the last one. */
  function step() {
    const [down, across] = [state.image.length - state.kernel.length + 1, state.image[0].length - state.kernel[0].length + 1];
    if (down < 1 || across < 1) return false;
    const next = (state.place[0] * across + state.place[1] + 1) % (down * across);
    put({ place: [Math.floor(next / across), next % across] });
    return next < down * across - 1;
  }

  function show(now = theme) {
    theme = now;
    for (const grid of Object.values(grids)) grid.setTheme(theme);
    const { image, kernel } = state;
    const turns = state.how === "convolution";
    const used = turns ? flipped(kernel) : kernel;
    const output = crossCorrelate(image, used, { bias: state.bias });
    const fits = output.length > 0 && output[0].length > 0;
    const place = fits ? state.place.map((at, side) => Math.min(at, (side ? output[0].length : output.length) - 1)) : [0, 0];
    state.place = place;
    for (const [key, [rows, cols]] of Object.entries(controls)) {
      rows.set(state[key].length);
      cols.set(state[key][0].length);
    }
    bias.set(state.bias);
    const [row, col] = place;
    grids.I.show(image, fits ? { window: [row, col, kernel.length, kernel[0].length] } : {});
    grids.K.show(kernel);
    grids.turned.node.hidden = !turns;
    grids.other.node.hidden = !turns || !fits;
    grids.O.node.hidden = !fits;
    none.hidden = fits;
    setText(sign, turns ? "∗" : "⋆");
    if (turns) grids.turned.show(used);
    if (!fits) {
      line.replaceChildren();
      return setText(message, "");
    }
    grids.O.show(output, { window: [row, col, 1, 1] });
    const seen = windowOf(image, row, col, kernel.length, kernel[0].length);
    line.replaceChildren(...sum(seen, used, state.bias, output[row][col]));
    setText(message, turns ? compared(image, kernel, output) : "");
  }

  /** Show the cross-correlation for comparison, with rings around the numbers that differ, and describe the difference. */
  function compared(image, kernel, output) {
    const straight = crossCorrelate(image, kernel, { bias: state.bias });
    const differ = straight.flatMap((line, r) => line.flatMap((value, c) => (Math.abs(value - output[r][c]) > 1e-9 ? [[r, c]] : [])));
    grids.other.show(straight, { winners: differ });
    const cells = straight.length * straight[0].length;
    const same = flipped(kernel).every((line, i) => line.every((value, j) => value === kernel[i][j]));
    if (same) return "This filter looks the same when it is turned by 180°, so both operations give the same numbers.";
    return `The turned filter is a different filter: ${differ.length} of ${cells} numbers differ from those of the cross-correlation, where rings mark them.`;
  }

  const cells = () => matrix([1, MOST], [1, MOST], LARGEST);
  return {
    show,
    settings: {
      fields: { image: cells(), filter: cells(), bias: whole(-MOST_BIAS, MOST_BIAS), how: choice(HOW.map(([name]) => name)), window: place(MOST, MOST) },
      get: () => ({ image: state.image, filter: state.kernel, bias: state.bias, how: state.how, window: state.place }),
      set({ image, filter, window, ...more }) {
        player.stop();
        how.set(more.how);
        put({ ...more, image, kernel: filter, place: window });
      },
    },
    choose(value) {
      how.set(value);
      put({ how: value });
    },
    programs: () => programsOf(state),
  };
}
