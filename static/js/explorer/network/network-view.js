/** The layers on the screen: all maps, and the cell chosen with the mouse, a finger or the arrow keys. */
import { colourOf, textColourOn, paintMap, palette, range } from "../../core/colour.js";
import { setText } from "../../ui/dom.js";
import { arrowOf, isPlain, isSameTap } from "../../core/input.js";
import { byName, cellAt, LAYERS, step, tileAt } from "../../core/layers.js";
import { isDead, summaryOf } from "../../core/statistics.js";
import { short } from "../../core/text.js";

/**
 * `point(cell, how, time)` is called with the cell { layer, map, row, col } under the pointer ("hover"), null when the pointer
 * leaves, and with the cell of a click ("choose"), a first tap ("tap"), Enter or Space ("keep"), an arrow key ("key") or the
 * keyboard's focus ("focus").
 */
export function createNetworkView(root, point) {
  const views = new Map();
  for (const section of root.querySelectorAll("[data-layer]")) {
    const layer = byName[section.dataset.layer];
    const plot = section.querySelector(".plot");
    const view = { layer, section, plot, cell: { map: 0, row: 0, col: 0 }, tapped: null };
    view.canvas = plot.querySelector("canvas.maps");
    view.reach = plot.querySelector("canvas.reach");
    view.order = Array.from({ length: layer.maps }, (_, map) => map); // the map in each place
    view.slots = [...view.order]; // the place of each map
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
  let marked = null;
  const mark = () => {
    for (const [name, view] of views) markCell(view, marked?.layer === name ? marked : null);
  };
  let reached = { regions: {}, dead: {}, pointed: null };
  const reach = () => {
    const style = getComputedStyle(columns);
    const colours = Object.fromEntries(["back", "forth", "mark", "dead"].map((name) => [name, style.getPropertyValue(`--reach-${name}`).trim()]));
    for (const view of views.values()) if (view.canvas) paintReach(view, reached, colours);
  };
  new ResizeObserver(() => {
    toWholePixels(layers);
    mark();
    reach();
  }).observe(columns);
  return {
    /** Paint every layer in a scale and a theme. */
    paint(activations, scale, theme) {
      for (const layer of LAYERS) {
        const view = views.get(layer.name);
        if (view.canvas) paintLayer(view, activations[layer.name], scale, theme);
      }
    },
    /**
     * Outline the inputs and the outputs of a cell (`regions` of core/geometry.js), strike out maps that are all zero
     * ({ [layer]: [map, …] }), and ring the operand under the pointer.
     */
    reach(regions, dead, pointed) {
      reached = { regions, dead, pointed };
      reach();
    },
    /** Arrange maps in the order of `orders`, { [layer]: [map, …] }; other layers by number. */
    arrange(orders) {
      for (const view of views.values()) {
        view.order = orders[view.layer.name] ?? Array.from({ length: view.layer.maps }, (_, map) => map);
        for (const [slot, map] of view.order.entries()) view.slots[map] = slot;
      }
    },
    /** Mark the cell of the cell panel: with solid lines if it is pinned, with dashes if it is only pointed at. */
    mark(cell, pinned) {
      marked = cell;
      views.get(cell.layer).cell = cell; // the arrow keys start there
      columns.classList.toggle("holding", pinned);
      mark();
    },
    views,
  };
}

/**
 * Move each layer to whole pixels of the screen: evenly spread columns begin between pixels, which would blur cells that are
 * one pixel wide.
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

/** The upper left corner of a map in its current place. */
const cornerOf = ({ layer, slots }, map) => (layer.maps === 1 ? [0, 0] : tileAt(layer, slots[map]));

/** Paint the outlines over a layer, in pixels of the screen: the cell's inputs or outputs, and maps that are all zero. */
function paintReach(view, { regions, dead, pointed }, colours) {
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
  if (ring) {
    const [x, y] = cornerOf(view, ring.map);
    context.strokeStyle = colours.mark;
    context.lineWidth = 2 * line;
    box(x + ring.col, y + ring.row, 1, 1, 2 * line);
  }
}

/** The maps of each layer by their largest activation; conv1, relu1 and pool1 share one order, and so do the other three. */
export function byStrength(activations) {
  const orders = {};
  for (const family of [["conv1", "relu1", "pool1"], ["conv2", "relu2", "pool2"]]) {
    const layer = byName[family[1]];
    const strength = summaries(layer, activations).map(({ most }) => most);
    const order = strength.map((_, map) => map).sort((a, b) => strength[b] - strength[a] || a - b);
    for (const name of family) orders[name] = order;
  }
  return orders;
}

const summaries = (layer, activations) =>
  Array.from({ length: layer.maps }, (_, map) => summaryOf(layer, map, activations[layer.name]));

/** The maps after ReLU or pooling that are zero in every cell: { [layer]: [map, …] }. */
export function deadMaps(activations) {
  const dead = {};
  for (const name of ["relu1", "pool1", "relu2", "pool2"]) {
    const layer = byName[name];
    dead[name] = summaries(layer, activations).flatMap((about, map) => (isDead(layer, about) ? [map] : []));
  }
  return dead;
}

function paintLayer(view, values, scale, theme) {
  const { layer, pixels } = view;
  const colours = palette(layer, theme);
  let ends = range(layer, values, scale);
  for (let map = 0; map < layer.maps; map++) {
    if (scale === "map" && map > 0) ends = range(layer, values, scale, map);
    const [left, top] = cornerOf(view, map);
    const at = top * layer.width + left;
    paintMap(pixels, layer.width, at, values, map * layer.rows * layer.cols, layer.rows, layer.cols, ends, colours);
  }
  view.context.putImageData(view.image, 0, 0);
  if (view.numbers) {
    for (const [i, { digit, value }] of view.numbers.entries()) {
      setText(value, short(values[i]));
      digit.style.color = textColourOn(colourOf(values[i], ends, colours));
    }
  }
}

/** Write the digits on the ten logits, and their numbers beside them. */
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
      // The bars may be in two columns; between two bars it is the one before.
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
  plot.addEventListener("click", (event) => {
    const cell = under(event);
    // On a touch screen, the first tap points at a cell and a second tap at the same place pins it.
    if (event.pointerType === "touch" && !isSameTap(event, view.tapped)) {
      view.tapped = { x: event.clientX, y: event.clientY, cell };
      point(cell, "tap", event.timeStamp);
      return;
    }
    view.cell = event.pointerType === "touch" ? view.tapped.cell : cell;
    view.tapped = null;
    point(view.cell, "choose", event.timeStamp);
  });
  plot.addEventListener("focus", () => {
    // A click focuses the plot too, but points at its own cell.
    if (plot.matches(":focus-visible")) point({ layer: layer.name, ...view.cell }, "focus");
  });
  plot.addEventListener("keydown", (event) => {
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

function markCell(view, cell) {
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

