/** The lesson's training loop on a batch of 80 digits: the loss, the predictions and the gradient of each step, and the change of one weight. */
import { FACTS } from "../../core/service-facts.js";
import { whole, withDecimals } from "../../core/text.js";
import { el, setAttribute, setText } from "../../ui/dom.js";
import { createSwitch } from "../../ui/switch.js";
import { createChart, createTable, sample } from "../../widgets/chart.js";
import { choice, decimal, whole as wholeNumber } from "../../core/links/setting-fields.js";
import { createSlider } from "../shared/slider.js";
import { createRefusal } from "../../ui/messages.js";
import { readNumber } from "../../core/input.js";
import { lossFormula, rule } from "./update-rule.js";
import { loadSampleIndex } from "../../service/lesson-data.js";
import { createSteps, STEPS } from "../../service/training-steps.js";
import { lossText, verdict } from "./loss-verdict.js";

const PARAMETERS = FACTS.layers.reduce((sum, { parameters }) => sum + parameters, 0);
const [MIN_RATE, MAX_RATE] = [-6, 1]; // powers of ten
const RATES = {
  sgd: { small: 0.001, right: 0.03, large: 3 },
  adam: { small: 0.00001, right: 0.001, large: 0.1 },
};
const RATE_TEXTS = { small: "too small", right: "about right", large: "too large" };
const NAMES = { sgd: "SGD", adam: "Adam" };
const EXPLAINED = {
  sgd: "SGD subtracts η times the gradient from each weight.",
  adam: "m is a running mean of g (the average direction), and v is a running mean of g² (the size). Because of the division by √v̂, the first step changes each weight by about η, no matter how large its gradient is.",
};
const LAYERS = ["conv1", "conv2", "dense1", "logits"];
/** A rate rounded to two digits, as on the slider: 0.0316 -> 0.032. */
const rounded = (rate) => Number(rate.toPrecision(2));
/** A rate without an exponent: 0.000001. */
const plain = (rate) => rate.toFixed(8).replace(/\.?0+$/, "");

/** Returns { node, formula, set(change), settings, current() }; `changed()` is called when the shown numbers change. */
export function createLoop({ changed }) {
  const state = { optimiser: "sgd", rate: RATES.sgd.right, step: 0, run: null, requested: null, error: "" };
  const earlier = []; // runs shown before: [{ name, losses }], newest first
  let digits = null;

  const working = el("p", { class: "working", role: "status" });
  const requestSteps = createSteps({ onProgress: (text) => setText(working, text) });
  const rules = createSwitch("training-rule", "Update rule", Object.entries(NAMES), (optimiser) => set({ optimiser }));
  const range = el("input", { type: "range", min: String(MIN_RATE), max: String(MAX_RATE), step: "0.05", "aria-label": "Learning rate, on a logarithmic scale" });
  const box = el("input", { type: "text", inputMode: "text", class: "rate-box", autocomplete: "off", "aria-label": "Learning rate, as a number" });
  const refusal = createRefusal();
  range.addEventListener("input", () => {
    refusal.say(box, "");
    const rate = rounded(10 ** Number(range.value));
    box.value = plain(rate);
    setAttribute(range, "aria-valuetext", plain(rate));
  });
  range.addEventListener("change", () => set({ rate: rounded(10 ** Number(range.value)) }));
  box.addEventListener("change", () => {
    const { value, says } = readNumber(box.value, { label: "The learning rate", kept: state.rate, min: 10 ** MIN_RATE, max: 10 ** MAX_RATE, strict: true, write: plain });
    set({ rate: value ?? state.rate });
    if (says) refusal.say(box, says);
  });
  box.addEventListener("input", () => refusal.say(box, ""));
  const presets = el("div", { class: "presets", role: "group", "aria-label": "Suggested learning rates" });
  const one = el("button", { type: "button", class: "quiet strong one-step" }, "One step");
  const all = el("button", { type: "button", class: "quiet all-steps" }, `All ${STEPS} steps`);
  const again = el("button", { type: "button", class: "quiet start-again" }, "Start again");
  one.addEventListener("click", () => goTo(Math.min(state.step + 1, STEPS)));
  all.addEventListener("click", () => goTo(STEPS));
  again.addEventListener("click", () => goTo(0));
  const step = createSlider({ label: "after step", min: 0, max: STEPS, value: 0, changed: (to) => goTo(to) });

  const batch = el("ol", { class: "batch", "aria-label": "The batch: 80 digits, each with the network’s answer below it" });
  const loss = el("p", { class: "loss-now" });
  const recorded = el("p", { class: "says warn recorded", hidden: true });
  const error = el("p", { class: "says warn step-error", role: "alert", hidden: true });
  const chart = createChart({ x: { name: "step", from: 0, to: STEPS, ticks: [0, 5, 10, 15, 20], write: String }, y: axisFor(2.5), width: 400, height: 220 });
  const key = el("p", { class: "loss-key" });
  const message = el("p", { class: "says", role: "status" });
  const table = createTable("The steps as a table");
  const calculation = el("div", { class: "rule", tabIndex: 0, role: "group", "aria-label": "The new weight, step by step" });
  const explained = el("p", { class: "rule-explained" });
  const parts = el("dl", { class: "rule-parts" });
  const norms = el("table", { class: "figure-table norms" });
  const row = el("div", { class: "loop-row" },
    el("figure", { class: "batch-figure" }, el("figcaption", {}, el("b", {}, "The batch"), ": 80 digits, each with the network’s answer"), batch),
    el("div", { class: "loop-results" }, loss, el("figure", { class: "curve-figure" }, el("figcaption", {}, "Loss of the batch, step by step"), chart.node), key, message));
  const node = el("div", { class: "loop" },
    el("div", { class: "controls" }, rules, el("span", { class: "rate" }, el("span", { "aria-hidden": "true" }, "learning rate η"), range, box), presets, refusal.node),
    el("div", { class: "controls" }, one, all, again, step.node),
    working, error, recorded,
    row,
    el("div", { class: "followed" }, el("h3", {}, `One of the ${whole(PARAMETERS)} parameters, step by step`), parts, explained, calculation),
    el("div", { class: "answers-scroller" }, norms), table.node);

  loadSampleIndex().then(
    (found) => {
      digits = found;
      batch.replaceChildren(...digits.map(({ label, column, row }) => {
        const tile = el("span", { class: "tile" });
        tile.style.backgroundPosition = `${-28 * column}px ${-28 * row}px`;
        return el("li", {}, tile, el("span", { class: "visually-hidden" }, `a ${label}, read as `), el("b", {}, "·"));
      }));
      paint();
    },
    () => setText(working, "The sample digits did not load. Reload the page to try again."),
  );

  /** Change the settings. After a new update rule or learning rate, request new steps and show as many as before. */
  function set(change) {
    const { optimiser, rate } = { ...state, ...change };
    if (optimiser !== state.optimiser || rate !== state.rate) {
      if (state.run && state.step > 0) keepRun();
      Object.assign(state, { optimiser, rate, run: null, error: "" });
    }
    if ("step" in change) state.step = change.step;
    if (state.step > 0) ensureRun();
    controls();
    paint();
  }

  function keepRun() {
    const name = `${NAMES[state.run.optimiser]}, η = ${plain(state.run.learning_rate)}`;
    const losses = [state.run.loss, ...state.run.steps.map((each) => each.loss)];
    earlier.unshift({ name, losses });
    const same = earlier.findIndex((each, i) => i > 0 && each.name === name);
    if (same > 0) earlier.splice(same, 1);
    earlier.length = Math.min(earlier.length, 2);
  }

  const settingsKey = () => `${state.optimiser} ${state.rate}`;
  /** Whether the steps for the current settings have been requested but not received. */
  const waiting = () => !state.run && state.requested === settingsKey();

  function goTo(to) {
    state.step = to;
    if (to > 0) ensureRun();
    controls();
    paint();
  }

  /** Request the steps for the current settings, unless they have been received or requested already. */
  async function ensureRun() {
    const { optimiser, rate } = state;
    const key = settingsKey();
    if (state.run || state.requested === key) return;
    state.requested = key;
    state.error = "";
    try {
      const run = await requestSteps({ optimiser, rate });
      if (run) state.run = run;
    } catch (problem) {
      if (state.requested === key) Object.assign(state, { error: problem.message, step: 0 });
    }
    if (state.requested !== key) return; // there is a newer request
    state.requested = null;
    step.set(shownStep());
    paint();
  }

  /** The shown step, or 0 until the run has been received. */
  const shownStep = () => (state.run ? state.step : 0);

  function controls() {
    rules.querySelector(`[value="${state.optimiser}"]`).checked = true;
    range.value = String(Math.log10(state.rate));
    setAttribute(range, "aria-valuetext", plain(state.rate));
    box.value = plain(state.rate);
    if (!waiting() || document.activeElement?.type !== "number") step.set(shownStep()); // do not change a number while it is typed
    if (presets.dataset.optimiser !== state.optimiser) {
      presets.dataset.optimiser = state.optimiser;
      presets.replaceChildren(...Object.entries(RATES[state.optimiser]).map(([name, rate]) => {
        const button = el("button", { type: "button", class: "quiet", "data-rate": plain(rate) }, `${RATE_TEXTS[name]}: ${plain(rate)}`);
        button.addEventListener("click", () => set({ rate }));
        return button;
      }));
    }
    for (const button of presets.children) button.setAttribute("aria-pressed", String(Number(button.dataset.rate) === state.rate));
  }

  function paint() {
    const { run } = state;
    const taken = run ? Math.min(state.step, run.steps.length) : 0;
    const at = run && (taken === 0 ? run : run.steps[taken - 1]);
    for (const part of [one, all, row]) setAttribute(part, "aria-busy", String(waiting()));
    error.hidden = !state.error;
    setText(error, state.error);
    recorded.hidden = !run?.recorded;
    if (run?.recorded) setText(recorded, `This service has no PyTorch, so you see recorded steps. They use the nearest recorded learning rate, η = ${plain(run.learning_rate)}.`);
    paintBatch(run, at);
    setText(loss, at ? `${taken === 0 ? "Before the first step" : `After step ${taken}`}: loss ${lossText(at.loss)}, ${Math.round(at.accuracy * run.labels.length)} of ${run.labels.length} correct.` : waiting() ? `Computing ${STEPS} steps…` : "No step has been taken yet.");
    paintChart(run, taken);
    paintRule(run, taken);
    setText(message, run && taken > 0 ? verdict(run, taken) : "");
    setAttribute(node, "data-shown", run ? String(taken) : "none");
    changed();
  }

  function paintBatch(run, at) {
    if (!digits) return;
    for (const [i, tile] of [...batch.children].entries()) {
      const answer = at?.answers[i];
      setText(tile.lastChild, at ? String(answer) : "·");
      tile.className = !at ? "" : answer === run.labels[i] ? "right" : "wrong";
    }
  }

  function paintChart(run, taken) {
    const losses = run ? [run.loss, ...run.steps.slice(0, taken).map((each) => each.loss)] : [];
    const every = [...losses, ...earlier.flatMap((each) => each.losses)];
    const most = Math.max(0, ...every);
    const points = (values) => values.map((value, i) => [i, value]);
    const lines = [...earlier.map((each, i) => ({ kind: 2 + i, points: points(each.losses) })), ...(losses.length ? [{ kind: 1, points: points(losses) }] : [])];
    chart.show({ label: `Loss of the batch by step${losses.length ? `: from ${lossText(losses[0])} to ${lossText(losses.at(-1))}` : ", none yet"}. The numbers are in the table below.`, lines, at: run ? taken : null, axis: axisFor(most) });
    const names = [...(losses.length ? [[1, `${NAMES[run.optimiser]}, η = ${plain(run.learning_rate)}`]] : []), ...earlier.map((each, i) => [2 + i, `before: ${each.name}`])];
    key.replaceChildren(...names.map(([kind, name]) => el("span", {}, sample(kind), ` ${name}`)), ...(most > 10 ? [el("span", {}, "hollow marks: above the end of the axis")] : []));
    table.show(["step", "loss", "correct", "weight before", "its gradient", "weight after"],
      run ? [["0", lossText(run.loss), String(Math.round(run.accuracy * run.labels.length)), "", "", ""], ...run.steps.slice(0, taken).map((each) => [String(each.step), lossText(each.loss), String(Math.round(each.accuracy * run.labels.length)), ...[each.weight.before, each.weight.gradient, each.weight.after].map((value) => withDecimals(value, 6))])] : []);
  }

  function paintRule(run, taken) {
    const [, , top, left] = run?.weight.index ?? [];
    const place = run ? `${run.weight.layer}, filter ${run.weight.index[0]}, row ${top}, column ${left}` : "a weight of conv1";
    const rows = [["w", "w", place], ["η", "eta", `the learning rate, ${plain(run?.learning_rate ?? state.rate)}`], ["g", "g", "the gradient: how fast the loss grows when w grows"]];
    if (state.optimiser === "adam") rows.push(["m, v", "m", "running means of g and of g²"]);
    parts.replaceChildren(...rows.map(([name, part, text]) => el("div", {}, el("dt", { "data-part": part, "data-means": part }, name), el("dd", { "data-part": part }, text))));
    setText(explained, EXPLAINED[state.optimiser]);
    node.dataset.rule = state.optimiser;
    calculation.replaceChildren(...(run && taken > 0 ? rule(run, taken - 1).map((line) => el("p", {}, line)) : [el("p", { class: "caption" }, waiting() ? "The steps are being computed." : "Take a step to see this weight change.")]));
    const values = run && taken > 0 ? LAYERS.map((layer) => lossText(run.steps[taken - 1].gradient_norms[layer])) : LAYERS.map(() => "–");
    norms.replaceChildren(el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "layer"), ...LAYERS.map((layer) => el("th", { scope: "col" }, layer)))),
      el("tbody", {}, el("tr", {}, el("th", { scope: "row" }, "length of the gradient, √Σg²"), ...values.map((value) => el("td", {}, value)))));
  }

  controls();
  paint();
  return {
    node,
    formula: lossFormula(80),
    set,
    settings: {
      fields: { rule: choice(Object.keys(NAMES)), rate: decimal(10 ** MIN_RATE, 10 ** MAX_RATE), step: wholeNumber(0, STEPS) },
      get: () => ({ rule: state.optimiser, rate: state.rate, step: state.step }),
      set: ({ rule: optimiser, rate, step: to }) => set({ optimiser, rate, step: to }),
    },
    /** The shown { run, step }, null before the first step. */
    current: () => (state.run && state.step > 0 ? { run: state.run, step: Math.min(state.step, state.run.steps.length) } : null),
  };
}

/** The axis of the loss, long enough for `most` but at most 10; a larger loss is drawn as a hollow mark at the end. */
function axisFor(most) {
  const to = [2.5, 5, 10].find((end) => most <= end) ?? 10;
  return { name: "loss", from: 0, to, ticks: Array.from({ length: 6 }, (_, i) => (i * to) / 5), write: (value) => String(value) };
}
