/** The page: what is drawn is asked about, and what is answered is shown. Each part's own work is in its own file. */
import { createAddressBar } from "./explorer/address-bar.js";
import { createPredictionPanel } from "./explorer/prediction.js";
import { createPredictionClient } from "./service/predictions.js";
import { copy } from "./ui/clipboard.js";
import * as drawings from "./core/drawing.js";
import { FACTS } from "./core/facts.js";
import { onPad, receptiveField, regions } from "./core/geometry.js";
import { createDrawingTools } from "./pad/drawing-tools.js";
import { byName, greyLevels, LAYERS, readFeatureMaps } from "./core/layers.js";
import { createMessages } from "./ui/messages.js";
import { createScrollHint } from "./ui/scroll-hint.js";
import { byStrength, createNetworkView, deadMaps } from "./explorer/network-view.js";
import { here, same } from "./core/walk/path.js";
import { hidden, linkableDrawing, UNKNOWN_SAMPLE } from "./core/links/permalink.js";
import { drawingFromLink, listenForImages, loadSamples, objection, readUpload, typed } from "./service/images.js";
import { parse } from "./core/safetensors.js";
import { createSampleRow } from "./pad/sample-row.js";
import { snippets } from "./core/programs.js";
import { createStages } from "./pad/stages.js";
import { createStore } from "./core/store.js";
import { createCellPanel } from "./explorer/walk/cell-panel.js";
import { createTabs } from "./ui/tabs.js";
import { createCorrectionForm } from "./explorer/correction-form.js";
import { createThemeSwitch, initialTheme, themeOf } from "./ui/theme-switch.js";
import { createTiming } from "./ui/timing.js";
import { carryDrawing } from "./explorer/walk/lesson-links.js";
import { createTrust } from "./views/reliability.js";
import { createModeComparison } from "./service/preprocessing-comparison.js";
import { createMapView } from "./views/map.js";
import { createTableView } from "./views/table.js";
import { strongest } from "./core/walk/calculation.js";
import { createWalker, firstCell, slides } from "./core/walk/walker.js";
import { createModeSwitch } from "./pad/preprocessing-modes.js";
import { loadWeights } from "./service/weights.js";
import { light } from "./explorer/walk/explanation.js";
import { subscript } from "./core/text.js";
import { questionOf } from "./core/walk/questions.js";

const $ = (id) => document.getElementById(id);
const phone = matchMedia("(max-width: 719px)");
const lessMotion = matchMedia("(prefers-reduced-motion: reduce)");
const { name: model, sha256, temperature } = FACTS.model;
const { collects } = FACTS; // whether corrections are kept

/**
 * history   drawings: past, present, future
 * drawing   whether a pointer is down on the pad
 * answer    the newest answer: { activations, prediction, stages, exact }; null before the first
 * variants  what the network reads in the drawing prepared in other ways: { drawn, pen, answers } (service/preprocessing-comparison.js)
 * weights   the network's weights (service/weights.js); null until they are here
 * hovered   the cell that is only looked at, { layer, map, row, col }; null when there is none
 * auto      the cell that is explained when none is pinned: the strongest of conv1
 * path      the pinned cells, from where the walk began to what is explained
 * channel   the channel of a conv2 calculation that is opened; null is its largest
 * pointed   the operand under the pointer in the strip
 * code      the calculation as "numpy", "torch" or "curl"; null as numbers
 * playing   what goes on by itself: "path", "window" or null
 * view      what the network's panel shows: "network", "map", "table", "costs" or "trust"
 * sorted    whether maps stand by strength instead of by number
 * work      whether numbers are asked for instead of shown
 * worked    what has been worked out of the present answer, as subscripts
 */
const store = createStore({
  history: drawings.history(),
  drawing: false,
  pen: drawings.PEN.usual,
  prepare: "mnist",
  scale: "layer",
  ...initialTheme(),
  answer: null,
  variants: { drawn: null, pen: null, answers: {} },
  weights: null,
  hovered: null,
  auto: null,
  path: [],
  channel: null,
  pointed: null,
  code: null,
  playing: null,
  view: "network",
  sorted: false,
  work: false,
  worked: [],
});
const timing = createTiming();
const say = createMessages($("message"), $("close-message"));
const walker = createWalker(store, { still: () => lessMotion.matches, temperature });
const present = () => store.state.history.present;

// ---------------------------------------------------------------- asking

let agreed = { prepare: "mnist" }; // the preparation of the last answer, to go back to when another is refused

const asking = createPredictionClient({ banner: $("banner"), answered, refused });
const variants = createModeComparison({ changed: (variants) => store.set({ variants }) });

function ask({ fresh = false } = {}) {
  $("answer").dataset.settled = "false";
  variants.leave();
  const { drawing, prepare, pen } = store.state;
  asking.ask({ prepare, pen, drawn: present(), exact: !drawing, revision: timing.revision }, { fresh });
}

function answered(wish, buffer) {
  agreed = { prepare: wish.prepare };
  const answer = { ...readFeatureMaps(parse(buffer)), exact: wish.exact, revision: wish.revision, number: wish.number, picture: drawings.isBlank(wish.drawn) ? null : wish.drawn.picture };
  answer.stages ??= drawings.stagesOfStrokes(wish.drawn.strokes, wish, greyLevels(answer.activations.input));
  answer.dead = answer.exact ? deadMaps(answer.activations) : {};
  answer.stages.drawn = answer.picture?.kind === "pixels";
  if (answer.picture?.kind !== "pixels") strip.hush(); // drawing with the keyboard, one hears where one is
  store.set({ worked: [], answer, auto: store.state.drawing && store.state.auto ? store.state.auto : firstCell(answer.activations) });
  if (wish.exact && wish.number === asking.last) variants.follow(wish, answer.prediction);
}

/** The service cannot take it and says why: say it, and go back to what it took before. */
function refused(wish, problem) {
  say(problem.detail);
  if (wish.drawn !== present()) return;
  if (wish.prepare !== agreed.prepare) store.set({ prepare: agreed.prepare });
  else if (beforeUpload.has(wish.drawn)) store.set({ history: beforeUpload.get(wish.drawn) });
}

// ---------------------------------------------------------------- drawing

const ink = createDrawingTools(store, { pad: $("pad"), canvas: $("pad-canvas"), undo: $("undo"), redo: $("redo"), clear: $("clear"), pen: $("pen"), hint: $("pad-hint"), nib: document.querySelector(".nib") }, {
  before: () => walker.stop(),
  say,
  tell: (text) => strip.say(text),
  moved: (when) => timing.moved(when),
  takes: (event) => event.key !== "Delete" || !event.target.closest?.(".plot"),
  escape: () => store.state.path.length > 0 && (walker.back(), true),
});
const { pad, put } = ink;

const beforeUpload = new WeakMap(); // for each drawing that is an upload, the history to go back to if it is refused

listenForImages({
  button: $("upload"),
  input: $("file"),
  overlay: $("drop"),
  async take(opened) {
    const file = await typed(opened);
    const wrong = objection(file);
    if (wrong) return say(wrong);
    const picture = await readUpload(file);
    const drawing = { strokes: [], picture };
    // Left as it was by a link or a walk; nobody who opens a photo means by it that it has 28×28 pixels.
    const { width, height } = picture.bitmap ?? {};
    if (store.state.prepare === "none" && !(width === drawings.SIDE && height === drawings.SIDE)) store.set({ prepare: "mnist" });
    beforeUpload.set(drawing, store.state.history);
    put(drawing);
    say(picture.note);
  },
});

// ---------------------------------------------------------------- switches

for (const name of ["prepare", "scale"]) {
  for (const input of $(name).querySelectorAll("input")) {
    input.addEventListener("change", () => {
      say("");
      store.set({ [name]: input.value });
    });
  }
}

// On a phone the strip is a sheet, short until it is asked for more.
function openSheet(open) {
  $("strip").classList.toggle("open", open);
  $("sheet").setAttribute("aria-expanded", String(open));
  $("sheet").textContent = open ? "less" : "more";
}
$("sheet").addEventListener("click", () => openSheet(!$("strip").classList.contains("open")));

const showTheme = createThemeSwitch(store, $("theme"), $("theme-name"));

// ---------------------------------------------------------------- showing

/** What the parts of the page tell of a cell: that it is looked at, or pressed. */
function pointAt(cell, how, when) {
  if (!store.state.answer) return; // nothing to tell of yet
  if (how === "choose" || how === "keep") {
    timing.pressed(when);
    if (how === "choose") walker.choose(cell);
    else walker.keep(cell);
    const now = walker.explained();
    const found = walker.calculation(now);
    strip.speak(now, store.state.answer, found, askedOf(now, found));
    return;
  }
  if (how === "key" && store.state.path.length > 0 && here(store.state.path).layer === cell.layer) walker.slideTo(cell);
  else {
    const { hovered } = store.state;
    if (cell && hovered && same(cell, hovered)) return;
    timing.looked(when);
    store.set({ hovered: cell });
  }
  if (cell && how !== "hover") strip.speak(cell, store.state.answer, null);
}
const network = createNetworkView(document, pointAt);
const answer = createPredictionPanel($("answer"), $("grounds-below"));
const ways = createModeSwitch($("prepare"));
const stages = createStages($("stages"), $("pad-canvas"));
const strip = createCellPanel($("strip"), {
  go(cell) {
    timing.pressed(performance.now());
    walker.on(cell);
    settleOn(cell);
  },
  jump(index) {
    walker.jump(index);
    settleOn(here(store.state.path));
  },
  answer() {
    walker.answer();
    settleOn(here(store.state.path));
  },
  open: (channel) => store.set({ channel }),
  point: (cell) => store.set({ pointed: cell }),
  slide: (dx, dy) => walker.slide(dx, dy),
  put: (x, y) => walker.put(x, y),
  light: lit,
  worked() {
    const cell = walker.explained();
    if (!cell) return; // nothing is asked yet
    store.set({ worked: [...store.state.worked, subscript(byName[cell.layer], cell)] });
  },
});
/** What was pressed is gone with the calculation it stood in: the focus goes to the new one, which is also said. */
function settleOn(cell) {
  paintNow();
  strip.focus();
  const found = walker.calculation(cell);
  strip.speak(cell, store.state.answer, found, askedOf(cell, found));
}

/** On a phone the layers go by one at a time: the one that is explained comes into sight. */
function showLayer(name) {
  const layer = document.querySelector(`.columns [data-layer="${name}"]`);
  const columns = $("columns");
  if (!layer) return;
  const [frame, box] = [columns, layer].map((part) => part.getBoundingClientRect());
  // Not scrollBy: that one names a direction, and snaps to the next layer in it.
  columns.scrollTo({ left: columns.scrollLeft + box.left + box.width / 2 - frame.left - frame.width / 2 });
  document.querySelector(".network").scrollIntoView({ block: "nearest" });
}

/** Light a part of the calculation and the layer it is of; null lights nothing. */
function lit(part) {
  light($("strip"), part);
  const cell = part && walker.explained();
  const source = cell && LAYERS[Math.max(LAYERS.indexOf(byName[cell.layer]) - 1, 0)];
  lightLayer({ I: source?.name, O: cell?.layer }[part]);
}
function lightLayer(name) {
  for (const layer of document.querySelectorAll(".layer")) layer.classList.toggle("lit", layer.dataset.layer === name);
}
for (const type of ["pointerover", "focusin"]) {
  $("why-panel").addEventListener(type, (event) => {
    const lights = event.target.closest("[data-lights]")?.dataset.lights;
    if (!lights) return;
    if (lights.startsWith("part:")) light($("strip"), lights.slice(5));
    else lightLayer(lights);
  });
}

/** What must be painted anew before the next frame. */
const due = { pad: true, maps: false, strip: false, marks: false };
let frame = null;
function paintSoon(parts) {
  Object.assign(due, parts);
  frame ??= requestAnimationFrame(paint);
}
function paintNow() {
  cancelAnimationFrame(frame);
  paint();
}

function paint() {
  frame = null;
  const { state } = store;
  const theme = themeOf(state);
  const cell = state.hovered ?? walker.explained();
  if (due.pad) pad.draw(state.history.present, state.pen, state.prepare === "none");
  if (state.answer) {
    if (due.maps) {
      network.arrange(state.sorted ? byStrength(state.answer.activations) : {});
      network.paint(state.answer.activations, state.scale, theme);
      stages.show(state.answer.stages);
      answer.show(state.answer.prediction, state.answer.picture);
      tell?.show();
      $("answer").dataset.settled = String(state.answer.number === asking.last);
      if (state.answer.exact && state.answer.number === asking.last) answer.announce(state.answer.prediction, state.answer.picture);
    }
    if (due.strip) paintStrip(state, cell, theme);
    if (due.marks) paintMarks(state, cell);
    if (due.maps) timing.mapsPainted(state.answer.revision);
    timing.painted();
  }
  Object.assign(due, { pad: false, maps: false, strip: false, marks: false });
}

function paintStrip(state, cell, theme) {
  const found = state.hovered ? null : walker.calculation(cell);
  const pinned = state.path.length > 0;
  const channel = state.channel ?? (found?.channels ? strongest(found).map : 0);
  const asking = askedOf(cell, found);
  strip.show({ ...state, cell, found, theme, pinned, channel, temperature, asking });
  if (found && state.code) showProgram(codeOf(cell, asking ? NaN : found.value)[state.code]);
  $("play").disabled = !found || !slides(byName[cell.layer].kind);
  $("why").disabled = $("follow").disabled = $("step").disabled = state.answer.prediction.verdict === "blank";
  views[state.view]?.show({ cell, answer: state.answer, scale: state.scale, theme, weights: state.weights });
}

/** What is asked about a cell's number, where numbers are to be worked out and this one has not been; else null. */
function askedOf(cell, found) {
  const { work, worked, hovered, channel } = store.state;
  if (!work || !found || hovered || worked.includes(subscript(byName[cell.layer], cell))) return null;
  return questionOf(found, { channel: channel ?? (found.channels ? strongest(found).map : 0) });
}

function paintMarks(state, cell) {
  const found = state.answer.exact ? state.answer : null;
  network.mark(cell, state.path.length > 0 && !state.hovered);
  network.reach(found ? regions(cell) : {}, state.answer.dead, state.pointed);
  pad.mark(found && found.prediction.verdict !== "blank" ? onPad(receptiveField(state.pointed ?? cell), found.stages, drawings.PAD) : null);
}

store.subscribe((state, before) => {
  const differs = (...keys) => keys.some((key) => state[key] !== before[key]);
  const drawn = state.history.present !== before.history.present;
  if (drawn || differs("drawing", "prepare", "pen")) {
    const goesOn = state.drawing || before.drawing;
    ask({ fresh: !goesOn });
    paintSoon({ pad: true });
  }
  if (differs("history", "drawing")) showControls(state);
  if (differs("drawing")) document.body.classList.toggle("drawing", state.drawing);
  if (differs("prepare", "scale", "pen")) showSwitches(state);
  if (drawn || differs("variants", "pen")) ways.show(state.variants, state.history.present, state.pen);
  if (differs("theme", "dark")) showTheme(state);
  if (differs("answer", "scale", "theme", "dark", "sorted")) paintSoon({ maps: true, strip: true, marks: true });
  if (differs("hovered", "auto", "path", "channel", "code", "weights", "view", "work", "worked")) paintSoon({ strip: true, marks: true });
  if (differs("pointed")) paintSoon({ marks: true });
  if (differs("view", "sorted")) showView(state);
  if (differs("code")) showCode(state);
  if (differs("playing", "path")) showWalk(state);
  if (differs("work")) $("work").setAttribute("aria-pressed", String(state.work));
  if (differs("path") && phone.matches && state.path.length > 0) showLayer(here(state.path).layer);
  if (differs("path") && (state.path.length > 0) !== (before.path.length > 0)) openSheet(state.path.length > 0 && state.view === "network");
  if (differs("answer") && state.answer.exact && !before.answer?.exact && state.hovered) store.set({ hovered: null });
  const uploaded = state.history.present.picture?.kind === "upload";
  if (linkable && (drawn || (uploaded && differs("answer")) || differs("prepare", "scale", "view", "sorted", "path", "code", "channel", "pen", "work"))) remember(state, before);
});

// ---------------------------------------------------------------- views, code, the walk's controls

const views = { map: createMapView($("view-map"), pointAt), table: createTableView($("view-table"), pointAt), trust: createTrust($("view-trust")) };
for (const part of ["#view-costs .scroller", "#columns"]) createScrollHint(document.querySelector(part));
const tell = collects ? createCorrectionForm($("tell"), { asked: toTellOf, elsewhere: () => store.state.prepare !== "mnist" && !drawings.isBlank(present()), say }) : null;

/** The answer as a correction is about it; null while there is none that belongs to what is on the pad. */
function toTellOf() {
  const { answer, drawing, prepare, pen } = store.state;
  const settled = answer?.exact && answer.number === asking.last && !drawing;
  // What is read wrong because a step was left out is no mistake of the network.
  if (!settled || prepare !== "mnist" || drawings.isBlank(present())) return null;
  return { drawn: present(), pen, prepare, prediction: answer.prediction, picture: answer.stages.pictures.shifted.data };
}

/** On a phone there is no room for it under the answer. */
function placeTell() {
  $(phone.matches ? "below-pad" : "answer").append($("tell"));
}
placeTell();
phone.addEventListener("change", placeTell);

const selectView = createTabs($("views"), ({ dataset }) => store.set({ view: dataset.view }));
const selectCode = createTabs($("code-tabs"), ({ dataset }) => store.set({ code: dataset.code || null }));

function showView({ view, sorted }) {
  selectView(({ dataset }) => dataset.view === view);
  $("columns").hidden = view !== "network";
  document.body.dataset.view = view;
  if (view !== "network") openSheet(false);
  for (const part of document.querySelectorAll(".network-head :is(.tip, .sort)")) part.hidden = view !== "network";
  for (const name of ["map", "table", "costs", "trust"]) $(`view-${name}`).hidden = view !== name;
  $("sorted").checked = sorted;
}
$("sorted").addEventListener("change", ({ target }) => store.set({ sorted: target.checked }));

function showCode({ code }) {
  selectCode(({ dataset }) => (dataset.code || null) === code);
}
/** Show a program from its end: what comes first in it is how it gets the numbers. */
function showProgram(text) {
  if ($("code").textContent === text) return;
  $("code").textContent = text;
  $("code-panel").scrollTop = $("code-panel").scrollHeight;
}

/** The calculation of a cell as programs; an upload goes into them as the 28×28 picture that was made of it. */
function codeOf(cell, value) {
  const { pen, answer: { stages } } = store.state;
  const { drawing, prepare } = linkableDrawing(present(), { pen, prepare: store.state.prepare, picture: stages.pictures.shifted.data });
  const upload = present().picture?.kind === "upload";
  const request = drawings.requestBody(upload ? { strokes: [], picture: drawing } : present(), { prepare, pen });
  return snippets({ cell, value, prepare, request, origin: location.origin, temperature });
}
$("copy-code").addEventListener("click", () => copy($("code").textContent, { say, done: "The code is copied.", shown: $("code") }));

$("copy-link").addEventListener("click", () => {
  const upload = present().picture?.kind === "upload";
  const done = upload
    ? "The link is copied. It holds the 28 × 28 pixels that the network saw; the picture itself stays here."
    : "The link is copied: it opens this drawing at this place.";
  copy(address.link(linkState(store.state)), { say, done });
});

function showWalk({ playing, path }) {
  const still = lessMotion.matches;
  $("follow").textContent = playing === "path" ? "❚❚ pause" : "▶ follow";
  $("follow").hidden = still; // a step at a time then
  $("follow").setAttribute("aria-pressed", String(playing === "path"));
  $("play").textContent = playing === "window" ? "❚❚ pause" : still ? "slide ▸" : "▶ slide";
  $("play").setAttribute("aria-pressed", String(playing === "window"));
  $("back").disabled = path.length === 0;
}
$("back").addEventListener("click", () => walker.back());
$("kept").addEventListener("click", () => walker.release());
$("follow").addEventListener("click", () => walker.follow());
$("step").addEventListener("click", () => walker.step());
$("work").addEventListener("click", () => store.set({ work: !store.state.work, worked: [] }));
$("digit").addEventListener("click", () => store.state.answer?.prediction.digit != null && walker.answer());
$("why").addEventListener("click", () => {
  walker.release();
  walker.follow();
});
$("play").addEventListener("click", () => walker.play());
lessMotion.addEventListener("change", () => showWalk(store.state));
document.querySelector(".network").addEventListener("click", ({ target }) => {
  if (store.state.hovered && !target.closest(".plot")) store.set({ hovered: null });
  // Empty space goes a step back.
  if (!target.closest(".plot, button, label, input, a, .view, table")) walker.back();
});

// ---------------------------------------------------------------- the address

let linkable = false; // not before the first picture: until then the address is the link that was followed
const linkState = (state) => {
  const { scale, view, sorted, path, code, channel, pen, prepare, work } = state;
  const picture = state.answer?.stages?.pictures.shifted.data;
  return { ...linkableDrawing(state.history.present, { pen, prepare, picture }), scale, view, sorted, path, code, channel, work, model };
};
function remember(state, before) {
  const { picture } = state.history.present; // of an upload only the answer says what goes into a link
  if (state.drawing || (picture?.kind === "upload" && state.answer?.picture !== picture)) return;
  const { path, playing } = state;
  const walked = path !== before.path && path.length !== before.path.length && !playing;
  if (walked || state.view !== before.view || state.code !== before.code) address.step(linkState(state));
  else address.now(linkState(state));
}
const address = createAddressBar({ model, restore });
carryDrawing(() => linkState(store.state).drawing, () => (store.state.work ? 1 : null));

/** Make the page what a link says. Without a state only the walk and the panels go back to how the page opens. */
function restore(state, problem) {
  linkable = false;
  walker.stop();
  if (problem) say(problem);
  if (!state) store.set({ path: [], code: null, channel: null, view: "network", work: false });
  else {
    const { drawing, ...rest } = state;
    delete rest.model;
    const put = drawingFromLink(drawing, samplesByDigit);
    if (put === undefined) say(UNKNOWN_SAMPLE);
    const old = linkState(store.state).drawing;
    const changed = put !== undefined && JSON.stringify(old) !== JSON.stringify(drawing);
    const history = changed ? drawings.commit(store.state.history, put) : store.state.history;
    store.set({ ...rest, history, pen: put?.pen ?? store.state.pen, hovered: null });
  }
  linkable = true;
}

function showControls(state) {
  ink.showControls(state);
  showSample(state.history.present);
}

function showSwitches(state) {
  for (const name of ["prepare", "scale"]) $(name).querySelector(`[value="${state[name]}"]`).checked = true;
  $("prepare-text").textContent = FACTS.modes.find(({ name }) => name === state.prepare).summary;
  ink.showPen(state);
}

// ---------------------------------------------------------------- samples, and the first picture

let samplesByDigit = [];
let showSample = () => {}; // until they have come

if (/Mac|iPhone|iPad/.test(navigator.platform)) {
  for (const key of document.querySelectorAll("kbd")) key.textContent = key.textContent.replace("Ctrl", "⌘");
}
document.documentElement.dataset.hide = hidden(location.search).join(" ");
showSwitches(store.state);
showTheme(store.state);
showView(store.state);
showCode(store.state);
showWalk(store.state);
const untouched = () => drawings.isBlank(present()) && store.state.history.past.length === 0;
try {
  const samples = await loadSamples();
  samplesByDigit = samples.byDigit;
  showSample = createSampleRow($("samples"), samplesByDigit, { present, put });
  const { state, problem } = address.read();
  // What someone has drawn in the meantime stays.
  if (untouched()) {
    const put = state && drawingFromLink(state.drawing, samplesByDigit);
    store.set({ history: drawings.history(put ?? { strokes: [], picture: samples.start }) });
    if (state || problem) restore(put ? state : null, state && !put ? UNKNOWN_SAMPLE : problem);
  }
} catch {
  say("The sample digits did not load; drawing works without them.");
  if (untouched()) ask();
}
linkable = true;
showControls(store.state);
fetchWeights();

/** Without the weights everything but the calculations works; they are asked for until they are here. */
async function fetchWeights() {
  try {
    store.set({ weights: await loadWeights(sha256) });
  } catch {
    setTimeout(fetchWeights, 3000);
  }
}
