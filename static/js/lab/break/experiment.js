/** "Break it": edit the weights, and see the maps and the answer for the user's digit, and what it costs on 2,000 digits. */
import { DIVERGING, paintMap, range } from "../../core/colour.js";
import { MOST_EDITS, editText, nameOf, readEdit, withEdit, writeEdit } from "../../core/lab/edits.js";
import { accuracyPrograms } from "../../core/lab/programs.js";
import { byName, softmax } from "../../core/layers.js";
import { SERVICE } from "../../core/service/address.js";
import { indexOfLargest, strongestCell } from "../../core/statistics.js";
import { hasSameValues } from "../../core/store.js";
import { percent, short } from "../../core/text.js";
import { createLatest, drawingBody, featureMaps } from "../../service/lab.js";
import { FIRST, loadWeightSet } from "../../service/weights.js";
import { el, replaceIfChanged, setText } from "../../ui/dom.js";
import { keepFocus, setDisabled } from "../../ui/input/focus.js";
import { createPrograms } from "../../widgets/program-tabs.js";
import { createCost } from "./cost.js";
import { createFilterGrid, LAYERS } from "./filters.js";

const CONVOLUTIONS = { layers: "conv1,conv2" };
const WHOLE = "whole";
const USUAL = { layer: "conv1", unit: 7, source: null, edits: [] };
const INPUTS = { conv2: byName.pool1.maps, dense1: byName.flatten.rows * byName.flatten.cols }; // of a filter or unit; conv1 has one

export function mount(root, lab) {
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  const state = { ...USUAL };
  let past = []; // earlier lists of edits, for undo
  let loaded = { name: null, parts: null, weights: null }; // weights of the original
  let broken = null; // the answer with the edits: { activations, prediction, inputs }
  let requested = null;

  const cost = createCost(part, { say: lab.say, changed: lab.changed });
  const grid = createFilterGrid({ choose: (unit) => choose({ unit }) });
  part("grid").append(grid.node);
  const boxes = Array.from({ length: 9 }, (_, i) => el("input", { type: "number", step: "0.1", min: "-100", max: "100", "aria-label": `Weight in row ${Math.floor(i / 3)}, column ${i % 3}` }));
  part("nine").append(...boxes);
  part("bars").append(...Array.from({ length: 10 }, (_, digit) =>
    el("tr", {}, el("th", { scope: "row" }, String(digit)), el("td"), el("td"), el("td", { class: "bar-cell", "aria-hidden": "true" }, el("span", { class: "bar before" }), el("span", { class: "bar after" })))));

  // ---------------------------------------------------------------- the controls

  /** The place of an edit: the filter or unit, or its connection from one input. */
  const places = () => (state.source === null ? [state.unit] : [state.unit, state.source]);

  function choose(patch) {
    Object.assign(state, patch);
    lab.changed();
  }
  function edit(text) {
    if (state.edits.length === MOST_EDITS) lab.say(`At most ${MOST_EDITS} edits are possible; the first one has been removed.`);
    past = [...past, state.edits].slice(-100);
    choose({ edits: withEdit(state.edits, text) });
  }
  const remove = (text) => {
    past = [...past, state.edits];
    choose({ edits: state.edits.filter((each) => each !== text) });
  };
  for (const input of root.querySelectorAll('[name="break-layer"]')) input.addEventListener("change", () => choose({ layer: input.value, unit: input.value === USUAL.layer ? USUAL.unit : 0, source: null }));
  part("source").addEventListener("change", ({ target }) => {
    const source = Math.min(Math.max(Math.round(target.valueAsNumber), 0), INPUTS[state.layer] - 1);
    choose({ source: Number.isNaN(source) ? null : source });
  });
  for (const button of root.querySelectorAll("[data-operation]")) {
    button.addEventListener("click", () => {
      edit(writeEdit({ layer: state.layer, places: places(), operation: button.dataset.operation }));
      // On a phone, the question appears below the window. It is painted in the next frame.
      requestAnimationFrame(() => part("guess-form").scrollIntoView({ block: "nearest" }));
    });
  }
  part("times").addEventListener("input", ({ target }) => edit(writeEdit({ layer: state.layer, places: places(), operation: "times", numbers: [target.valueAsNumber] })));
  for (const box of boxes) {
    box.addEventListener("change", () => {
      const numbers = boxes.map((each) => Math.min(Math.max(each.valueAsNumber || 0, -100), 100));
      edit(writeEdit({ layer: state.layer, places: places(), operation: "set", numbers }));
    });
  }
  const wholeLayer = () => part("whole-layer").value;
  for (const [name, operation, none] of [["prune", "prune", 0], ["round", "round", 9]]) {
    part(name).addEventListener("input", ({ target }) => {
      const value = target.valueAsNumber;
      const text = writeEdit({ layer: wholeLayer(), operation, numbers: [value] });
      const before = state.edits.find((each) => readEdit(each).operation === operation && readEdit(each).layer === wholeLayer());
      if (value !== none) edit(text);
      else if (before) remove(before);
    });
  }
  for (const button of root.querySelectorAll("[data-whole]")) button.addEventListener("click", () => edit(writeEdit({ layer: wholeLayer(), operation: button.dataset.whole })));
  part("whole-layer").addEventListener("change", () => lab.changed());
  part("undo").addEventListener("click", () => {
    const edits = past.at(-1) ?? [];
    past = past.slice(0, -1);
    choose({ edits });
  });
  part("reset").addEventListener("click", () => {
    past = [...past, state.edits];
    choose({ edits: [] });
  });
  const programs = createPrograms(root.querySelector(".code"), ["numpy", "torch", "curl"], () => accuracyPrograms({ origin: SERVICE, original: lab.original, edits: state.edits }), lab);

  const askMaps = createLatest(
    ({ drawn, pen, weights }) => featureMaps({ weights, prepare: "mnist" }, drawingBody(drawn, pen)),
    (found, inputs) => {
      broken = { ...found, inputs };
      lab.changed();
    },
    (error) => lab.say(error.message),
  );
  // ---------------------------------------------------------------- the results


  function request() {
    if (!lab.settled) return;
    const inputs = { ...lab.drawing(), weights: nameOf(lab.original, state.edits) };
    if (!hasSameValues(inputs, requested)) {
      requested = inputs;
      if (state.edits.length > 0) askMaps(inputs);
      else broken = { ...lab.state.answer, inputs };
    }
    const parts = state.layer === "conv2" && state.source !== null ? CONVOLUTIONS : FIRST;
    if (loaded.name === lab.original && loaded.parts === parts) return;
    const name = lab.original;
    loaded = { name, parts, weights: null };
    loadWeightSet(name, parts).then((weights) => {
      if (loaded.name === name && loaded.parts === parts) loaded = { name, parts, weights };
      lab.changed();
    }, () => {
      loaded = { name: null, parts: null, weights: null };
      lab.say("The weights did not load.");
    });
  }

  function showControls() {
    for (const input of root.querySelectorAll('[name="break-layer"]')) input.checked = input.value === state.layer;
    const whole = state.layer === WHOLE;
    part("one").hidden = whole;
    part("all").hidden = !whole;
    part("source-block").hidden = !(state.layer in INPUTS);
    part("source").max = (INPUTS[state.layer] ?? 1) - 1;
    if (document.activeElement !== part("source")) part("source").value = state.source ?? "";
    setText(part("source-says"), state.layer === "conv2" ? "(a map of pool1, 0 to 31; empty: all)" : "(a number of flatten, 0 to 1,599; empty: all)");
    const hasNine = state.layer === "conv1" || (state.layer === "conv2" && state.source !== null);
    part("nine-block").hidden = !hasNine;
    for (const button of root.querySelectorAll("[data-filter-only]")) button.hidden = state.layer === "dense1";
    const found = (operation) => state.edits.map(readEdit).find((each) => each.operation === operation && each.layer === (whole ? wholeLayer() : state.layer) && (whole || each.places.join() === places().join()));
    part("times").value = found("times")?.numbers[0] ?? (found("off") ? 0 : found("negate") ? -1 : 1);
    part("prune").value = found("prune")?.numbers[0] ?? 0;
    part("round").value = found("round")?.numbers[0] ?? 9;
    setText(part("times-says"), `× ${short(part("times").valueAsNumber)}`);
    setText(part("prune-says"), `${part("prune").value} %`);
    setText(part("round-says"), part("round").value === "9" ? "all 32 bits" : part("round").value === "1" ? "1 bit" : `${part("round").value} bits`);
    const from = state.source === null ? "" : `, its connection from input ${state.source}`;
    setText(part("unit-says"), `${state.layer === "dense1" ? `Unit ${state.unit} of dense1` : `Filter ${state.unit} of ${state.layer}`}${from}`);
    const kernel = found("set")?.numbers ?? (hasNine && loaded.weights?.covers(state.layer) ? Array.from(loaded.weights.kernel(state.layer, state.unit, state.source ?? 0), (weight) => weight * part("times").valueAsNumber) : null);
    for (const [i, box] of boxes.entries()) if (kernel && document.activeElement !== box) box.value = Number(kernel[i].toFixed(2));
  }

  function showEdits() {
    keepFocus(() => replaceIfChanged(part("edits"), state.edits.join(), () => state.edits.map((text) => {
      const button = el("button", { type: "button", "aria-label": `Remove: ${editText(text)}` }, "×");
      button.addEventListener("click", () => remove(text));
      return el("li", {}, editText(text), button);
    })), () => part("undo"));
    part("no-edits").hidden = state.edits.length > 0;
    setDisabled(part("undo"), past.length === 0);
    setDisabled(part("reset"), state.edits.length === 0);
    for (const link of root.querySelectorAll("[data-edited]")) {
      link.hidden = state.edits.length === 0;
      link.href = lab.toNetwork({ weightSet: nameOf(lab.original, state.edits) });
    }
  }

  function paintOne(canvas, activations, limits, layer) {
    const { rows, cols } = layer;
    canvas.width = cols;
    canvas.height = rows;
    const image = new ImageData(cols, rows);
    const values = activations[layer.name];
    paintMap(new Uint32Array(image.data.buffer), cols, 0, values, state.unit * rows * cols, rows, cols, limits, DIVERGING[lab.theme]);
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  function showAnswer() {
    const original = lab.state.answer;
    part("answer").dataset.settled = String(hasSameValues(requested, broken?.inputs));
    part("pair").hidden = part("plain-says").hidden = lab.blank;
    if (lab.blank) return void setText(part("answer-says"), "Nothing is drawn. Draw a digit to see what your edits do to it.");
    if (!broken) return;
    // Edited weights have no temperature, so the answers are compared without one.
    const [before, after] = [original, broken].map(({ activations }) => softmax(activations.logits));
    const [was, is] = [before, after].map((probabilities) => indexOfLargest(probabilities));
    setText(part("answer-says"), was === is ? `Still read as ${is}: ${percent(before[is])} before, ${percent(after[is])} now.` : `Read as ${was} before, as ${is} now.`);
    for (const [digit, row] of [...part("bars").rows].entries()) {
      setText(row.cells[1], percent(before[digit]));
      setText(row.cells[2], percent(after[digit]));
      row.querySelector(".before").style.width = `${100 * before[digit]}%`;
      row.querySelector(".after").style.width = `${100 * after[digit]}%`;
    }
    part("map-pair").hidden = state.layer === WHOLE || state.layer === "dense1";
    if (part("map-pair").hidden) return;
    const layer = byName[state.layer];
    const limits = range(layer, original.activations[layer.name], "layer");
    paintOne(part("map-before"), original.activations, limits, layer);
    paintOne(part("map-after"), broken.activations, limits, layer);
  }

  return {
    show() {
      request();
      showControls();
      showEdits();
      showAnswer();
      if (state.layer !== WHOLE) {
        const edited = new Set(state.edits.map(readEdit).filter((each) => each.layer === state.layer && each.places.length > 0).map((each) => each.places[0]));
        grid.show({ layer: state.layer, unit: state.unit, weights: loaded.weights, activations: (broken ?? lab.state.answer).activations, edited, theme: lab.theme });
      }
      cost.show(nameOf(lab.original, state.edits), state.edits.length);
      programs.refresh();
      root.dataset.settled = String(hasSameValues(requested, broken?.inputs) && (state.edits.length === 0 || part("cost").hidden || part("cost").dataset.settled === "true"));
    },
    /** The strongest cell of the chosen filter, or the chosen unit. */
    cell() {
      const { activations } = lab.state.answer;
      if (state.layer === WHOLE) return strongestCell("conv1", activations);
      if (state.layer !== "dense1") return strongestCell(state.layer, activations, state.unit);
      return { layer: "dense1", map: 0, row: Math.floor(state.unit / byName.dense1.cols), col: state.unit % byName.dense1.cols };
    },
    get() {
      return {
        ...(state.edits.length > 0 && { edits: state.edits.join("~") }),
        ...((state.layer !== USUAL.layer || state.unit !== USUAL.unit) && { at: state.layer === WHOLE ? WHOLE : [state.layer, ...places()].join("_") }),
        ...(cost.question.text && { guess: cost.question.text }),
      };
    },
    set({ edits = "", at = "", guess = "" }) {
      const [layer, unit = "0", input = ""] = at.split("_");
      const known = layer === WHOLE || (LAYERS.includes(layer) && /^\d{1,3}$/.test(unit) && Number(unit) < byName[layer].shape[0]);
      past = [];
      const source = known && /^\d{1,4}$/.test(input) && Number(input) < (INPUTS[layer] ?? 0) ? Number(input) : null;
      Object.assign(state, known ? { layer, unit: Number(unit) } : USUAL, { source, edits: edits.split("~").filter((text) => readEdit(text)).slice(0, MOST_EDITS) });
      cost.question.read(guess);
      lab.changed();
    },
  };
}
