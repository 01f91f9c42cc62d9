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

/** Paint a drawing, with lines of the width `pen`, over the whole of a square canvas: the thumbnail in the bar of a phone. */
export function paintThumbnail(canvas, drawing, pen) {
  const context = canvas.getContext("2d");
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.width);
  context.scale(canvas.width / PAD, canvas.width / PAD);
  drawOn(context, drawing, pen);
}
