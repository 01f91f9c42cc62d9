/** A slider and a text box for the same number. */
import { el } from "../../ui/dom.js";
import { createRefusal } from "../../ui/messages.js";
import { numberOf, readNumber } from "../../core/input.js";

/** `changed(value)` is called when the user changes the number. Returns { node, value, set(value) }; set() does not call `changed`. */
export function createSlider({ label, min, max, step = 1, value, changed }) {
  const range = el("input", { type: "range", min: String(min), max: String(max), step: String(step), "aria-label": label });
  const box = el("input", { type: "number", min: String(min), max: String(max), step: String(step), "aria-label": `${label}, as a number` });
  const refusal = createRefusal();
  const node = el("div", { class: "slid-number" }, el("span", { "aria-hidden": "true" }, label), range, box, refusal.node);
  let current;
  let typing = false; // whether the text in the box is not finished: then it is left alone
  const put = (next) => {
    current = next;
    range.value = String(next);
    if (!typing && (document.activeElement !== box || numberOf(box.value) !== next)) box.value = String(next);
  };
  const accept = (text) => {
    const typed = numberOf(text);
    if (typed === null) return;
    const next = Math.min(Math.max(min + Math.round((typed - min) / step) * step, min), max);
    if (next === current) return;
    put(next);
    changed(next);
  };
  range.addEventListener("input", () => {
    refusal.say(box, "");
    accept(range.value);
  });
  // While the user types, only numbers in the range are accepted.
  const read = () => readNumber(box.value, { label: label[0].toUpperCase() + label.slice(1), kept: current, min, max, whole: true });
  box.addEventListener("input", () => {
    typing = read().says !== "";
    if (typing) return;
    refusal.say(box, "");
    accept(box.value);
  });
  box.addEventListener("change", () => {
    typing = false;
    const { says } = read();
    accept(box.value);
    box.value = String(current);
    if (says) refusal.say(box, says);
  });
  put(value);
  return {
    node,
    set: put,
    get value() {
      return current;
    },
  };
}
