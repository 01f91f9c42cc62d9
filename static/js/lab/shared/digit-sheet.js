/** The digits of MNIST that the lab uses, from a sheet with 100 of them in a row. It is loaded when the first digit is drawn. */
import { FACTS } from "../../core/service-facts.js";
import { addressOf } from "../../core/service/address.js";

const { side } = FACTS.input;
const COLUMNS = 100;

/** `part` is "test" or "train"; `loaded()` is called when the digits can be drawn. */
export function createSheet(part, loaded) {
  let image = null;
  return {
    /** Draw the digit at a position on a canvas of 28×28 pixels, if the sheet has loaded. */
    draw(canvas, position) {
      if (!image) {
        image = new Image();
        image.addEventListener("load", loaded);
        image.src = addressOf(`/lab/digits/${part}.png`);
      }
      if (!image.complete || image.naturalWidth === 0) return;
      canvas.getContext("2d").drawImage(image, (position % COLUMNS) * side, Math.floor(position / COLUMNS) * side, side, side, 0, 0, side, side);
    },
    /** Whether the digits can be drawn. */
    get ready() {
      return Boolean(image?.complete);
    },
  };
}
