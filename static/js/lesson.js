/**
 * The lesson's page: the student's digit beside nine sections that all show it. Every section is given `lesson`:
 *
 *   state           { history, drawing, pen, answer, weights, work, theme, dark }; `answer` as in core/layers.js readFeatureMaps with
 *                   `exact`, null before the first; `weights` as in service/weights.js, null until they are here; `work` is the
 *                   number of the questions that are asked, null for none
 *   theme           "light" or "dark"
 *   temperature     what the service divides logits by before softmax
 *   model           name of the loaded weights
 *   blank           whether there is nothing on the pad
 *   input()         the normalised picture, Float32Array of 784; null before the first answer
 *   request()       { prepare, request } as core/programs.js wants them: what the service was asked with
 *   figures()       promise of what was measured for the lesson (GET /lesson/figures)
 *   card()          promise of GET /model
 *   evaluation()    promise of GET /model/evaluation; rejects where the weights have not been measured
 *   say(text)       a line over the page
 *   toNetwork(more) address of the main page with this drawing; `more` is any of { path, view, scale, code, channel, prepare }
 *                   of core/links/permalink.js, and `drawing` for another one
 *   put(drawing)    show another drawing on the pad
 *   again(id)       have a section painted anew in the next frame
 */
import { createPredictionClient } from "./service/predictions.js";
import { copy } from "./ui/clipboard.js";
import * as drawings from "./core/drawing.js";
import { FACTS } from "./core/facts.js";
import { createDrawingTools } from "./pad/drawing-tools.js";
import { greyLevels, readFeatureMaps } from "./core/layers.js";
import { createMessages, createServiceBanner } from "./ui/messages.js";
import { drawOn } from "./pad/render.js";
import { linkableDrawing } from "./core/links/drawing-text.js";
import { encode as encodeNetwork, UNKNOWN_SAMPLE } from "./core/links/permalink.js";
import { drawingFromLink } from "./pad/link-drawing.js";
import { loadSamples } from "./pad/samples.js";
import { loadEvaluation, loadFigures, loadModelCard } from "./service/lesson-data.js";
import { parse } from "./core/safetensors.js";
import { createSampleRow } from "./pad/sample-row.js";
import { createStore } from "./core/store.js";
import { createThemeSwitch, initialTheme, themeOf } from "./ui/theme-switch.js";
import { loadWeights } from "./service/weights.js";
import { highlight } from "./ui/highlight.js";
import { percent } from "./core/text.js";
import { decode, encode } from "./core/links/lesson-permalink.js";
import { ASKING, question } from "./lesson/exercises/questions.js";
import { SECTIONS } from "./lesson/sections.js";
import { createWork } from "./lesson/exercises/section-exercise.js";

const $ = (id) => document.getElementById(id);
const { name: model, sha256, temperature } = FACTS.model;
const lessMotion = matchMedia("(prefers-reduced-motion: reduce)");

const store = createStore({ history: drawings.history(), drawing: false, pen: drawings.PEN.usual, answer: null, weights: null, card: null, work: null, ...initialTheme() });
const say = createMessages($("message"), $("close-message"));
const present = () => store.state.history.present;

// ---------------------------------------------------------------- the digit

const ink = createDrawingTools(store, { pad: $("pad"), canvas: $("pad-canvas"), undo: $("undo"), redo: $("redo"), clear: $("clear"), hint: $("pad-hint") }, {
  say,
  announce: (text) => ($("cursor").textContent = text),
  takes: (event) => !event.target.closest?.("input, textarea, select"),
});
const client = createPredictionClient({
  onStatus: createServiceBanner($("banner")),
  onResponse: showPrediction,
  onProblem: (request, problem) => say(problem.detail),
});

function ask({ fresh }) {
  $("yours").dataset.settled = "false";
  client.request({ prepare: "mnist", pen: store.state.pen, drawn: present(), exact: !store.state.drawing }, { fresh });
}

function showPrediction(request, buffer) {
  const read = readFeatureMaps(parse(buffer));
  read.stages ??= drawings.stagesOfStrokes(request.drawn.strokes, request, greyLevels(read.activations.input));
  store.set({ answer: { ...read, exact: request.exact, drawn: request.drawn, number: request.number } });
}

// ---------------------------------------------------------------- what the sections are given

/** The drawing as a link holds it. */
const asLinked = () => linkableDrawing(present(), { pen: store.state.pen, prepare: "mnist", picture: store.state.answer?.stages?.pictures.shifted.data });

export const lesson = {
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
  toNetwork: (more = {}) => `/#${encodeNetwork({ scale: "layer", view: "network", sorted: false, path: [], code: null, channel: null, model, ...asLinked(), ...more })}`,
  put: (drawing) => ink.put(drawing),
  again(id) {
    stale.add(id);
    paintSoon();
  },
};

const elsewhere = document.querySelector('nav[aria-label="Elsewhere"] a');
elsewhere.addEventListener("click", () => {
  elsewhere.href = lesson.toNetwork(); // with the drawing that is here
});

const sections = {};
const stale = new Set(); // sections whose numbers are not of this drawing any more
const inSight = new Set();

for (const [id, module] of Object.entries(SECTIONS)) {
  const root = $(id);
  try {
    sections[id] = module.mount(root, lesson);
    stale.add(id);
  } catch (error) {
    console.error(error);
    root.querySelector(".widget").textContent = "This part did not start. Reload the page; if that does not help, please tell us.";
  }
}
// ---------------------------------------------------------------- work it out

/** The question of a section: undefined where nothing is to be worked out, null where the digit for it is missing. */
function askedOf(id) {
  const { work, answer, weights, card } = store.state;
  if (work === null || (id === "network" && !card)) return undefined;
  const exact = answer?.exact && answer.prediction.verdict !== "blank" ? answer : null;
  const grey = exact && greyLevels(exact.activations.input);
  return question(id, work + (again[id] ?? 0), { activations: exact?.activations, grey, weights, card, temperature });
}
const again = {}; // how often another one was asked for, section by section
const works = Object.fromEntries(ASKING.map((id) => [id, createWork($(id).querySelector(".question"), {
  ask: () => askedOf(id),
  another() {
    again[id] = (again[id] ?? 0) + 1;
    paintSoon();
  },
})]));
$("work").addEventListener("click", () => {
  const work = store.state.work === null ? 1 : null;
  store.set({ work });
  say(work === null ? "" : "Sections 2 to 7 now ask for a number: it stands in a dashed box at the end of the section.");
});
function showWork({ work }) {
  $("work").setAttribute("aria-pressed", String(work !== null));
  document.documentElement.classList.toggle("working", work !== null);
}

const watching = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) inSight.add(target.id);
    else inSight.delete(target.id);
  }
  paintSoon();
}, { rootMargin: "200px" });
for (const id of Object.keys(sections)) watching.observe($(id));

// ---------------------------------------------------------------- painting

let frame = null;
function paintSoon() {
  frame ??= requestAnimationFrame(paint);
}
function paint() {
  frame = null;
  ink.pad.draw(present(), store.state.pen, false);
  showYours();
  for (const id of inSight) {
    works[id]?.show(themeOf(store.state));
    if (stale.delete(id)) sections[id].show();
  }
}

/** What is read in the digit, beside it, and the small picture of it in the bar of a phone. */
function showYours() {
  const { answer } = store.state;
  if (!answer) return;
  const { prediction } = answer;
  const text = prediction.verdict === "blank" ? "nothing drawn" : prediction.verdict === "not_a_digit" ? `not a digit (nearest: ${prediction.digit})` : `${prediction.verdict === "unsure" ? "perhaps " : ""}${prediction.digit} · ${percent(prediction.confidence)}`;
  for (const node of document.querySelectorAll(".yours-says")) if (node.textContent !== text) node.textContent = text;
  const { width } = $("thumbnail");
  const thumbnail = $("thumbnail").getContext("2d");
  thumbnail.setTransform(1, 0, 0, 1, 0, 0);
  thumbnail.clearRect(0, 0, width, width);
  thumbnail.scale(width / drawings.PAD, width / drawings.PAD);
  drawOn(thumbnail, present(), store.state.pen);
  $("yours").dataset.settled = String(answer.exact && answer.number === client.latest);
}

let showSample = () => {}; // until they have come
store.subscribe((state, before) => {
  const differs = (...keys) => keys.some((key) => state[key] !== before[key]);
  const drawn = state.history.present !== before.history.present;
  if (drawn || differs("drawing")) ask({ fresh: !(state.drawing || before.drawing) });
  if (differs("history", "drawing")) {
    ink.showControls(state);
    showSample(state.history.present);
  }
  if (differs("theme", "dark")) showTheme(state);
  if (differs("answer", "weights", "theme", "dark")) for (const id of Object.keys(sections)) stale.add(id);
  if (differs("work")) showWork(state);
  if (linkable && !state.drawing && (drawn || differs("work"))) remember();
  paintSoon();
});
const showTheme = createThemeSwitch(store, $("theme"), $("theme-name"));

// Pointing at a letter of a formula, or at a noun, lights what it stands for within its section.
for (const type of ["pointerover", "focusin"]) {
  $("article").addEventListener(type, (event) => {
    const section = event.target.closest(".lesson-section");
    const part = event.target.closest("[data-means]")?.dataset.means;
    if (section) highlight(section, part ?? null);
  });
}

// On a phone the pad is a sheet over the lower edge.
$("open-pad").addEventListener("click", () => openPad(!$("yours").classList.contains("open")));
function openPad(open) {
  $("yours").classList.toggle("open", open);
  $("open-pad").setAttribute("aria-expanded", String(open));
  $("open-pad").textContent = open ? "Done" : "Draw";
}

// ---------------------------------------------------------------- the address

let linkable = false; // not before the first picture: until then the address is the link that was followed
let place = { section: null, step: null };
const fragment = () => encode({ ...place, work: store.state.work, drawing: asLinked().drawing });
function remember() {
  history.replaceState(null, "", `${location.pathname}${location.search}#${fragment()}`);
}

/** Go where the address points: to a section, to one of its steps. */
function go({ section, step, work }) {
  place = { section, step };
  if (work !== undefined) store.set({ work });
  if (!section) return;
  if (step) sections[section]?.go(step);
  $(section).scrollIntoView({ behavior: lessMotion.matches ? "instant" : "auto", block: "start" });
}
let samplesByDigit = [];
addEventListener("popstate", () => {
  const read = decode(location.hash, SECTIONS);
  const put = read.drawing && drawingFromLink(read.drawing, samplesByDigit);
  if (put && JSON.stringify(asLinked().drawing) !== JSON.stringify(read.drawing)) ink.put(put);
  if (read.problem) say(read.problem);
  go(read);
});
for (const link of document.querySelectorAll("#contents li a")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    place = { ...place, section: link.hash.slice(1), step: null };
    history.pushState(null, "", `#${fragment()}`);
    go(place);
    $(place.section).querySelector("h2").focus({ preventScroll: true });
  });
}
const reading = new Set(); // the sections in the middle of the window; the first of them counts
const follow = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) reading[isIntersecting ? "add" : "delete"](target.id);
  const first = Object.keys(SECTIONS).find((id) => reading.has(id));
  for (const link of document.querySelectorAll("#contents li a")) {
    if (link.hash === `#${first}`) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}, { rootMargin: "-30% 0px -60% 0px" });
for (const section of document.querySelectorAll(".lesson-section")) follow.observe(section);

// The worksheet is of the digit that is on the pad when it is asked for.
$("to-worksheet").addEventListener("click", ({ currentTarget }) => (currentTarget.href = `/lesson/worksheet#${encode({ work: store.state.work ?? 1, drawing: asLinked().drawing })}`));

$("copy-link").addEventListener("click", () => {
  remember();
  copy(location.href, { say, done: "The link is copied: it opens the lesson here, with this digit." });
});

// ---------------------------------------------------------------- the beginning

const opened = decode(location.hash, SECTIONS);
showTheme(store.state);
try {
  const samples = await loadSamples();
  samplesByDigit = samples.byDigit;
  showSample = createSampleRow($("samples"), samplesByDigit, { present, put: ink.put });
  if (drawings.isBlank(present()) && store.state.history.past.length === 0) {
    const put = opened.drawing && drawingFromLink(opened.drawing, samplesByDigit);
    if (opened.drawing && !put) opened.problem ||= UNKNOWN_SAMPLE;
    store.set({ history: drawings.history(put ?? { strokes: [], picture: samples.start }), pen: put?.pen ?? store.state.pen });
  }
} catch {
  say("The sample digits did not load; drawing works without them.");
  ask({ fresh: true });
}
linkable = true;
ink.showControls(store.state);
if (opened.problem) say(opened.problem);
go(opened);
fetchWeights();
lesson.card().then((card) => store.set({ card }), () => {}); // the question about it waits until it is asked for again

/** Without the weights what is worked out in the page waits; they are asked for until they are here. */
async function fetchWeights() {
  try {
    store.set({ weights: await loadWeights(sha256) });
  } catch {
    setTimeout(fetchWeights, 3000);
  }
}
