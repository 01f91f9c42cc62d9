/** The worksheet: the questions of the lesson and of the network page with their answers. They use the digit in the link. */
import { copy } from "./ui/clipboard.js";
import { createAddress } from "./ui/link/address.js";
import { el } from "./ui/dom.js";
import { FACTS } from "./core/service-facts.js";
import { byName, greyLevels } from "./core/layers.js";
import { keepDrawing, linkTerms } from "./ui/glossary/links.js";
import { createMessages } from "./ui/messages.js";
import { drawingFromLink } from "./pad/link-drawing.js";
import { loadSamples } from "./pad/load-samples.js";
import { imageFromPixels } from "./ui/bitmap.js";
import { loadActivations, loadModelCard } from "./service/lesson-data.js";
import { calculate } from "./core/walk/calculation.js";
import { firstCell } from "./core/walk/walker.js";
import { FIRST, loadWeights } from "./service/weights.js";
import { number, subscript, whole } from "./core/text.js";
import { questionOf } from "./core/walk/questions.js";
import { decode, encode } from "./core/links/lesson-permalink.js";
import { rowsOf } from "./lesson/shared/arithmetic.js";
import { SECTIONS_WITH_QUESTION, question } from "./lesson/exercises/questions.js";
import { SECTIONS } from "./lesson/sections.js";
import { matrices } from "./lesson/exercises/section-exercise.js";
import { otherWeightsText } from "./core/prediction-text.js";
import { addressOf } from "./core/service/address.js";

const $ = (id) => document.getElementById(id);
const { sha256, name: model, temperature } = FACTS.model;
const say = createMessages($("message"), $("close-message"));
const TITLES = {
  correlation: "Cross-correlation", size: "Output size", edges: "Edges", pooling: "Max pooling", network: "Parameters", softmax: "Softmax",
  input: "Normalising", convolution: "The first convolution", relu: "ReLU", max_pool: "Pooling your digit",
};

const PARTS = { key: "key", lab: "lab-sheet" }; // the parts that options show or hide
const USUAL = { key: true, lab: false };
const OPTIONS = { sheet: { STEPS: {} } }; // links hold the options like the settings of a section of the lesson

/** The cell of a layer whose value has the highest score. Cells of the map `except` are ignored. */
function bestCell(name, activations, score, except = -1) {
  const { rows, cols } = byName[name];
  let best = -1;
  for (const [i, value] of activations[name].entries()) {
    if (Math.floor(i / (rows * cols)) !== except && (best < 0 || score(value) > score(activations[name][best]))) best = i;
  }
  return { layer: name, map: Math.floor(best / (rows * cols)), row: Math.floor(best / cols) % rows, col: best % cols };
}

/** Four questions about the digit's activations that can be solved on paper; none contains the answer of another. */
function walkQuestions(activations, weights) {
  const conv1 = firstCell(activations);
  const negative = bestCell("conv1", activations, (value) => -value);
  const cells = [
    { layer: "input", map: 0, row: conv1.row + 1, col: conv1.col + 1 },
    conv1,
    { ...negative, layer: "relu1" },
    bestCell("pool1", activations, (value) => value, conv1.map),
  ];
  return cells.map((cell) => {
    const calculation = calculate(cell, activations, weights, temperature);
    const question = questionOf(calculation);
    return { ...question, kind: calculation.kind, asks: `${subscript(byName[cell.layer], cell)}. ${question.asks}`, given: given(calculation) };
  });
}

/** The matrices of a question. */
function given({ kind, channels, bias, terms, cell }) {
  const exact = { exact: true, signed: true };
  if (kind === "convolution") {
    const nine = channels[0].terms;
    return [
      { name: "input", letter: "I", matrix: rowsOf(nine.map((term) => term.value), 3, 3), ...exact },
      { name: `filter ${cell.map}`, letter: "K", matrix: rowsOf(nine.map((term) => term.weight), 3, 3), ...exact },
      { name: "bias", letter: "b", matrix: [[bias]], ...exact },
    ];
  }
  if (kind === "max_pool") return [{ name: "relu1", letter: "A", matrix: rowsOf(terms.map((term) => term.value), 2, 2), exact: true, signed: false }];
  return [];
}

/** Show what the options choose. */
function showParts() {
  for (const [option, part] of Object.entries(PARTS)) $(part).hidden = !$(`with-${option}`).checked;
}

const plain = (value) => (Number.isInteger(value) ? whole(value) : number(value));

function show(questions, grey) {
  const paper = questions.map(({ kind, asks, given, answer, tolerance }) =>
    el("li", {}, el("h2", {}, TITLES[kind]), el("p", { class: "asks" }, asks), el("div", { class: "figure-row given" }, ...matrices(given, "light")),
      el("p", { class: "answer-line" }, "Answer: ", el("span", {}), Number.isInteger(answer) ? "" : el("span", { class: "caption" }, `± ${tolerance} is close enough`))));
  $("sheet-questions").replaceChildren(...paper);
  $("sheet-key").replaceChildren(...questions.map(({ answer, how, slips }) =>
    el("li", {}, el("b", {}, plain(answer)), el("span", { class: "how" }, how),
      ...(slips.length ? [el("ul", { class: "slips" }, ...slips.slice(0, 3).map(({ value, says }) => el("li", {}, `${plain(value)}: ${says}`)))] : []))));
  showParts();
  $("digit").getContext("2d").drawImage(imageFromPixels(rowsOf(grey, 28, 28)).bitmap, 0, 0);
}

let [drawing, linked, seed] = [null, null, 1];
const address = createAddress();
const link = (settings = {}) => encode({ work: seed, settings, drawing: linked });
const ownLink = () => link(Object.fromEntries(Object.keys(PARTS)
  .map((option) => [option, $(`with-${option}`).checked])
  .filter(([option, checked]) => checked !== USUAL[option])
  .map(([option, checked]) => [`sheet.${option}`, String(checked)])));

/** Make the sheet with the numbers of the set `next`, which becomes the seed if the service answers. */
async function make(next) {
  $("questions").dataset.settled = "false";
  try {
    const [{ activations, prediction }, weights, card] = await Promise.all([loadActivations(drawing), loadWeights(sha256, FIRST), loadModelCard()]);
    if (prediction.verdict === "blank") say("Nothing is drawn, so the questions about a digit are left out.");
    const others = otherWeightsText(prediction, model);
    if (others) say(others);
    const grey = greyLevels(activations.input);
    const context = prediction.verdict === "blank" ? { card, temperature } : { activations, grey, weights, card, temperature };
    const lesson = SECTIONS_WITH_QUESTION.map((section) => ({ kind: section, ...question(section, next, context) })).filter(({ asks }) => asks);
    const walk = prediction.verdict === "blank" ? [] : walkQuestions(activations, weights);
    show([...lesson, ...walk], grey);
    seed = next;
    $("sheet-of").textContent = `Numbers: set ${seed}. Weights: ${model}. The lines under an answer are wrong results, each with the mistake that leads to it.`;
    $("to-lesson").href = addressOf(`/lesson#${link()}`);
    address.replace(ownLink);
    $("questions").dataset.settled = "true";
  } catch {
    say("The service did not answer. Reload the page to try again.");
  }
}

linkTerms(document.querySelectorAll(".sheet-paper > .caption:not([id])"));
keepDrawing(() => linked, () => seed);

$("print").addEventListener("click", () => print());
$("another").addEventListener("click", () => make(seed + 1));
for (const option of Object.keys(PARTS)) {
  $(`with-${option}`).addEventListener("change", () => {
    showParts();
    address.replace(ownLink);
  });
}
$("copy-link").addEventListener("click", () => copy(address.link(ownLink()), { say, done: "The link is copied. It opens this worksheet with the same numbers." }));

const samples = await loadSamples();
const opened = decode(location.hash, { ...SECTIONS, ...OPTIONS });
for (const [option, usual] of Object.entries(USUAL)) $(`with-${option}`).checked = (opened.settings[`sheet.${option}`] ?? String(usual)) === "true";
seed = opened.work ?? 1;
drawing = opened.drawing && drawingFromLink(opened.drawing, samples.byDigit);
linked = drawing ? opened.drawing : { sample: [samples.start.label, samples.start.index] };
drawing ??= { strokes: [], image: samples.start };
if (opened.problem) say(opened.problem);
await make(seed);
