/** What the sections are steered with: a slider with its number, a switch of a few words, a button that plays steps. */
import { el, setText } from "../../ui/dom.js";
import { createSwitch } from "../../ui/switch.js";
import { plain } from "../../core/text.js";

/**
 * A slider and a box for the same whole number. `name` stands before them, `label` is what a reader of screens hears,
 * `part` the letter of the formula that it is. `change(value, note)` is told of what the reader does; `note` says so where
 * what was typed became another number, and is "" elsewhere.
 * Gives back { node, value, set(value, { min, max }) }; what lies beyond the ends becomes the end.
 */
export function createNumber({ name, label = name, min, max, step = 1, value, part, change }) {
  const ends = { min, max, step };
  const slider = el("input", { type: "range", ...ends, value, "aria-label": label });
  const box = el("input", { type: "number", ...ends, value, "aria-label": `${label}, typed` });
  const node = el("span", { class: "number-control" }, el("span", { class: "control-name", "data-part": part, "data-means": part }, name), slider, box);
  const bounded = (number) => Math.min(Math.max(Math.round(number), Number(slider.min)), Number(slider.max));
  let now = value;

  function put(number) {
    now = bounded(number);
    slider.value = now;
    if (Number(box.value) !== now || box.value === "") box.value = now;
  }
  slider.addEventListener("input", () => {
    put(slider.valueAsNumber);
    change(now);
  });
  // While somebody types, "1" on the way to "12" is a number as well; what is none waits.
  box.addEventListener("input", () => {
    const typed = box.valueAsNumber;
    if (!Number.isInteger(typed) || bounded(typed) !== typed) return;
    put(typed);
    change(now);
  });
  box.addEventListener("change", () => {
    const typed = box.valueAsNumber;
    put(Number.isFinite(typed) ? typed : now);
    box.value = now;
    change(now, Number.isFinite(typed) ? corrected(label, typed, now, slider.min, slider.max) : "");
  });
  return {
    node,
    get value() {
      return now;
    },
    set(number, { min: least = slider.min, max: most = slider.max } = {}) {
      for (const input of [slider, box]) {
        input.min = least;
        input.max = most;
      }
      put(number);
      box.value = now;
      return now;
    },
  };
}

/** What is said where a typed number was taken as another one; "" where it was not. */
export function corrected(label, typed, taken, min, max) {
  return typed === taken ? "" : `${label} takes whole numbers from ${plain(Number(min))} to ${plain(Number(max))}: ${plain(typed)} became ${plain(taken)}.`;
}

/** A switch of [value, text, title] choices; `name` is unlike any other on the page. Gives back { node, set(value) }. */
export function createChoice(name, legend, choices, changed) {
  const node = createSwitch(name, legend, choices, changed);
  return { node, set: (value) => (node.querySelector(`input[value="${value}"]`).checked = true) };
}

const EVERY = 800; // ms between two steps: long enough to read a sum

/**
 * A button that plays: `step()` does the next step and says whether there is another. Where motion is not wanted, each
 * press is one step. Gives back { node, stop() }.
 */
export function createPlayer(step, noun = "play") {
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const glyph = el("span", { "aria-hidden": "true" });
  const word = el("span");
  const node = el("button", { type: "button", class: "quiet player" }, glyph, word);
  let timer = null;

  function show() {
    setText(glyph, timer ? "❚❚" : "▶");
    setText(word, timer ? "pause" : still.matches ? "next step" : noun);
  }
  function stop() {
    clearInterval(timer);
    timer = null;
    show();
  }
  const tick = () => {
    if (!step()) stop();
  };
  node.addEventListener("click", () => {
    if (timer) return stop();
    if (!still.matches) timer = setInterval(tick, EVERY);
    tick();
    show();
  });
  still.addEventListener("change", stop);
  show();
  return { node, stop };
}

/** Bring a part of a section to the top of the window, once the section itself has been brought there. */
export const bring = (node) => requestAnimationFrame(() => node.scrollIntoView({ block: "start" }));
