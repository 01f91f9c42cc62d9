/** The page: what is drawn is asked about, and what is answered is shown. Each part's own work is in its own file. */
import { createAddress } from "./address.js";
import { createAnswer } from "./answer.js";
import { createAsking } from "./asking.js";
import * as drawings from "./drawing.js";
import { onPad, receptiveField, regions } from "./geometry.js";
import { byName, greyLevels, LAYERS, readAnswer } from "./layers.js";
import { createMessages } from "./messages.js";
import { tellOfMore } from "./more.js";
import { byStrength, createNetwork, deadMaps } from "./network.js";
import { createPad } from "./pad.js";
import { here, same } from "./path.js";
import { hidden, linked, UNKNOWN_SAMPLE } from "./permalink.js";
import { fromPixels, listenForPictures, loadSamples, objection, readUpload } from "./pictures.js";
import { parse } from "./safetensors.js";
import { snippets } from "./snippets.js";
import { createStages } from "./stages.js";
import { createStore } from "./store.js";
import { createStrip } from "./strip.js";
import { tabs } from "./tabs.js";
import { createTell } from "./tell.js";
import { createTiming } from "./timing.js";
import { createTrust } from "./trust.js";
import { createVariants } from "./variants.js";
import { createMapView, createTableView } from "./views.js";
import { strongest } from "./walk.js";
import { createWalker, firstCell, slides } from "./walker.js";
import { createWays } from "./ways.js";
import { loadWeights } from "./weights.js";
import { light } from "./why.js";
import { PREPARE_TEXTS } from "./words.js";

const $ = (id) => document.getElementById(id);
const systemDark = matchMedia("(prefers-color-scheme: dark)");
const phone = matchMedia("(max-width: 719px)");
const lessMotion = matchMedia("(prefers-reduced-motion: reduce)");
const { model, sha256 } = document.querySelector("main").dataset;
const collects = document.querySelector("main").dataset.collects === "true"; // whether corrections are kept
const temperature = Number(document.querySelector("main").dataset.temperature); // what logits are divided by before softmax

/**
 * history   drawings: past, present, future
 * drawing   whether a pointer is down on the pad
 * answer    the newest answer: { activations, prediction, stages, exact }; null before the first
 * variants  what the network reads in the drawing prepared in other ways: { drawn, pen, answers } (variants.js)
 * weights   the network's weights (weights.js); null until they are here
 * hovered   the cell that is only looked at, { layer, map, row, col }; null when there is none
 * auto      the cell that is explained when none is pinned: the strongest of conv1
 * path      the pinned cells, from where the walk began to what is explained
 * channel   the channel of a conv2 calculation that is opened; null is its largest
 * pointed   the operand under the pointer in the strip
 * code      the calculation as "numpy", "torch" or "curl"; null as numbers
 * playing   what goes on by itself: "path", "window" or null
 * view      what the network's panel shows: "network", "map", "table", "costs" or "trust"
 * sorted    whether maps stand by strength instead of by number
 */
const store = createStore({
  history: drawings.history(),
  drawing: false,
  pen: drawings.PEN.usual,
  prepare: "mnist",
  scale: "layer",
  theme: document.documentElement.dataset.theme ?? "system",
  dark: systemDark.matches,
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
});
const timing = createTiming();
const say = createMessages($("message"), $("close-message"));
const walker = createWalker(store, { still: () => lessMotion.matches, temperature });
const themeOf = ({ theme, dark }) => (theme === "system" ? (dark ? "dark" : "light") : theme);
const present = () => store.state.history.present;

// ---------------------------------------------------------------- asking

let agreed = { prepare: "mnist" }; // the preparation of the last answer, to go back to when another is refused

const asking = createAsking({ banner: $("banner"), answered, refused });
const variants = createVariants({ changed: (variants) => store.set({ variants }) });

function ask({ fresh = false } = {}) {
  $("answer").dataset.settled = "false";
  variants.leave();
  const { drawing, prepare, pen } = store.state;
  asking.ask({ prepare, pen, drawn: present(), exact: !drawing, revision: timing.revision }, { fresh });
}

function answered(wish, buffer) {
  agreed = { prepare: wish.prepare };
  const answer = { ...readAnswer(parse(buffer)), exact: wish.exact, revision: wish.revision, number: wish.number, picture: drawings.isBlank(wish.drawn) ? null : wish.drawn.picture };
  answer.stages ??= drawings.stagesOfStrokes(wish.drawn.strokes, wish, greyLevels(answer.activations.input));
  answer.dead = answer.exact ? deadMaps(answer.activations) : {};
  answer.stages.drawn = answer.picture?.kind === "pixels";
  if (answer.picture?.kind !== "pixels") strip.hush(); // drawing with the keyboard, one hears where one is
  store.set({ answer, auto: store.state.drawing && store.state.auto ? store.state.auto : firstCell(answer.activations) });
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

let toldOfReplacing = false;
const pad = createPad($("pad"), $("pad-canvas"), {
  begin(point, when) {
    walker.stop();
    const { history } = store.state;
    const { picture, strokes } = history.present;
    say(picture && !drawings.isBlank(history.present) && !toldOfReplacing ? `Your drawing has replaced the ${picture.kind === "pixels" ? "one made with the keyboard" : "picture"}; Undo brings it back.` : "");
    toldOfReplacing ||= picture !== null;
    timing.moved(when);
    store.set({ drawing: true, history: drawings.commit(history, stroked(picture ? [[point]] : [...strokes, [point]])) });
  },
  extend(points, when) {
    const { history } = store.state;
    const strokes = history.present.strokes;
    const stroke = [...strokes.at(-1)];
    if (!points.map((point) => drawings.extend(stroke, point)).includes(true)) return;
    timing.moved(when);
    store.set({ history: drawings.amend(history, stroked([...strokes.slice(0, -1), stroke])) });
  },
  end() {
    const { history } = store.state;
    const strokes = drawings.bound(history.present.strokes);
    store.set({ drawing: false, history: drawings.amend(history, stroked(strokes)) });
  },
  paint(pixels, goesOn) {
    walker.stop();
    const step = goesOn ? drawings.amend : drawings.commit;
    store.set({ history: step(store.state.history, { strokes: [], picture: fromPixels(pixels) }) });
  },
  say: (text) => strip.say(text),
});
const stroked = (strokes) => ({ strokes, picture: null, pen: store.state.pen });

const turnTo = (history) => {
  if (store.state.drawing || history === store.state.history) return;
  walker.stop();
  say("");
  store.set({ history, pen: history.present.pen ?? store.state.pen });
};
const undo = () => turnTo(drawings.undo(store.state.history));
const redo = () => turnTo(drawings.redo(store.state.history));
const put = (drawing) => turnTo(drawings.commit(store.state.history, drawing));
const clear = () => drawings.isBlank(present()) || put(drawings.BLANK);

$("undo").addEventListener("click", undo);
$("redo").addEventListener("click", redo);
$("clear").addEventListener("click", clear);
// There is one pen for a drawing, so another width draws all of its strokes anew: one step, from taking the slider to letting go.
let sliding = false;
$("pen").addEventListener("input", (event) => {
  const pen = event.target.valueAsNumber;
  const { history } = store.state;
  const step = sliding ? drawings.amend : drawings.commit;
  if (present().strokes.length === 0) return store.set({ pen });
  sliding = true;
  store.set({ pen, history: step(history, { ...present(), pen }) });
});
$("pen").addEventListener("change", () => (sliding = false));

addEventListener("keydown", (event) => {
  const command = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  let act = null;
  if (command && !event.altKey && key === "z") act = event.shiftKey ? redo : undo;
  else if (command && !event.altKey && key === "y") act = redo;
  else if (!command && event.key === "Delete" && !event.target.closest?.(".plot")) act = clear;
  else if (event.key === "Escape" && store.state.path.length > 0) act = walker.back;
  if (!act) return;
  event.preventDefault();
  act();
});

const beforeUpload = new WeakMap(); // for each drawing that is an upload, the history to go back to if it is refused

listenForPictures({
  button: $("upload"),
  input: $("file"),
  overlay: $("drop"),
  async take(file) {
    const wrong = objection(file);
    if (wrong) return say(wrong);
    const picture = await readUpload(file);
    const drawing = { strokes: [], picture };
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

const THEMES = ["system", "light", "dark"];
$("theme").addEventListener("click", () => {
  const theme = THEMES[(THEMES.indexOf(store.state.theme) + 1) % THEMES.length];
  try {
    localStorage.setItem("inkling.theme", theme);
  } catch {
    // Not remembered then; it still holds for this visit.
  }
  store.set({ theme });
});
systemDark.addEventListener("change", () => store.set({ dark: systemDark.matches }));

// ---------------------------------------------------------------- showing

/** What the parts of the page tell of a cell: that it is looked at, or pressed. */
function pointAt(cell, how, when) {
  if (!store.state.answer) return; // nothing to tell of yet
  if (how === "choose" || how === "keep") {
    timing.pressed(when);
    if (how === "choose") walker.choose(cell);
    else walker.keep(cell);
    const now = walker.explained();
    strip.speak(now, store.state.answer, walker.calculation(now));
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
const network = createNetwork(document, pointAt);
const answer = createAnswer($("answer"), $("grounds-below"));
const ways = createWays($("prepare"));
const stages = createStages($("stages"), $("pad-canvas"));
const strip = createStrip($("strip"), {
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
});
/** What was pressed is gone with the calculation it stood in: the focus goes to the new one, which is also said. */
function settleOn(cell) {
  paintNow();
  strip.focus();
  strip.speak(cell, store.state.answer, walker.calculation(cell));
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
      if (collects) tell.show();
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
  strip.show({ ...state, cell, found, theme, pinned, channel, temperature });
  if (found && state.code) showProgram(codeOf(cell, found.value)[state.code]);
  $("play").disabled = !found || !slides(byName[cell.layer].kind);
  $("why").disabled = $("follow").disabled = $("step").disabled = state.answer.prediction.verdict === "blank";
  views[state.view]?.show({ cell, answer: state.answer, scale: state.scale, theme, weights: state.weights });
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
  if (differs("hovered", "auto", "path", "channel", "code", "weights", "view")) paintSoon({ strip: true, marks: true });
  if (differs("pointed")) paintSoon({ marks: true });
  if (differs("view", "sorted")) showView(state);
  if (differs("code")) showCode(state);
  if (differs("playing", "path")) showWalk(state);
  if (differs("path") && phone.matches && state.path.length > 0) showLayer(here(state.path).layer);
  if (differs("path") && (state.path.length > 0) !== (before.path.length > 0)) openSheet(state.path.length > 0 && state.view === "network");
  if (differs("answer") && state.answer.exact && !before.answer?.exact && state.hovered) store.set({ hovered: null });
  if (linkable && (drawn || differs("prepare", "scale", "view", "sorted", "path", "code", "channel", "pen"))) remember(state, before);
});

// ---------------------------------------------------------------- views, code, the walk's controls

const views = { map: createMapView($("view-map"), pointAt), table: createTableView($("view-table"), pointAt), trust: createTrust($("view-trust")) };
tellOfMore(document.querySelector("#view-costs .scroller"));
const tell = createTell($("tell"), { asked: toTellOf, say });

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

const selectView = tabs($("views"), ({ dataset }) => store.set({ view: dataset.view }));
const selectCode = tabs($("code-tabs"), ({ dataset }) => store.set({ code: dataset.code || null }));

function showView({ view, sorted }) {
  selectView(({ dataset }) => dataset.view === view);
  $("columns").hidden = view !== "network";
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
  const { drawing, prepare } = linked(present(), { pen, prepare: store.state.prepare, picture: stages.pictures.shifted.data });
  const upload = present().picture?.kind === "upload";
  const request = drawings.requestBody(upload ? { strokes: [], picture: drawing } : present(), { prepare, pen });
  return snippets({ cell, value, prepare, request, origin: location.origin, temperature });
}
$("copy-code").addEventListener("click", () => copy($("code").textContent, "The code is copied.", $("code")));

async function copy(text, done, shown) {
  try {
    await navigator.clipboard.writeText(text);
    say(done);
  } catch {
    // Not allowed, or not over https: select it, so that Ctrl C takes it.
    if (shown) getSelection().selectAllChildren(shown);
    say(shown ? "Press Ctrl C to copy what is selected." : "Copy the address of this page: it is the link.");
  }
}
$("copy-link").addEventListener("click", () => {
  const upload = present().picture?.kind === "upload";
  copy(address.link(linkState(store.state)), upload
    ? "The link is copied. It holds the 28 × 28 pixels that the network saw; the picture itself stays here."
    : "The link is copied: it opens this drawing at this place.");
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
  const { scale, view, sorted, path, code, channel, pen, prepare } = state;
  const picture = state.answer?.stages?.pictures.shifted.data;
  return { ...linked(state.history.present, { pen, prepare, picture }), scale, view, sorted, path, code, channel, model };
};
function remember(state, before) {
  if (state.drawing) return;
  const { path, playing } = state;
  const walked = path !== before.path && path.length !== before.path.length && !playing;
  if (walked || state.view !== before.view || state.code !== before.code) address.step(linkState(state));
  else address.now(linkState(state));
}
const address = createAddress({ model, restore });

/** Make the page what a link says. Without a state only the walk and the panels go back to how the page opens. */
function restore(state, problem) {
  linkable = false;
  walker.stop();
  if (problem) say(problem);
  if (!state) store.set({ path: [], code: null, channel: null, view: "network" });
  else {
    const { drawing, ...rest } = state;
    delete rest.model;
    const put = drawn(drawing);
    if (put === undefined) say(UNKNOWN_SAMPLE);
    const old = linkState(store.state).drawing;
    const changed = put !== undefined && JSON.stringify(old) !== JSON.stringify(drawing);
    const history = changed ? drawings.commit(store.state.history, put) : store.state.history;
    store.set({ ...rest, history, pen: put?.pen ?? store.state.pen, hovered: null });
  }
  linkable = true;
}

/** The drawing of a link as the page holds it; undefined if it is a sample that is not here. */
function drawn({ strokes, pen, sample, pixels }) {
  if (pixels) return { strokes: [], picture: fromPixels(pixels) };
  if (!sample) return strokes.length ? { strokes: strokes.map((stroke) => stroke.map(([x, y]) => [x, y, 0])), picture: null, pen } : drawings.BLANK;
  const picture = samplesByDigit[sample[0]]?.find(({ index }) => index === sample[1]);
  return picture && { strokes: [], picture };
}

function showControls({ history, drawing }) {
  $("undo").disabled = history.past.length === 0;
  $("redo").disabled = history.future.length === 0;
  $("clear").disabled = drawings.isBlank(history.present);
  $("pad-hint").hidden = !drawings.isBlank(history.present);
  if (!drawing) pad.describe(history.present);
  for (const [digit, button] of sampleButtons.entries()) {
    button.setAttribute("aria-pressed", String(history.present.picture?.label === digit));
  }
}

function showSwitches(state) {
  for (const name of ["prepare", "scale"]) $(name).querySelector(`[value="${state[name]}"]`).checked = true;
  $("prepare-text").textContent = PREPARE_TEXTS[state.prepare];
  $("pen").value = state.pen;
  document.querySelector(".nib").style.transform = `scale(${state.pen / drawings.PEN.most})`;
}

function showTheme(state) {
  const root = document.documentElement;
  if (state.theme === "system") delete root.dataset.theme;
  else root.dataset.theme = state.theme;
  const name = { system: "System", light: "Light", dark: "Dark" }[state.theme];
  $("theme-name").textContent = name;
  $("theme").setAttribute("aria-label", `Colours of the page: ${name.toLowerCase()}`);
}

// ---------------------------------------------------------------- samples, and the first picture

const sampleButtons = [];
let samplesByDigit = [];

function offerSamples({ byDigit }) {
  const next = byDigit.map(() => 0);
  for (const [digit, samples] of byDigit.entries()) {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-label", `Sample digit ${digit}`);
    button.title = `A ${digit} from MNIST's test set; again for another`;
    const thumbnail = document.createElement("canvas");
    thumbnail.width = thumbnail.height = drawings.SIDE;
    thumbnail.getContext("2d").drawImage(samples[0].bitmap, 0, 0);
    button.append(thumbnail);
    button.addEventListener("click", () => {
      // The first press shows the digit on the button, each further one the next of its kind.
      const shown = present().picture;
      next[digit] = shown?.label === digit ? (samples.indexOf(shown) + 1) % samples.length : 0;
      put({ strokes: [], picture: samples[next[digit]] });
    });
    sampleButtons.push($("samples").appendChild(button));
  }
}

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
  offerSamples(samples);
  const { state, problem } = address.read();
  // What someone has drawn in the meantime stays.
  if (untouched()) {
    const put = state && drawn(state.drawing);
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
