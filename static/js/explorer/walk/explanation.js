/** "Why this number": the path of the walk, the formula, and the calculation of one cell. */
import { write } from "./written-calculation.js";
import { el } from "../../ui/dom.js";
import { linkTerms } from "../../ui/glossary/links.js";
import { formula } from "../../ui/math/formula.js";
import { byName } from "../../core/layers.js";
import { createScrollHint } from "../../ui/scroll-hint.js";
import { before, strongest } from "../../core/walk/calculation.js";
import { number, subscript } from "../../core/text.js";

/**
 * `on` has go(cell) for a click on an operand, jump(i) for one on step i of the path, open(channel), answer() to begin at the
 * prediction, point(cell or null) for the operand under the pointer, and highlight(word or null) for the letter or
 * noun under it.
 */
export function createExplanation(root, on) {
  const $ = (id) => root.querySelector(`#${id}`);
  const panel = $("calculation");
  const targets = new WeakMap();
  const link = (button, cell) => targets.set(button, cell);

  const wordUnder = (event) => {
    const { means, lights } = event.target.closest?.("[data-means], [data-lights]")?.dataset ?? {};
    return means ?? lights ?? null;
  };
  const cellUnder = (event) => targets.get(event.target.closest?.("button"));
  panel.addEventListener("click", (event) => {
    const cell = cellUnder(event);
    if (cell) on.go(cell);
  });
  for (const type of ["pointerover", "focusin"]) {
    panel.addEventListener(type, (event) => on.point(cellUnder(event) ?? null));
    root.addEventListener(type, (event) => on.highlight(wordUnder(event)));
  }
  for (const type of ["pointerleave", "focusout"]) {
    panel.addEventListener(type, () => on.point(null));
    root.addEventListener(type, () => on.highlight(null));
  }

  const updateScrollHint = createScrollHint($("formula"), { focusable: true });
  new ResizeObserver(() => fitCrumbs()).observe($("crumbs"));

  let shown = null;
  return {
    /** Write the calculation out, as the last step of `path`, if it has changed. */
    show(state) {
      const { calculation, path, answer, theme, scale, channel } = state;
      const asking = Boolean(state.asking);
      const key = [calculation, answer, theme, scale, channel, asking];
      if (!shown || key.some((value, i) => value !== shown[i])) {
        shown = key;
        const inputs = before(calculation.cell.layer) ?? byName.input;
        const { kind, temperature } = calculation;
        const size = { linear: inputs.shape[0], softmax: temperature }[kind] ?? inputs.maps;
        $("formula").replaceChildren(formula(kind, size));
        updateScrollHint();
        panel.replaceChildren(...write(calculation, { activations: answer.activations, theme, scale, channel, link, open: on.open, strongest: asking && kind === "max_pool" ? null : strongest(calculation), asking }));
        for (const list of panel.querySelectorAll(".channels")) createScrollHint(list)();
        linkTerms(panel.querySelectorAll(".sentence, .caption:not([aria-hidden])"));
      }
      crumbs(path, answer, "strongest cell of conv1");
    },
    /** Show the path alone, while another cell is pointed at. */
    showPath: ({ path, answer }) => crumbs(path, answer, ""),
    /** The calculation. If it has the focus, Tab goes to its first operand. */
    panel,
    /** Focus the first operand. Returns false if there is none, or a program is shown instead of the calculation. */
    focusOperand() {
      const button = panel.hidden ? null : panel.querySelector("button");
      button?.focus();
      return button !== null;
    },
  };

  function crumbs(path, answer, start) {
    const list = $("crumbs");
    const { digit } = answer.prediction;
    const first = el("button", { type: "button", title: "Start at the answer" }, el("span", { class: "word" }, "answer"), digit === null ? "" : ` ${digit}`);
    first.addEventListener("click", on.answer);
    const steps = path.map((cell, i) => {
      const last = i === path.length - 1;
      const layer = byName[cell.layer];
      const name = subscript(layer, cell);
      const named = last || layer.shape[0] === 10; // the digit is worth the space
      const button = el("button", { type: "button", title: name, "aria-label": name, "aria-current": last ? "step" : undefined }, named ? name : layer.name);
      button.addEventListener("click", () => on.jump(i));
      return el("li", {}, button);
    });
    const note = path.length === 0 ? [el("li", { class: "note" }, start)] : [];
    list.replaceChildren(el("li", {}, first), ...steps, ...note);
    requestAnimationFrame(fitCrumbs);
  }

  /** Shorten the path if it does not fit, and scroll to its last step. */
  function fitCrumbs() {
    const list = $("crumbs");
    list.classList.remove("short", "scrolled");
    list.classList.toggle("short", list.scrollWidth > list.clientWidth);
    list.scrollLeft = list.scrollWidth;
    list.classList.toggle("scrolled", list.scrollLeft > 0);
  }
}

/** "conv1[7, 12, 5] is 1.2345" and what it is made of, for screen readers. */
export function spokenCalculation({ kind, cell, value, channels, bias, source, terms, winner }) {
  const start = `${subscript(byName[cell.layer], cell)} is ${number(value)}.`;
  if (kind === "convolution") return `${start} It is the sum of ${channels.length * 9} products and the bias ${number(bias)}.`;
  if (kind === "linear") return `${start} It is the sum of ${terms.length} products and the bias ${number(bias)}.`;
  if (kind === "max_pool") return `${start} It is the largest of four numbers, from row ${terms[winner].cell.row}, column ${terms[winner].cell.col}.`;
  if (source) return `${start} It comes from ${number(source.value)}.`;
  return start;
}
