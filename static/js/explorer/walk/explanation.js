/** Why this number: the way one came, the formula, and the calculation of one cell; or the code that computes it. */
import { write } from "./written-calculation.js";
import { el } from "../../ui/dom.js";
import { formula } from "../../ui/math/formula.js";
import { byName } from "../../core/layers.js";
import { createScrollHint } from "../../ui/scroll-hint.js";
import { before, strongest } from "../../core/walk/calculation.js";
import { number, subscript } from "../../core/text.js";

/**
 * `on` has go(cell): an operand was pressed; jump(i): step i of the path was; open(channel); point(cell or null): an
 * operand is pointed at; light(part or null): a letter is; answer(): the walk is to begin at the answer.
 */
export function createExplanation(root, on) {
  const $ = (id) => root.querySelector(`#${id}`);
  const calculation = $("calculation");
  const targets = new WeakMap();
  const link = (button, cell) => targets.set(button, cell);

  const cellUnder = (event) => targets.get(event.target.closest?.("button"));
  calculation.addEventListener("click", (event) => {
    const cell = cellUnder(event);
    if (cell) on.go(cell);
  });
  for (const type of ["pointerover", "focusin"]) {
    calculation.addEventListener(type, (event) => on.point(cellUnder(event) ?? null));
    root.addEventListener(type, (event) => on.light(event.target.closest?.("[data-means]")?.dataset.means ?? null));
  }
  for (const type of ["pointerleave", "focusout"]) {
    calculation.addEventListener(type, () => on.point(null));
    root.addEventListener(type, () => on.light(null));
  }

  const formulaGoesOn = createScrollHint($("formula"));

  let drawn = null;
  return {
    /** Write `calculation` out, as the last step of `path`. Does nothing if what it shows is the same as before. */
    show(state) {
      const { found, path, answer, theme, scale, channel } = state;
      const asking = Boolean(state.asking);
      const key = [found, answer, theme, scale, channel, asking];
      if (!drawn || key.some((value, i) => value !== drawn[i])) {
        drawn = key;
        const inputs = before(found.cell.layer) ?? byName.input;
        const { kind, temperature } = found;
        const size = { linear: inputs.shape[0], softmax: temperature }[kind] ?? inputs.maps;
        $("formula").replaceChildren(formula(kind, size));
        formulaGoesOn();
        calculation.replaceChildren(...write(found, { activations: answer.activations, theme, scale, channel, link, open: on.open, strongest: asking && kind === "max_pool" ? null : strongest(found), asking }));
      }
      crumbs(path, answer, "strongest of conv1");
    },
    /** The way alone, while another cell is only looked at. */
    showPath: ({ path, answer }) => crumbs(path, answer, ""),
    /** Put the focus on the calculation, so that Tab goes on to its first operand. */
    focus: () => calculation.focus({ preventScroll: true }),
  };

  function crumbs(path, answer, start) {
    const list = $("crumbs");
    const { digit } = answer.prediction;
    const first = el("button", { type: "button", title: "Begin at the answer" }, el("span", { class: "word" }, "answer"), digit === null ? "" : ` ${digit}`);
    first.addEventListener("click", on.answer);
    const steps = path.map((cell, i) => {
      const last = i === path.length - 1;
      const layer = byName[cell.layer];
      const name = subscript(layer, cell);
      const named = last || layer.shape[0] === 10; // which digit's is worth its room
      const button = el("button", { type: "button", title: name, "aria-label": name, "aria-current": last ? "step" : undefined }, named ? name : layer.name);
      button.addEventListener("click", () => on.jump(i));
      return el("li", {}, button);
    });
    const note = path.length === 0 ? [el("li", { class: "note" }, start)] : [];
    list.replaceChildren(el("li", {}, first), ...steps, ...note);
    requestAnimationFrame(() => {
      list.classList.remove("short", "scrolled");
      list.classList.toggle("short", path.length > 0 && list.scrollWidth > list.clientWidth);
      list.scrollLeft = path.length ? list.scrollWidth : 0;
      list.classList.toggle("scrolled", list.scrollLeft > 0);
    });
  }
}

/** Light everything in `root` that has this part among the words of its data-part; null lights nothing. */
export function light(root, part) {
  for (const node of root.querySelectorAll(".lit")) node.classList.remove("lit");
  if (part) for (const node of root.querySelectorAll(`[data-part~="${part}"], math [data-means="${part}"]`)) node.classList.add("lit");
}

/** "conv1[7, 12, 5] is 1.2345", and what it is made of, for those who do not see the strip. */
export function spokenCalculation({ kind, cell, value, channels, bias, source, terms, winner }) {
  const head = `${subscript(byName[cell.layer], cell)} is ${number(value)}.`;
  if (kind === "convolution") return `${head} ${channels.length * 9} products, and the bias ${number(bias)}.`;
  if (kind === "linear") return `${head} ${terms.length} products, and the bias ${number(bias)}.`;
  if (kind === "max_pool") return `${head} The largest of four; it stands in row ${terms[winner].cell.row}, column ${terms[winner].cell.col}.`;
  if (source) return `${head} From ${number(source.value)}.`;
  return head;
}
