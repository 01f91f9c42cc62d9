/**
 * The lesson's page: the student's digit, and nine sections that all use this digit. Every section gets `lesson`:
 *
 *   state           { history, drawing, pen, answer, weights, work, theme, dark }. `answer` is the result of readFeatureMaps in
 *                   core/layers.js with `exact` added, or null before the first response. `weights` are those of
 *                   conv1 (service/weights.js), and null until loaded. `work` is the seed of the questions, or null for no questions
 *   theme           "light" or "dark"
 *   temperature     the service divides the logits by this number before softmax
 *   model           name of the loaded weights
 *   blank           whether the pad is blank
 *   input()         the normalised image, Float32Array of 784; null before the first answer
 *   request()       { prepare, request }, the current request, for core/programs.js
 *   figures()       promise of GET /lesson/figures
 *   card()          promise of GET /model
 *   evaluation()    promise of GET /model/evaluation; rejected if the weights have not been evaluated
 *   say(text)       show a message at the top of the page
 *   toNetwork(more) address of the main page with this drawing. `more` may have { path, view, scale, code, channel, prepare } as
 *                   in core/links/permalink.js, and `drawing` to link to another drawing
 *   setDrawing(drawing)  put another drawing on the pad
 *   repaint(id)     repaint a section in the next frame
 */
import { createPredictionClient } from "./service/predictions.js";
import { copy } from "./ui/clipboard.js";
import * as drawings from "./core/drawing.js";
import { FACTS } from "./core/service-facts.js";
import { createDrawingTools } from "./pad/drawing-tools.js";
import { greyLevels, readFeatureMaps } from "./core/layers.js";
import { createPredictionSpeech, announceOnlyInActivePart } from "./ui/speech/live-regions.js";
import { createMessages, createServiceBanner } from "./ui/messages.js";
import { paintThumbnail } from "./pad/render.js";
import { linkableDrawing } from "./core/links/drawing-text.js";
import { encode as encodeNetwork, UNKNOWN_SAMPLE } from "./core/links/permalink.js";
import { showFirstDrawing } from "./pad/first-drawing.js";
import { drawingFromLink } from "./pad/link-drawing.js";
import { loadEvaluation, loadFigures, loadModelCard } from "./service/lesson-data.js";
import { parse } from "./core/safetensors.js";
import { createSampleRow } from "./pad/sample-row.js";
import { createPadSheet } from "./pad/sheet/pad-sheet.js";
import { createStore } from "./core/store.js";
import { createThemeSwitch, initialTheme, printInLight, themeOf } from "./ui/theme-switch.js";
import { FIRST, loadWeights } from "./service/weights.js";
import { keepDrawing, linkSection, linkTerms } from "./ui/glossary/links.js";
import { setText } from "./ui/dom.js";
import { keepFieldInSight } from "./ui/input/field-in-sight.js";
import { highlight } from "./ui/highlight.js";
import { carryToTraining } from "./ui/link/to-training.js";
import { announcement, linePrediction, otherWeightsText } from "./core/prediction-text.js";
import { decode, encode } from "./core/links/lesson-permalink.js";
import { createContents } from "./lesson/contents.js";
import { createWorkMode } from "./lesson/exercises/work-mode.js";
import { createLessonLink } from "./lesson/lesson-link.js";
import { SECTIONS } from "./lesson/sections.js";
import { pause } from "./lesson/shared/pause.js";
import { scrollTo } from "./lesson/shared/scrolling.js";
import { createSettings } from "./lesson/settings.js";
import { addressOf } from "./core/service/address.js";

const $ = (id) => document.getElementById(id);
const { name: model, sha256, temperature } = FACTS.model;
const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

const store = createStore({ history: drawings.history(), drawing: false, pen: drawings.PEN.usual, answer: null, weights: null, card: null, work: null, ...initialTheme() });
const say = createMessages($("message"), $("close-message"));
const sayPrediction = createPredictionSpeech($("announce"));
const present = () => store.state.history.present;

// ---------------------------------------------------------------- the digit

const ink = createDrawingTools(store, { pad: $("pad"), canvas: $("pad-canvas"), undo: $("undo"), redo: $("redo"), clear: $("clear"), hint: $("pad-hint") }, {
  say,
  announce: (text) => ($("cursor").textContent = text),
});
const client = createPredictionClient({
  onStatus: createServiceBanner($("banner")),
  onResponse: keepAnswer,
  onProblem: (request, problem) => say(problem.detail),
});

function ask({ fresh }) {
  $("yours").dataset.settled = "false";
  client.request({ prepare: "mnist", pen: store.state.pen, drawn: present(), exact: !store.state.drawing }, { fresh });
}

function keepAnswer(request, buffer) {
  const read = readFeatureMaps(parse(buffer));
  read.stages ??= drawings.stagesOfStrokes(request.drawn.strokes, request, greyLevels(read.activations.input));
  if (request.exact) say.lasting(otherWeightsText(read.prediction, model));
  store.set({ answer: { ...read, exact: request.exact, drawn: request.drawn, number: request.number } });
}

// ---------------------------------------------------------------- what the sections get

/** The drawing in the form that links contain. */
const asLinked = () => linkableDrawing(present(), { pen: store.state.pen, prepare: "mnist", pixels: store.state.answer?.stages?.images.shifted.data });

const lesson = {
  get state() {
    return store.state;
  },
  get theme() {
    return themeOf(store.state);
  },
  get blank() {
    return drawings.isBlank(present());
  },
  model,
  temperature,
  say,
  figures: loadFigures,
  card: loadModelCard,
  evaluation: loadEvaluation,
  input: () => store.state.answer?.activations.input ?? null,
  request: () => ({ prepare: "mnist", request: drawings.requestBody(present(), { prepare: "mnist", pen: store.state.pen }) }),
  toNetwork: (more = {}) => addressOf(`/#${encodeNetwork({ scale: "layer", view: "network", sorted: false, path: [], code: null, channel: null, model, ...asLinked(), ...more })}`),
  setDrawing: (drawing) => ink.put(drawing),
  repaint(id) {
    outdated.add(id);
    schedulePaint();
  },
};

const networkLink = document.querySelector(".top nav a");
networkLink.addEventListener("click", () => {
  networkLink.href = lesson.toNetwork(); // with the current drawing
});

linkTerms(document.querySelectorAll(".lead"));
carryToTraining(() => asLinked().drawing);
keepDrawing(() => asLinked().drawing, () => store.state.work);
const workMode = createWorkMode(store, { button: $("work"), temperature, say, repaint: () => schedulePaint() });

const sections = {}; // those that are mounted
const waiting = new Set(Object.keys(SECTIONS)); // those that are not mounted yet
const outdated = new Set(); // sections that must be repainted
const visible = new Set(); // sections in or near the window

const observer = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) visible.add(target.id);
    else visible.delete(target.id);
  }
  schedulePaint();
}, { rootMargin: "200px" });

function mount(id) {
  waiting.delete(id);
  const root = $(id);
  try {
    sections[id] = SECTIONS[id].mount(root, lesson);
    outdated.add(id);
    observer.observe(root);
  } catch (error) {
    console.error(error);
    root.querySelector(".widget").textContent = "This part did not start. Reload the page to try again.";
  }
  root.classList.add("mounted");
  linkSection(root);
  announceOnlyInActivePart([root]);
}

/** Mount all sections, one after the other. In between, the browser can paint and react to the user. */
async function mountAll() {
  for (const id of waiting) {
    await pause();
    if (waiting.has(id)) mount(id); // printing may have mounted it
  }
}

// ---------------------------------------------------------------- painting

let frame = null;
function schedulePaint() {
  frame ??= requestAnimationFrame(paint);
}
function paint() {
  frame = null;
  ink.pad.draw(present(), store.state.pen, false);
  showPrediction();
  paintSections(visible);
}
function paintSections(ids) {
  for (const id of ids) {
    workMode.showExercise(id, themeOf(store.state));
    if (outdated.delete(id)) sections[id].show();
    $(id).classList.add("shown"); // complete, so that it has its real height
  }
}
// A browser prints all sections, also those that have never been in the window.
printInLight(store, () => {
  for (const id of waiting) mount(id);
  paintSections(Object.keys(sections));
});

/** Show the prediction beside the digit, and the digit's thumbnail in the bar of a phone. */
function showPrediction() {
  const { answer } = store.state;
  if (!answer) return;
  const { prediction } = answer;
  const text = linePrediction(prediction);
  for (const node of document.querySelectorAll(".yours-says")) setText(node, text);
  paintThumbnail($("thumbnail"), present(), store.state.pen);
  const settled = started && answer.exact && answer.number === client.latest;
  $("yours").dataset.settled = String(settled);
  if (settled) sayPrediction(announcement(prediction, answer.drawn.image), { byKeyboard: answer.drawn.image?.kind === "pixels" });
}

let showSample = () => {}; // until the samples are loaded
let lessonLink = null; // until all sections are mounted
let started = false; // whether all sections are mounted, and the page shows what its link says
store.subscribe((state, before) => {
  const differs = (...keys) => keys.some((key) => state[key] !== before[key]);
  const drawn = state.history.present !== before.history.present;
  if (drawn || differs("drawing")) ask({ fresh: !(state.drawing || before.drawing) });
  if (differs("history", "drawing")) {
    ink.showControls(state);
    showSample(state.history.present);
  }
  if (differs("theme", "dark")) showTheme(state);
  if (differs("answer", "weights", "theme", "dark")) for (const id of Object.keys(sections)) outdated.add(id);
  if (differs("work")) workMode.showButton(state);
  if (!state.drawing && (drawn || differs("work"))) lessonLink?.changed();
  schedulePaint();
});
const showTheme = createThemeSwitch(store, $("theme"), $("theme-name"));
keepFieldInSight();

// Pointing at a letter of a formula, or at a marked noun, highlights its meaning within the section.
for (const type of ["pointerover", "focusin"]) {
  $("article").addEventListener(type, (event) => {
    const section = event.target.closest(".lesson-section");
    const part = event.target.closest("[data-means]")?.dataset.means;
    if (section) highlight(section, part ?? null);
  });
}

createPadSheet($("yours"), $("open-pad"));

// ---------------------------------------------------------------- start

const opened = decode(location.hash, SECTIONS);
showTheme(store.state);
let samplesByDigit = [];
const first = showFirstDrawing(store, opened.drawing, (byDigit) => {
  samplesByDigit = byDigit;
  showSample = createSampleRow($("samples"), byDigit, { present, put: ink.put });
}).then(({ missing, blank }) => {
  if (missing) opened.problem ||= UNKNOWN_SAMPLE;
  if (blank) ask({ fresh: true }); // the pad was blank before, so nothing has changed
}, () => {
  say("The sample digits did not load. You can still draw.");
  ask({ fresh: true });
});
fetchWeights();
lesson.figures().catch(() => {}); // sections that are first painted for printing need them at once
lesson.card().then((card) => store.set({ card }), () => {}); // section 6 needs it for its question
await mountAll();

// ---------------------------------------------------------------- the link

lessonLink = createLessonLink({
  article: $("article"),
  settings: createSettings(sections, workMode.settings),
  current: () => ({ work: store.state.work, drawing: asLinked().drawing }),
  restore({ work, drawing: linked }) {
    store.set({ work });
    const drawing = linked && drawingFromLink(linked, samplesByDigit);
    if (drawing && JSON.stringify(asLinked().drawing) !== JSON.stringify(linked)) ink.put(drawing);
  },
  scrollTo: (section) => scrollTo($(section), reducedMotion.matches ? "instant" : "auto"),
  say,
});
createContents((section) => {
  lessonLink.open(section);
  $(section).querySelector("h2").focus({ preventScroll: true });
});
// A link to another place of the page keeps the widgets as they are.
$("article").addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const { section, step } = decode(link.hash, SECTIONS);
  if (!section) return;
  event.preventDefault();
  lessonLink.open(section, step);
});

// The worksheet gets the current digit, and the teacher's page the settings of the widgets as well.
for (const link of document.querySelectorAll(`a[href="${addressOf("/lesson/worksheet")}"]`)) link.addEventListener("click", ({ currentTarget }) => (currentTarget.href = addressOf(`/lesson/worksheet#${encode({ work: store.state.work ?? 1, drawing: asLinked().drawing })}`)));
$("to-teacher").addEventListener("click", ({ currentTarget }) => (currentTarget.href = addressOf(`/lesson/teacher#${encode({ ...lessonLink.place(), work: store.state.work, drawing: asLinked().drawing })}`)));

$("copy-link").addEventListener("click", () => {
  copy(lessonLink.link(), { say, done: "The link is copied. It opens the lesson at this place, with this digit and these numbers." });
});

await first;
ink.showControls(store.state);
lessonLink.show({ ...lessonLink.read(), problem: opened.problem, drawing: null });
lessonLink.activate();
started = true;
schedulePaint();

/** Load the weights of conv1, which the computations in the page need; if that fails, try again every 3 seconds. */
async function fetchWeights() {
  try {
    store.set({ weights: await loadWeights(sha256, FIRST) });
  } catch {
    setTimeout(fetchWeights, 3000);
  }
}
