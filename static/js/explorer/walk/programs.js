/** The tabs that show a calculation as a program, and the button that copies it. */
import { requestBody } from "../../core/drawing.js";
import { linkableDrawing } from "../../core/links/drawing-text.js";
import { snippets } from "../../core/programs.js";
import { copy } from "../../ui/clipboard.js";
import { createTabs } from "../../ui/tabs.js";
import { SERVICE } from "../../core/service/address.js";

export function createPrograms(store, { say }) {
  const $ = (id) => document.getElementById(id);
  const select = createTabs($("code-tabs"), ({ dataset }) => store.set({ code: dataset.code || null }));
  $("copy-code").addEventListener("click", () => copy($("code").textContent, { say, done: "The code is copied.", shown: $("code") }));

  /** The programs for a cell's number by language; an upload goes into them as its preprocessed 28×28 image. */
  function programsFor(cell, value) {
    const { answer: { stages, temperature, calibrated }, history: { present }, pen, prepare: mode, weightSet } = store.state;
    const { drawing, prepare } = linkableDrawing(present, { pen, prepare: mode, pixels: stages.images.shifted.data });
    const upload = present.image?.kind === "upload";
    const request = requestBody(upload ? { strokes: [], image: drawing } : present, { prepare, pen });
    return snippets({ cell, value, prepare, request, origin: SERVICE, temperature, calibrated, weightSet });
  }

  return {
    /** Mark the tab of the chosen language. */
    select: ({ code }) => select(({ dataset }) => (dataset.code || null) === code),
    /** Show the program for a cell, scrolled to its end: the calculation follows the code that fetches the numbers. */
    show(cell, value) {
      const text = programsFor(cell, value)[store.state.code];
      if ($("code").textContent === text) return;
      $("code").textContent = text;
      $("code-panel").scrollTop = $("code-panel").scrollHeight;
    },
  };
}
