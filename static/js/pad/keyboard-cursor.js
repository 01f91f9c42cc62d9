/** Drawing with the keyboard: a cursor on the grid of the network's pixels. */
import { PAD, SIDE } from "../core/drawing.js";
import { describeCell, EMPTY, press, shrink } from "./pixel-grid.js";
import { rasterise } from "./rasterise.js";

const PAUSE = 1000; // ms; a cell painted later is a new undo step
const CELL = PAD / SIDE; // pad units

/**
 * Listen to the canvas's keys. `on.paint(pixels, goesOn)` and `on.announce(text)` are as in pad.js; `busy()` says that a pointer
 * is drawing, `pen()` is its width; `lines` and `ring` are the elements for the grid and the cursor, `place(node, box)` moves
 * one. The cursor appears with a key or the keyboard's focus, and disappears with Esc, the pointer or the loss of focus.
 */
export function createKeyboardCursor(canvas, on, { busy, pen, lines, ring, place }) {
  let drawing = { strokes: [], image: null };
  let pixels = null; // the drawing's, computed when they are first needed
  let cursor = { row: SIDE / 2, col: SIDE / 2 };
  let last = null; // the pixels painted last, while the next ones belong to the same undo step
  let pausing = null;

  const endStep = () => {
    clearTimeout(pausing);
    last = null;
  };
  const current = () => (pixels ??= pixelsOf(drawing, pen()));
  function enter() {
    ring.hidden = lines.hidden = false;
    place(ring, [CELL * cursor.col, CELL * cursor.row, CELL * (cursor.col + 1), CELL * (cursor.row + 1)]);
  }
  function leave() {
    endStep();
    ring.hidden = lines.hidden = true;
  }

  canvas.addEventListener("focus", () => {
    // A pointer focuses the canvas too, but needs no cursor.
    if (busy() || !on.paint || !canvas.matches(":focus-visible")) return;
    enter();
    on.announce?.(describeCell(current(), cursor));
  });
  canvas.addEventListener("blur", leave);
  canvas.addEventListener("keydown", (event) => {
    if (busy() || !on.paint) return;
    if (event.key === "Escape" && !ring.hidden) {
      event.preventDefault();
      event.stopPropagation();
      leave();
      on.announce?.("You have left the grid.");
      return;
    }
    if (event.key === "Shift") return;
    const result = press(current(), cursor, event);
    if (!result) return endStep();
    event.preventDefault();
    cursor = result.cursor;
    enter();
    if (result.pixels === pixels) endStep();
    else {
      const goesOn = last !== null;
      pixels = last = result.pixels;
      clearTimeout(pausing);
      pausing = setTimeout(endStep, PAUSE);
      on.paint(pixels, goesOn);
    }
    on.announce?.(describeCell(current(), cursor));
  });

  return {
    leave,
    /** Continue with another drawing, in which the first painted cell is a new undo step. */
    follow(present) {
      if (present === drawing) return;
      drawing = present;
      if (present.image?.pixels && present.image.pixels === pixels) return;
      pixels = null;
      endStep();
    },
  };
}

/** The drawing as pixels. An upload becomes an empty grid, since its ink may be dark; strokes replace an upload, too. */
function pixelsOf({ strokes, image }, pen) {
  if (image) return image.pixels ?? EMPTY;
  if (strokes.length === 0) return EMPTY;
  return shrink(rasterise(strokes, pen), PAD / SIDE);
}
