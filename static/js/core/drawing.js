/**
 * Drawings as values, and their history. Nothing here touches the document.
 *
 * A drawing is { strokes, picture }. A stroke is a list of points [x, y, t]: x right and y down in pad units, t in
 * milliseconds. `picture` is null, or a sample, an upload, or cells: { kind: "sample", pixels, label, index, bitmap },
 * { kind: "upload", file, bitmap }, or { kind: "pixels", pixels, bitmap } for what was drawn with the keyboard or came
 * as grey levels. A drawing has strokes or a picture, never both. Strokes have the `pen` they were drawn with, one width for all of them, so that
 * undo brings the pen back too.
 */

import { FACTS } from "./facts.js";

/** The width and height of the network's input in pixels. */
export const SIDE = FACTS.input.side;
/** The pad is 280 units wide and high at every size on screen: ten for each pixel of the network's input. */
export const PAD = 10 * SIDE;
/** The longer side of the ink in pixels once it is fitted, and the smallest and largest line width in pixels then. */
export const FIT = FACTS.fit.side;
export const LINES = FACTS.fit.line_widths;
/** The pen's width in pad units. */
export const PEN = FACTS.pen;
/** Points closer than this to the one before are not kept: half a screen pixel at the pad's usual size. */
export const LEAST_STEP = 0.6;
export const MOST_POINTS = 4000;

export const BLANK = Object.freeze({ strokes: Object.freeze([]), picture: null });

/** Nothing on the pad: no stroke, no picture, or cells that have all been erased again. */
export function isBlank({ strokes, picture }) {
  if (picture?.kind === "pixels") return picture.pixels.every((row) => row.every((level) => level === 0));
  return picture === null && strokes.length === 0;
}

/** What is on the pad, in words. */
export function describe(drawing) {
  const { strokes, picture } = drawing;
  if (isBlank(drawing)) return "blank";
  if (picture?.kind === "sample") return `sample digit ${picture.label} from MNIST's test set`;
  if (picture?.kind === "pixels") return "drawn cell by cell";
  if (picture) return "your picture";
  return strokes.length === 1 ? "one stroke" : `${strokes.length} strokes`;
}

/** Add a point to a stroke unless it is nearer than `step` to the last one. Says whether it did. */
export function extend(stroke, [x, y, t], step = LEAST_STEP) {
  const last = stroke.at(-1);
  if (last && Math.hypot(x - last[0], y - last[1]) < step) return false;
  stroke.push([x, y, t]);
  return true;
}

/** The same stroke with points at least `step` apart; its first and last point stay. */
export function thin(stroke, step) {
  if (stroke.length < 3) return stroke;
  const kept = [stroke[0]];
  for (const point of stroke.slice(1, -1)) extend(kept, point, step);
  kept.push(stroke.at(-1));
  return kept;
}

const count = (strokes) => strokes.reduce((sum, stroke) => sum + stroke.length, 0);

/** Strokes of at most `most` points together: thinned more and more coarsely, and at last the oldest are left out. */
export function bound(strokes, most = MOST_POINTS) {
  let bounded = strokes;
  for (let step = 2 * LEAST_STEP; count(bounded) > most && step < PAD; step *= 2) {
    bounded = bounded.map((stroke) => thin(stroke, step));
  }
  while (count(bounded) > most) bounded = bounded.slice(1);
  return bounded;
}

/**
 * What the service is asked with, for this drawing: { type, body }, a JSON text or the upload's own bytes.
 *
 * With prepare=none the service takes coordinates on the 28×28 grid itself; else in pad units.
 */
export function requestBody(drawing, { prepare, pen }) {
  if (drawing.picture?.kind === "upload") {
    return { type: drawing.picture.file.type || "application/octet-stream", body: drawing.picture.file };
  }
  const json = (value) => ({ type: "application/json", body: JSON.stringify(value) });
  if (drawing.picture) return json({ pixels: drawing.picture.pixels });
  if (drawing.strokes.length === 0) return json({ pixels: Array.from({ length: SIDE }, () => Array(SIDE).fill(0)) });
  const scale = prepare === "none" ? SIDE / PAD : 1;
  const round = (value) => Math.round(value * scale * 1000) / 1000;
  const strokes = bound(drawing.strokes).map((stroke) => stroke.map(([x, y]) => [round(x), round(y)]));
  return json({ strokes, pen: round(pen), canvas: [round(PAD), round(PAD)] });
}

/**
 * What the service would say about the preparation of these strokes, told from the picture that came of it. It takes
 * the service many times longer to draw the stages than to answer, so while the pen moves they are not asked for.
 *
 * `picture` is the prepared picture, 28×28 grey levels. Pictures that are the pad itself are null.
 */
export function stagesOfStrokes(strokes, { prepare, pen }, picture) {
  const scale = prepare === "none" ? SIDE / PAD : 1;
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of strokes.flat()) {
    box[0] = Math.min(box[0], (x - pen / 2) * scale);
    box[1] = Math.min(box[1], (y - pen / 2) * scale);
    box[2] = Math.max(box[2], (x + pen / 2) * scale);
    box[3] = Math.max(box[3], (y + pen / 2) * scale);
  }
  const shifted = { width: SIDE, height: SIDE, data: picture };
  const common = { source: "strokes", prepare, size: [PAD * scale, PAD * scale], box, inverted: false, pen: pen * scale };
  if (!fits(prepare)) {
    const line = (pen * SIDE) / PAD;
    return { ...common, scale: SIDE / (PAD * scale), line, shift: [0, 0], pictures: { grey: null, ink: null, fitted: shifted, shifted } };
  }
  const { left, top, ...fitted } = inkOf(picture);
  const centred = [left - ((SIDE - fitted.width) >> 1), top - ((SIDE - fitted.height) >> 1)];
  const shift = prepare === "uncentred" ? [0, 0] : centred;
  return { ...common, ...fittedPen(box, pen, prepare), shift, pictures: { grey: null, ink: null, fitted, shifted } };
}

/** Whether a way of preparing cuts the ink out and fits it to 20 pixels. */
export const fits = (prepare) => prepare !== "resize" && prepare !== "none";

/** Pixels for each pad unit, and the width in pixels of the lines, of ink in this box: as the service works them out. */
function fittedPen(box, pen, prepare) {
  const whole = Math.max(box[2] - box[0], box[3] - box[1]);
  const [least, most] = prepare === "own_pen" ? [0, FIT / 2] : LINES;
  const line = Math.min(Math.max((FIT * pen) / whole, least), most);
  return { line, scale: (FIT - line) / Math.max(whole - pen, pen) };
}

/** The smallest rectangle that holds all ink of a 28×28 picture, cut out of it. */
function inkOf(picture) {
  let [left, top, right, bottom] = [SIDE, SIDE, -1, -1];
  for (let i = 0; i < picture.length; i++) {
    if (picture[i] === 0) continue;
    left = Math.min(left, i % SIDE);
    right = Math.max(right, i % SIDE);
    top = Math.min(top, Math.floor(i / SIDE));
    bottom = Math.floor(i / SIDE);
  }
  const [width, height] = [Math.max(right - left + 1, 1), Math.max(bottom - top + 1, 1)];
  const data = Uint8Array.from({ length: width * height }, (_, i) => picture[(top + Math.floor(i / width)) * SIDE + left + (i % width)]);
  return { left, top, width, height, data };
}

/** How a drawing came to be: what is on the pad now, what undo brings back, what redo does. */
export const history = (present = BLANK) => ({ past: [], present, future: [] });
const MOST_STEPS = 200;

export const commit = (h, drawing) => ({
  past: [...h.past, h.present].slice(-MOST_STEPS),
  present: drawing,
  future: [],
});
/** Put another drawing in the place of the present one, without a step of its own: a stroke that is growing. */
export const amend = (h, drawing) => ({ ...h, present: drawing });
export const undo = (h) =>
  h.past.length === 0 ? h : { past: h.past.slice(0, -1), present: h.past.at(-1), future: [h.present, ...h.future] };
export const redo = (h) =>
  h.future.length === 0 ? h : { past: [...h.past, h.present], present: h.future[0], future: h.future.slice(1) };
