/** Pixels as a canvas that can be drawn on other canvases. */
import { SIDE } from "../core/drawing.js";

/** A canvas that is not on the page. OffscreenCanvas is one too, but only since Safari 16.4. */
export function createCanvas(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas;
}

/** A canvas with 28 rows of 28 grey levels. */
function bitmapOf(pixels) {
  const imageData = new ImageData(SIDE, SIDE);
  new Uint32Array(imageData.data.buffer).set(pixels.flat().map((level) => (0xff000000 | (level * 0x010101)) >>> 0));
  const canvas = createCanvas(SIDE, SIDE);
  canvas.getContext("2d").putImageData(imageData, 0, 0);
  return canvas;
}

let truthful = null;

/**
 * Whether the pixels that a page reads from a canvas are those that it has drawn. Browsers that protect their users from being
 * recognised (Tor, LibreWolf, Firefox with resistFingerprinting) return noise or white instead.
 */
export function canReadPixels() {
  if (truthful !== null) return truthful;
  const context = createCanvas(SIDE, SIDE).getContext("2d", { willReadFrequently: true });
  const drawn = new ImageData(SIDE, SIDE);
  for (let i = 0; i < drawn.data.length; i++) drawn.data[i] = i % 4 === 3 ? 255 : (i * 37) % 256;
  context.putImageData(drawn, 0, 0);
  const { data } = context.getImageData(0, 0, SIDE, SIDE);
  truthful = data.every((level, i) => level === drawn.data[i]);
  return truthful;
}

/**
 * 28 rows of 28 grey levels, painted with the keyboard or from a link -> { kind: "pixels", pixels, bitmap }. The bitmap is made when
 * it is first needed: most of a page's samples are never shown.
 */
export function imageFromPixels(pixels) {
  let bitmap = null;
  return {
    kind: "pixels",
    pixels,
    get bitmap() {
      return (bitmap ??= bitmapOf(pixels));
    },
  };
}
