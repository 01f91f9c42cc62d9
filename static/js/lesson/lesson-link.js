/** The lesson's link: kept in the address bar, copied with a button, and opened. */
import { decode, encode } from "../core/links/lesson-permalink.js";
import { createAddress } from "../ui/link/address.js";
import { SECTIONS } from "./sections.js";

/** Events after which a widget may show something else. Pointing at a cell can move a window, too. */
const EVENTS = ["input", "change", "click", "keyup", "pointerover"];

/**
 * `settings` are those of settings.js. `current()` is { work, drawing }, the rest of the link. `restore(read)` takes `work` and
 * the drawing of a link. `scrollTo(section)` is called with the section of a link; `say(text)` shows a message.
 */
export function createLessonLink({ article, settings, current, restore, scrollTo, say }) {
  let active = false; // until the first drawing is shown, the address is still the link that was opened
  let place = { section: null, step: null };
  const fragmentOf = (at) => encode({ ...at, ...current(), settings: settings.changed(at) });
  const address = createAddress();
  const read = () => decode(location.hash, SECTIONS);
  addEventListener("popstate", () => {
    address.cancel();
    show(read());
  });

  const changed = () => active && address.replace(() => fragmentOf(place));
  for (const type of EVENTS) article.addEventListener(type, changed);

  /** Show what a link says. */
  function show(read) {
    place = { section: read.section, step: read.step };
    restore(read);
    const problem = [read.problem, settings.restore(read)].filter(Boolean).join(" ");
    if (problem) say(problem);
    if (read.section) scrollTo(read.section);
  }

  return {
    read,
    show,
    /** Begin to keep the address up to date. */
    activate: () => (active = true),
    /** The drawing or the questions have changed. */
    changed,
    /** Go to a section, and to its step `step` if that is not null. This adds an entry to the browser's history. */
    open(section, step = null) {
      if (active) address.link(fragmentOf(place));
      place = { section, step };
      if (step) settings.open(section, step);
      address.push(fragmentOf(place));
      scrollTo(section);
    },
    /** The place and the settings, which the links to other pages take along. */
    place: () => ({ ...place, settings: settings.changed(place) }),
    /** The complete link to the page's current state. */
    link: () => address.link(fragmentOf(place)),
  };
}
