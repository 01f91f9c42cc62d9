/**
 * All images with their pixels in one fixed random order: the dense network loses almost no accuracy, the convolutional network
 * loses some.
 */
import { el, setText } from "../../ui/dom.js";
import { createSwitch } from "../../ui/switch.js";
import { SIDE } from "../../core/drawing.js";
import { flag } from "../../core/links/setting-fields.js";
import { createCellMap } from "../shared/cell-map.js";

const share = (value) => `${(100 * value).toFixed(2)} %`;
const points = (value) => `${(100 * Math.abs(value)).toFixed(2)} percentage points`;

/** Returns { node, showFigures(figures), showError(), show(), set({ shuffled }), settings }. */
export function createShuffle(lesson) {
  const state = { shuffled: false };
  let figures = null;
  const order = createSwitch("dense-order", "Pixels", [["plain", "in order"], ["shuffled", "shuffled"]], (value) => set({ shuffled: value === "shuffled" }));
  const image = createCellMap({ rows: SIDE, cols: SIDE, look: (spot) => image.mark(spot) });
  const table = el("table", { class: "figure-table shuffled-figures" });
  const message = el("p", { class: "says" }, "…");
  const commands = el("div", { class: "commands" });
  const node = el("div", { class: "shuffle" }, el("div", { class: "controls" }, order),
    el("div", { class: "shuffle-row" }, image.node, el("div", { class: "shuffle-results" }, el("div", { class: "answers-scroller" }, table), message, commands)));

  function set(change) {
    Object.assign(state, change);
    order.querySelector(`[value="${state.shuffled ? "shuffled" : "plain"}"]`).checked = true;
    show();
  }

  function show() {
    table.dataset.order = state.shuffled ? "shuffled" : "plain";
    const { answer } = lesson.state;
    image.node.classList.toggle("waiting", !answer);
    if (!answer) return;
    const input = lesson.input();
    const values = state.shuffled && figures ? Float32Array.from(figures.pixel_order, (pixel) => input[pixel]) : input;
    image.show({ values, title: state.shuffled ? "your digit, shuffled" : "your digit", exact: answer.exact, theme: lesson.theme });
  }

  function showResults() {
    const run = (name) => figures.runs.find((each) => each.name === name);
    const rows = [["dense, 784–128–10", run("dense"), run("dense-shuffled")], ["convolutional", run("lesson"), run("lesson-shuffled")]];
    const last = (one) => one?.accuracy.at(-1) ?? null;
    table.replaceChildren(
      el("thead", {}, el("tr", {}, ...["network", "pixels in order", "pixels shuffled", "difference"].map((name, i) => el("th", { scope: "col", class: ["", "plain", "shuffled", ""][i] }, name)))),
      el("tbody", {}, ...rows.map(([name, plain, shuffled]) => {
        const [before, after] = [last(plain), last(shuffled)];
        const change = before === null || after === null ? "…" : `${after < before ? "−" : "+"}${points(after - before)}`;
        return el("tr", {}, el("th", { scope: "row" }, name), el("td", { class: "plain" }, before === null ? "not measured" : share(before)), el("td", { class: "shuffled" }, after === null ? "not measured" : share(after)), el("td", {}, change));
      })));
    const change = rows.map(([, plain, shuffled]) => (plain && shuffled ? last(shuffled) - last(plain) : null));
    const parts = [];
    if (change[0] !== null) parts.push(`Trained and tested on shuffled pixels, the dense network loses ${change[0] >= -0.003 ? "almost no accuracy" : points(change[0])}. The order of its inputs makes no difference: if its weights are shuffled in the same way, every sum stays the same.`);
    if (change[1] !== null) parts.push(change[1] < 0 ? `The convolutional network loses ${points(change[1])}: it looks for patterns of neighbouring pixels, and shuffling destroys them.` : "The convolutional network lost no accuracy in this run.");
    setText(message, parts.join(" "));
    const runs = rows.flatMap(([, ...both]) => both).filter(Boolean);
    commands.replaceChildren(el("p", { class: "caption" }, `Accuracy on MNIST’s 10,000 test images after ${runs[0]?.epochs ?? ""} epochs of training. These commands train the networks:`),
      ...runs.map((one) => el("p", {}, el("code", {}, one.command))));
  }

  return {
    node,
    show,
    set,
    settings: { fields: { shuffled: flag }, get: () => ({ ...state }), set },
    showFigures(found) {
      figures = found;
      showResults();
      show();
    },
    showError() {
      setText(message, "The results did not load. Reload the page to try again.");
    },
  };
}
