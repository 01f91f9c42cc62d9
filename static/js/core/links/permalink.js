/**
 * The state of the main page as the part of its address after "#". Nothing here touches the document.
 *
 * A state is { drawing, prepare, scale, first, view, pair, sorted, path, code, channel, work, calibrated, weightSet, model }. Its `drawing` is one of
 * { strokes, pen }, with points [x, y] in quarters of a pad unit, and without strokes for a blank pad; { sample: [label, index] },
 * index in MNIST's test set; { pixels }, 28 rows of 28 grey levels. `path` has the pinned cells, the oldest first.
 *
 *     m=lesson-6c02201a&v=table&at=logits.7~relu3.43~conv1.7.12.5&d=digit.7.0.mnist
 *
 * Defaults are left out. The drawing is always there and comes last. If its text is cut off, it is no longer valid, so a truncated
 * link is always noticed.
 */
import { FACTS } from "../service-facts.js";
import { byName, indexOf } from "../layers.js";
import { check, Damage, damaged } from "./damage.js";
import { drawingToText, textToDrawing } from "./drawing-text.js";
import { fromFragment, toFragment } from "./fragment.js";
import { isKnown, nameToText, textToName, unknownText } from "./weight-sets.js";

/** Two different digits, for the view "contrast": "0-1", "0-2", … */
const PAIRS = [...Array(100).keys()].filter((n) => n % 11).map((n) => `${Math.floor(n / 10)}-${n % 10}`);
/** For each parameter the property of the state and its possible values, the default first. */
const CHOICES = {
  p: ["prepare", FACTS.modes.map(({ name }) => name)],
  s: ["scale", ["layer", "map", "fixed"]],
  first: ["first", [false, true]],
  v: ["view", ["network", "map", "table", "costs", "trust", "contrast", "path"]],
  pair: ["pair", [null, ...PAIRS]],
  sort: ["sorted", [false, true]],
  code: ["code", [null, "numpy", "torch", "curl"]],
  ch: ["channel", [null, ...Array(byName.conv1.maps).keys()]],
  work: ["work", [false, true]],
  calibrated: ["calibrated", [true, false]],
};
/** The largest number of cells of a path in a link. Of a longer path, the link holds the newest cells. */
const MOST_CELLS = 64;
const MOST_LENGTH = 100_000;
const MODEL_NAME = /^[\w.-]{1,64}$/;

/** What is wrong with a link to a test digit that the page does not have. */
export const UNKNOWN_SAMPLE = damaged("its test digit is not one of the samples");

/** A state -> the fragment of its link, without "#". */
export function encode(state) {
  const parameters = state.model ? { m: state.model } : {};
  for (const [key, [name, choices]] of Object.entries(CHOICES)) {
    if (choices.indexOf(state[name]) > 0) parameters[key] = state[name];
  }
  if (state.weightSet) parameters.w = nameToText(state.weightSet);
  if (state.path.length > 0) parameters.at = state.path.slice(-MOST_CELLS).map(cellToText).join("~");
  return toFragment({ ...parameters, d: drawingToText(state.drawing) });
}

/**
 * A fragment -> { state, problem }. `model` is the name of the loaded weights. `problem` is "" or a sentence for the user. It
 * repeats nothing of the fragment except the name of other weights. The state is null if the fragment is empty (then there is no
 * problem) or damaged.
 */
export function decode(fragment, { model }) {
  const text = String(fragment ?? "").replace(/^#/, "");
  if (text === "") return { state: null, problem: "" };
  try {
    check(text.length <= MOST_LENGTH, "it is too long");
    return read(fromFragment(text), model);
  } catch (error) {
    return { state: null, problem: damaged(error instanceof Damage ? error.message : "it cannot be read") };
  }
}

function read(parameters, here) {
  check(["m", "at", "w", "d", ...Object.keys(CHOICES)].some((key) => parameters.has(key)), "it cannot be read");
  check(parameters.has("d"), "its end is missing, so it has no drawing");
  const state = { drawing: textToDrawing(parameters.get("d")) };
  for (const [key, [name, choices]] of Object.entries(CHOICES)) {
    const at = parameters.has(key) ? choices.map(String).indexOf(parameters.get(key)) : 0;
    check(at >= 0, "one of its settings is unknown");
    state[name] = choices[at];
  }
  state.path = parameters.has("at") ? textToPath(parameters.get("at")) : [];
  const named = parameters.has("w") ? textToName(parameters.get("w")) : null;
  state.weightSet = isKnown(FACTS.weights, named) ? named : null;
  if (named !== state.weightSet) return { state: { ...state, model: null }, problem: unknownText(FACTS.weights) };
  const model = parameters.get("m") ?? here;
  if (model === here) return { state: { ...state, model }, problem: "" };
  const valid = MODEL_NAME.test(model);
  const problem = `This link was made with other weights${valid ? ` (${model})` : ""}. The numbers may be different here.`;
  return { state: { ...state, model: valid ? model : null }, problem };
}

/** conv1.7.12.5: layer, map, row, column; for a layer that is a list only the index, logits.7. */
function cellToText(cell) {
  const layer = byName[cell.layer];
  const place = layer.grid ? [indexOf(layer, cell)] : [cell.map, cell.row, cell.col];
  return [cell.layer, ...place].join(".");
}

function textToPath(text) {
  const cells = text.split("~").map(textToCell);
  check(cells.length <= MOST_CELLS, "it contains too many cells");
  return cells;
}

function textToCell(text) {
  const [name, ...places] = text.split(".");
  const missing = "it points to a cell that does not exist";
  check(Object.hasOwn(byName, name) && places.every((place) => /^\d{1,4}$/.test(place)), missing);
  const layer = byName[name];
  const [map, row, col] = layer.grid ? [0, Math.floor(places[0] / layer.cols), places[0] % layer.cols] : places.map(Number);
  check(places.length === (layer.grid ? 1 : 3) && map < layer.maps && row < layer.rows && col < layer.cols, missing);
  return { layer: name, map, row, col };
}
