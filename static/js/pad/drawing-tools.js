/** The pad with its tools and keys; they change { history, drawing, pen } in the store. */
import * as drawings from "../core/drawing.js";
import { letterOf } from "../core/input.js";
import { createPad } from "./pad.js";
import { imageFromPixels } from "../ui/bitmap.js";
import { setDisabled } from "../ui/input/focus.js";

// Elements in which the pad's keys edit a text or change a value instead.
const FIELDS = 'input:not([type="radio"], [type="checkbox"]), textarea, select';

/**
 * `parts` are the elements { pad, canvas, undo, redo, clear, pen, hint, nib }; `pen` and `nib` may be missing. `on` has
 *
 *   before()        the user is about to change the drawing
 *   say(text)       show a message; "" hides it
 *   announce(text)  tell screen readers where the keyboard's cursor is
 *   moved(time)     a pointer has drawn at this time
 *   escape()        Esc was pressed outside the grid; returns whether that had an effect
 *   takes(event)    whether a key belongs to the drawing tools; keys in text boxes, sliders and lists never do
 */
export function createDrawingTools(store, parts, on) {
  const present = () => store.state.history.present;
  const stroked = (strokes) => ({ strokes, image: null, pen: store.state.pen });
  let mentionedReplacing = false;

  let before = null; // the history before the stroke that is being drawn

  const pad = createPad(parts.pad, parts.canvas, {
    begin(point, time) {
      on.before?.();
      const { history } = store.state;
      const { image, strokes } = history.present;
      on.say(image && !drawings.isBlank(history.present) && !mentionedReplacing ? `Your drawing has replaced the ${image.kind === "pixels" ? "painted cells" : "image"}. Undo brings ${image.kind === "pixels" ? "them" : "it"} back.` : "");
      mentionedReplacing ||= image !== null;
      on.moved?.(time);
      before = history;
      store.set({ drawing: true, history: drawings.commit(history, stroked(image ? [[point]] : [...strokes, [point]])) });
    },
    extend(points, time) {
      const { history } = store.state;
      const strokes = history.present.strokes;
      const stroke = [...strokes.at(-1)];
      if (!points.map((point) => drawings.extend(stroke, point)).includes(true)) return;
      on.moved?.(time);
      store.set({ history: drawings.amend(history, stroked([...strokes.slice(0, -1), stroke])) });
    },
    end() {
      const { history } = store.state;
      const strokes = drawings.bound(history.present.strokes);
      store.set({ drawing: false, history: drawings.amend(history, stroked(strokes)) });
    },
    cancel() {
      store.set({ drawing: false, history: before });
    },
    paint(pixels, goesOn) {
      on.before?.();
      const step = goesOn ? drawings.amend : drawings.commit;
      store.set({ history: step(store.state.history, { strokes: [], image: imageFromPixels(pixels) }) });
    },
    announce: on.announce,
  });

  const show = (history) => {
    if (store.state.drawing || history === store.state.history) return;
    on.before?.();
    on.say("");
    store.set({ history, pen: history.present.pen ?? store.state.pen });
  };
  const undo = () => show(drawings.undo(store.state.history));
  const redo = () => show(drawings.redo(store.state.history));
  const put = (drawing) => show(drawings.commit(store.state.history, drawing));
  const clear = () => drawings.isBlank(present()) || put(drawings.BLANK);

  parts.undo.addEventListener("click", undo);
  parts.redo.addEventListener("click", redo);
  parts.clear.addEventListener("click", clear);

  // All strokes of a drawing share one pen width. Moving the slider, from press to release, is one undo step.
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
    if (event.target.closest?.(FIELDS)) return;
    const command = event.ctrlKey || event.metaKey;
    const key = letterOf(event);
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
    /** Enable the buttons that have an effect now, and update the description of the pad. */
    showControls({ history, drawing }) {
      setDisabled(parts.undo, history.past.length === 0);
      setDisabled(parts.redo, history.future.length === 0);
      setDisabled(parts.clear, drawings.isBlank(history.present));
      parts.hint.hidden = !drawings.isBlank(history.present);
      if (!drawing) pad.describe(history.present);
    },
    showPen({ pen }) {
      parts.pen.value = pen;
      parts.nib.style.transform = `scale(${pen / drawings.PEN.most})`;
    },
  };
}
