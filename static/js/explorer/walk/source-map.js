/** The source map: the map that a number comes from, enlarged, with the window; arrow keys and clicks move the window. */
import { paintMap, palette, range } from "../../core/colour.js";
import { setAttribute } from "../../ui/dom.js";
import { arrowOf } from "../../core/input.js";
import { byName, indexOf, tileAt } from "../../core/layers.js";
import { before } from "../../core/walk/calculation.js";

/**
 * `slide(dx, dy)` is called for an arrow key, `moveTo(x, y)` for a click, with the column and row of the cell under it.
 */
export function createSourceMap(root, { slide, moveTo }) {
  const canvas = root.querySelector("canvas");
  const mark = root.querySelector(".mark-cell");
  let shown = null;
  let room = null; // width and height, kept so that painting need not ask for the layout
  new ResizeObserver(([{ contentRect }]) => {
    room = [contentRect.width, contentRect.height];
    if (shown) paint();
  }).observe(root);
  root.addEventListener("keydown", (event) => {
    const arrow = arrowOf(event);
    if (!arrow) return;
    event.preventDefault();
    slide(...arrow);
  });
  root.addEventListener("click", (event) => {
    const frame = canvas.getBoundingClientRect();
    const x = Math.floor(((event.clientX - frame.left) / frame.width) * canvas.width);
    const y = Math.floor(((event.clientY - frame.top) / frame.height) * canvas.height);
    if (x >= 0 && y >= 0 && x < canvas.width && y < canvas.height) moveTo(x, y);
  });

  function paint() {
    const { width, height, draw, window, label } = shown;
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const context = canvas.getContext("2d");
    const image = context.createImageData(width, height);
    draw(new Uint32Array(image.data.buffer));
    context.putImageData(image, 0, 0);
    const k = Math.max(1, Math.floor(Math.min(room[0] / width, room[1] / height)));
    const cellWide = width === 1 ? 5 * k : k; // a single column would be too thin to see
    const [wide, high] = [cellWide * width, k * height];
    canvas.style.width = `${wide}px`;
    canvas.style.height = `${high}px`;
    setAttribute(root, "aria-label", label);
    mark.hidden = !window;
    if (!window) return;
    const [left, top, across, down] = window;
    mark.style.left = `${(room[0] - wide) / 2 + cellWide * left}px`;
    mark.style.top = `${(room[1] - high) / 2 + k * top}px`;
    mark.style.width = `${cellWide * across}px`;
    mark.style.height = `${k * down}px`;
  }

  return {
    /** Show { width, height, draw(pixels), window: [x, y, wide, high] or null, label }. */
    show(view) {
      shown = view;
      if (room) paint();
    },
  };
}

/** For a cell that is only pointed at: its map, with a frame around the cell. */
export function viewOfMap(cell, activations, scale, theme) {
  const layer = byName[cell.layer];
  const named = layer.maps > 1 ? `${layer.name}, map ${cell.map}, enlarged` : `${layer.name}, enlarged`;
  return mapView(layer, cell.map, activations, scale, theme, [cell.col, cell.row, 1, 1], named);
}

/** For a calculation: the map of the layer before, with the window; for dense layers, an image of all products. */
export function viewOfSource(calculation, activations, scale, theme, channel) {
  const { kind, cell } = calculation;
  if (kind === "input" || kind === "softmax") return viewOfMap(kind === "softmax" ? calculation.own.cell : cell, activations, scale, theme);
  const source = before(cell.layer);
  const label = (map, what) => `${source.name}${source.maps > 1 ? `, map ${map}` : ""}, enlarged, with ${what}`;
  if (kind === "convolution") {
    return mapView(source, channel, activations, scale, theme, [cell.col, cell.row, 3, 3], label(channel, "the 3 × 3 window"));
  }
  if (kind === "max_pool") {
    return mapView(source, cell.map, activations, scale, theme, [2 * cell.col, 2 * cell.row, 2, 2], label(cell.map, "the 2 × 2 window"));
  }
  if (kind === "linear") return contributions(calculation, source, theme);
  const { map, row, col } = calculation.source.cell;
  return mapView(source, map, activations, scale, theme, [col, row, 1, 1], label(map, "its cell"));
}

function mapView(layer, map, activations, scale, theme, window, label) {
  const values = activations[layer.name];
  const ends = range(layer, values, scale, map);
  const size = layer.rows * layer.cols;
  const draw = (pixels) => paintMap(pixels, layer.cols, 0, values, map * size, layer.rows, layer.cols, ends, palette(layer, theme));
  return { width: layer.cols, height: layer.rows, draw, window, label };
}

/** All products of a dense unit: as 64 tiles of 5 × 5 if they come from pool2, otherwise as a block of 16 × 8. */
function contributions({ terms }, source, theme) {
  const products = new Float32Array(terms.length);
  for (const { cell, product } of terms) products[indexOf(source, cell)] = product;
  const most = terms.length ? Math.abs(terms[0].product) : 0;
  const layout = source.name === "flatten" ? byName.pool2 : source;
  const colours = palette({ signed: true }, theme);
  const draw = (pixels) => {
    pixels.fill(0);
    for (let map = 0; map < layout.maps; map++) {
      const [left, top] = layout.maps === 1 ? [0, 0] : tileAt(layout, map);
      paintMap(pixels, layout.width, top * layout.width + left, products, map * layout.rows * layout.cols, layout.rows, layout.cols, [-most, most], colours);
    }
  };
  return { width: layout.width, height: layout.height, draw, window: null, label: `All ${terms.length} products: blue is below zero, orange is above zero` };
}
