/** Drawings as text, for links. */
import { bound, MOST_POINTS, PAD, PEN, SIDE } from "../drawing.js";
import { check, UNREADABLE_DRAWING } from "./damage.js";
import { numbersToText, textToNumbers, unzigzag, zigzag } from "./number-text.js";

const TEST_IMAGES = 10_000; // in MNIST's test set

/**
 * The pad's drawing -> { drawing, prepare } for a link that shows the same numbers. An upload is too large for a link: its
 * preprocessed image goes in, with the mode that changes nothing.
 *
 * `pixels` is the preprocessed image, 28×28 grey levels in one list; only an upload needs it.
 */
export function linkableDrawing(drawing, { pen, prepare, pixels }) {
  const { strokes, image: shown } = drawing;
  if (shown === null) return { drawing: { strokes: strokes.map((stroke) => stroke.map(([x, y]) => [x, y])), pen }, prepare };
  if (shown.kind === "sample") return { drawing: { sample: [shown.label, shown.index] }, prepare };
  if (shown.kind === "pixels") return { drawing: { pixels: shown.pixels }, prepare };
  return { drawing: { pixels: inRows(pixels) }, prepare: "none" };
}

const inRows = (list) => Array.from({ length: SIDE }, (_, row) => Array.from(list.slice(row * SIDE, (row + 1) * SIDE)));

/** A drawing as text, for the parameter `d` of a link. If the text is cut off, it is no longer a valid drawing. */
export function drawingToText(drawing) {
  if (drawing.sample) return `digit.${drawing.sample.join(".")}.mnist`;
  if (drawing.pixels) return `grey.${numbersToText(runs(drawing.pixels.flat()))}`;
  return `ink.${quarters(drawing.pen) / 4}.${numbersToText(steps(drawing.strokes))}`;
}

/** The drawing in a text. Throws Damage. */
export function textToDrawing(text) {
  const [, kind, rest] = /^(digit|grey|ink)\.(.*)$/.exec(text) ?? [];
  check(kind, UNREADABLE_DRAWING);
  return { digit: readSample, grey: readPixels, ink: readInk }[kind](rest);
}

function readSample(text) {
  const [, label, index] = /^(\d)\.(\d{1,4})\.mnist$/.exec(text) ?? [];
  check(label && Number(index) < TEST_IMAGES, UNREADABLE_DRAWING);
  return { sample: [Number(label), Number(index)] };
}

/** Run-length encoding of grey levels: level, length, level, length, … */
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
  const numbers = textToNumbers(text);
  const levels = [];
  for (let at = 0; at < numbers.length; at += 2) {
    const [level, length] = [numbers[at], numbers[at + 1]];
    check(level <= 255 && length >= 1 && levels.length + length <= SIDE * SIDE, UNREADABLE_DRAWING);
    for (let i = 0; i < length; i++) levels.push(level);
  }
  check(levels.length === SIDE * SIDE, UNREADABLE_DRAWING);
  return { pixels: inRows(levels) };
}

const quarters = (value) => Math.round(4 * value);

/**
 * Strokes as whole numbers: their count; then for each stroke the number of its points, and for each point its distance right and
 * down from the previous point, in quarters of a pad unit. These distances are small.
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
  check(width >= PEN.least && width <= PEN.most, UNREADABLE_DRAWING);
  const numbers = textToNumbers(rest);
  let at = 0;
  const next = () => {
    check(at < numbers.length, UNREADABLE_DRAWING);
    return numbers[at++];
  };
  const many = "its drawing has too many points";
  const count = next();
  check(count <= MOST_POINTS, many);
  let [left, x, y] = [MOST_POINTS, 0, 0];
  const strokes = [];
  for (let i = 0; i < count; i++) {
    const length = next();
    check(length >= 1, UNREADABLE_DRAWING);
    left -= length;
    check(left >= 0, many);
    const stroke = [];
    for (let j = 0; j < length; j++) {
      x += unzigzag(next());
      y += unzigzag(next());
      check(Math.min(x, y) >= 0 && Math.max(x, y) <= 4 * PAD, UNREADABLE_DRAWING);
      stroke.push([x / 4, y / 4]);
    }
    strokes.push(stroke);
  }
  check(at === numbers.length, UNREADABLE_DRAWING);
  return { strokes, pen: Number(width) };
}
