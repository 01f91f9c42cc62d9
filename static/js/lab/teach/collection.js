/** The drawings that the student has collected, as thumbnails; they stay in this tab and are never sent to be stored. */
import { FACTS } from "../../core/service-facts.js";
import { el, replaceIfChanged } from "../../ui/dom.js";
import { heldOut } from "./texts.js";

const MOST = FACTS.limits.taught_drawings;
const SIZE = 56; // px

/** `changed()` is called when the collection changes. Returns { list, canUndo, add, set, undo, clear, pictureOf, show }. */
export function createCollection(node, lab, changed) {
  let list = []; // { label, strokes, pen }
  let past = [];

  function put(next) {
    past = [...past, list].slice(-100);
    list = next;
    changed();
  }

  function picture({ strokes, pen }, described) {
    const canvas = el("canvas", { width: SIZE, height: SIZE, ...described });
    const context = canvas.getContext("2d");
    context.scale(SIZE / lab.pad, SIZE / lab.pad);
    lab.drawOn(context, { strokes, image: null }, pen);
    return canvas;
  }

  function thumbnail(drawing, out, i) {
    const { label } = drawing;
    const canvas = picture(drawing, { role: "img", "aria-label": `A drawing of ${label}${out ? ", held out" : ""}` });
    const remove = el("button", { type: "button", "aria-label": `Remove drawing ${i + 1}, a ${label}` }, "×");
    remove.addEventListener("click", () => put(list.filter((_, at) => at !== i)));
    return el("figure", { class: out ? "held-out" : undefined }, canvas, el("figcaption", {}, el("b", {}, String(label)), out ? " test" : "", remove));
  }

  return {
    get list() {
      return list;
    },
    get canUndo() {
      return past.length > 0;
    },
    /** Add a drawing. Returns whether there was room for it. */
    add(drawing) {
      if (list.length === MOST) return false;
      put([...list, drawing]);
      return true;
    },
    /** Replace all drawings by the first MOST of `next`, and forget the steps of undo. */
    set(next) {
      [list, past] = [next.slice(0, MOST), []];
      changed();
    },
    undo() {
      list = past.at(-1) ?? list;
      past = past.slice(0, -1);
      changed();
    },
    clear: () => put([]),
    /** An image of the drawing at a place of the list, for rows of tables that name it in words. */
    pictureOf: (at) => picture(list[at], { "aria-hidden": "true" }),
    show() {
      const out = heldOut(list.map(({ label }) => label));
      replaceIfChanged(node, list, () => list.map((each, i) => thumbnail(each, out[i], i)));
    },
  };
}
