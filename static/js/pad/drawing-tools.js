/** Drawing by hand: the pad, its tools and its keys, on a store that holds { history, drawing, pen }. */
import * as drawings from "../core/drawing.js";
import { createPad } from "./pad.js";
import { imageFromPixels } from "../service/images.js";

/**
 * `parts` are the elements { pad, canvas, undo, redo, clear, pen, hint, nib }; `pen` and `nib` may be missing. `on` has
 *
 *   before()     something is about to change by hand
 *   say(text)    a line for the reader; "" takes it away
 *   tell(text)   where the keyboard's cursor is, for those who do not see it
 *   moved(when)  a pointer has drawn, at this moment
 *   escape()     Esc outside the grid; returns whether it meant something
 *   takes(event) whether the page has no better use for a key
 */
export function createDrawingTools(store, parts, on) {
  const present = () => store.state.history.present;
  const stroked = (strokes) => ({ strokes, picture: null, pen: store.state.pen });
  let toldOfReplacing = false;

  const pad = createPad(parts.pad, parts.canvas, {
    begin(point, when) {
      on.before?.();
      const { history } = store.state;
      const { picture, strokes } = history.present;
      on.say(picture && !drawings.isBlank(history.present) && !toldOfReplacing ? `Your drawing has replaced the ${picture.kind === "pixels" ? "one made cell by cell" : "picture"}; Undo brings it back.` : "");
      toldOfReplacing ||= picture !== null;
      on.moved?.(when);
      store.set({ drawing: true, history: drawings.commit(history, stroked(picture ? [[point]] : [...strokes, [point]])) });
    },
    extend(points, when) {
      const { history } = store.state;
      const strokes = history.present.strokes;
      const stroke = [...strokes.at(-1)];
      if (!points.map((point) => drawings.extend(stroke, point)).includes(true)) return;
      on.moved?.(when);
      store.set({ history: drawings.amend(history, stroked([...strokes.slice(0, -1), stroke])) });
    },
    end() {
      const { history } = store.state;
      const strokes = drawings.bound(history.present.strokes);
      store.set({ drawing: false, history: drawings.amend(history, stroked(strokes)) });
    },
    paint(pixels, goesOn) {
      on.before?.();
      const step = goesOn ? drawings.amend : drawings.commit;
      store.set({ history: step(store.state.history, { strokes: [], picture: imageFromPixels(pixels) }) });
    },
    say: on.tell,
  });

  const turnTo = (history) => {
    if (store.state.drawing || history === store.state.history) return;
    on.before?.();
    on.say("");
    store.set({ history, pen: history.present.pen ?? store.state.pen });
  };
  const undo = () => turnTo(drawings.undo(store.state.history));
  const redo = () => turnTo(drawings.redo(store.state.history));
  const put = (drawing) => turnTo(drawings.commit(store.state.history, drawing));
  const clear = () => drawings.isBlank(present()) || put(drawings.BLANK);

  parts.undo.addEventListener("click", undo);
  parts.redo.addEventListener("click", redo);
  parts.clear.addEventListener("click", clear);

  // There is one pen for a drawing, so another width draws all of its strokes anew: one step, from taking the slider to letting go.
  let sliding = false;
  parts.pen?.addEventListener("input", (event) => {
    const pen = event.target.valueAsNumber;
    const { history } = store.state;
    const step = sliding ? drawings.amend : drawings.commit;
    if (present().strokes.length === 0) return store.set({ pen });
    sliding = true;
    store.set({ pen, history: step(history, { ...present(), pen }) });
  });
  parts.pen?.addEventListener("change", () => (sliding = false));

  addEventListener("keydown", (event) => {
    const command = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    const takes = on.takes?.(event) ?? true;
    let act = null;
    if (command && !event.altKey && key === "z") act = event.shiftKey ? redo : undo;
    else if (command && !event.altKey && key === "y") act = redo;
    else if (!command && event.key === "Delete") act = clear;
    if (event.key === "Escape") return void (on.escape?.() && event.preventDefault());
    if (!act || !takes) return;
    event.preventDefault();
    act();
  });

  return {
    pad,
    present,
    put,
    /** What can be pressed now, and what the pad says of itself. */
    showControls({ history, drawing }) {
      parts.undo.disabled = history.past.length === 0;
      parts.redo.disabled = history.future.length === 0;
      parts.clear.disabled = drawings.isBlank(history.present);
      parts.hint.hidden = !drawings.isBlank(history.present);
      if (!drawing) pad.describe(history.present);
    },
    showPen({ pen }) {
      parts.pen.value = pen;
      parts.nib.style.transform = `scale(${pen / drawings.PEN.most})`;
    },
  };
}
