/** Drawings on a canvas, in pad units. */
import { PAD } from "../core/drawing.js";

/** Draw a drawing with a pen of `pen` pad units. */
export function drawOn(context, drawing, pen) {
  if (drawing.image) drawImage(context, drawing.image);
  drawStrokes(context, drawing.strokes, pen);
}

/** An image, as large as it fits on the pad, in the middle. */
export function drawImage(context, { bitmap, kind }) {
  if (!bitmap) return;
  const scale = Math.min(PAD / bitmap.width, PAD / bitmap.height);
  const [w, h] = [bitmap.width * scale, bitmap.height * scale];
  context.imageSmoothingEnabled = kind === "upload" && scale < 4;
  context.drawImage(bitmap, (PAD - w) / 2, (PAD - h) / 2, w, h);
}

export function drawStrokes(context, strokes, pen) {
  context.strokeStyle = context.fillStyle = "#fff";
  context.lineWidth = pen;
  context.lineCap = context.lineJoin = "round";
  for (const stroke of strokes) {
    context.beginPath();
    if (stroke.length === 1) {
      context.arc(stroke[0][0], stroke[0][1], pen / 2, 0, 2 * Math.PI);
      context.fill();
      continue;
    }
    context.moveTo(stroke[0][0], stroke[0][1]);
    for (let i = 1; i < stroke.length; i++) context.lineTo(stroke[i][0], stroke[i][1]);
    context.stroke();
  }
}
