/** The layers on the screen: all maps, and the cell chosen with the mouse, a finger or the arrow keys. */
import { colourOf, paintMap, palette, range, textColourOn } from "../../core/colour.js";
import { byName, LAYERS } from "../../core/layers.js";
import { short } from "../../core/text.js";
import { setText } from "../../ui/dom.js";
import { listenToLayer } from "./layer-events.js";
import { cornerOf, markCell, paintOutlines } from "./layer-outlines.js";

/**
 * `point(cell, how, time)` is called for each event on a cell { layer, map, row, col }. `how` is "hover" for the
 * pointer, "choose" for a click, "tap" for a first tap, "keep" for Enter or Space, "key" for an arrow key, "focus" for
 * the keyboard's focus, and "tab" for the Tab key: then `point` returns whether it has moved the focus. The cell is
 * null when the pointer ("hover") or the keyboard's focus ("blur") leaves.
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
    listenToLayer(view, point);
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
    for (const view of views.values()) if (view.canvas) paintOutlines(view, reached, colours);
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
