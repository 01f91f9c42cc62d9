/** Grey images of 28×28 pixels. */
import { FACTS } from "../../core/service-facts.js";

const { side } = FACTS.input;

/** Paint 28 rows of 28 grey levels on a canvas of 28×28 pixels. */
export function paintGrey(canvas, pixels) {
  const image = new ImageData(side, side);
  new Uint32Array(image.data.buffer).set(pixels.flat().map((level) => (0xff000000 | (Math.round(level) * 0x010101)) >>> 0));
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** The image without some of its pixels, which are [row, column]. */
export function without(pixels, places) {
  const rows = pixels.map((row) => [...row]);
  for (const [row, column] of places) rows[row][column] = 0;
  return rows;
}
