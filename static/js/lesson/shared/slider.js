/** A slider and a text box for the same number. */
import { el } from "../../ui/dom.js";
import { numberOf } from "../../ui/matrix.js";

/** `changed(value)` is called when the user changes the number. Returns { node, value, set(value) }; set() does not call `changed`. */
export function createSlider({ label, min, max, step = 1, value, changed }) {
  const range = el("input", { type: "range", min: String(min), max: String(max), step: String(step), "aria-label": label });
  const box = el("input", { type: "number", min: String(min), max: String(max), step: String(step), "aria-label": `${label}, as a number` });
  const node = el("div", { class: "slid-number" }, el("span", { "aria-hidden": "true" }, label), range, box);
  let current;
  const put = (next) => {
    current = next;
    range.value = String(next);
    if (document.activeElement !== box || numberOf(box.value) !== next) box.value = String(next);
  };
  const accept = (text) => {
    const typed = numberOf(text);
    if (typed === null) return;
    const next = Math.min(Math.max(min + Math.round((typed - min) / step) * step, min), max);
    if (next === current) return;
    put(next);
    changed(next);
  };
  range.addEventListener("input", () => accept(range.value));
  box.addEventListener("input", () => accept(box.value));
  box.addEventListener("change", () => (box.value = String(current)));
  put(value);
  return {
    node,
    set: put,
    get value() {
      return current;
    },
  };
}
