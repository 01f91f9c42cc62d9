/** The training page: the student's digit, the runs and their events, and the panels that show them. */
import * as drawings from "./core/drawing.js";
import { linkableDrawing } from "./core/links/drawing-text.js";
import { encode as encodeLesson } from "./core/links/lesson-permalink.js";
import { encode as encodeNetwork, UNKNOWN_SAMPLE } from "./core/links/permalink.js";
import { decode, encode, VIEWS } from "./core/links/training-permalink.js";
import { FACTS } from "./core/service-facts.js";
import { accuracyOf, isLive } from "./core/training/run-log.js";
import { compareGuess, outcome } from "./core/training/guesses.js";
import { announcement, stateText } from "./core/training/texts.js";
import { createDrawingTools } from "./pad/drawing-tools.js";
import { showFirstDrawing } from "./pad/first-drawing.js";
import { drawingFromLink } from "./pad/link-drawing.js";
import { createSampleRow } from "./pad/sample-row.js";
import { createRunPredictions } from "./service/training/run-predictions.js";
import { createComparison } from "./training/compare.js";
import { createControls } from "./training/controls.js";
import { createDigitPanel } from "./training/digit-panel.js";
import { createFilters } from "./training/filters.js";
import { createMistakes } from "./training/mistakes.js";
import { createOneStep } from "./training/one-step.js";
import { createPageStore, currentWeights, firstRun, liveRun, logOf, predictionNow, runOf, shownRuns, snapshotsOf, weightsOf } from "./training/page-state.js";
import { createPlots } from "./training/plots.js";
import { createRunList } from "./training/run-list.js";
import { createSession } from "./training/session.js";
import { createNumbersTable } from "./training/table.js";
import { copy } from "./ui/clipboard.js";
import { setHidden, setText } from "./ui/dom.js";
import { keepDrawing } from "./ui/glossary/links.js";
import { keepFieldInSight } from "./ui/input/field-in-sight.js";
import { keepInPlace } from "./ui/input/keep-in-place.js";
import { createAddress } from "./ui/link/address.js";
import { createMessages } from "./ui/messages.js";
import { createTabs } from "./ui/tabs.js";
import { createThemeSwitch, printInLight } from "./ui/theme-switch.js";
import { addressOf } from "./core/service/address.js";

const $ = (id) => document.getElementById(id);
const GUESSES = "inkling.guesses"; // in the browser's storage
const lessMotion = matchMedia("(prefers-reduced-motion: reduce)");

const store = createPageStore();
const present = () => store.state.history.present;
const say = createMessages($("message"), $("close-message"));
const announce = (text) => setText($("announce"), text);
const session = createSession(store, { say });

// ---------------------------------------------------------------- the digit

const ink = createDrawingTools(store, { pad: $("pad"), canvas: $("pad-canvas"), undo: $("undo"), redo: $("redo"), clear: $("clear"), hint: $("pad-hint") }, { say, announce });
const predictions = createRunPredictions({ changed: (found) => store.set({ predictions: found }) });
let showSample = () => {}; // until the samples are loaded

/** Request the predictions of the runs on the screen: while the pen moves, only for what is selected, then for all epochs. */
function read(state) {
  const ids = shownRuns(state);
  const now = snapshotsOf(state).slice(0, 1);
  const current = [...(state.epoch === null ? now : []), ...ids.map((id) => currentWeights(state, id)).filter(Boolean)];
  const others = state.drawing ? [] : [...now, ...ids.flatMap((id) => weightsOf(state, id))];
  predictions.ask({ drawn: state.history.present, pen: state.pen }, [...new Set([...current, ...others])]);
}

// ---------------------------------------------------------------- the parts of the page

const parts = [
  createControls($("controls"), store, session),
  createPlots({ loss: $("loss-figure"), accuracy: $("accuracy-figure"), legend: $("legend"), zoom: $("zoom") }, store, { look }),
  createFilters($("view-filters")),
  createMistakes($("view-mistakes"), { put: ink.put }),
  createOneStep($("view-step"), { still: () => lessMotion.matches }),
  createComparison($("view-compare"), store),
  createNumbersTable($("view-table")),
  createDigitPanel($("now"), store),
  createRunList({ list: $("runs"), actions: $("run-actions") }, store, session),
];
const showTheme = createThemeSwitch(store, $("theme"), $("theme-name"));
printInLight(store, paint);
keepFieldInSight();
const selectTab = createTabs($("views"), ({ dataset }) => store.set({ view: dataset.view }));

/** Select an epoch, if it has been measured. */
function look(epoch) {
  const { measured } = logOf(store.state);
  const found = measured.find((each) => each.epoch === epoch);
  const isNewest = found === measured.at(-1) && !predictionNow(store.state);
  if (found) store.set({ epoch: isNewest ? null : epoch });
}

let frame = null;
let trained = false; // whether a run trained when the page was painted last
function paint() {
  frame = null;
  const { state } = store;
  const trains = Boolean(liveRun(state));
  if (trained && !trains) keepInPlace($("loss-figure"), () => show(state)); // the user may be looking at the end of the curves
  else show(state);
  trained = trains;
}

function show(state) {
  selectTab(({ dataset }) => dataset.view === state.view);
  for (const view of VIEWS) setHidden($(`view-${view}`), view !== state.view);
  ink.pad.draw(present(), state.pen, false);
  setText($("served"), state.served?.model ?? FACTS.model.name);
  setText($("outcome"), outcomeOf(state));
  for (const showPart of parts) showPart(state);
}

/** How the student's guesses turned out, or the state of the run. */
function outcomeOf(state) {
  const log = logOf(state);
  const run = runOf(state);
  if (!run || run.origin !== "run") return "";
  const guesses = state.guesses[run.id] ?? { curve: null, points: [] };
  const last = log.measured.at(-1);
  const guess = guesses.points.find(({ epoch }) => epoch === last?.epoch);
  const compared = guess ? compareGuess(guess.accuracy, accuracyOf(last.test)) : "";
  const happened = isLive(log.state) ? "" : outcome(log, guesses.curve);
  return [happened || compared ? "" : stateText(log, run.id), compared, happened].filter(Boolean).join(" ");
}

// ---------------------------------------------------------------- announcements, once per epoch

let spoken = ""; // the run and the epoch that were announced last

function speak(state) {
  const live = liveRun(state);
  const log = live && logOf(state, live.id);
  const last = log?.measured.at(-1);
  if (!last || live.id !== state.run) return;
  const about = `${live.id} ${last.epoch}`;
  const name = currentWeights({ ...state, epoch: null }, live.id);
  const blank = drawings.isBlank(present());
  if (about === spoken || !(blank || name in state.predictions.byName)) return;
  spoken = about;
  announce(announcement({ ...last, epochs: log.epochs }, blank ? null : state.predictions.byName[name]));
}

// ---------------------------------------------------------------- changes

store.subscribe((state, before) => {
  const differs = (...keys) => keys.some((key) => state[key] !== before[key]);
  if (differs("run", "compared", "runs", "logs")) session.follow();
  if (state.history.present !== before.history.present || differs("drawing", "pen", "run", "compared", "runs", "logs", "epoch")) read(state);
  if (differs("history", "drawing")) {
    ink.showControls(state);
    showSample(state.history.present);
  }
  if (differs("theme", "dark")) showTheme(state);
  if (differs("guesses")) remember(state.guesses);
  if (differs("logs", "runs")) speakOfTheEnd(state, before);
  if (differs("logs", "predictions")) speak(state);
  if (!state.drawing && differs("history", "run", "epoch", "compared", "view", "preset", "map", "zoomed")) updateLink();
  frame ??= requestAnimationFrame(paint);
});

/** Announce the end of a run. */
function speakOfTheEnd(state, before) {
  const run = runOf(state);
  const was = before.logs[run?.id]?.state;
  const now = logOf(state).state;
  if (run?.origin === "run" && was && isLive(was) && !isLive(now)) announce(stateText(logOf(state), run.id));
}

function remember(guesses) {
  const newest = Object.fromEntries(Object.entries(guesses).slice(-50));
  try {
    localStorage.setItem(GUESSES, JSON.stringify(newest));
  } catch {
    // Storage is not allowed: the guesses last for this visit only.
  }
}
function remembered() {
  try {
    return JSON.parse(localStorage.getItem(GUESSES)) ?? {};
  } catch {
    return {};
  }
}

// ---------------------------------------------------------------- the link

const address = createAddress();
let active = false; // until the first drawing is shown, the address is still the link that was opened
let samplesByDigit = [];
const linked = () => linkableDrawing(present(), { pen: store.state.pen, prepare: "mnist" }).drawing;
/** A link does not contain uploaded weights. */
const linkText = ({ run }) => `The link is copied. It opens this page with the same ${run?.includes(":") ? "digit, but not with your own weights" : "run, epoch and digit"}.`;
const linkable = (state) => ({ ...state, run: state.run?.includes(":") ? null : state.run, compared: state.compared.filter((id) => !id.includes(":")), drawing: linked() });
const updateLink = () => active && address.replace(() => encode(linkable(store.state)));

function restore({ drawing, problem, ...place }) {
  if (problem) say(problem);
  const opened = drawing && drawingFromLink(drawing, samplesByDigit);
  if (drawing && !opened) say(UNKNOWN_SAMPLE);
  const changed = opened && JSON.stringify(linked()) !== JSON.stringify(drawing);
  store.set({ ...place, ...(changed && { history: drawings.commit(store.state.history, opened), pen: opened.pen ?? store.state.pen }) });
}
addEventListener("popstate", () => {
  address.cancel();
  restore(decode(location.hash));
});
$("copy-link").addEventListener("click", () => copy(address.link(encode(linkable(store.state))), { say, done: linkText(store.state) }));

// Links to the other pages take the drawing along.
const ADDRESSES = {
  network: () => addressOf(`/#${encodeNetwork({ scale: "layer", view: "network", sorted: false, path: [], code: null, channel: null, prepare: "mnist", model: null, weightSet: null, drawing: linked() })}`),
  lesson: () => addressOf(`/lesson#${encodeLesson({ drawing: linked() })}`),
};
for (const type of ["pointerdown", "focusin", "click"]) {
  addEventListener(type, ({ target }) => {
    const link = target.closest?.("a[data-page]");
    if (link) link.href = ADDRESSES[link.dataset.page]();
  }, { capture: true });
}
keepDrawing(linked);

// ---------------------------------------------------------------- start

const opened = decode(location.hash);
$("skip").addEventListener("click", (event) => {
  event.preventDefault(); // the fragment of the address is the page's state
  $("controls").focus();
});
showTheme(store.state);
const { drawing: openedDrawing, problem, ...place } = opened;
store.set({ ...place, guesses: remembered() });
const started = session.start();
try {
  const { missing } = await showFirstDrawing(store, openedDrawing, (byDigit) => {
    samplesByDigit = byDigit;
    showSample = createSampleRow($("samples"), byDigit, { present, put: ink.put });
  });
  if (problem || missing) say(problem || UNKNOWN_SAMPLE);
} catch {
  say("The sample digits did not load. You can still draw.");
}
ink.showControls(store.state);
await started;
if (!store.state.run || !runOf(store.state)) {
  if (store.state.run) say("The run of this link is not on this server.");
  store.set({ run: firstRun(store.state)?.id ?? null, epoch: null });
}
active = true;
paint();
