/** The row of sample digits: one button per digit; pressing it again shows the next sample of the same digit. */
import { SIDE } from "../core/drawing.js";
import { el } from "../ui/dom.js";

/** `present()` is the current drawing, `put(drawing)` shows another. Returns show(drawing), which marks the one shown. */
export function createSampleRow(row, byDigit, { present, put }) {
  const next = byDigit.map(() => 0);
  const buttons = byDigit.map((samples, digit) => {
    const thumbnail = el("canvas", { width: SIDE, height: SIDE });
    thumbnail.getContext("2d").drawImage(samples[0].bitmap, 0, 0);
    const button = el("button", { type: "button", title: `Sample digit ${digit} from MNIST's test set. Press again for another sample.`, "aria-label": `Sample digit ${digit}` }, thumbnail);
    button.addEventListener("click", () => {
      const shown = present().image;
      next[digit] = shown?.label === digit ? (samples.indexOf(shown) + 1) % samples.length : 0;
      put({ strokes: [], image: samples[next[digit]] });
    });
    return row.appendChild(button);
  });
  return ({ image }) => {
    for (const [digit, button] of buttons.entries()) button.setAttribute("aria-pressed", String(image?.label === digit));
  };
}
