/** Links to the part of the lesson that explains what is on the screen, with the drawing on the pad. */
import { setAttribute } from "../../ui/dom.js";
import { encode } from "../../core/links/lesson-permalink.js";
import { LESSON_PLACES } from "../../core/links/lesson-places.js";
import { addressOf as serviceAddress } from "../../core/service/address.js";

/** The address of one of LESSON_PLACES, or of the lesson's beginning for any other name, with the drawing if there is one. */
export function addressOf(name, drawing = null, work = null) {
  const [section, step] = LESSON_PLACES[name] ?? [];
  const fragment = encode({ section, step, work, drawing });
  return serviceAddress(fragment ? `/lesson#${fragment}` : "/lesson");
}

/** Make a link lead to one of LESSON_PLACES. */
export function linkToLesson(link, name) {
  setAttribute(link, "data-lesson", name);
  setAttribute(link, "href", addressOf(name));
}

/** Add the current `drawing()` and `work()` to every link with data-lesson, just before it is followed. */
export function carryDrawing(drawing, work) {
  for (const type of ["pointerdown", "pointerover", "focusin", "click"]) {
    addEventListener(type, ({ target }) => {
      const link = target.closest?.("a[data-lesson]");
      if (link) link.href = addressOf(link.dataset.lesson, drawing(), work());
    }, { capture: true });
  }
}
