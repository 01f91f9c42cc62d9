/** Captions and warnings for the stages of preprocessing. Nothing here touches the document. */
import { FIT, fits, LINES, PAD, SIDE } from "../../core/drawing.js";
import { FACTS } from "../../core/service-facts.js";
import { shiftInWords } from "../../core/text.js";

const WIDE = 1.5 * LINES[1]; // px; one and a half times as wide as MNIST's widest lines
const SMALL = SIDE / 2; // px; a smaller digit is far from MNIST's 20 px

const size = ([width, height]) => `${Math.round(width)} × ${Math.round(height)}`;
const factor = (scale) => `× ${scale.toPrecision(2)}`;

/** A caption for each stage, { name: text }. `images.shifted` is the network's input. */
export function stageTexts({ source, prepare, size: canvas, box, scale, line, pen, fitted, shift, inverted, drawn, images }) {
  const image = source === "image";
  // A blank pad is sent as black pixels; its caption is that of a drawing.
  const blank = source === "pixels" && !box;
  const subject = { strokes: "Your drawing", image: "Your image, in grey", pixels: blank || drawn ? "Your drawing" : "The sample" }[source];
  const noInk = image ? "No ink found." : "Nothing is drawn.";
  return {
    grey: `${subject}: ${size(blank && prepare !== "none" ? [PAD, PAD] : canvas)} px.`,
    ink: inverted ? "Dark ink on a light image: inverted, because MNIST is white on black." : "White ink on black, as in MNIST: nothing to invert.",
    box: box ? `Ink: ${size(onCanvas(box, canvas))} px, ${fits(prepare) ? "cut out" : "not cut out"}.` : noInk,
    fitted: scalingText({ image, prepare, box, scale, line, pen, fitted }),
    shifted: box ? shiftText(prepare, shift, images.shifted.data) : "Nothing to move.",
  };
}

function scalingText({ image, prepare, box, scale, line, pen, fitted }) {
  if (prepare === "resize") return `The whole ${image ? "image" : "pad"} is scaled to ${SIDE} × ${SIDE} px (${factor(scale)}).`;
  if (prepare === "none") return `Not scaled: drawn directly on ${SIDE} × ${SIDE} px.`;
  if (!box) return "Nothing to scale.";
  let how = `Scaled ${factor(scale)}`;
  // The lines of strokes are scaled, but not the pen's width, except in the mode own_pen.
  if (line !== null && prepare === "own_pen") how += `, pen ${Math.round(pen)} → ${line.toFixed(1)} px`;
  else if (line !== null) how = `Lines scaled ${factor(scale)}, pen ${line.toFixed(1)} px`;
  else if (image) how += lineChange(scale * Math.max(box[2] - box[0], box[3] - box[1]));
  return `${how}: now ${size(fitted)} px.`;
}

/**
 * What was done to the lines of an image, judged by the longer side of its original ink at the new scale, in pixels. Lines
 * that would be too thin at 20 px are thickened, and the ink is scaled a little smaller to make room. Lines that would
 * be too thick are thinned, and the ink is scaled a little larger.
 */
function lineChange(side) {
  if (side < FIT - 0.8) return ", thin lines thickened";
  return side > FIT + 0.2 ? ", thick lines thinned" : "";
}

function shiftText(prepare, shift, pixels) {
  const off = distanceFromCentre(pixels).toFixed(1);
  if (prepare === "uncentred") return `Not centred: the centre of mass is ${off} px from the middle.`;
  if (!fits(prepare)) return `Not moved: the centre of mass is ${off} px from the middle.`;
  const moved = shiftInWords(shift);
  return moved ? `Moved ${moved}: now the centre of mass is in the middle.` : "Not moved: the centre of mass is already in the middle.";
}

/** How far the centre of mass of a 28×28 image is from where MNIST has it, in pixels. */
function distanceFromCentre(pixels) {
  let [mass, down, across] = [0, 0, 0];
  for (let i = 0; i < pixels.length; i++) {
    mass += pixels[i];
    down += pixels[i] * Math.floor(i / SIDE);
    across += pixels[i] * (i % SIDE);
  }
  return mass === 0 ? 0 : Math.hypot(down / mass - FACTS.fit.centre, across / mass - FACTS.fit.centre);
}

/** The size of the part of a box that is on the canvas: at the edge, half of the pen's width is outside. */
function onCanvas([left, top, right, bottom], [width, height]) {
  return [Math.min(right, width) - Math.max(left, 0), Math.min(bottom, height) - Math.max(top, 0)];
}

/** What may go wrong with a drawing, beside the stage that shows it: { name: text }. */
export function stageWarnings({ source, prepare, size: canvas, box, scale, line, pen }) {
  if (!box) return {};
  const warnings = {};
  const sides = [box[2] - box[0], box[3] - box[1]];
  // Some MNIST samples fill their image, and strokes are cut off only where the pen leaves the pad.
  const slack = source === "strokes" ? 0 : 0.5;
  const touches = box[0] < slack || box[1] < slack || box[2] > canvas[0] - slack || box[3] > canvas[1] - slack;
  if (touches) warnings.box = "The ink touches the edge: is a part missing?";
  if (!fits(prepare)) {
    const ink = sides.map((side) => side * scale);
    if (Math.max(...ink) < SMALL) warnings.fitted = `The digit is only ${size(ink)} px.`;
  } else if (source === "strokes" && prepare === "own_pen") {
    if (line > WIDE) warnings.fitted = "The line is wider than any line in MNIST.";
  } else if (source === "strokes" && (FIT * pen) / Math.max(...sides) > WIDE) {
    warnings.fitted = "Small drawing, thick pen: the line was thinned.";
  }
  return warnings;
}
