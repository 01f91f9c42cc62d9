/** Outlines over a layer: the inputs and outputs of a cell, maps that are all zero, and the marked cell. */
import { tileAt } from "../../core/layers.js";

/** The upper left corner of a map in its current place. */
export const cornerOf = ({ layer, slots }, map) => (layer.maps === 1 ? [0, 0] : tileAt(layer, slots[map]));

/** Paint the outlines over a layer, in pixels of the screen: the cell's inputs or outputs, and maps that are all zero. */
export function paintOutlines(view, { regions, dead, pointed }, colours) {
  const { layer, reach, canvas } = view;
  const [k, l] = [(canvas.clientWidth / layer.width) * devicePixelRatio, (canvas.clientHeight / layer.height) * devicePixelRatio];
  const edge = 3 * devicePixelRatio; // the overlay is larger than the maps, so that outlines at their edges are visible
  const [wide, high] = [Math.round(layer.width * k + 2 * edge), Math.round(layer.height * l + 2 * edge)];
  const region = regions[layer.name];
  const blocks = region && region.way !== "own" ? region.blocks : [];
  const struck = dead[layer.name] ?? [];
  const ring = pointed?.layer === layer.name ? pointed : null;
  const nothing = blocks.length === 0 && struck.length === 0 && !ring;
  reach.hidden = nothing || wide <= 2 * edge;
  if (reach.hidden) return;
  if (reach.width !== wide) reach.width = wide;
  if (reach.height !== high) reach.height = high;
  const context = reach.getContext("2d");
  context.clearRect(0, 0, wide, high);
  const line = Math.max(1, Math.round(devicePixelRatio));
  const box = (x, y, w, h, out) => context.strokeRect(edge + x * k - out, edge + y * l - out, w * k + 2 * out, h * l + 2 * out);
  context.lineWidth = line;
  context.strokeStyle = colours.dead;
  context.beginPath();
  for (const map of struck) {
    const [x, y] = cornerOf(view, map);
    context.moveTo(edge + x * k, edge + (y + layer.rows) * l);
    context.lineTo(edge + (x + layer.cols) * k, edge + y * l);
  }
  context.stroke();
  context.strokeStyle = region?.way === "back" ? colours.back : colours.forth;
  context.lineWidth = 1.5 * line;
  context.setLineDash(region?.way === "back" ? [] : [3 * line, 2 * line]); // they differ not only in colour
  for (const { map, row, col } of blocks) {
    const whole = map[1] - map[0] === layer.maps && row[1] - row[0] === layer.rows && col[1] - col[0] === layer.cols;
    if (whole) {
      box(0, 0, layer.width, layer.height, 1.5 * line);
      continue;
    }
    for (let m = map[0]; m < map[1]; m++) {
      const [x, y] = cornerOf(view, m);
      box(x + col[0], y + row[0], col[1] - col[0], row[1] - row[0], 0.5 * line);
    }
  }
  context.setLineDash([]);
  if (ring) {
    const [x, y] = cornerOf(view, ring.map);
    context.strokeStyle = colours.mark;
    context.lineWidth = 2 * line;
    box(x + ring.col, y + ring.row, 1, 1, 2 * line);
  }
}

/** Mark a cell and its map; null removes the marks. */
export function markCell(view, cell) {
  if (!view.canvas) {
    for (const [row, li] of [...view.plot.querySelectorAll("li")].entries()) li.classList.toggle("marked", cell?.row === row);
    return;
  }
  view.markCell.hidden = !cell;
  view.markMap.hidden = !cell || view.layer.maps === 1;
  if (!cell) return;
  const { layer } = view;
  const [left, top] = cornerOf(view, cell.map);
  place(view.markMap, layer, left, top, layer.cols, layer.rows, view.canvas);
  place(view.markCell, layer, left + cell.col, top + cell.row, 1, 1, view.canvas);
}

function place(mark, layer, x, y, wide, high, canvas) {
  const [k, l] = [canvas.clientWidth / layer.width, canvas.clientHeight / layer.height];
  mark.style.left = `${x * k}px`;
  mark.style.top = `${y * l}px`;
  mark.style.width = `${wide * k}px`;
  mark.style.height = `${high * l}px`;
}
