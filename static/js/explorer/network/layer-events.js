/** The pointer and the keys on a layer. */
import { arrowOf, isPlain } from "../../core/input.js";
import { cellAt, step } from "../../core/layers.js";
import { isSameTap, onClick, placeOfTap } from "../../ui/input/clicks.js";

/** Listen to a layer's view; `point` is as in network-view.js. */
export function listenToLayer(view, point) {
  const { layer, plot } = view;
  const under = (event) => {
    if (!view.canvas) {
      // The bars may be in two columns. The space between two bars belongs to the previous one.
      const boxes = [...plot.querySelectorAll("li")].map((li) => li.getBoundingClientRect());
      const row = boxes.findLastIndex(({ left, top }) => event.clientX >= left && event.clientY >= top);
      return { layer: layer.name, map: 0, row: Math.max(row, 0), col: 0 };
    }
    const frame = view.canvas.getBoundingClientRect();
    // Dividing by the cell's size, a whole number, avoids results just below a whole number.
    const x = (event.clientX - frame.left) / (frame.width / layer.width);
    const y = (event.clientY - frame.top) / (frame.height / layer.height);
    const cell = cellAt(layer, x, y);
    return { layer: layer.name, ...cell, map: view.order[cell.map] };
  };
  plot.addEventListener("pointermove", (event) => event.pointerType === "mouse" && point(under(event), "hover", event.timeStamp));
  plot.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && point(null, "hover"));
  onClick(plot, (event, touched) => {
    const cell = under(event);
    // On a touch screen, the first tap points at a cell and a second tap at the same place pins it.
    if (touched && !isSameTap(event, view.tapped)) {
      view.tapped = { ...placeOfTap(event), cell };
      point(cell, "tap", event.timeStamp);
      return;
    }
    view.cell = touched ? view.tapped.cell : cell;
    view.tapped = null;
    point(view.cell, "choose", event.timeStamp);
  });
  plot.addEventListener("focus", () => {
    // A click focuses the plot too, but points at its own cell.
    if (plot.matches(":focus-visible")) point({ layer: layer.name, ...view.cell }, "focus");
  });
  plot.addEventListener("blur", () => point(null, "blur"));
  plot.addEventListener("keydown", (event) => {
    if (event.key === "Tab" && !event.shiftKey && isPlain(event)) {
      if (point({ layer: layer.name, ...view.cell }, "tab")) event.preventDefault();
      return;
    }
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      point({ layer: layer.name, ...view.cell }, "keep", event.timeStamp);
      return;
    }
    const to = moved(view, event);
    if (!to) return;
    event.preventDefault();
    view.cell = { layer: layer.name, ...to };
    point(view.cell, "key");
  });
}

/** The cell that a key leads to; undefined for other keys. */
function moved({ layer, cell, order, slots }, event) {
  if (!isPlain(event)) return undefined;
  if (event.key === "Home") return { map: 0, row: 0, col: 0 };
  if (event.key === "End") return { map: layer.maps - 1, row: layer.rows - 1, col: layer.cols - 1 };
  const arrow = arrowOf(event);
  if (!arrow) return undefined;
  const [wide, high] = event.shiftKey && layer.maps > 1 ? [layer.cols, layer.rows] : [1, 1];
  const to = step(layer, { ...cell, map: slots[cell.map] }, arrow[0] * wide, arrow[1] * high);
  return { ...to, map: order[to.map] };
}
