/** The drawing in a link, as the pad holds it. */
import { BLANK } from "../core/drawing.js";
import { imageFromPixels } from "../ui/bitmap.js";

/** A drawing from core/links/permalink.js -> a drawing of the pad; undefined for a sample that is not in `byDigit`. */
export function drawingFromLink({ strokes, pen, sample, pixels }, byDigit) {
  if (pixels) return { strokes: [], image: imageFromPixels(pixels) };
  if (!sample) return strokes.length ? { strokes: strokes.map((stroke) => stroke.map(([x, y]) => [x, y, 0])), image: null, pen } : BLANK;
  const image = byDigit[sample[0]]?.find(({ index }) => index === sample[1]);
  return image && { strokes: [], image };
}
