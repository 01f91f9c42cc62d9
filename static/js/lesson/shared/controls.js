/** Controls of the sections: a slider with a number box, a switch with a few choices, a button that plays steps. */
import { el, setText } from "../../ui/dom.js";
import { createRefusal } from "../../ui/messages.js";
import { createSwitch } from "../../ui/switch.js";
import { readNumber } from "../../core/input.js";

/**
 * A slider and a box for the same whole number. `name` is before the slider, a text or a list of texts and elements; `label` is
 * the name for screen readers, and `part` is the letter of the number in the formula. `change(value)` is called when the user
 * changes the number. A message under the box says if a typed number was refused, or changed to fit the range.
 * Returns { node, value, set(value, { min, max }) }, which clamps to the range.
 */
export function createNumber({ name, label = name, min, max, step = 1, value, part, change }) {
  const ends = { min, max, step };
  const slider = el("input", { type: "range", ...ends, value, "aria-label": label });
  const box = el("input", { type: "number", ...ends, value, "aria-label": `${label}, as a number` });
  const refusal = createRefusal();
  const node = el("span", { class: "number-control" }, el("span", { class: "control-name", "data-part": part, "data-means": part }, ...[name].flat()), slider, box, refusal.node);
  const bounded = (number) => Math.min(Math.max(Math.round(number), Number(slider.min)), Number(slider.max));
  let current = value;
  let typing = false; // whether the user is typing in the box: then its text is left alone

  function put(number) {
    current = bounded(number);
    slider.value = current;
    if (!typing && (Number(box.value) !== current || box.value === "")) box.value = current;
  }
  slider.addEventListener("input", () => {
    put(slider.valueAsNumber);
    refusal.say(box, "");
    change(current);
  });
  // A valid number is accepted while the user types, so "12" is first accepted as "1". Other text is handled by "change".
  box.addEventListener("input", () => {
    const typed = box.valueAsNumber;
    typing = !Number.isInteger(typed) || bounded(typed) !== typed;
    if (typing) return;
    put(typed);
    refusal.say(box, "");
    change(current);
  });
  box.addEventListener("change", () => {
    typing = false;
    const { value: typed, says } = readNumber(box.value, { label, kept: current, min: Number(slider.min), max: Number(slider.max), whole: true });
    put(typed ?? current);
    box.value = current;
    change(current);
    if (says) refusal.say(box, says);
  });
  return {
    node,
    get value() {
      return current;
    },
    set(number, { min: least = slider.min, max: most = slider.max } = {}) {
      for (const input of [slider, box]) {
        input.min = least;
        input.max = most;
      }
      put(number);
      if (!typing) box.value = current;
      return current;
    },
  };
}

/** A switch with choices [value, text, title]; `name` is unique on the page. Returns { node, set(value) }. */
export function createChoice(name, legend, choices, changed) {
  const node = createSwitch(name, legend, choices, changed);
  return { node, set: (value) => (node.querySelector(`input[value="${value}"]`).checked = true) };
}

const STEP_MS = 800; // ms between two steps, long enough to read a sum

/**
 * A play button: `step()` does the next step and returns whether another step follows. With reduced motion, each click does
 * one step. Returns { node, stop() }.
 */
export function createPlayer(step, label = "play") {
  const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
  const glyph = el("span", { "aria-hidden": "true" });
  const word = el("span");
  const node = el("button", { type: "button", class: "quiet player" }, glyph, word);
  let timer = null;

  function show() {
    setText(glyph, timer ? "❚❚" : "▶");
    setText(word, timer ? "pause" : reducedMotion.matches ? "next step" : label);
  }
  function stop() {
    clearInterval(timer);
    timer = null;
    show();
  }
  const tick = () => {
    if (!step()) stop();
    node.dispatchEvent(new Event("change", { bubbles: true })); // the link must follow
  };
  node.addEventListener("click", () => {
    if (timer) return stop();
    if (!reducedMotion.matches) timer = setInterval(tick, STEP_MS);
    tick();
    show();
  });
  reducedMotion.addEventListener("change", stop);
  show();
  return { node, stop };
}
