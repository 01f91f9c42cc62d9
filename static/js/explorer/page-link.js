/** The link to the page's current state: kept in the address bar, copied with a button, and opened. */
import { commit } from "../core/drawing.js";
import { linkableDrawing } from "../core/links/drawing-text.js";
import { UNKNOWN_SAMPLE } from "../core/links/permalink.js";
import { copy } from "../ui/clipboard.js";
import { isSimple } from "./first/first-view.js";
import { createAddressBar } from "./address-bar.js";

const UPLOAD_COPIED = "The link is copied. It contains the 28 × 28 pixels that the network saw, not your image file.";
const COPIED = "The link is copied. It opens this drawing with the same cell and tab.";

/** `drawingFromLink(drawing)` turns a link's drawing into the pad's; it returns undefined if the page does not have that sample. */
export function createPageLink(store, walker, { button, model, drawingFromLink, say }) {
  let active = false; // until the first drawing is shown, the address is still the link that was opened
  const addressBar = createAddressBar({ model, restore });
  button.addEventListener("click", () => {
    const upload = store.state.history.present.image?.kind === "upload";
    copy(addressBar.link(stateFor(store.state)), { say, done: upload ? UPLOAD_COPIED : COPIED });
  });

  /** The link's state; see core/links/permalink.js. */
  function stateFor(state) {
    const { scale, first, view, pair, sorted, path, code, channel, pen, prepare, work, calibrated, weightSet } = state;
    const pixels = state.answer?.stages?.images.shifted.data;
    return { ...linkableDrawing(state.history.present, { pen, prepare, pixels }), scale, first, view, pair, sorted, path, code, channel, work, calibrated, weightSet, model: weightSet ? null : model };
  }

  /** Show what a link says; with `opening`, opening-view.js has chosen the simple or the full view. Without a state only the walk, the tabs and the softmax return to their defaults. */
  function restore(state, problem, { opening = false } = {}) {
    active = false;
    walker.stop();
    if (problem) say(problem);
    if (!state) store.set({ path: [], code: null, channel: null, view: "network", pair: null, work: false, calibrated: true, weightSet: null });
    else {
      const { drawing, ...rest } = state;
      delete rest.model;
      rest.first = isSimple(opening ? { ...rest, first: store.state.first } : rest);
      const opened = drawingFromLink(drawing);
      if (opened === undefined) say(UNKNOWN_SAMPLE);
      const changed = opened !== undefined && JSON.stringify(stateFor(store.state).drawing) !== JSON.stringify(drawing);
      const history = changed ? commit(store.state.history, opened) : store.state.history;
      store.set({ ...rest, history, pen: opened?.pen ?? store.state.pen, hovered: null });
    }
    active = true;
  }

  return {
    read: addressBar.read,
    restore,
    /** The drawing in the form that links contain. */
    drawing: () => stateFor(store.state).drawing,
    /** Begin to keep the address up to date. */
    activate: () => (active = true),
    /** Update the address; a step of the walk or another tab is an entry in the browser's history. */
    update(state, before) {
      const { image } = state.history.present; // an upload's link contains the preprocessed image, which comes with the response
      if (!active || state.drawing || (image?.kind === "upload" && state.answer?.image !== image)) return;
      const { path, playing } = state;
      const stepped = path !== before.path && path.length !== before.path.length && !playing;
      if (stepped || ["first", "view", "code"].some((key) => state[key] !== before[key])) addressBar.push(stateFor(state));
      else addressBar.replace(stateFor(state));
    },
  };
}
