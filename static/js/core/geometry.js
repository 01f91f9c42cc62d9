/**
 * The cells in every layer that a cell is computed from, and those that are computed from it.
 *
 * A convolution uses 3×3 cells of all maps before it, pooling 2×2 cells of its own map, and ReLU the same cell; so the
 * receptive field in the input is 3×3 for conv1, 4×4 for pool1, 8×8 for conv2 and 10×10 for pool2. The dense layers use all of
 * pool2, which depends on all of the input but its last two rows and columns: only the eleventh row and column of conv2 use
 * those, and pooling drops them. Nothing here touches the document.
 */
import { fits, SIDE } from "./drawing.js";
import { byName, LAYERS } from "./layers.js";

/**
 * A block of cells is { map: [from, to], row: [from, to], col: [from, to] }, in which `to` is the first number after the
 * block; null is no cell. From dense1 on, a block is a whole layer or one cell.
 */
const all = ({ maps, rows, cols }) => ({ map: [0, maps], row: [0, rows], col: [0, cols] });
const blockOf = ({ map, row, col }) => ({ map: [map, map + 1], row: [row, row + 1], col: [col, col + 1] });

const clip = ([from, to], size) => [Math.max(from, 0), Math.min(to, size)];
const isEmpty = ({ map, row, col }) => [map, row, col].some(([from, to]) => from >= to);

/** The block of the previous layer from which a block of this layer is computed. */
function sources(layer, before, block) {
  const { map, row, col } = block;
  switch (layer.kind) {
    case "convolution":
      return { map: [0, before.maps], row: [row[0], row[1] + 2], col: [col[0], col[1] + 2] };
    case "max_pool":
      return { map, row: row.map((at) => 2 * at), col: col.map((at) => 2 * at) };
    case "relu":
      return block;
    case "flatten":
      // Number 25 m + 5 r + c is drawn in row m and column 5 r + c of the 64 × 25 image.
      if (row[1] - row[0] === 1 && col[1] - col[0] === 1) {
        return blockOf({ map: row[0], row: Math.floor(col[0] / before.cols), col: col[0] % before.cols });
      }
      return all(before);
    default:
      return all(before); // dense layers and softmax
  }
}

/** The block of the next layer that is computed from cells of this block; null if there is none. */
function users(layer, next, block) {
  const { map, row, col } = block;
  switch (next.kind) {
    case "convolution":
      return { map: [0, next.maps], row: clip([row[0] - 2, row[1]], next.rows), col: clip([col[0] - 2, col[1]], next.cols) };
    case "max_pool": {
      const half = ([from, to], size) => clip([from >> 1, ((to - 1) >> 1) + 1], size);
      const pooled = { map, row: half(row, next.rows), col: half(col, next.cols) };
      return isEmpty(pooled) ? null : pooled; // pooling drops an odd last row or column
    }
    case "relu":
      return block;
    default:
      return all(next);
  }
}

/** The blocks of flatten, in its image, that have the cells of a block of pool2: one block for each row of that block. */
function flattened({ map, row, col }) {
  const blocks = [];
  const { cols } = byName.pool2;
  for (let r = row[0]; r < row[1]; r++) blocks.push({ map: [0, 1], row: map, col: [cols * r + col[0], cols * r + col[1]] });
  return blocks;
}

/**
 * For each layer the blocks that are the cell's inputs (way: "back") or its outputs (way: "forth"):
 * { [layer]: { way: "back" | "own" | "forth", blocks } }.
 */
export function regions(cell) {
  const own = LAYERS.indexOf(byName[cell.layer]);
  const found = { [cell.layer]: { way: "own", blocks: [blockOf(cell)] } };
  let block = blockOf(cell);
  for (let i = own; i > 0; i--) {
    block = sources(LAYERS[i], LAYERS[i - 1], block);
    const blocks = LAYERS[i - 1].name === "flatten" ? [all(byName.flatten)] : [block];
    found[LAYERS[i - 1].name] = { way: "back", blocks };
  }
  block = blockOf(cell);
  for (let i = own; i < LAYERS.length - 1; i++) {
    const next = LAYERS[i + 1];
    if (next.name === "flatten") {
      found.flatten = { way: "forth", blocks: flattened(block) };
      block = all(byName.flatten);
      continue;
    }
    block = users(LAYERS[i], next, block);
    if (!block) break;
    found[next.name] = { way: "forth", blocks: [block] };
  }
  return found;
}

/** The receptive field of a cell in the 28×28 input: [left, top, right, bottom] in pixels; `right` and `bottom` are just outside. */
export function receptiveField(cell) {
  const { row, col } = regions(cell).input.blocks[0];
  return [col[0], row[0], col[1], row[1]];
}

/**
 * A rectangle of the input on the pad, in pad units: the inverse of shift, scaling and cutting out. Null if nothing was
 * drawn.
 */
export function onPad([left, top, right, bottom], { prepare, source, size, box, scale, shift, images, pen }, pad) {
  if (!box) return null;
  const toPad = (x, y) => {
    if (source === "strokes") return prepare === "none" ? [(x * pad) / SIDE, (y * pad) / SIDE] : [x, y];
    const zoom = Math.min(pad / size[0], pad / size[1]); // an upload is centred on the pad, as large as it fits
    return [(pad - size[0] * zoom) / 2 + x * zoom, (pad - size[1] * zoom) / 2 + y * zoom];
  };
  let back = (x, y) => [(x / SIDE) * size[0], (y / SIDE) * size[1]];
  if (fits(prepare)) {
    const fitted = images.fitted;
    const at = [((SIDE - fitted.width) >> 1) + shift[0], ((SIDE - fitted.height) >> 1) + shift[1]];
    const middle = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
    // A dot has no extent to scale: its size on the pad is that of the pen.
    const unit = scale > 0 ? [1 / scale, 1 / scale] : [(pen ?? 1) / fitted.width, (pen ?? 1) / fitted.height];
    if (source !== "strokes") {
      unit[0] = (box[2] - box[0]) / fitted.width;
      unit[1] = (box[3] - box[1]) / fitted.height;
    }
    back = (x, y) => [middle[0] + (x - at[0] - fitted.width / 2) * unit[0], middle[1] + (y - at[1] - fitted.height / 2) * unit[1]];
  }
  const keep = (value) => Math.min(Math.max(value, 0), pad);
  return [...toPad(...back(left, top)), ...toPad(...back(right, bottom))].map(keep);
}
