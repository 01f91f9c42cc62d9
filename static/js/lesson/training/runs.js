/** The training runs that come with Inkling: the accuracy on the test images after each epoch. */
import { el, setText } from "../../ui/dom.js";
import { choice, whole } from "../../core/links/setting-fields.js";
import { createSwitch } from "../../ui/switch.js";
import { createChart, createTable, sample } from "../../widgets/chart.js";

const share = (value) => `${(100 * value).toFixed(2)} %`;
const NARROW = matchMedia("(max-width: 899px)").matches; // a phone, where the text of a wide chart would be too small
const MOST_EPOCHS = 1000;
const SCALES = { whole: { from: 0, ticks: [0, 0.25, 0.5, 0.75, 1] }, close: { from: 0.95, ticks: [0.95, 0.96, 0.97, 0.98, 0.99, 1] } };

/** Returns { node, showFigures(figures), showError(), settings }. */
export function createRuns({ sha256 }) {
  const state = { epochs: 5, scale: "close" };
  let runs = [];
  const lengths = el("span", { class: "run-lengths" });
  const scales = createSwitch("training-scale", "Accuracy axis", [["close", "95 to 100 %"], ["whole", "0 to 100 %"]], (scale) => set({ scale }));
  const figure = el("figure", { class: "curve-figure wide" });
  const below = el("p", { class: "caption below" });
  const key = el("table", { class: "figure-table" });
  const title = el("p", { class: "runs-title" }, "…");
  const table = createTable("All epochs as a table");
  const node = el("div", { class: "runs" }, title, el("div", { class: "controls" }, scales, lengths), figure, below, el("div", { class: "answers-scroller" }, key), table.node);
  const chart = createChart({ x: { name: "epoch", from: 0, to: 5, ticks: [], write: String }, y: { ...SCALES.close, to: 1, write: String }, width: NARROW ? 340 : 620, height: 240 });
  figure.append(el("figcaption", {}, "Accuracy after each epoch: the share of MNIST’s 10,000 test images that are read correctly"), chart.node);

  function set(change) {
    Object.assign(state, change);
    const { epochs, scale } = state;
    scales.querySelector(`[value="${scale}"]`).checked = true;
    const length = lengths.querySelector(`[value="${epochs}"]`); // null until the runs have loaded
    if (length) length.checked = true;
    const jump = epochs <= 10 ? 1 : 5;
    const axis = { ...SCALES[scale], to: 1, name: "accuracy", write: (value) => `${Math.round(100 * value)} %` };
    const across = { name: "epoch", from: 0, to: epochs, ticks: Array.from({ length: Math.floor(epochs / jump) + 1 }, (_, i) => jump * i), write: String };
    const lines = runs.map((run) => ({ kind: run.kind, points: run.accuracy.slice(0, epochs + 1).map((value, epoch) => [epoch, value]) }));
    const hollow = runs.flatMap((run) => run.accuracy.slice(0, epochs + 1).flatMap((value, epoch) => (value < axis.from ? [`${run.name} ${share(value)} at epoch ${epoch}`] : [])));
    setText(below, hollow.length ? `Hollow marks are values below the axis: ${hollow.join(", ")}.` : "");
    chart.show({ label: `Accuracy on the test images after each epoch, for ${runs.map(({ title: name }) => name).join(", ")}. The numbers are in the table below.`, lines, axis, across });
  }

  return {
    node,
    settings: { fields: { epochs: whole(1, MOST_EPOCHS), scale: choice(Object.keys(SCALES)) }, get: () => ({ ...state }), set: (values) => set(runs.length && !runs.some(({ epochs }) => epochs === values.epochs) ? { scale: values.scale } : values) },
    showFigures(figures) {
      const others = [2, 3, 3, 3];
      const loaded = figures.shifted.find((one) => one.sha256 === sha256)?.name;
      runs = figures.runs.filter((run) => run.shipped).map((run) => ({ ...run, kind: run.network === "dense" ? 0 : run.name === loaded ? 1 : others.shift(), title: `${run.name}${run.name === loaded ? " (loaded here)" : ""}` }));
      const ends = [...new Set(runs.map(({ epochs }) => epochs))].sort((a, b) => a - b);
      if (!ends.includes(state.epochs)) state.epochs = ends[0];
      lengths.replaceChildren(createSwitch("training-epochs", "Epochs", ends.map((end) => [String(end), `first ${end}`]), (end) => set({ epochs: Number(end) })));
      setText(title, "In one epoch, a network sees all of MNIST’s training images, batch by batch, with one step for each batch. Before the first epoch, it only guesses. After the first epoch, its accuracy grows only a little more.");
      key.replaceChildren(el("thead", {}, el("tr", {}, ...["run", "before training", "after 1 epoch", "at the end", "epochs"].map((name) => el("th", { scope: "col" }, name)))),
        el("tbody", {}, ...runs.map((run) => el("tr", {}, el("th", { scope: "row" }, sample(run.kind), ` ${run.title}`), ...[run.accuracy[0], run.accuracy[1], run.accuracy.at(-1)].map((value) => el("td", {}, share(value))), el("td", {}, String(run.epochs))))));
      const most = Math.max(...runs.map(({ accuracy }) => accuracy.length));
      table.show(["epoch", ...runs.map(({ name }) => name)], Array.from({ length: most }, (_, epoch) => [String(epoch), ...runs.map(({ accuracy }) => (epoch < accuracy.length ? share(accuracy[epoch]) : ""))]));
      set({});
    },
    showError() {
      setText(title, "The results did not load. Reload the page to try again.");
    },
  };
}
