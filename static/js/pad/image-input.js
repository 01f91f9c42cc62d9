/** Images opened with the button, dropped anywhere on the page, or pasted become the drawing. */
import { SIDE } from "../core/drawing.js";
import { reasonToRefuse, readUpload, withUsualType } from "./uploads.js";

/** `parts` are the elements { button, input, overlay }; `put(drawing)` shows a drawing, `say(text)` a message. */
export function createImageInput(store, parts, { put, say }) {
  const historyBefore = new WeakMap(); // for each uploaded drawing, the history before it

  listenForFiles(parts, async (opened) => {
    const file = await withUsualType(opened);
    const wrong = reasonToRefuse(file);
    if (wrong) return say(wrong);
    const image = await readUpload(file);
    const drawing = { strokes: [], image };
    // The mode "none" may be left over from a link; images of other sizes than the network's input need another mode.
    const { width, height } = image.bitmap ?? {};
    if (store.state.prepare === "none" && !(width === SIDE && height === SIDE)) store.set({ prepare: "mnist" });
    historyBefore.set(drawing, store.state.history);
    put(drawing);
    say(image.note);
  });

  return {
    /** If this drawing is an upload and still on the pad, return to the history before it. */
    withdraw(drawing) {
      if (drawing === store.state.history.present && historyBefore.has(drawing)) store.set({ history: historyBefore.get(drawing) });
    },
  };
}

function listenForFiles({ button, input, overlay }, take) {
  button.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    if (input.files[0]) take(input.files[0]);
    input.value = ""; // so that the same file can be opened again
  });
  const carriesFile = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!carriesFile(event)) return;
    event.preventDefault();
    overlay.hidden = false;
  });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) overlay.hidden = true;
  });
  addEventListener("drop", (event) => {
    overlay.hidden = true;
    if (!carriesFile(event)) return;
    event.preventDefault();
    if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0]);
  });
  addEventListener("paste", (event) => {
    const file = [...(event.clipboardData?.files ?? [])][0];
    if (!file) return;
    event.preventDefault();
    take(file);
  });
}
