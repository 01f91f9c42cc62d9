/** An enlarged 28×28 image in which the user picks a few pixels, with the pointer or with the keyboard. */
import { FACTS } from "../../core/service-facts.js";
import { el } from "../../ui/dom.js";

const { side } = FACTS.input;
const CELL = 12; // px of the canvas for each pixel
const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/**
 * At most `most` pixels can be picked, and only those with ink. `changed(places)` is called with the picked pixels, [row, column].
 * Returns { node, show(pixels, others), set(places), places }; `others` are pixels to outline in another way.
 */
export function createPixelPicker({ most, label, changed }) {
  const canvas = el("canvas", { width: side * CELL, height: side * CELL, "aria-hidden": "true" });
  const spoken = el("span", { class: "visually-hidden", role: "status" });
  const node = el("div", { class: "picker", tabIndex: 0, "data-takes-focus": "", role: "application", "aria-roledescription": "image", "aria-label": `${label} The arrow keys move the cursor, and Space picks a pixel.` }, canvas, spoken);
  let pixels = null;
  let others = [];
  let places = [];
  let cursor = [side / 2, side / 2];
  let keyboard = false;

  const indexOf = ([row, column]) => places.findIndex((place) => place[0] === row && place[1] === column);

  function pick(place) {
    const [row, column] = place;
    const at = indexOf(place);
    if (at >= 0) places = places.filter((_, i) => i !== at);
    else if (pixels[row][column] === 0) return void (spoken.textContent = "There is no ink here.");
    else if (places.length === most) return void (spoken.textContent = `You have picked ${most} pixels. Press one of them again to put it back.`);
    else places = [...places, place];
    spoken.textContent = `${places.length} of ${most} pixels are picked.`;
    paint();
    changed(places);
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (!pixels || event.button !== 0) return;
    const box = canvas.getBoundingClientRect();
    const at = (offset, size) => Math.min(Math.max(Math.floor((offset / size) * side), 0), side - 1);
    keyboard = false;
    cursor = [at(event.clientY - box.top, box.height), at(event.clientX - box.left, box.width)];
    pick(cursor);
  });
  node.addEventListener("keydown", (event) => {
    if (!pixels || event.ctrlKey || event.metaKey || event.altKey) return;
    const move = MOVES[event.key];
    if (!move && event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    keyboard = true;
    if (!move) return pick(cursor);
    cursor = cursor.map((at, axis) => Math.min(Math.max(at + move[axis], 0), side - 1));
    const [row, column] = cursor;
    spoken.textContent = `Row ${row}, column ${column}: ${pixels[row][column] === 0 ? "no ink" : `ink ${Math.round(pixels[row][column])} of 255`}${indexOf(cursor) >= 0 ? ", picked" : ""}.`;
    paint();
  });
  node.addEventListener("blur", () => {
    keyboard = false;
    if (pixels) paint();
  });

  function paint() {
    const context = canvas.getContext("2d");
    for (let row = 0; row < side; row++) {
      for (let column = 0; column < side; column++) {
        const level = indexOf([row, column]) >= 0 ? 0 : Math.round(pixels[row][column]);
        context.fillStyle = `rgb(${level} ${level} ${level})`;
        context.fillRect(column * CELL, row * CELL, CELL, CELL);
      }
    }
    context.lineWidth = 2.5;
    const outline = ([row, column], colour, inset) => {
      context.strokeStyle = colour;
      context.strokeRect(column * CELL + inset, row * CELL + inset, CELL - 2 * inset, CELL - 2 * inset);
    };
    for (const place of others) outline(place, "#2f9bff", 2);
    for (const place of places) outline(place, "#ff7a45", 1);
    if (keyboard) outline(cursor, "#fee838", 0);
  }

  return {
    node,
    get places() {
      return places;
    },
    set(next) {
      places = next;
      if (pixels) paint();
    },
    show(next, outlined = []) {
      pixels = next;
      others = outlined;
      paint();
    },
  };
}
