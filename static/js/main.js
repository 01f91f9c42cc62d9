/** The main page: creates its parts and connects them to one store. */
import { history, isBlank } from "./core/drawing.js";
import { FACTS } from "./core/service-facts.js";
import { hiddenControls } from "./core/links/hidden-controls.js";
import { UNKNOWN_SAMPLE } from "./core/links/permalink.js";
import { otherWeightsText } from "./core/prediction-text.js";
import { subscript } from "./core/text.js";
import { lastCell } from "./core/walk/path.js";
import { createWalker } from "./core/walk/walker.js";
import { byName } from "./core/layers.js";
import { createCorrectionForm } from "./explorer/correction-form.js";
import { createEightMaps } from "./explorer/first/eight-maps.js";
import { createFirstView } from "./explorer/first/first-view.js";
import { createLivePrediction } from "./explorer/live-prediction.js";
import { createNetworkView } from "./explorer/network/network-view.js";
import { createPageLink } from "./explorer/page-link.js";
import { createPageStore } from "./explorer/page-state.js";
import { createPainter } from "./explorer/painter.js";
import { createPhoneLayout } from "./explorer/phone.js";
import { createPredictionPanel } from "./explorer/prediction.js";
import { createViewTabs } from "./explorer/view-tabs.js";
import { createWeightsControl } from "./explorer/weights-control.js";
import { createCellPanel } from "./explorer/walk/cell-panel.js";
import { createWalkControls } from "./explorer/walk/controls.js";
import { createHighlighting } from "./explorer/walk/highlight.js";
import { carryDrawing } from "./explorer/walk/lesson-links.js";
import { setText } from "./ui/dom.js";
import { keepFieldInSight } from "./ui/input/field-in-sight.js";
import { keepDrawing, linkTerms } from "./ui/glossary/links.js";
import { carryToTraining } from "./ui/link/to-training.js";
import { createPointing } from "./explorer/walk/pointing.js";
import { createWhyNot } from "./explorer/walk/why-not.js";
import { createPrograms } from "./explorer/walk/programs.js";
import { createDrawingTools } from "./pad/drawing-tools.js";
import { createImageInput } from "./pad/image-input.js";
import { drawingFromLink } from "./pad/link-drawing.js";
import { createModeSwitch } from "./pad/preprocessing/mode-switch.js";
import { createSampleRow } from "./pad/sample-row.js";
import { loadSamples } from "./pad/load-samples.js";
import { createStages } from "./pad/preprocessing/stages.js";
import { createContrastClient } from "./service/contrast.js";
import { deleteCorrection, saveCorrection, uuid } from "./service/corrections.js";
import { areUnknown, renewAfterReturn } from "./service/weight-sets.js";
import { createWeightsLoader } from "./service/weights.js";
import { announceOnlyInActivePart } from "./ui/speech/live-regions.js";
import { createMessages, createServiceBanner } from "./ui/messages.js";
import { createThemeSwitch, printInLight } from "./ui/theme-switch.js";
import { createSoftmaxSwitch } from "./explorer/softmax-switch.js";
import { createTiming } from "./explorer/timing.js";
import { createContrastView } from "./views/contrast.js";
import { createMapView } from "./views/map.js";
import { createPathView } from "./views/path.js";
import { createReliability } from "./views/reliability.js";
import { createTableView } from "./views/table.js";

const $ = (id) => document.getElementById(id);
const lessMotion = matchMedia("(prefers-reduced-motion: reduce)");
const { name: model, sha256 } = FACTS.model;

const store = createPageStore();
const present = () => store.state.history.present;
const timing = createTiming();
const say = createMessages($("message"), $("close-message"));
const walker = createWalker(store, { still: () => lessMotion.matches });
const livePrediction = createLivePrediction(store, timing, $("answer"), {
  onStatus: createServiceBanner($("banner")),
  onResponse(answer, { exact, weightSet }) {
    if (exact && weightSet === null) say.lasting(otherWeightsText(answer.prediction, model));
    // While the user draws with the keyboard, the cell panel announces the cursor's place.
    if (answer.image?.kind !== "pixels") cellPanel.say("");
  },
  onProblem(drawing, problem) {
    if (areUnknown(problem) && store.state.weightSet === null) return; // these weights have been replaced already
    say(problem.detail);
    if (areUnknown(problem)) return void weightsControl.check();
    imageInput.withdraw(drawing);
  },
});

// ---------------------------------------------------------------- the drawing

const tools = createDrawingTools(store, { pad: $("pad"), canvas: $("pad-canvas"), undo: $("undo"), redo: $("redo"), clear: $("clear"), pen: $("pen"), hint: $("pad-hint"), nib: document.querySelector(".nib") }, {
  before() {
    walker.stop();
    store.set({ hovered: null }); // now, and not when the answer comes: a cell may have been tapped meanwhile
  },
  say: (text) => say(store.state.first ? "" : text), // the simple view says beforehand that a drawing replaces the example
  announce: (text) => cellPanel.say(text),
  moved: (time) => timing.moved(time),
  takes: (event) => event.key !== "Delete" || !event.target.closest?.(".plot"),
  escape: () => store.state.path.length > 0 && (pointing.goBack(walker.back), true),
});
const imageInput = createImageInput(store, { button: $("upload"), input: $("file"), overlay: $("drop") }, { put: tools.put, say });
const modeSwitch = createModeSwitch($("prepare"));
const stages = createStages($("stages"), $("pad-canvas"));
let samplesByDigit = [];
let markSample = () => {}; // until the samples have loaded

for (const name of ["prepare", "scale"]) {
  for (const input of $(name).querySelectorAll("input")) {
    input.addEventListener("change", () => {
      say("");
      store.set({ [name]: input.value });
    });
  }
}

function showSwitches(state) {
  for (const name of ["prepare", "scale"]) $(name).querySelector(`[value="${state[name]}"]`).checked = true;
  setText($("prepare-text"), FACTS.modes.find(({ name }) => name === state.prepare).summary);
  tools.showPen(state);
}

function showDrawingTools(state) {
  tools.showControls(state);
  markSample(state.history.present);
}

// ---------------------------------------------------------------- the prediction and its explanation

const predictionPanel = createPredictionPanel($("answer"), $("grounds-below"));
const network = createNetworkView(document, (...args) => pointing.pointAt(...args));
const eightMaps = createEightMaps($("eight-maps"), (...args) => pointing.pointAt(...args));
const highlightPart = createHighlighting($("strip"), walker.explained);
const cellPanel = createCellPanel($("strip"), {
  go(cell) {
    timing.pressed(performance.now());
    walker.goTo(cell);
    pointing.focusOn(cell);
  },
  jump(index) {
    walker.jump(index);
    pointing.focusOn(lastCell(store.state.path));
  },
  answer() {
    walker.answer();
    pointing.focusOn(lastCell(store.state.path));
  },
  open: (channel) => store.set({ channel }),
  point: (cell) => store.set({ pointed: cell }),
  slide: walker.slide,
  moveTo: walker.moveTo,
  highlight: highlightPart,
  worked() {
    const cell = walker.explained();
    if (cell) store.set({ worked: [...store.state.worked, subscript(byName[cell.layer], cell)] });
  },
});
const showWhyNot = createWhyNot(store, walker);
const programs = createPrograms(store, { say });
const walkControls = createWalkControls(store, walker, lessMotion, (move) => pointing.goBack(move));
const correctionForm = FACTS.collects
  ? createCorrectionForm($("tell"), {
      current: correctable,
      toChoose: () => (isBlank(present()) ? "" : store.state.prepare !== "mnist" ? "as MNIST" : !store.state.calibrated ? "calibrated" : store.state.weightSet ? model : ""),
      save: saveCorrection,
      remove: deleteCorrection,
      newId: uuid,
      say,
    })
  : null;
const softmaxSwitch = createSoftmaxSwitch(store);
const parts = { pad: tools.pad, network, eightMaps, stages, predictionPanel, softmaxSwitch, correctionForm, cellPanel, programs, walkControls, views: {} };
const painter = createPainter(store, walker, timing, parts, { panel: $("answer"), latest: () => livePrediction.latest });
const pointing = createPointing(store, walker, timing, cellPanel, painter.now);
Object.assign(parts.views, {
  map: createMapView($("view-map"), pointing.pointAt),
  table: createTableView($("view-table"), pointing.pointAt),
  trust: createReliability($("view-trust")),
  path: createPathView($("view-path"), {
    walk(path) {
      walker.goAlong(path);
      if (store.state.first) store.set({ view: "network" }); // it shows one thing at a time
      phone.openSheet(true);
      pointing.focusOn(lastCell(path));
    },
  }),
  contrast: createContrastView($("view-contrast"), {
    ask: createContrastClient({ changed: (contrast) => store.set({ contrast }) }).ask,
    choose: (pair) => store.set({ pair }),
    current: () => ({ drawn: present(), pen: store.state.pen, prepare: store.state.prepare, weightSet: store.state.weightSet }),
  }),
});

/** What a correction would correct; null unless the prediction on the screen belongs to the drawing on the pad. */
function correctable() {
  const { answer, drawing, prepare, pen, calibrated, weightSet } = store.state;
  const settled = answer?.exact && answer.number === livePrediction.latest && !drawing;
  // A wrong prediction of other weights or in another preprocessing mode is not the served network's mistake. Saved probabilities are calibrated.
  if (!settled || prepare !== "mnist" || !calibrated || weightSet || isBlank(present())) return null;
  return { drawn: present(), pen, prepare, prediction: answer.prediction, pixels: answer.stages.images.shifted.data };
}

// ---------------------------------------------------------------- the page

announceOnlyInActivePart(document.querySelectorAll(".view"));
const phone = createPhoneLayout();
const showTheme = createThemeSwitch(store, $("theme"), $("theme-name"));
printInLight(store, painter.now);
keepFieldInSight();
const showViewTab = createViewTabs(store);
const showFirstView = createFirstView(store, walker);
const weightsLoader = createWeightsLoader(sha256, (weights) => store.set({ weights }));
// Calculations need all weights: they are fetched when a pointer or the focus comes near the network, so that they are there in time.
for (const part of [document.querySelector(".network"), $("answer"), $("strip")]) {
  for (const type of ["pointerover", "focusin"]) part.addEventListener(type, weightsLoader.needAll, { once: true });
}
const weightsControl = createWeightsControl(store, { say });
const pageLink = createPageLink(store, walker, { button: $("copy-link"), model, drawingFromLink: (drawing) => drawingFromLink(drawing, samplesByDigit), say });
carryDrawing(pageLink.drawing, () => (store.state.work ? 1 : null));
carryToTraining(pageLink.drawing);
keepDrawing(pageLink.drawing, () => (store.state.work ? 1 : null));
for (const view of ["costs", "trust"]) linkTerms(document.querySelectorAll(`#view-${view} > p:not([id])`));

store.subscribe((state, before) => {
  const differs = (...keys) => keys.some((key) => state[key] !== before[key]);
  const drawn = state.history.present !== before.history.present;
  if (drawn || differs("drawing", "prepare", "pen", "calibrated", "weightSet")) {
    livePrediction.request({ fresh: !(state.drawing || before.drawing) });
    painter.soon({ pad: true });
  }
  if (differs("history", "drawing")) showDrawingTools(state);
  if (differs("drawing")) document.body.classList.toggle("drawing", state.drawing);
  if (differs("prepare", "scale", "pen")) showSwitches(state);
  if (differs("first", "view", "path", "history")) showFirstView(state);
  if (differs("first")) phone.placeBelowPad();
  if (differs("calibrated")) softmaxSwitch?.select(state);
  if (differs("weightSet")) {
    weightsControl.select(state);
    store.set({ weights: null });
    weightsLoader.choose(state.weightSet);
  }
  if (state.path.length > 0 || state.hovered || state.view !== "network" || state.code) weightsLoader.needAll();
  if (drawn || differs("comparison", "pen")) modeSwitch.show(state.comparison, state.history.present, state.pen);
  if (differs("theme", "dark")) showTheme(state);
  if (differs("answer", "scale", "theme", "dark", "sorted")) painter.soon({ maps: true, cell: true, marks: true });
  if (differs("hovered", "auto", "path", "channel", "code", "weights", "first", "view", "work", "worked", "contrast", "pair")) painter.soon({ cell: true, marks: true });
  if (differs("pointed")) painter.soon({ marks: true });
  if (differs("view", "sorted")) showViewTab(state);
  if (differs("code")) programs.select(state);
  if (differs("playing", "path", "work")) walkControls.show(state);
  if (differs("answer", "path")) showWhyNot(state);
  if (differs("answer") && state.answer.exact) walker.predicted();
  showOnPhone(state, before, differs);
  const uploaded = state.history.present.image?.kind === "upload";
  if (drawn || (uploaded && differs("answer")) || differs("prepare", "scale", "first", "view", "pair", "sorted", "path", "code", "channel", "pen", "work", "calibrated", "weightSet")) pageLink.update(state, before);
});

function showOnPhone({ path, view, playing, hovered }, before, differs) {
  if (differs("view") && view !== "network") phone.openSheet(false);
  if (hovered && differs("hovered")) phone.showMark();
  if (!differs("path")) return;
  if (path.length > 0) phone.showLayer(lastCell(path).layer);
  if ((path.length > 0) !== (before.path.length > 0)) phone.openSheet(path.length > 0 && view === "network");
  // A press explains a cell. The steps of an animation leave the page where the user has scrolled it.
  if (path.length > 0 && view === "network" && !playing) phone.showExplanation(before.path.length === 0);
  if (path.length > 0) phone.showMark();
}

// ---------------------------------------------------------------- the start

$("skip").addEventListener("click", (event) => {
  event.preventDefault(); // the fragment of the address is the page's state
  $("pad-canvas").focus();
});
if (/Mac|iPhone|iPad/.test(navigator.platform)) {
  for (const key of document.querySelectorAll("kbd")) key.textContent = key.textContent.replace("Ctrl", "⌘");
}
document.documentElement.dataset.hide = hiddenControls(location.search).join(" ");
showSwitches(store.state);
showTheme(store.state);
showViewTab(store.state);
showFirstView(store.state);
weightsControl.select(store.state);
programs.select(store.state);
walkControls.show(store.state);
await showFirstDrawing();
pageLink.activate();
showDrawingTools(store.state);
weightsLoader.choose(store.state.weightSet);

/** Show the drawing of the page's link, or a sample, unless the user has begun to draw. */
async function showFirstDrawing() {
  const untouched = () => isBlank(present()) && store.state.history.past.length === 0;
  try {
    const samples = await loadSamples();
    samplesByDigit = samples.byDigit;
    markSample = createSampleRow($("samples"), samplesByDigit, { present, put: tools.put });
    await renewAfterReturn();
    const { state, problem } = pageLink.read();
    if (!untouched()) return;
    const drawing = state && drawingFromLink(state.drawing, samplesByDigit);
    store.set({ history: history(drawing ?? { strokes: [], image: samples.start }) });
    if (isBlank(present())) livePrediction.request(); // the pad was blank before, so nothing has changed
    if (state || problem) pageLink.restore(drawing ? state : null, state && !drawing ? UNKNOWN_SAMPLE : problem, { opening: true });
  } catch {
    say("The sample digits did not load. You can still draw.");
    if (untouched()) livePrediction.request();
  }
}
