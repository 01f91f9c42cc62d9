/** The lesson's 6 × 6 image and the lesson's Sobel filter. The user or a play button moves the window. */
import { el, setText } from "../../ui/dom.js";
import { createSwitch } from "../../ui/switch.js";
import { choice, flag, place } from "../../core/links/setting-fields.js";
import { crossCorrelate, flipped, windowOf } from "../shared/arithmetic.js";
import { brief, equation } from "../../core/text.js";
import { FILTERS, IMAGE, writtenSum } from "./filters.js";
import { createMatrix } from "../../ui/matrix.js";

const STEP_MS = 650; // ms at each place of the window
const SIZE = 4; // places in a row
const WAYS = { plain: "as in the lesson", flipped: "filter turned by 180°", magnitude: "magnitude" };

/** Returns { node, show(theme), set({ how, mirrored }), settings, state, numbers() }; `changed()` is called when the numbers change. */
export function createByHand({ changed }) {
  const state = { how: "plain", mirrored: false, row: 0, col: 1 };
  let theme = "light";
  let playing = null;

  const ways = createSwitch("edges-how", "Filter", Object.entries(WAYS), (how) => set({ how }));
  const mirror = el("input", { type: "checkbox" });
  mirror.addEventListener("change", () => set({ mirrored: mirror.checked }));
  const play = el("button", { type: "button", class: "quiet play" }, "▶ Play");
  play.addEventListener("click", () => (playing ? stop() : start()));
  const image = createMatrix({ caption: "image, 6 × 6", letter: "I", signed: false, most: 100, write: brief, label: "Image I, 6 × 6" });
  const kernel = createMatrix({ caption: "Sobel filter", letter: "K", write: brief, label: "Filter K, 3 × 3" });
  const kernelCaption = kernel.node.querySelector("caption");
  const result = createMatrix({
    caption: "output, 4 × 4",
    letter: "O",
    write: brief,
    label: "Output O, 4 × 4: arrow keys move the window",
    describe: (row, col, value) => `row ${row}, column ${col}: ${brief(value)}`,
    look: ({ row, col }, type) => {
      if (type !== "pointerenter") stop();
      if (!playing) moveTo(row, col);
    },
  });
  const sum = el("p", { class: "sum" });
  const message = el("p", { class: "says", role: "status" });
  const node = el("div", { class: "edges-hand" },
    el("div", { class: "controls" }, ways, el("label", {}, mirror, "light to dark"), play),
    el("div", { class: "figure-row" }, image.node, el("span", { class: "sign", "aria-hidden": "true" }, "⋆"), kernel.node, el("span", { class: "sign", "aria-hidden": "true" }, "="), result.node),
    sum, message);

  function numbers() {
    const input = state.mirrored ? IMAGE.map((row) => [...row].reverse()) : IMAGE;
    const filter = state.how === "flipped" ? flipped(FILTERS.sobel) : FILTERS.sobel;
    const sums = crossCorrelate(input, filter);
    return { input, filter, sums, output: state.how === "magnitude" ? sums.map((row) => row.map(Math.abs)) : sums };
  }

  function show(now = theme) {
    theme = now;
    const { input, filter, sums, output } = numbers();
    for (const grid of [image, kernel, result]) grid.setTheme(theme);
    image.show(input, { window: [state.row, state.col, 3, 3] });
    kernel.show(filter);
    setText(kernelCaption.lastChild, state.how === "flipped" ? "turned by 180°" : "Sobel filter");
    result.show(output, { window: [state.row, state.col, 1, 1] });
    const value = sums[state.row][state.col];
    const terms = writtenSum(windowOf(input, state.row, state.col, 3, 3), filter);
    const whole = state.how === "magnitude" ? `|${terms.text}| = |${brief(value)}| = ${brief(Math.abs(value))}` : `${terms.text} ${equation(terms.value, brief(value))}`;
    setText(sum, `row ${state.row}, column ${state.col}: ${whole}`);
  }

  function set(change) {
    Object.assign(state, change);
    ways.querySelector(`[value="${state.how}"]`).checked = true;
    mirror.checked = state.mirrored;
    show();
    setText(message, sentence(state, numbers()));
    changed();
  }

  function moveTo(row, col) {
    Object.assign(state, { row, col });
    show();
  }
  function start() {
    setText(play, "⏸ Pause");
    let at = -1;
    const next = () => (++at < SIZE * SIZE ? moveTo(Math.floor(at / SIZE), at % SIZE) : stop());
    next();
    playing = setInterval(next, STEP_MS);
  }
  function stop() {
    if (playing) play.dispatchEvent(new Event("change", { bubbles: true })); // the link must be updated
    clearInterval(playing);
    playing = null;
    setText(play, "▶ Play");
  }

  show();
  setText(message, sentence(state, numbers()));
  return {
    node, show, set, state, numbers,
    settings: {
      fields: { how: choice(Object.keys(WAYS)), mirrored: flag, window: place(SIZE, SIZE) },
      get: () => ({ how: state.how, mirrored: state.mirrored, window: [state.row, state.col] }),
      set({ window: [row, col], ...more }) {
        stop();
        set({ ...more, row, col });
      },
    },
  };
}

/** A sentence about the sums at the edge. */
function sentence({ how, mirrored }, { sums }) {
  const edge = sums[0].reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
  const way = mirrored ? "Light to dark" : "Dark to light";
  const side = mirrored ? "left" : "right";
  if (how === "magnitude") return `The magnitude, |${brief(edge)}| = ${brief(Math.abs(edge))}, tells you how strong the edge is, but no longer its direction: light to dark and dark to light give the same number.`;
  const turned = how === "flipped" ? "A true convolution, I ∗ K, turns the filter by 180°, and this changes the sign of the sum. " : "";
  const column = edge < 0 ? "negative" : "positive";
  return `${turned}${way}: the bright pixels are on the ${side}, under the column of the filter with ${column} weights, so the sum is ${brief(edge)}${edge < 0 ? ". It is below zero: a strong edge gives a low number here, not a high one" : ""}. Where brightness is constant, the products of the left and right columns cancel out, so the sum is 0.`;
}
