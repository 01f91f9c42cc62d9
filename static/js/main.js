/** The page: what is drawn is asked about, and what is answered is shown. Each part's own work is in its own file. */
import { createAnswer } from "./answer.js";
import * as drawings from "./drawing.js";
import { ASKED, byName, greyLevels, readAnswer } from "./layers.js";
import { createLink } from "./link.js";
import { createNetwork } from "./network.js";
import { createPad } from "./pad.js";
import { listenForPictures, loadSamples, objection, readUpload } from "./pictures.js";
import { parse } from "./safetensors.js";
import { createStages } from "./stages.js";
import { createStore } from "./store.js";
import { createStrip } from "./strip.js";
import { PREPARE_TEXTS } from "./words.js";

const $ = (id) => document.getElementById(id);
const systemDark = matchMedia("(prefers-color-scheme: dark)");

/**
 * history   drawings: past, present, future
 * drawing   whether a pointer is down on the pad
 * answer    the newest answer: { activations, prediction, stages, exact }; null before the first
 * hovered   the cell under the pointer, { layer, map, row, col }; null elsewhere
 * chosen    the cell the strip speaks of when nothing is under the pointer
 * kept      whether someone chose it; else it is the strongest cell of each new drawing
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
  hovered: null,
  chosen: null,
  kept: false,
});
const themeOf = ({ theme, dark }) => (theme === "system" ? (dark ? "dark" : "light") : theme);
const present = () => store.state.history.present;

// ---------------------------------------------------------------- asking

let lineage = 0; // grows whenever the page turns to something else than the stroke that goes on
let revision = 0; // grows with every point
let asked = 0; // how many wishes there were; the page is settled when the answer to the last of them is on the screen
let moments = []; // [revision, when] of pointer moves whose maps are not painted yet
let agreed = { prepare: "mnist" }; // the preparation of the last answer, to go back to when another is refused

const link = createLink({ answered, refused, status });

function ask({ fresh = false } = {}) {
  if (fresh) lineage++;
  $("answer").dataset.settled = "false";
  const { drawing, prepare, pen } = store.state;
  const layers = ASKED.join(",");
  const detail = drawing ? "dtype=uint8" : "dtype=float32&stages=true";
  link.want({
    url: `/feature-maps?prepare=${prepare}&layers=${layers}&${detail}`,
    ...drawings.requestBody(present(), { prepare, pen }),
    number: ++asked,
    lineage,
    revision,
    prepare,
    pen,
    drawn: present(),
    exact: !drawing,
  });
}

function answered(wish, buffer) {
  agreed = { prepare: wish.prepare };
  const answer = { ...readAnswer(parse(buffer)), exact: wish.exact, revision: wish.revision, number: wish.number, picture: wish.drawn.picture };
  answer.stages ??= drawings.stagesOfStrokes(wish.drawn.strokes, wish, greyLevels(answer.activations.input));
  strip.hush();
  const stays = store.state.kept || (store.state.chosen && !answer.exact) || answer.prediction.verdict === "blank";
  const chosen = (stays && store.state.chosen) || strongest(answer);
  store.set({ answer, chosen });
}

/** The cell with the largest number: what the strip speaks of before anyone has pointed at anything. */
function strongest({ activations }) {
  const [layer, values] = [byName.pool1, activations.pool1];
  const at = values.indexOf(Math.max(...values));
  const size = layer.rows * layer.cols;
  return { layer: layer.name, map: Math.floor(at / size), row: Math.floor((at % size) / layer.cols), col: at % layer.cols };
}

/** The service cannot take it and says why: say it, and go back to what it took before. */
function refused(wish, problem) {
  say(problem.detail);
  if (wish.drawn !== present()) return;
  if (wish.prepare !== agreed.prepare) store.set({ prepare: agreed.prepare });
  else if (beforeUpload.has(wish.drawn)) store.set({ history: beforeUpload.get(wish.drawn) });
}

let away = false;
function status(how, seconds) {
  away = how !== "ok";
  document.body.classList.toggle("away", away);
  const text = {
    ok: "",
    away: "The server is not answering; trying again… Your drawing is safe.",
    busy: `The server is busy; trying again in ${Math.ceil(seconds)} s…`,
  }[how];
  if ($("banner").textContent !== text) $("banner").textContent = text;
}

// A page that is only looked at asks nothing; so now and then it looks whether the service is still there.
const HEARTBEAT = 5;
setInterval(async () => {
  if (document.hidden || away || !link.idle) return;
  try {
    await fetch("/livez", { signal: AbortSignal.timeout(1000 * HEARTBEAT) });
  } catch {
    if (link.idle) link.hurry();
  }
}, 1000 * HEARTBEAT);
addEventListener("online", () => away && link.hurry());

const FADE = 8000; // ms
let fading = null;
function say(text) {
  clearTimeout(fading);
  $("message").textContent = text;
  if (text) fading = setTimeout(say, FADE, "");
}
$("close-message").addEventListener("click", () => say(""));

// ---------------------------------------------------------------- drawing

let toldOfReplacing = false;
const pad = createPad($("pad"), $("pad-canvas"), {
  begin(point, when) {
    const { history } = store.state;
    const { picture, strokes } = history.present;
    say(picture && !toldOfReplacing ? "Your drawing has replaced the picture; Undo brings it back." : "");
    toldOfReplacing ||= picture !== null;
    moved(when);
    store.set({ drawing: true, history: drawings.commit(history, stroked(picture ? [[point]] : [...strokes, [point]])) });
  },
  extend(points, when) {
    const { history } = store.state;
    const strokes = history.present.strokes;
    const stroke = [...strokes.at(-1)];
    if (!points.map((point) => drawings.extend(stroke, point)).includes(true)) return;
    moved(when);
    store.set({ history: drawings.amend(history, stroked([...strokes.slice(0, -1), stroke])) });
  },
  end() {
    const { history } = store.state;
    const strokes = drawings.bound(history.present.strokes);
    store.set({ drawing: false, history: drawings.amend(history, stroked(strokes)) });
  },
});
const stroked = (strokes) => ({ strokes, picture: null, pen: store.state.pen });

function moved(when) {
  moments.push([++revision, when]);
}

const turnTo = (history) => {
  if (store.state.drawing || history === store.state.history) return;
  say("");
  store.set({ history, pen: history.present.pen ?? store.state.pen });
};
const undo = () => turnTo(drawings.undo(store.state.history));
const redo = () => turnTo(drawings.redo(store.state.history));
const put = (drawing) => turnTo(drawings.commit(store.state.history, drawing));
const clear = () => drawings.isBlank(present()) || put(drawings.BLANK);

$("kept").addEventListener("click", () => release());
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
  else if (event.key === "Escape" && store.state.kept) act = release;
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
$("sheet").addEventListener("click", () => {
  const open = $("strip").classList.toggle("open");
  $("sheet").setAttribute("aria-expanded", String(open));
  $("sheet").textContent = open ? "less" : "more";
});

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

const network = createNetwork(document, (cell, how) => {
  const { chosen, kept } = store.state;
  if (how === "hover") store.set({ hovered: cell });
  else if (how === "choose" && kept && same(chosen, cell)) release();
  else store.set({ chosen: cell, hovered: null, kept: true });
  if (how === "key" || how === "focus") store.state.answer && strip.speak(cell, store.state.answer);
});
const same = (a, b) => ["layer", "map", "row", "col"].every((key) => a[key] === b[key]);
/** Let go of the cell that was kept. */
const release = () => store.set({ kept: false, hovered: null, chosen: store.state.answer && strongest(store.state.answer) });
const answer = createAnswer($("answer"));
const stages = createStages($("stages"), $("pad-canvas"));
const strip = createStrip($("strip"));

/** What must be painted anew before the next frame. */
const due = { pad: true, maps: false, strip: false, marks: false };
let frame = null;
function paintSoon(parts) {
  Object.assign(due, parts);
  frame ??= requestAnimationFrame(paint);
}

function paint() {
  frame = null;
  const { state } = store;
  const theme = themeOf(state);
  if (due.pad) pad.draw(state.history.present, state.pen, state.prepare === "none");
  if (state.answer) {
    if (due.maps) {
      network.paint(state.answer.activations, state.scale, theme);
      stages.show(state.answer.stages);
      answer.show(state.answer.prediction, state.answer.picture);
      $("answer").dataset.settled = String(state.answer.number === asked);
      if (state.answer.exact && state.answer.number === asked) answer.announce(state.answer.prediction, state.answer.picture);
    }
    const cell = state.hovered ?? state.chosen;
    const kept = state.kept && (!state.hovered || same(state.hovered, state.chosen));
    if (due.strip) strip.show(cell, state.answer, state.scale, theme, kept);
    if (due.marks) network.mark(cell, kept);
    if (due.maps) measure(state.answer.revision);
  }
  Object.assign(due, { pad: false, maps: false, strip: false, marks: false });
}

/** From each pointer move to its maps painted, as measures named "move-to-maps". */
function measure(painted) {
  const done = moments.filter(([r]) => r <= painted);
  moments = moments.filter(([r]) => r > painted);
  for (const [, start] of done) performance.measure("move-to-maps", { start, end: performance.now() });
  if (performance.getEntriesByName("move-to-maps").length > 2000) performance.clearMeasures("move-to-maps");
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
  if (differs("theme", "dark")) showTheme(state);
  if (differs("answer", "scale", "theme", "dark")) paintSoon({ maps: true, strip: true });
  if (differs("hovered", "chosen", "kept")) paintSoon({ strip: true, marks: true });
});

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
showSwitches(store.state);
showTheme(store.state);
const untouched = () => drawings.isBlank(present()) && store.state.history.past.length === 0;
try {
  const samples = await loadSamples();
  offerSamples(samples);
  // What someone has drawn in the meantime stays.
  if (untouched()) store.set({ history: drawings.history({ strokes: [], picture: samples.start }) });
} catch {
  say("The sample digits did not load; drawing works without them.");
  if (untouched()) ask();
}
showControls(store.state);
