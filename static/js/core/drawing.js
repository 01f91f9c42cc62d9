/**
 * Drawings as values, and their history. Nothing here touches the document.
 *
 * A drawing is { strokes, image, pen }. A stroke is a list of points [x, y, t]: x right and y down in pad units, t in
 * milliseconds; `pen` is the width of all strokes, so that undo restores it too. `image` is null or an image:
 * { kind: "sample", pixels, label, index, bitmap }, { kind: "upload", file, bitmap }, or { kind: "pixels", pixels, bitmap } if it
 * was painted with the keyboard or comes from a link. A drawing has strokes or an image, never both.
 */

import { FACTS } from "./service-facts.js";

/** The width and height of the network's input in pixels. */
export const SIDE = FACTS.input.side;
/** The pad is 280 units wide and high at every size on screen: ten for each pixel of the network's input. */
export const PAD = 10 * SIDE;
/** After fitting, in pixels: the longer side of the ink, and the smallest and largest line width. */
export const FIT = FACTS.fit.side;
export const LINES = FACTS.fit.line_widths;
/** The pen's width in pad units. */
export const PEN = FACTS.pen;
/** Points closer than this to the last one are dropped: half a screen pixel at the pad's usual size. */
const LEAST_STEP = 0.6;
export const MOST_POINTS = 4000;

export const BLANK = Object.freeze({ strokes: Object.freeze([]), image: null });

/** Whether the pad is blank: no strokes and no image, or only empty cells. */
export function isBlank({ strokes, image }) {
  if (image?.kind === "pixels") return image.pixels.every((row) => row.every((level) => level === 0));
  return image === null && strokes.length === 0;
}

/** The drawing in words. */
export function describe(drawing) {
  const { strokes, image } = drawing;
  if (isBlank(drawing)) return "blank";
  if (image?.kind === "sample") return `sample digit ${image.label} from MNIST's test set`;
  if (image?.kind === "pixels") return "drawn cell by cell";
  if (image) return "your image";
  return strokes.length === 1 ? "one stroke" : `${strokes.length} strokes`;
}

/** Add a point to a stroke unless it is closer than `step` to the last one. Returns whether it was added. */
export function extend(stroke, [x, y, t], step = LEAST_STEP) {
  const last = stroke.at(-1);
  if (last && Math.hypot(x - last[0], y - last[1]) < step) return false;
  stroke.push([x, y, t]);
  return true;
}

/** The stroke with points at least `step` apart; its first and last points stay. */
export function thin(stroke, step) {
  if (stroke.length < 3) return stroke;
  const kept = [stroke[0]];
  for (const point of stroke.slice(1, -1)) extend(kept, point, step);
  kept.push(stroke.at(-1));
  return kept;
}

const count = (strokes) => strokes.reduce((sum, stroke) => sum + stroke.length, 0);

/** The strokes with at most `most` points in total: all strokes are thinned more and more, then the oldest ones are dropped. */
export function bound(strokes, most = MOST_POINTS) {
  let bounded = strokes;
  for (let step = 2 * LEAST_STEP; count(bounded) > most && step < PAD; step *= 2) {
    bounded = bounded.map((stroke) => thin(stroke, step));
  }
  while (count(bounded) > most) bounded = bounded.slice(1);
  return bounded;
}

/**
 * The request body for a drawing, { type, body }: JSON, or the file of an upload.
 *
 * With prepare=none, coordinates are on the 28×28 grid; otherwise they are in pad units.
 */
export function requestBody(drawing, { prepare, pen }) {
  if (drawing.image?.kind === "upload") {
    return { type: drawing.image.file.type || "application/octet-stream", body: drawing.image.file };
  }
  const json = (value) => ({ type: "application/json", body: JSON.stringify(value) });
  if (drawing.image) return json({ pixels: drawing.image.pixels });
  if (drawing.strokes.length === 0) return json({ pixels: Array.from({ length: SIDE }, () => Array(SIDE).fill(0)) });
  const scale = prepare === "none" ? SIDE / PAD : 1;
  const round = (value) => Math.round(value * scale * 1000) / 1000;
  const strokes = bound(drawing.strokes).map((stroke) => stroke.map(([x, y]) => [round(x), round(y)]));
  return json({ strokes, pen: round(pen), canvas: [round(PAD), round(PAD)] });
}

/**
 * The stages of preprocessing for these strokes, as the service would return them. The service takes much longer for the
 * stages than for the prediction, so they are not requested while the pen moves.
 *
 * `pixels` is the preprocessed image, 28×28 grey levels. Images that are the pad itself are null.
 */
export function stagesOfStrokes(strokes, { prepare, pen }, pixels) {
  const scale = prepare === "none" ? SIDE / PAD : 1;
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of strokes.flat()) {
    box[0] = Math.min(box[0], (x - pen / 2) * scale);
    box[1] = Math.min(box[1], (y - pen / 2) * scale);
    box[2] = Math.max(box[2], (x + pen / 2) * scale);
    box[3] = Math.max(box[3], (y + pen / 2) * scale);
  }
  const shifted = { width: SIDE, height: SIDE, data: pixels };
  const common = { source: "strokes", prepare, size: [PAD * scale, PAD * scale], box, inverted: false, pen: pen * scale };
  if (!fits(prepare)) {
    const line = (pen * SIDE) / PAD;
    return { ...common, scale: SIDE / (PAD * scale), line, shift: [0, 0], images: { grey: null, ink: null, fitted: shifted, shifted } };
  }
  const { left, top, ...fitted } = inkOf(pixels);
  const centred = [left - ((SIDE - fitted.width) >> 1), top - ((SIDE - fitted.height) >> 1)];
  const shift = prepare === "uncentred" ? [0, 0] : centred;
  return { ...common, ...fittedPen(box, pen, prepare), shift, images: { grey: null, ink: null, fitted, shifted } };
}

/** Whether a mode cuts the ink out and scales it to 20 px. */
export const fits = (prepare) => prepare !== "resize" && prepare !== "none";

/** The scale in pixels per pad unit, and the line width in pixels, for ink in this box, as the service computes them. */
function fittedPen(box, pen, prepare) {
  const side = Math.max(box[2] - box[0], box[3] - box[1]);
  const [least, most] = prepare === "own_pen" ? [0, FIT / 2] : LINES;
  const line = Math.min(Math.max((FIT * pen) / side, least), most);
  return { line, scale: (FIT - line) / Math.max(side - pen, pen) };
}

/** The bounding box of the ink in a 28×28 image, with the image cut to it. */
function inkOf(pixels) {
  let [left, top, right, bottom] = [SIDE, SIDE, -1, -1];
  for (let i = 0; i < pixels.length; i++) {
    if (pixels[i] === 0) continue;
    left = Math.min(left, i % SIDE);
    right = Math.max(right, i % SIDE);
    top = Math.min(top, Math.floor(i / SIDE));
    bottom = Math.floor(i / SIDE);
  }
  const [width, height] = [Math.max(right - left + 1, 1), Math.max(bottom - top + 1, 1)];
  const data = Uint8Array.from({ length: width * height }, (_, i) => pixels[(top + Math.floor(i / width)) * SIDE + left + (i % width)]);
  return { left, top, width, height, data };
}

/** A history: the drawing on the pad, those that undo returns to, and those that redo returns to. */
export const history = (present = BLANK) => ({ past: [], present, future: [] });
const MOST_STEPS = 200;

export const commit = (h, drawing) => ({
  past: [...h.past, h.present].slice(-MOST_STEPS),
  present: drawing,
  future: [],
});
/** Replace the present drawing without a new undo step: for a stroke that grows. */
export const amend = (h, drawing) => ({ ...h, present: drawing });
export const undo = (h) =>
  h.past.length === 0 ? h : { past: h.past.slice(0, -1), present: h.past.at(-1), future: [h.present, ...h.future] };
export const redo = (h) =>
  h.future.length === 0 ? h : { past: [...h.past, h.present], present: h.future[0], future: h.future.slice(1) };
