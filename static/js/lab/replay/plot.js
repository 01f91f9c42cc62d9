/** Ten probabilities against the share of the ink, drawn with uPlot. */
import { DIGIT_COLOURS } from "../../core/lab/digit-colours.js";
import { changes } from "../../core/lab/replay.js";
import { setText } from "../../ui/dom.js";
import { percent } from "../../core/text.js";

const { uPlot } = globalThis;
const HEIGHT = 250; // px, with the axis
const LEAST = 0.02; // probability that a line must reach to be labelled

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** `scrub(share)` is called when the user points at a place of the plot. Returns show({ steps, at, theme }). */
export function createPlot(place, readout, { scrub }) {
  let plot = null;
  let shown = { steps: [], at: 0, theme: "light" };
  let drawn = null;

  /** The line at the chosen moment, the changes in the answer, and the names of the lines. */
  function drawExtras(u) {
    const { ctx, bbox } = u;
    const ratio = devicePixelRatio;
    ctx.save();
    const vertical = (share, style, dash, width) => {
      const x = u.valToPos(100 * share, "x", true);
      ctx.strokeStyle = style;
      ctx.lineWidth = width * ratio;
      ctx.setLineDash(dash.map((length) => length * ratio));
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
    };
    for (const { share } of changes(shown.steps)) vertical(share, colour("--line-strong"), [2, 3], 1);
    vertical(shown.at, colour("--mark"), [], 2);
    ctx.font = `700 ${13 * ratio}px system-ui, sans-serif`;
    ctx.textAlign = "center";
    ctx.textBaseline = "bottom";
    for (let digit = 0; digit < 10; digit++) {
      const best = shown.steps.reduce((most, step) => (step.prediction.probabilities[digit] > most.prediction.probabilities[digit] ? step : most));
      const value = best.prediction.probabilities[digit];
      if (value < LEAST) continue;
      const [x, y] = [u.valToPos(100 * best.share, "x", true), u.valToPos(value, "y", true)];
      ctx.fillStyle = DIGIT_COLOURS[shown.theme][digit];
      ctx.fillText(String(digit), Math.min(Math.max(x, bbox.left + 8 * ratio), bbox.left + bbox.width - 8 * ratio), Math.max(y - 3 * ratio, bbox.top + 15 * ratio));
    }
    ctx.restore();
  }

  function readAt(u) {
    const { idx } = u.cursor;
    const step = idx === null || idx === undefined ? null : shown.steps[idx];
    if (!step) return setText(readout, "");
    const ranked = step.prediction.probabilities.map((value, digit) => [value, digit]).sort((a, b) => b[0] - a[0]).slice(0, 3);
    return setText(readout, `${Math.round(100 * step.share)} % of the ink: ${ranked.map(([value, digit]) => `${digit} ${percent(value)}`).join(" · ")}`);
  }

  function build() {
    const axis = () => ({ stroke: () => colour("--soft"), grid: { stroke: () => colour("--line"), width: 1 }, ticks: { stroke: () => colour("--line"), width: 1, size: 4 }, font: "12px system-ui, sans-serif", gap: 3 });
    plot = new uPlot({
      width: Math.max(place.clientWidth, 240),
      height: HEIGHT,
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { show: false } },
      padding: [14, 26, 0, 0],
      scales: { x: { time: false, range: () => [0, 100] }, y: { range: () => [0, 1] } },
      axes: [
        { ...axis(), size: 28, values: (_, ticks) => ticks.map((tick) => `${tick} %`) },
        { ...axis(), size: 50, values: (_, ticks) => ticks.map((tick) => `${Math.round(100 * tick)} %`) },
      ],
      series: [{}, ...Array.from({ length: 10 }, (_, digit) => ({ stroke: () => DIGIT_COLOURS[shown.theme][digit], width: 2, points: { show: false } }))],
      hooks: { draw: [drawExtras], setCursor: [readAt] },
    }, [[], ...Array.from({ length: 10 }, () => [])], place);
    plot.root.setAttribute("aria-hidden", "true"); // the slider and the table give the same information
    plot.over.addEventListener("click", () => plot.cursor.left >= 0 && scrub(Math.min(Math.max(plot.posToVal(plot.cursor.left, "x") / 100, 0), 1)));
    new ResizeObserver(() => place.clientWidth > 0 && plot.width !== place.clientWidth && plot.setSize({ width: place.clientWidth, height: HEIGHT })).observe(place);
  }

  return (next) => {
    shown = next;
    if (!plot) build();
    if (drawn === next.steps) return plot.redraw(false);
    drawn = next.steps;
    return plot.setData([next.steps.map(({ share }) => 100 * share), ...Array.from({ length: 10 }, (_, digit) => next.steps.map(({ prediction }) => prediction.probabilities[digit]))]);
  };
}
