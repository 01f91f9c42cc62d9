/** Links from the page to the lesson, where it explains what is on the screen, with the drawing that is on the pad. */
import { setAttribute } from "../../ui/dom.js";
import { encode } from "../../core/links/lesson-permalink.js";
import { LESSON_PLACES } from "../../core/links/lesson-places.js";

/** The address in the lesson of one of LESSON_PLACES, of the lesson's beginning for any other name; with a drawing if there is one. */
export function addressOf(name, drawing = null, work = null) {
  const [section, step] = LESSON_PLACES[name] ?? [];
  const fragment = encode({ section, step, work, drawing });
  return fragment ? `/lesson#${fragment}` : "/lesson";
}

/** Have a link lead to one of LESSON_PLACES. */
export function lead(link, name) {
  setAttribute(link, "data-lesson", name);
  setAttribute(link, "href", addressOf(name));
}

/** Links with data-lesson take the drawing along, as `drawing()` gives it the moment before they are followed, and `work()`. */
export function carryDrawing(drawing, work) {
  for (const type of ["pointerdown", "pointerover", "focusin", "click"]) {
    addEventListener(type, ({ target }) => {
      const link = target.closest?.("a[data-lesson]");
      if (link) link.href = addressOf(link.dataset.lesson, drawing(), work());
    }, { capture: true });
  }
}
