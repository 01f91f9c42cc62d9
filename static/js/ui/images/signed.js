/** Shows the numbers of a drawing's pixels as an image: blue below zero, orange above, and faint grey ink where it is zero. */
import { DIVERGING } from "../../core/colour.js";
import { FACTS } from "../../core/service-facts.js";

const { side } = FACTS.input;
const FAINTEST = 0.3; // strength of the grey in which ink without effect is drawn

/** Paint { values, pixels }, 28 rows of 28 numbers and of grey levels, on a canvas of 28×28 pixels; the colours end at `most`. */
export function paintSigned(canvas, { values, pixels }, theme, most = largest(values)) {
  const colours = DIVERGING[theme];
  const middle = (colours.length - 1) / 2;
  const grey = theme === "dark" ? 200 : 90;
  const image = new ImageData(side, side);
  const words = new Uint32Array(image.data.buffer);
  for (let i = 0; i < side * side; i++) {
    const [row, column] = [Math.floor(i / side), i % side];
    const share = Math.min(Math.max(values[row][column] / most, -1), 1);
    const colour = colours[Math.round(middle + middle * share)];
    // Ink that supports neither is grey, so that the drawing stays visible.
    words[i] = mixed(colour, grey, FAINTEST * (pixels[row][column] / 255) * (1 - Math.abs(share)));
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** The largest magnitude of the values, or a tiny number if all are zero. */
export const largest = (values) => Math.max(1e-9, ...values.flat().map(Math.abs));

/** Paint all colours in a row on a canvas of 255×1 pixels. */
export function paintSignedRamp(canvas, theme) {
  const colours = DIVERGING[theme];
  const strip = new ImageData(colours.length, 1);
  new Uint32Array(strip.data.buffer).set(colours);
  canvas.getContext("2d").putImageData(strip, 0, 0);
}

/** A colour word with `share` of a grey level mixed in. */
function mixed(colour, grey, share) {
  const channel = (shift) => Math.round(((colour >>> shift) & 255) * (1 - share) + grey * share) << shift;
  return ((255 << 24) | channel(16) | channel(8) | channel(0)) >>> 0;
}
