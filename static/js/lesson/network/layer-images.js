/** A layer's numbers as images: all maps side by side, and the strongest maps as a small stack. */
import { paintMap, palette, range } from "../../core/colour.js";
import { tileAt } from "../../core/layers.js";
import { summaryOf } from "../../core/statistics.js";
import { createCanvas } from "../../ui/bitmap.js";

/** Maps per row in the image of all maps. They make the image wider than high. */
const ACROSS = { conv1: 8, relu1: 8, pool1: 8, conv2: 16, relu2: 16, pool2: 16 };
/** Rows and columns for the layers that are lists. */
const LISTS = { flatten: [16, 100], dense1: [4, 32], relu3: [4, 32], logits: [1, 10], probabilities: [1, 10] };

/** The layout of the image of all maps of a layer: { maps, rows, cols, tiles, width, height }. */
export function sheetOf(layer) {
  if (layer.grid) {
    const [rows, cols] = LISTS[layer.name];
    return { maps: 1, rows, cols, tiles: 1, width: cols, height: rows };
  }
  const { maps, rows, cols } = layer;
  const tiles = ACROSS[layer.name] ?? 1;
  return { maps, rows, cols, tiles, width: tiles * (cols + 1) - 1, height: (maps / tiles) * (rows + 1) - 1 };
}

/** Paint all maps of a layer, one pixel per cell, on the layer's colour scale. */
export function paintSheet(canvas, layer, values, theme) {
  const sheet = sheetOf(layer);
  const pixels = blank(canvas, sheet.width, sheet.height);
  const ends = range(layer, values, "layer");
  for (let map = 0; map < sheet.maps; map++) {
    const [left, top] = tileAt(sheet, map);
    paintMap(pixels.words, sheet.width, top * sheet.width + left, values, map * sheet.rows * sheet.cols, sheet.rows, sheet.cols, ends, palette(layer, theme));
  }
  pixels.put();
}

const CELL = 2; // px per cell of a map, the same for all layers so that users can compare their sizes
const STEP = 3; // px from one map of the stack to the next one behind it
const scratch = createCanvas(1, 1);

/** The number of maps in a layer's stack, log₂ of the number of all maps: 5 for 32 maps, 6 for 64. */
const stacked = (maps) => Math.max(1, Math.round(Math.log2(maps)));

/** Paint the small image of a layer: its strongest maps one behind the other, with the strongest in front. A list becomes a block. */
export function paintStack(canvas, layer, values, theme, edge) {
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingEnabled = false;
  const ends = range(layer, values, "layer");
  const colours = palette(layer, theme);
  const single = layer.maps === 1;
  const order = single ? [0] : strongest(layer, values).slice(0, stacked(layer.maps)).reverse();
  const cell = single && layer.grid ? [[20, 6], [4, 4], [1, 1]][[10, 128, 1600].indexOf(values.length)] : [CELL, CELL];
  const [wide, high] = [layer.cols * cell[0], layer.rows * cell[1]];
  const deep = (order.length - 1) * STEP;
  const left = Math.floor((canvas.width - wide - deep) / 2);
  const top = Math.floor((canvas.height - high - deep) / 2);
  for (const [i, map] of order.entries()) {
    const pixels = blank(scratch, layer.cols, layer.rows);
    paintMap(pixels.words, layer.cols, 0, values, map * layer.rows * layer.cols, layer.rows, layer.cols, ends, colours);
    pixels.put();
    const [x, y] = [left + deep - i * STEP, top + i * STEP];
    context.fillStyle = edge;
    context.fillRect(x - 1, y - 1, wide + 2, high + 2);
    context.drawImage(scratch, x, y, wide, high);
  }
}

/** The maps of a layer, strongest first, by the largest magnitude in them. */
function strongest(layer, values) {
  const strength = Array.from({ length: layer.maps }, (_, map) => {
    const { least, most } = summaryOf(layer, map, values);
    return Math.max(-least, most);
  });
  return strength.map((_, map) => map).sort((a, b) => strength[b] - strength[a] || a - b);
}

function blank(canvas, width, height) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  return { words: new Uint32Array(image.data.buffer), put: () => context.putImageData(image, 0, 0) };
}
