/**
 * The lab's page: the drawing and the weights on the left, one experiment at a time on the right. Each experiment gets `lab`:
 *
 *   state        { history, drawing, pen, answer, weightSet, experiment, theme, dark }. `answer` is the result of readFeatureMaps
 *                in core/layers.js with `exact` added, or null before the first response; `weightSet` is null for the served weights
 *   theme        "light" or "dark"
 *   original     the name of the chosen weights, never null
 *   settled      whether `answer` is exact and belongs to the drawing on the pad
 *   pixels()     the preprocessed image, 28 rows of 28 grey levels
 *   drawing()    { drawn, pen }, what is on the pad
 *   request()    { origin, weightSet, drawing }, the current request for core/lab/programs.js
 *   pad, drawOn  the size of the pad in pad units, and the function of pad/render.js that draws in them
 *   setDrawing(drawing)  put another drawing on the pad
 *   setWeights(name)  choose other weights
 *   deleteWeights(name)  delete an upload; resolves to whether it is gone
 *   openPad()    show the pad, which is a closed sheet in narrow windows
 *   blank        whether the pad is blank
 *   say(text)    show a message at the top of the page
 *   changed()    the settings of an experiment have changed: repaint it, and update the link
 *   toNetwork(more), toLesson(section, step)  addresses of the other pages, with this drawing
 */
import * as drawings from "./core/drawing.js";
import { greyLevels, readFeatureMaps } from "./core/layers.js";
import { encode as encodeLesson } from "./core/links/lesson-permalink.js";
import { linkableDrawing } from "./core/links/drawing-text.js";
import { hiddenControls } from "./core/links/hidden-controls.js";
import { decode, encode } from "./lab/shared/permalink.js";
import { encode as encodeNetwork, UNKNOWN_SAMPLE } from "./core/links/permalink.js";
import { choices, editsOf, isKnown, originalOf, unknownText } from "./core/links/weight-sets.js";
import { linePrediction } from "./core/prediction-text.js";
import { parse } from "./core/safetensors.js";
import { FACTS } from "./core/service-facts.js";
import { addressOf, SERVICE } from "./core/service/address.js";
import { createStore } from "./core/store.js";
import { EXPERIMENTS } from "./lab/experiments.js";
import { createWeightsList } from "./lab/weights-list.js";
import { createDrawingTools } from "./pad/drawing-tools.js";
import { showFirstDrawing } from "./pad/first-drawing.js";
import { drawingFromLink } from "./pad/link-drawing.js";
import { drawOn, paintThumbnail } from "./pad/render.js";
import { createSampleRow } from "./pad/sample-row.js";
import { createPadSheet } from "./pad/sheet/pad-sheet.js";
import { whenWeightsAreUnknown } from "./service/lab.js";
import { createPredictionClient } from "./service/predictions.js";
import { areUnknown, renewAfterReturn } from "./service/weight-sets.js";
import { copy } from "./ui/clipboard.js";
import { keepDrawing, linkTerms } from "./ui/glossary/links.js";
import { carryToTraining } from "./ui/link/to-training.js";
import { setText } from "./ui/dom.js";
import { isShown, keepFocus } from "./ui/input/focus.js";
import { keepFieldInSight } from "./ui/input/field-in-sight.js";
import { createAddress } from "./ui/link/address.js";
import { createMessages, createServiceBanner } from "./ui/messages.js";
import { createTabs } from "./ui/tabs.js";
import { createThemeSwitch, initialTheme, printInLight, themeOf } from "./ui/theme-switch.js";

const $ = (id) => document.getElementById(id);
const NAMES = Object.keys(EXPERIMENTS);
const SHEET = matchMedia("(max-width: 899px)"); // as in lesson.css: the pad is a sheet
const store = createStore({ history: drawings.history(), drawing: false, pen: drawings.PEN.usual, answer: null, weightSet: null, experiment: NAMES[0], ...initialTheme() });
const say = createMessages($("message"), $("close-message"));
const present = () => store.state.history.present;
document.documentElement.dataset.hide = hiddenControls(location.search).join(" ");

// ---------------------------------------------------------------- the drawing and the answer

const ink = createDrawingTools(store, { pad: $("pad"), canvas: $("pad-canvas"), undo: $("undo"), redo: $("redo"), clear: $("clear"), hint: $("pad-hint") }, {
  say,
  announce: (text) => ($("cursor").textContent = text),
});
const openPad = createPadSheet($("yours"), $("open-pad"));
const client = createPredictionClient({
  onStatus: createServiceBanner($("banner")),
  onResponse(request, buffer) {
    const read = readFeatureMaps(parse(buffer));
    read.stages ??= drawings.stagesOfStrokes(request.drawn.strokes, request, greyLevels(read.activations.input));
    store.set({ answer: { ...read, exact: request.exact, drawn: request.drawn, weightSet: request.weightSet, number: request.number } });
  },
  onProblem(request, problem) {
    if (areUnknown(problem) && store.state.weightSet === null) return; // these weights have been replaced already
    say(problem.detail);
    if (areUnknown(problem)) weights.check();
  },
});

function ask({ fresh }) {
  $("yours").dataset.settled = "false";
  const { pen, drawing, weightSet } = store.state;
  client.request({ prepare: "mnist", pen, drawn: present(), exact: !drawing, weightSet }, { fresh });
}

// ---------------------------------------------------------------- what the experiments get

const inRows = (levels) => Array.from({ length: drawings.SIDE }, (_, row) => Array.from(levels.subarray(row * drawings.SIDE, (row + 1) * drawings.SIDE)));
const asLinked = () => linkableDrawing(present(), { pen: store.state.pen, prepare: "mnist", pixels: store.state.answer?.stages?.images.shifted.data });

/** The drawing in a form that JSON can hold: an upload becomes its preprocessed image, which preprocessing leaves unchanged. */
const asSent = () => (present().image?.kind === "upload" ? { strokes: [], image: { kind: "pixels", pixels: lab.pixels() } } : present());

const lab = {
  get state() {
    return store.state;
  },
  get theme() {
    return themeOf(store.state);
  },
  get original() {
    return originalOf(store.state.weightSet) ?? choices(FACTS.weights)[0].name;
  },
  get settled() {
    const { answer, drawing } = store.state;
    return Boolean(answer?.exact) && !drawing && answer.number === client.latest;
  },
  pixels: () => inRows(greyLevels(store.state.answer.activations.input)),
  drawing: () => ({ drawn: present(), pen: store.state.pen }),
  request: () => ({ origin: SERVICE, weightSet: store.state.weightSet, drawing: drawings.requestBody(asSent(), { prepare: "mnist", pen: store.state.pen }).body }),
  pad: drawings.PAD,
  drawOn,
  setDrawing: (drawing) => ink.put(drawing),
  openPad: () => openPad(true),
  setWeights: (name) => store.set({ weightSet: isKnown(FACTS.weights, name) ? name : null }),
  deleteWeights: (name) => weights.remove(name),
  get blank() {
    return drawings.isBlank(present());
  },
  say,
  changed() {
    schedulePaint();
    update();
  },
  toNetwork: (more = {}) => addressOf(`/#${encodeNetwork({ scale: "layer", view: "network", sorted: false, path: [], code: null, channel: null, model: null, weightSet: store.state.weightSet, ...asLinked(), ...more })}`),
  toLesson: (section, step = null) => addressOf(`/lesson#${encodeLesson({ section, step, drawing: asLinked().drawing })}`),
};

const mounted = Object.fromEntries(NAMES.map((name) => [name, EXPERIMENTS[name].mount($(name), lab)]));
linkTerms(document.querySelectorAll(".experiment .prose"));
keepDrawing(() => asLinked().drawing);
carryToTraining(() => asLinked().drawing);
for (const type of ["pointerdown", "focusin", "click"]) {
  addEventListener(type, ({ target }) => {
    const link = target.closest?.("a[data-to]");
    if (!link) return;
    const [page, section, step] = link.dataset.to.split(".");
    link.href = page === "lesson" ? lab.toLesson(section, step) : lab.toNetwork(section === "cell" ? { path: [mounted[store.state.experiment].cell()] } : section ? { view: section } : {});
  }, { capture: true });
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
  if (store.state.answer) keepFocus(mounted[store.state.experiment].show, () => inPlaceOfHidden($(store.state.experiment)));
}

/** What gets the focus when the button that has it disappears: the result of the experiment that appears instead, or the question. */
const inPlaceOfHidden = (experiment) => [...experiment.querySelectorAll("[data-takes-focus]")].filter(isShown).at(-1);

function showPrediction() {
  const { answer } = store.state;
  if (!answer) return;
  for (const node of document.querySelectorAll(".yours-says")) setText(node, linePrediction(answer.prediction));
  $("lab").dataset.blank = String(lab.blank); // parts with data-needs="drawing" are hidden
  paintThumbnail($("thumbnail"), present(), store.state.pen);
  $("yours").dataset.settled = String(lab.settled);
}

const selectTab = createTabs($("experiments"), ({ dataset }) => open(dataset.experiment));
function showExperiment({ experiment }) {
  selectTab(({ dataset }) => dataset.experiment === experiment);
  for (const name of NAMES) $(name).hidden = name !== experiment;
  if (SHEET.matches && mounted[experiment].needsPad?.()) openPad(true);
}

let showSample = () => {}; // until the samples are loaded
store.subscribe((state, before) => {
  const differs = (...keys) => keys.some((key) => state[key] !== before[key]);
  const drawn = state.history.present !== before.history.present;
  if (drawn || differs("drawing", "weightSet")) ask({ fresh: !(state.drawing || before.drawing) });
  if (differs("history", "drawing")) {
    ink.showControls(state);
    showSample(state.history.present);
  }
  if (differs("theme", "dark")) showTheme(state);
  if (differs("experiment")) showExperiment(state);
  if (differs("weightSet")) weights.show();
  if (!state.drawing && (drawn || differs("weightSet"))) update();
  schedulePaint();
});
const showTheme = createThemeSwitch(store, $("theme"), $("theme-name"));
printInLight(store, paint);
keepFieldInSight();

const weights = createWeightsList(store, $("weights"), { say, changed: schedulePaint });
whenWeightsAreUnknown(weights.check);

// ---------------------------------------------------------------- the link

let active = false;
const address = createAddress();
const settings = () => Object.fromEntries(NAMES.flatMap((name) => Object.entries(mounted[name].get()).map(([key, text]) => [`${name}.${key}`, text])));
const fragment = () => encode({ experiment: store.state.experiment, weightSet: store.state.weightSet, settings: settings(), drawing: asLinked().drawing });
const update = () => active && address.replace(fragment);

function open(experiment) {
  if (active) address.link(fragment());
  store.set({ experiment });
  if (active) address.push(fragment());
}

function restore(read) {
  const known = isKnown(FACTS.weights, read.weightSet);
  const drawing = read.drawing && drawingFromLink(read.drawing, samplesByDigit);
  for (const name of NAMES) {
    const own = Object.entries(read.settings).filter(([key]) => key.startsWith(`${name}.`));
    mounted[name].set(Object.fromEntries(own.map(([key, text]) => [key.slice(name.length + 1), text])));
  }
  store.set({ experiment: read.experiment ?? NAMES[0], weightSet: known && editsOf(read.weightSet).length === 0 ? read.weightSet : null });
  if (drawing && JSON.stringify(asLinked().drawing) !== JSON.stringify(read.drawing)) ink.put(drawing);
  const problem = read.problem || (known ? "" : unknownText(FACTS.weights));
  say(read.drawing && !drawing ? UNKNOWN_SAMPLE : problem);
}
addEventListener("popstate", () => {
  address.cancel();
  restore(decode(location.hash, NAMES));
});
$("copy-link").addEventListener("click", () => copy(address.link(fragment()), { say, done: `The link is copied. It opens this experiment with this drawing. ${mounted[store.state.experiment].missingInLink?.() ?? ""}`.trim() }));

// ---------------------------------------------------------------- start

const opened = decode(location.hash, NAMES);
let samplesByDigit = [];
showTheme(store.state);
showExperiment(store.state);
try {
  const { missing, blank } = await showFirstDrawing(store, opened.drawing, (byDigit) => {
    samplesByDigit = byDigit;
    showSample = createSampleRow($("samples"), byDigit, { present, put: ink.put });
  });
  if (missing) opened.problem ||= UNKNOWN_SAMPLE;
  if (blank) ask({ fresh: true }); // the pad was blank before, so nothing has changed
} catch {
  say("The sample digits did not load. You can still draw.");
  ask({ fresh: true });
}
ink.showControls(store.state);
await renewAfterReturn();
restore({ ...opened, drawing: null });
weights.show();
active = true;
