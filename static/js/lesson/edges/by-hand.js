/** The lesson's own picture of 6 × 6 under its Sobel filter, the window moved by hand or played. */
import { el, setText } from "../../ui/dom.js";
import { createSwitch } from "../../ui/switch.js";
import { crossCorrelate, flipped, windowOf } from "../shared/arithmetic.js";
import { brief, FILTERS, PICTURE, sumText } from "./filters.js";
import { createMatrix } from "../../ui/matrix.js";

const PLAY = 650; // ms at each place of the window
const SIZE = 4;
export const WAYS = { plain: "as the lesson has it", flipped: "filter turned by 180°", magnitude: "magnitude" };

/** Gives back { node, show(theme), set({ how, mirrored }), state }; `changed()` is called when the numbers are others. */
export function createHand({ changed }) {
  const state = { how: "plain", mirrored: false, row: 0, col: 1 };
  let theme = "light";
  let playing = null;

  const ways = createSwitch("edges-how", "Filter", Object.entries(WAYS), (how) => set({ how }));
  const mirror = el("input", { type: "checkbox" });
  mirror.addEventListener("change", () => set({ mirrored: mirror.checked }));
  const play = el("button", { type: "button", class: "quiet play" }, "▶ Play");
  play.addEventListener("click", () => (playing ? stop() : start()));
  const image = createMatrix({ caption: "picture, 6 × 6", letter: "I", signed: false, most: 100, write: brief, label: "Picture I, 6 × 6" });
  const kernel = createMatrix({ caption: "Sobel filter", letter: "K", write: brief, label: "Filter K, 3 × 3" });
  const kernelCaption = kernel.node.querySelector("caption");
  const result = createMatrix({
    caption: "result, 4 × 4",
    letter: "O",
    write: brief,
    label: "Result O, 4 × 4: arrow keys move the window",
    describe: (row, col, value) => `row ${row}, column ${col}: ${brief(value)}`,
    look: ({ row, col }, type) => {
      if (type !== "pointerenter") stop();
      if (!playing) moveTo(row, col);
    },
  });
  const sum = el("p", { class: "sum" });
  const says = el("p", { class: "says", role: "status" });
  const node = el("div", { class: "edges-hand" },
    el("div", { class: "controls" }, ways, el("label", {}, mirror, "light to dark"), play),
    el("div", { class: "figure-row" }, image.node, el("span", { class: "sign", "aria-hidden": "true" }, "⋆"), kernel.node, el("span", { class: "sign", "aria-hidden": "true" }, "="), result.node),
    sum, says);

  function numbers() {
    const picture = state.mirrored ? PICTURE.map((row) => [...row].reverse()) : PICTURE;
    const filter = state.how === "flipped" ? flipped(FILTERS.sobel) : FILTERS.sobel;
    const sums = crossCorrelate(picture, filter);
    return { picture, filter, sums, output: state.how === "magnitude" ? sums.map((row) => row.map(Math.abs)) : sums };
  }

  function show(now = theme) {
    theme = now;
    const { picture, filter, sums, output } = numbers();
    for (const grid of [image, kernel, result]) grid.setTheme(theme);
    image.show(picture, { window: [state.row, state.col, 3, 3] });
    kernel.show(filter);
    setText(kernelCaption.lastChild, state.how === "flipped" ? "turned by 180°" : "Sobel filter");
    result.show(output, { window: [state.row, state.col, 1, 1] });
    const value = sums[state.row][state.col];
    const terms = sumText(windowOf(picture, state.row, state.col, 3, 3), filter);
    const whole = state.how === "magnitude" ? `|${terms}| = |${brief(value)}| = ${brief(Math.abs(value))}` : `${terms} = ${brief(value)}`;
    setText(sum, `row ${state.row}, column ${state.col}: ${whole}`);
  }

  function set(change) {
    Object.assign(state, change);
    ways.querySelector(`[value="${state.how}"]`).checked = true;
    mirror.checked = state.mirrored;
    show();
    setText(says, sentence(state, numbers()));
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
    playing = setInterval(next, PLAY);
  }
  function stop() {
    clearInterval(playing);
    playing = null;
    setText(play, "▶ Play");
  }

  show();
  setText(says, sentence(state, numbers()));
  return { node, show, set, state, numbers };
}

/** What the sums on the edge say, with their number. */
function sentence({ how, mirrored }, { sums }) {
  const edge = sums[0].reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
  const way = mirrored ? "Light to dark" : "Dark to light";
  const side = mirrored ? "left" : "right";
  if (how === "magnitude") return `The magnitude, |${brief(edge)}| = ${brief(Math.abs(edge))}, says how strong the edge is, and no longer which way it goes: light to dark and dark to light look the same.`;
  const turned = how === "flipped" ? "With the filter turned by 180°, as true convolution, I ∗ K, has it, the signs swap. " : "";
  const column = edge < 0 ? "negative" : "positive";
  return `${turned}${way}: the bright pixels lie ${side}, under the filter’s ${column} column, so the sum is ${brief(edge)}${edge < 0 ? ", below zero: a strong edge is a low number here, not a high one" : ""}. On even ground the columns cancel to 0.`;
}
