/** The layers on the screen: every map painted, and one cell pointed at with the mouse, a finger or the arrow keys. */
import { colourOf, inkOn, paintMap, palette, range } from "./colour.js";
import { byName, cellAt, LAYERS, step, tileAt } from "./layers.js";
import { setText } from "./dom.js";
import { short } from "./words.js";

/**
 * `point(cell, how)` is told { layer, map, row, col } under the pointer ("hover"), or null when it has left; and the
 * cell chosen with a click or a tap ("choose"), by an arrow key ("key") or by coming into focus ("focus").
 */
export function createNetwork(root, point) {
  const views = new Map();
  for (const section of root.querySelectorAll("[data-layer]")) {
    const layer = byName[section.dataset.layer];
    const plot = section.querySelector(".plot");
    const view = { layer, section, plot, cell: { map: 0, row: 0, col: 0 } };
    view.canvas = plot.querySelector("canvas");
    view.markMap = plot.querySelector(".mark-map");
    view.markCell = plot.querySelector(".mark-cell");
    if (view.canvas) {
      view.context = view.canvas.getContext("2d");
      view.image = view.context.createImageData(layer.width, layer.height);
      view.pixels = new Uint32Array(view.image.data.buffer);
    }
    views.set(layer.name, view);
    listen(view, point);
  }
  logitNumbers(views.get("logits"));
  const layers = [...root.querySelectorAll(".network .layer")];
  const columns = root.querySelector(".columns");
  let chosen = null;
  const mark = () => {
    for (const [name, view] of views) markCell(view, chosen?.layer === name ? chosen : null);
  };
  new ResizeObserver(() => {
    toWholePixels(layers);
    mark();
  }).observe(columns);
  return {
    /** Paint every layer from `activations`, on the scale and in the theme chosen. */
    paint(activations, scale, theme) {
      for (const layer of LAYERS) {
        const view = views.get(layer.name);
        if (view.canvas) paintLayer(view, activations[layer.name], scale, theme);
      }
    },
    /** Ring the cell the strip speaks of, in its layer alone: filled lines if it is kept, dashes if it is only looked at. */
    mark(cell, kept) {
      chosen = cell;
      columns.classList.toggle("holding", kept);
      mark();
    },
    views,
  };
}

/**
 * Spreading the columns evenly leaves them between pixels, where cells of one pixel would be smeared over two; so each
 * layer is moved to the nearest pixel of the screen.
 */
function toWholePixels(layers) {
  for (const layer of layers) layer.style.translate = "";
  const off = (at) => Math.round(at * devicePixelRatio) / devicePixelRatio - at;
  const moves = layers.map((layer) => {
    const { x, y } = layer.querySelector(".plot").getBoundingClientRect();
    return `${off(x)}px ${off(y)}px`;
  });
  for (const [i, layer] of layers.entries()) layer.style.translate = moves[i];
}

function paintLayer(view, values, scale, theme) {
  const { layer, pixels } = view;
  const colours = palette(layer, theme);
  let ends = range(layer, values, scale);
  for (let map = 0; map < layer.maps; map++) {
    if (scale === "map" && map > 0) ends = range(layer, values, scale, map);
    const [left, top] = layer.maps === 1 ? [0, 0] : tileAt(layer, map);
    const at = top * layer.width + left;
    paintMap(pixels, layer.width, at, values, map * layer.rows * layer.cols, layer.rows, layer.cols, ends, colours);
  }
  view.context.putImageData(view.image, 0, 0);
  if (view.numbers) {
    for (const [i, { digit, value }] of view.numbers.entries()) {
      setText(value, short(values[i]));
      digit.style.color = inkOn(colourOf(values[i], ends, colours));
    }
  }
}

/** On the ten logits stand the digits and beside them the numbers: there is room, and softmax is made of them. */
function logitNumbers(view) {
  const list = document.createElement("ol");
  list.className = "logit-values";
  list.setAttribute("aria-hidden", "true");
  view.numbers = Array.from({ length: 10 }, (_, i) => {
    const row = list.appendChild(document.createElement("li"));
    const digit = row.appendChild(document.createElement("b"));
    digit.textContent = i;
    return { digit, value: row.appendChild(document.createElement("span")) };
  });
  view.plot.append(list);
}

function listen(view, point) {
  const { layer, plot } = view;
  const under = (event) => {
    if (!view.canvas) {
      const row = [...plot.querySelectorAll("li")].findIndex((li) => event.clientY <= li.getBoundingClientRect().bottom);
      return { layer: layer.name, map: 0, row: row < 0 ? 9 : row, col: 0 };
    }
    const frame = view.canvas.getBoundingClientRect();
    // Divided by a cell's own size, a whole number: any other order of these operations can end up just below one.
    const x = (event.clientX - frame.left) / (frame.width / layer.width);
    const y = (event.clientY - frame.top) / (frame.height / layer.height);
    return { layer: layer.name, ...cellAt(layer, x, y) };
  };
  plot.addEventListener("pointermove", (event) => event.pointerType === "mouse" && point(under(event), "hover"));
  plot.addEventListener("pointerleave", () => point(null, "hover"));
  plot.addEventListener("click", (event) => {
    view.cell = under(event);
    point(view.cell, "choose");
  });
  plot.addEventListener("focus", () => {
    // A click brings focus too, and chooses its own cell; only the keyboard's focus speaks for itself.
    if (plot.matches(":focus-visible")) point({ layer: layer.name, ...view.cell }, "focus");
  });
  plot.addEventListener("keydown", (event) => {
    const to = moved(layer, view.cell, event);
    if (!to) return;
    event.preventDefault();
    view.cell = { layer: layer.name, ...to };
    point(view.cell, "key");
  });
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Where a key leads from a cell; undefined for keys that do not move. */
function moved(layer, cell, event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return undefined;
  if (event.key === "Home") return { map: 0, row: 0, col: 0 };
  if (event.key === "End") return { map: layer.maps - 1, row: layer.rows - 1, col: layer.cols - 1 };
  const arrow = ARROWS[event.key];
  if (!arrow) return undefined;
  const [wide, high] = event.shiftKey && layer.maps > 1 ? [layer.cols, layer.rows] : [1, 1];
  return step(layer, cell, arrow[0] * wide, arrow[1] * high);
}

function markCell(view, cell) {
  if (!view.canvas) {
    for (const [row, li] of [...view.plot.querySelectorAll("li")].entries()) li.classList.toggle("marked", cell?.row === row);
    return;
  }
  view.markCell.hidden = !cell;
  view.markMap.hidden = !cell || view.layer.maps === 1;
  if (!cell) return;
  const { layer } = view;
  const [left, top] = layer.maps === 1 ? [0, 0] : tileAt(layer, cell.map);
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

