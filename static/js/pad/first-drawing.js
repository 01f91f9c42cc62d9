/** The drawing with which a page opens: that of its link, or a sample. */
import { history, isBlank } from "../core/drawing.js";
import { drawingFromLink } from "./link-drawing.js";
import { loadSamples } from "./load-samples.js";

/**
 * Load the samples and show the drawing of the link, `linked`, or a sample if there is none, unless the user has begun to draw.
 * `ready(byDigit)` is called first, with the samples for each digit. Returns { missing, blank }: whether the link's sample does
 * not exist, and whether the pad is still blank, so that nothing has changed. Fails if the samples cannot be loaded.
 */
export async function showFirstDrawing(store, linked, ready) {
  const { byDigit, start } = await loadSamples();
  ready(byDigit);
  const { history: { present, past } } = store.state;
  if (!isBlank(present) || past.length > 0) return { missing: false, blank: false };
  const drawing = linked && drawingFromLink(linked, byDigit);
  store.set({ history: history(drawing ?? { strokes: [], image: start }), pen: drawing?.pen ?? store.state.pen });
  return { missing: Boolean(linked && !drawing), blank: isBlank(store.state.history.present) };
}
