/**
 * The page's state as the part of its address after "#", so that a link is a step of the lesson. Nothing here touches
 * the document.
 *
 * A state is { drawing, prepare, scale, view, sorted, path, code, channel, work, model }. Its `drawing` is one of
 * { strokes, pen }, points as [x, y] on quarters of a pad unit and no strokes for a blank pad; { sample: [label, index] },
 * index as in MNIST's test set; { pixels }, 28 rows of 28 grey levels. `path` is the pinned cells, the oldest first.
 *
 *     m=lesson-6c02201a&v=table&at=logits.7~relu3.43~conv1.7.12.5&d=digit.7.0.mnist
 *
 * Whatever is as the page opens is left out. The drawing is always there and comes last, in a form no part of which is
 * whole: so a link that was cut off anywhere is known to be cut off.
 */
import { bound, MOST_POINTS, PAD, PEN, SIDE } from "../drawing.js";
import { FACTS } from "../facts.js";
import { byName, indexOf } from "../layers.js";

/** For each key of a link the part of the state it holds, and what that can be, the usual first. */
const CHOICES = {
  p: ["prepare", FACTS.modes.map(({ name }) => name)],
  s: ["scale", ["layer", "map", "fixed"]],
  v: ["view", ["network", "map", "table", "costs", "trust"]],
  sort: ["sorted", [false, true]],
  code: ["code", [null, "numpy", "torch", "curl"]],
  ch: ["channel", [null, ...Array(32).keys()]],
  work: ["work", [false, true]],
};
/** Of a longer path the link holds the newest cells. */
export const MOST_CELLS = 64;
const MOST_LENGTH = 100_000;
const TEST_PICTURES = 10_000;
const MODEL_NAME = /^[\w.-]{1,64}$/;

/** For a link to a test digit that is not among the samples. */
export const UNKNOWN_SAMPLE = damaged("its test digit is not one of the samples");

/** A state -> the fragment of the link to it, without "#". */
export function encode(state) {
  const parts = state.model ? [`m=${encodeURIComponent(state.model)}`] : [];
  for (const [key, [name, choices]] of Object.entries(CHOICES)) {
    if (choices.indexOf(state[name]) > 0) parts.push(`${key}=${state[name]}`);
  }
  if (state.path.length > 0) parts.push(`at=${state.path.slice(-MOST_CELLS).map(writeCell).join("~")}`);
  return [...parts, `d=${writeDrawing(state.drawing)}`].join("&");
}

/**
 * A fragment -> { state, problem }. `model` is the one that answers now. `problem` is "" or a sentence for the reader of
 * the page, with no word of the fragment in it but the name of other weights. The state is null when there is none
 * (no problem then) or when it is damaged.
 */
export function decode(fragment, { model }) {
  const text = String(fragment ?? "").replace(/^#/, "");
  if (text === "") return { state: null, problem: "" };
  try {
    return read(text, model);
  } catch (error) {
    const what = error instanceof Damage ? error.message : "it cannot be read";
    return { state: null, problem: damaged(what) };
  }
}

function read(text, here) {
  need(text.length <= MOST_LENGTH, "it is far too long");
  const parts = new Map(
    text.split("&").map((part) => {
      const [key, ...rest] = part.split("=");
      return [key, decodeURIComponent(rest.join("="))]; // some senders write "~" as "%7E"
    }),
  );
  need(["m", "at", "d", ...Object.keys(CHOICES)].some((key) => parts.has(key)), "it cannot be read");
  need(parts.has("d"), "its end is missing, and with it the drawing");
  const state = { drawing: readDrawing(parts.get("d")) };
  for (const [key, [name, choices]] of Object.entries(CHOICES)) {
    const at = parts.has(key) ? choices.map(String).indexOf(parts.get(key)) : 0;
    need(at >= 0, "one of its settings is unknown");
    state[name] = choices[at];
  }
  state.path = parts.has("at") ? readPath(parts.get("at")) : [];
  const model = parts.get("m") ?? here;
  if (model === here) return { state: { ...state, model }, problem: "" };
  const known = MODEL_NAME.test(model);
  const which = known ? ` (${model})` : "";
  const problem = `This link was made with other weights${which}; its numbers may differ here.`;
  return { state: { ...state, model: known ? model : null }, problem };
}

class Damage extends Error {}

function need(holds, what) {
  if (!holds) throw new Damage(what);
}

function damaged(what) {
  return `This link is damaged: ${what}. Here is the page as it opens.`;
}

// ---------------------------------------------------------------- cells

/** conv1.7.12.5: layer, map, row, column; of a layer that is a list the index alone, logits.7. */
function writeCell(cell) {
  const layer = byName[cell.layer];
  const place = layer.grid ? [indexOf(layer, cell)] : [cell.map, cell.row, cell.col];
  return [cell.layer, ...place].join(".");
}

function readPath(text) {
  const cells = text.split("~").map(readCell);
  need(cells.length <= MOST_CELLS, "it holds too many numbers to look at");
  return cells;
}

function readCell(text) {
  const [name, ...places] = text.split(".");
  const lost = "it points to a number that is not there";
  need(Object.hasOwn(byName, name) && places.every((place) => /^\d{1,4}$/.test(place)), lost);
  const layer = byName[name];
  const [map, row, col] = layer.grid ? [0, Math.floor(places[0] / layer.cols), places[0] % layer.cols] : places.map(Number);
  need(places.length === (layer.grid ? 1 : 3) && map < layer.maps && row < layer.rows && col < layer.cols, lost);
  return { layer: name, map, row, col };
}

// ---------------------------------------------------------------- drawings

const UNREADABLE = "the drawing in it cannot be read";

/**
 * A drawing as it stands on the page -> { drawing, prepare } of the state that shows the same numbers. An upload is too
 * large for a link, so what was made of it goes in, and as that is prepared already, it is to be left as it is.
 *
 * `picture` is the prepared picture, 28×28 grey levels in one list; only an upload needs it.
 */
export function linkableDrawing(drawing, { pen, prepare, picture }) {
  const { strokes, picture: shown } = drawing;
  if (shown === null) return { drawing: { strokes: strokes.map((stroke) => stroke.map(([x, y]) => [x, y])), pen }, prepare };
  if (shown.kind === "sample") return { drawing: { sample: [shown.label, shown.index] }, prepare };
  if (shown.kind === "pixels") return { drawing: { pixels: shown.pixels }, prepare };
  return { drawing: { pixels: inRows(picture) }, prepare: "none" };
}

/** A drawing alone as text, as it stands in a link behind "d=". */
export const encodeDrawing = (drawing) => writeDrawing(drawing);

/** The text back to a drawing: { drawing, problem }, the drawing null and the problem a sentence where it is damaged. */
export function decodeDrawing(text) {
  try {
    return { drawing: readDrawing(text), problem: "" };
  } catch {
    return { drawing: null, problem: damaged(UNREADABLE) };
  }
}

const inRows = (list) => Array.from({ length: SIDE }, (_, row) => Array.from(list.slice(row * SIDE, (row + 1) * SIDE)));

function writeDrawing(drawing) {
  if (drawing.sample) return `digit.${drawing.sample.join(".")}.mnist`;
  if (drawing.pixels) return `grey.${write(runs(drawing.pixels.flat()))}`;
  return `ink.${quarters(drawing.pen) / 4}.${write(steps(drawing.strokes))}`;
}

function readDrawing(text) {
  const [, kind, rest] = /^(digit|grey|ink)\.(.*)$/.exec(text) ?? [];
  need(kind, UNREADABLE);
  return { digit: readSample, grey: readPixels, ink: readInk }[kind](rest);
}

function readSample(text) {
  const [, label, index] = /^(\d)\.(\d{1,4})\.mnist$/.exec(text) ?? [];
  need(label && Number(index) < TEST_PICTURES, UNREADABLE);
  return { sample: [Number(label), Number(index)] };
}

/** Grey levels in runs of the same: level, length, level, length, … */
function runs(levels) {
  const numbers = [];
  for (let at = 0; at < levels.length; ) {
    const start = at;
    while (levels[at] === levels[start] && at < levels.length) at++;
    numbers.push(levels[start], at - start);
  }
  return numbers;
}

function readPixels(text) {
  const numbers = parse(text);
  const levels = [];
  for (let at = 0; at < numbers.length; at += 2) {
    const [level, length] = [numbers[at], numbers[at + 1]];
    need(level <= 255 && length >= 1 && levels.length + length <= SIDE * SIDE, UNREADABLE);
    for (let i = 0; i < length; i++) levels.push(level);
  }
  need(levels.length === SIDE * SIDE, UNREADABLE);
  return { pixels: inRows(levels) };
}

const quarters = (value) => Math.round(4 * value);

/**
 * Strokes as whole numbers: how many there are, then for each one how many points it has and, point by point, how far it
 * is from the point before, right and down, in quarters of a pad unit. From pointer event to pointer event that is little.
 */
function steps(strokes) {
  const drawn = bound(strokes.filter((stroke) => stroke.length > 0));
  const numbers = [drawn.length];
  let [x, y] = [0, 0];
  for (const stroke of drawn) {
    numbers.push(stroke.length);
    for (const point of stroke) {
      const [right, down] = [quarters(point[0]), quarters(point[1])];
      numbers.push(zigzag(right - x), zigzag(down - y));
      [x, y] = [right, down];
    }
  }
  return numbers;
}

function readInk(text) {
  const [, width, rest] = /^(\d\d(?:\.(?:25|5|75))?)\.([^.]*)$/.exec(text) ?? [];
  need(width >= PEN.least && width <= PEN.most, UNREADABLE);
  const numbers = parse(rest);
  let at = 0;
  const next = () => {
    need(at < numbers.length, UNREADABLE);
    return numbers[at++];
  };
  const many = "its drawing has too many points";
  const count = next();
  need(count <= MOST_POINTS, many);
  let [left, x, y] = [MOST_POINTS, 0, 0];
  const strokes = [];
  for (let i = 0; i < count; i++) {
    const length = next();
    need(length >= 1, UNREADABLE);
    left -= length;
    need(left >= 0, many);
    const stroke = [];
    for (let j = 0; j < length; j++) {
      x += unzigzag(next());
      y += unzigzag(next());
      need(Math.min(x, y) >= 0 && Math.max(x, y) <= 4 * PAD, UNREADABLE);
      stroke.push([x / 4, y / 4]);
    }
    strokes.push(stroke);
  }
  need(at === numbers.length, UNREADABLE);
  return { strokes, pen: Number(width) };
}

// ---------------------------------------------------------------- numbers as text

// 64 characters that no sender changes: five bits of a number in each, the lowest first, and a sixth for "it goes on".
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const CODES = new Map([...ALPHABET].map((character, code) => [character, code]));
const MOST_BITS = 20;

/** 0, −1, 1, −2, 2, … -> 0, 1, 2, 3, 4, …, so that what is near zero is short on both sides of it. */
const zigzag = (n) => (n < 0 ? -2 * n - 1 : 2 * n);
const unzigzag = (n) => (n % 2 ? -(n + 1) / 2 : n / 2);

function write(numbers) {
  let text = "";
  for (let n of numbers) {
    for (; n >= 32; n >>= 5) text += ALPHABET[32 | (n & 31)];
    text += ALPHABET[n];
  }
  return text;
}

function parse(text) {
  const numbers = [];
  let [n, bits] = [0, 0];
  for (const character of text) {
    const code = CODES.get(character);
    need(code !== undefined && bits < MOST_BITS, UNREADABLE);
    n |= (code & 31) << bits;
    bits += 5;
    if (code >= 32) continue;
    numbers.push(n);
    [n, bits] = [0, 0];
  }
  need(bits === 0, UNREADABLE);
  return numbers;
}

// ---------------------------------------------------------------- what a link hides

/** What `?hide=` can name, and what each hides: a page for a lesson that is to show one thing. */
export const HIDEABLE = Object.freeze({
  tools: "Undo, redo and clear.",
  pen: "The slider for the pen's width.",
  samples: "The row of test digits.",
  upload: "The button for a picture of your own.",
  prepare: "The switch between the ways of preparing the drawing.",
  stages: "What the network sees, stage by stage.",
  scale: "The switch for the ends of the colours, and the legend.",
  views: "The switch between the network, one map, the table and the costs.",
  code: "The calculation as a program.",
  link: "The button that copies the link.",
  follow: "The button that follows the strongest path back to the ink.",
  work: "The button that asks for numbers instead of showing them.",
});

/** The names in `?hide=pen,samples`, those that are known, in the order of HIDEABLE and each once. */
export function hiddenControls(search) {
  const named = new Set(new URLSearchParams(search).getAll("hide").join(",").split(","));
  return Object.keys(HIDEABLE).filter((name) => named.has(name));
}
