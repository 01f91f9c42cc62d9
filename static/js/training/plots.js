/** The two plots, drawn with uPlot: the loss of the batches, and the accuracy after each epoch with the student's guesses. */
import { accuracyCurve, lastEpoch, lossCurve, MOST_LOSS } from "../core/training/curves.js";
import { accuracyText } from "../core/training/texts.js";
import { el, setAttribute, setHidden, setText } from "../ui/dom.js";
import { logOf, runOf, shownRuns } from "./page-state.js";

const { uPlot } = globalThis; // undefined if uPlot did not start, for example because the browser reports no valid language
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3]];
const ZOOMED = 0.9; // where the zoomed accuracy axis begins

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const colourOfRun = (i) => colour(`--run-${i}`);

/** `look(epoch)` is called with the epoch that is clicked. Returns show(state), which draws what has changed. */
export function createPlots({ loss, accuracy, legend, zoom }, store, { look }) {
  const plots = [createPlot(loss, { name: "loss", look }), createPlot(accuracy, { name: "accuracy", look })];
  zoom.addEventListener("click", () => store.set({ zoomed: !store.state.zoomed }));
  let drawn = "";

  return (state) => {
    const ids = shownRuns(state);
    const logs = ids.map((id) => logOf(state, id));
    setAttribute(zoom, "aria-pressed", String(state.zoomed));
    const end = lastEpoch(logs);
    const epoch = state.epoch ?? logs[0]?.measured.at(-1)?.epoch ?? null;
    const { theme, dark, zoomed } = state;
    const titles = ids.map((id) => runOf(state, id)?.title ?? id); // a linked run may not be in the list yet
    const shape = JSON.stringify([titles, theme, dark, zoomed]);
    const guesses = ids.map((id) => state.guesses[id]?.points ?? []);
    if (shape !== drawn) showLegend(legend, titles);
    const note = noteFor(ids[0] && runOf(state, ids[0]));
    plots[0].show({ note, tables: logs.map(lossCurve), ids, end, epoch, range: lossRange(logs), guesses: [] });
    plots[1].show({ note, tables: logs.map(accuracyCurve), ids, end, epoch, range: [zoomed ? ZOOMED : 0, 1], guesses });
    drawn = shape;
  };
}

/** Why a plot is empty. */
function noteFor(run) {
  if (!run) return "No run yet.";
  if (run.origin === "run") return run.state === "training" ? "The run is starting. Its first numbers take some seconds, on a busy computer up to a minute." : "This run has no numbers yet.";
  return run.origin === "shipped" ? "Only the results after each epoch were saved for this run." : "This is a file of weights: its training was not recorded.";
}

/** The axis of the loss: from 0 to a little more than the largest. */
function lossRange(logs) {
  const most = Math.max(...logs.flatMap((log) => lossCurve(log)[1]).filter((value) => value !== null), 0.5);
  return [0, Math.min(MOST_LOSS, 1.05 * most)];
}

/** The legend: samples of the lines, with the names of the runs and of the two kinds of accuracy. */
function showLegend(legend, names) {
  const line = (i, name, kind = "") => el("li", { class: kind }, el("span", { class: `swatch swatch-${i}`, "aria-hidden": "true" }), name);
  legend.replaceChildren(...names.map((name, i) => line(i, name)), ...(names.length ? [line(0, "test images", "test"), line(0, "training images", "train"), el("li", { class: "guessed" }, el("span", { class: "swatch", "aria-hidden": "true" }), "your guess")] : []));
}

function createPlot(figure, { name, look }) {
  const place = figure.querySelector(".plot-place");
  const readout = figure.querySelector(".readout");
  const empty = el("p", { class: "plot-empty", hidden: true });
  place.append(empty);
  const perRun = name === "loss" ? 1 : 2;
  let plot = null;
  let shown = null;

  const write = name === "loss" ? (value) => String(Number(value.toFixed(2))) : (value) => `${Math.round(1000 * value) / 10} %`;
  const precise = name === "loss" ? (value) => value.toFixed(3) : accuracyText;

  /** The curves of the run at place `i`. */
  function curvesOf(i) {
    const stroke = () => colourOfRun(i);
    const common = { stroke, spanGaps: true };
    if (name === "loss") return [{ ...common, width: 1.5, dash: DASHES[i], points: { show: false } }];
    return [
      { ...common, width: 2, points: { show: true, size: 7, fill: stroke } },
      { ...common, width: 1.5, dash: [4, 4], points: { show: true, size: 7, fill: () => colour("--paper") } },
    ];
  }

  /** The guesses as crosses with a dashed line, and a vertical line at the selected epoch. */
  function drawExtras(u) {
    const { ctx, bbox } = u;
    const ratio = devicePixelRatio;
    ctx.save();
    ctx.lineWidth = ratio;
    if (shown.epoch !== null) {
      const x = u.valToPos(shown.epoch, "x", true);
      ctx.strokeStyle = colour("--line-strong");
      ctx.setLineDash([2 * ratio, 3 * ratio]);
      line(ctx, x, bbox.top, x, bbox.top + bbox.height);
    }
    for (const { epoch, accuracy } of shown.guesses.flat()) {
      const [from] = shown.range;
      const [x, y] = [u.valToPos(epoch, "x", true), u.valToPos(Math.max(accuracy, from), "y", true)];
      ctx.strokeStyle = ctx.fillStyle = colour("--mark");
      ctx.setLineDash([5 * ratio, 4 * ratio]);
      line(ctx, bbox.left, y, bbox.left + bbox.width, y);
      ctx.setLineDash([]);
      ctx.lineWidth = 2.5 * ratio;
      const size = 5 * ratio;
      line(ctx, x - size, y - size, x + size, y + size);
      line(ctx, x - size, y + size, x + size, y - size);
      ctx.lineWidth = ratio;
      ctx.font = `600 ${11 * ratio}px ${getComputedStyle(figure).fontFamily}`;
      ctx.textAlign = "left";
      ctx.textBaseline = y - bbox.top < 20 * ratio ? "top" : "bottom";
      const label = [`your guess: ${accuracyText(accuracy).replace(".00", "")}`, bbox.left + 5 * ratio, y + (ctx.textBaseline === "top" ? 3 : -3) * ratio];
      ctx.strokeStyle = colour("--paper"); // readable on a curve
      ctx.lineWidth = 4 * ratio;
      ctx.strokeText(...label);
      ctx.fillText(...label);
      ctx.lineWidth = ratio;
    }
    ctx.restore();
  }

  function build() {
    const axis = () => ({ stroke: () => colour("--soft"), grid: { stroke: () => colour("--line"), width: 1 }, ticks: { stroke: () => colour("--line"), width: 1, size: 4 }, font: "11px system-ui, sans-serif", gap: 3 });
    plot = new uPlot({
      width: Math.max(place.clientWidth, 200),
      height: place.clientHeight,
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { size: 7 } },
      scales: { x: { time: false, range: () => [0, shown.end] }, y: { range: () => shown.range } },
      axes: [
        { ...axis(), size: 26, incrs: [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100], values: (_, ticks) => ticks.map((tick) => (name === "loss" || Number.isInteger(tick) ? String(Number(tick.toFixed(1))) : "")) },
        { ...axis(), size: 46, space: 26, values: (_, ticks) => ticks.map(write) },
      ],
      series: [{}],
      hooks: { draw: [drawExtras], setCursor: [readAt] },
    }, [[]], place);
    plot.over.addEventListener("click", () => plot.cursor.left >= 0 && look(Math.round(plot.posToVal(plot.cursor.left, "x"))));
    plot.root.setAttribute("aria-hidden", "true");
  }

  /** The values under the pointer. */
  function readAt(u) {
    const { idx } = u.cursor;
    if (idx === null || idx === undefined) return setText(readout, "");
    const values = u.data.slice(1).map((values) => values[idx]).filter((value) => value !== null && value !== undefined);
    const at = u.data[0][idx];
    return setText(readout, values.length ? `epoch ${Number(at.toFixed(2))}: ${values.map(precise).join(" · ")}` : "");
  }

  if (!uPlot) {
    setHidden(empty, false);
    setText(empty, "The plots do not work in this browser. Their numbers are in the tab “Table”.");
    return { show() {} };
  }
  new ResizeObserver(() => plot && place.clientWidth > 0 && (plot.width !== place.clientWidth || plot.height !== place.clientHeight) && plot.setSize({ width: place.clientWidth, height: place.clientHeight })).observe(place);

  return {
    show({ tables, note, ...rest }) {
      const data = tables.length === 0 ? [[]] : uPlot.join(tables.map((table) => table.slice(0, perRun + 1)));
      shown = { ...rest, data };
      setHidden(empty, tables.some(([places]) => places.length > 0));
      setText(empty, note);
      if (!plot) build();
      for (let last = plot.series.length - 1; last > perRun * rest.ids.length; last--) plot.delSeries(last);
      for (let run = (plot.series.length - 1) / perRun; run < rest.ids.length; run++) for (const curve of curvesOf(run)) plot.addSeries(curve);
      plot.setData(data);
    },
  };
}

function line(context, x0, y0, x1, y1) {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}
