/** Pixels as a canvas that can be drawn on other canvases. */
import { SIDE } from "../core/drawing.js";

/** A canvas with the pixels of `imageData`, SIDE × SIDE. */
export function bitmapOf(imageData) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  canvas.getContext("2d").putImageData(imageData, 0, 0);
  return canvas;
}

/** 28 rows of 28 grey levels, painted with the keyboard or from a link -> { kind: "pixels", pixels, bitmap }. */
export function imageFromPixels(pixels) {
  const imageData = new ImageData(SIDE, SIDE);
  new Uint32Array(imageData.data.buffer).set(pixels.flat().map((level) => (0xff000000 | (level * 0x010101)) >>> 0));
  return { kind: "pixels", pixels, bitmap: bitmapOf(imageData) };
}
