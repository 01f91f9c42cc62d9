/** Strokes as grey levels, computed without a canvas: some browsers change the pixels that a page reads from one. */
import { PAD } from "../core/drawing.js";

/** How much of each pad unit the strokes cover: Uint8Array of PAD × PAD values from 0 to 255, row by row. */
export function rasterise(strokes, pen) {
  const levels = new Uint8Array(PAD ** 2);
  for (const stroke of strokes) {
    const ends = stroke.length === 1 ? [stroke[0], stroke[0]] : stroke;
    for (let i = 1; i < ends.length; i++) cover(levels, ends[i - 1], ends[i], pen / 2);
  }
  return levels;
}

/** Add a line with round ends. At its edge, one unit wide, the level falls from 255 to 0, as with antialiasing. */
function cover(levels, [x0, y0], [x1, y1], radius) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const length = dx * dx + dy * dy;
  const [left, right] = span(x0, x1, radius);
  const [top, bottom] = span(y0, y1, radius);
  for (let row = top; row < bottom; row++) {
    for (let col = left; col < right; col++) {
      const [x, y] = [col + 0.5 - x0, row + 0.5 - y0];
      const along = length > 0 ? Math.min(Math.max((x * dx + y * dy) / length, 0), 1) : 0;
      const distance = Math.hypot(x - along * dx, y - along * dy);
      const level = 255 * Math.min(Math.max(radius + 0.5 - distance, 0), 1);
      const at = row * PAD + col;
      if (level > levels[at]) levels[at] = Math.round(level);
    }
  }
}

/** The pad units that a line with this radius reaches, from the first to the one after the last. */
const span = (from, to, radius) => [
  Math.max(Math.floor(Math.min(from, to) - radius - 1), 0),
  Math.min(Math.ceil(Math.max(from, to) + radius + 1), PAD),
];
