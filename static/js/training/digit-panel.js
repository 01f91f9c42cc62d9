/** How the network reads the student's digit: the digit, a slider for the epochs, and each probability as bars over the epochs. */
import { isBlank } from "../core/drawing.js";
import { percent } from "../core/text.js";
import { isLive, measuredAt } from "../core/training/run-log.js";
import { NOTHING_DRAWN, wholePercent, withConfidence } from "../core/prediction-text.js";
import { el, setAttribute, setText } from "../ui/dom.js";
import { currentWeights, logOf, predictionNow, runOf, showsNow, weightsName } from "./page-state.js";

const DIGITS = [...Array(10).keys()];
const SPACE = "http://www.w3.org/2000/svg";
const [WIDE, HIGH] = [100, 30]; // of one small chart
const MOST_BAR = 12;
const NOW = "now"; // in place of the number of an epoch: in the middle of one

function svg(tag, properties) {
  const node = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(properties)) node.setAttribute(name, value);
  return node;
}

/** What is said instead of an answer. */
function waitText(state) {
  const run = runOf(state);
  if (!state.run) return "Start a run to see how a network learns to read your digit.";
  return run?.origin === "run" && !isLive(run.state) && logOf(state).measured.length === 0 ? "This run has no weights yet." : "…";
}

/** Returns show(state). */
export function createDigitPanel(root, store) {
  const [digit, says, row, slider, sliderSays, list, why] = ["digit", "now-says", "epoch-row", "epoch", "epoch-says", "multiples", "now-why"].map((id) => root.querySelector(`#${id}`));
  const charts = DIGITS.map((each) => {
    const [bars, here] = [svg("path", { class: "chart-bars" }), svg("path", { class: "chart-here" })];
    const picture = svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: "none", "aria-hidden": "true" });
    picture.append(svg("path", { class: "chart-ground", d: `M0 ${HIGH}h${WIDE}` }), bars, here);
    const share = el("span", { class: "share" });
    const item = el("li", {}, el("b", {}, each), picture, share);
    list.append(item);
    return { item, bars, here, share };
  });
  slider.addEventListener("input", () => {
    const { measured } = logOf(store.state);
    const at = Number(slider.value);
    store.set({ epoch: at === Number(slider.max) ? null : measured[at].epoch });
  });

  /** The probabilities of all epochs, and those of now unless they are null: [{ epoch, prediction }]. */
  const predictionsOf = (state, now) => [
    ...logOf(state).measured.map(({ epoch }) => ({ epoch, prediction: state.predictions.byName[weightsName(state, state.run, epoch)] ?? null })),
    ...(now ? [{ epoch: NOW, prediction: now }] : []),
  ];

  return (state) => {
    const log = logOf(state);
    const found = measuredAt(log, state.epoch);
    const now = predictionNow(state);
    const epoch = showsNow(state) ? NOW : found?.epoch;
    const prediction = epoch === NOW ? now : (state.predictions.byName[currentWeights(state)] ?? null);
    const blank = isBlank(state.history.present);
    root.dataset.settled = String(blank || Boolean(prediction));
    showSlider(state, log, found, now);
    setText(digit, !prediction || blank ? "" : prediction.digit);
    setText(says, blank ? `${NOTHING_DRAWN}.` : prediction ? withConfidence(prediction.confidence) : waitText(state));
    setText(why, epoch === 0 && prediction && !blank ? "The weights are random before training, so the digits get about 10 % each." : "");
    const predictions = blank ? [] : predictionsOf(state, now);
    const wide = Math.min(MOST_BAR, WIDE / Math.max(predictions.length, 6));
    for (const [each, { item, bars, here, share }] of charts.entries()) {
      const bar = (i, p) => `M${(i * wide + 0.1 * wide).toFixed(2)} ${HIGH}h${(0.8 * wide).toFixed(2)}v${(-HIGH * p).toFixed(2)}h${(-0.8 * wide).toFixed(2)}z`;
      const path = (wanted) => predictions.map(({ epoch: at, prediction: read }, i) => (read && (at === epoch) === wanted ? bar(i, read.probabilities[each]) : "")).join("") || "M0 0";
      setAttribute(bars, "d", path(false));
      setAttribute(here, "d", path(true));
      setText(share, prediction && !blank ? wholePercent(prediction.probabilities[each]) : "");
      item.classList.toggle("first", Boolean(prediction) && !blank && prediction.digit === each);
      setAttribute(item, "aria-label", `${each}: ${predictions.filter(({ prediction: read }) => read).map(({ epoch: at, prediction: read }) => `${at === NOW ? at : `epoch ${at}`} ${percent(read.probabilities[each])}`).join(", ") || "no predictions yet"}`);
    }
  };

  function showSlider(state, log, found, now) {
    const { measured } = log;
    const run = runOf(state);
    row.classList.toggle("absent", measured.length === 0); // invisible, but it keeps its space
    if (measured.length === 0) return;
    const stops = measured.length + (now ? 1 : 0);
    const isNow = showsNow(state);
    slider.disabled = stops < 2;
    slider.max = stops - 1;
    slider.value = isNow ? stops - 1 : measured.indexOf(found);
    const last = measured.at(-1).epoch;
    const text = `${isNow ? last + 1 : found.epoch} of ${Math.max(log.epochs, last)}`;
    const untrained = !isNow && found.epoch === 0;
    setText(sliderSays, untrained ? "untrained" : isNow ? `now in ${text}` : text);
    setAttribute(slider, "aria-valuetext", untrained ? "untrained" : isNow ? `now, in epoch ${text}` : `epoch ${text}`);
    setAttribute(slider, "aria-label", `Epoch of ${run?.title ?? "the run"}`);
  }
}
