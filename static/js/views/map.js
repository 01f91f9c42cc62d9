/** One map opened large: before and after its step, with its weights beside it and all maps of the layer below. */
import { byName, indexOf, MEAN, STD } from "../core/layers.js";
import { el, setHidden, setText } from "../ui/dom.js";
import { familyOf, matchingCells } from "./related-cells.js";
import { createThumbnails } from "./thumbnails.js";
import { createHeading } from "./heading.js";
import { createPlot, MARGIN, titleOf } from "./plot.js";
import { createWeights } from "./weights.js";
import { number } from "../core/text.js";

const GAP = 18; // px between two plots, as in views/panels.css
const MIN_PLOT_WIDTH = 236; // px, so that the texts of a plot have room
const MIN_PLOT_WIDTH_LOW = 164; // the same in a low window, where all plots stand in one row, and texts are broken
const MIN_SMALL_CELL = 6; // px: with smaller cells the small plot goes beside the weights, not above them
const NARROW = 560; // px: in a narrower view the plots stand below each other
/** Minimum width of the side panel and height of the weights in it, in px. */
const SIDES = { conv1: 176, conv2: 256, dense1: 292, logits: 200, flatten: 220, input: 220 };
const WEIGHTS_HIGH = { conv1: 178, conv2: 196 };

/**
 * `root` is #view-map. `point(cell, how, when)` is a callback as in explorer/network/network-view.js: `cell` is under the pointer
 * ("hover"), tapped ("tap"), clicked ("choose"), or reached with the keyboard ("key", "focus"); `when` is the event's time.
 */
export function createMapView(root, point) {
  let shown = null; // the last call's arguments
  let frozen = null; // the arrangement to keep while the mouse is over a plot, so that nothing moves away under the pointer
  let arranged = null;
  let room = null; // [width, height] of the view in px

  const onHover = (hovered) => {
    frozen = hovered ? arranged : null;
  };
  const choose = (cell, how, when) => {
    if (how !== "hover") frozen = null;
    point(cell, how, when);
  };
  const plots = [0, 1, 2].map(() => createPlot(choose, onHover));
  const weights = createWeights(choose);
  const note = el("p", { className: "map-note" });
  const thumbnails = createThumbnails((map, when) => choose({ ...arranged.cell, map }, "choose", when));
  const heading = createHeading(choose, thumbnails.sorting);
  const side = el("div", { className: "map-side" }, weights.element, note);
  const main = el("div", { className: "map-main" }, ...plots.map(({ figure }) => figure), side);
  root.append(heading.element, main, thumbnails.element);
  new ResizeObserver(([{ contentRect }]) => {
    room = [Math.floor(contentRect.width), Math.floor(contentRect.height)];
    if (shown && room[0] > 0) show(shown);
  }).observe(main);

  /** The layout for a cell: two large plots side by side, and a small one at the side. */
  function arrange(cell) {
    const names = familyOf(cell.layer);
    // A pooled map is shown large beside its source; the layer before the source becomes the small one.
    const small = names.length < 3 ? null : names[2] === cell.layer ? names[0] : names[2];
    return { cell, names, family: names[0], large: names.filter((name) => name !== small), small };
  }

  function show(call) {
    shown = call;
    if (root.hidden || !room || room[0] === 0) return;
    const { cell, answer, scale, theme, weights: loaded } = call;
    const keep = frozen && familyOf(frozen.cell.layer).includes(cell.layer) && matchingCells(cell, frozen.cell.layer)?.map === frozen.cell.map;
    arranged = keep ? frozen : arrange(cell);
    const own = arranged.cell;
    const narrow = room[0] < NARROW;
    main.classList.toggle("narrow", narrow);
    main.classList.toggle("aside", arranged.small !== null);
    main.dataset.family = arranged.family;

    const { sizes, used, low } = sizesOf(arranged, narrow, room);
    main.classList.toggle("low", low);
    const wide = narrow ? room[0] : Math.max(SIDES[arranged.family], room[0] - used);
    side.style.width = narrow ? "" : `${arranged.small ? SIDES[arranged.family] : wide}px`;
    for (const [i, plot] of plots.entries()) {
      const name = arranged.names[i] ?? null;
      setHidden(plot.figure, name === null);
      if (name === null) continue;
      const layer = byName[name];
      const { k, across } = sizes[name];
      const map = matchingCells(own, name)?.map ?? own.map;
      const values = answer.activations[name];
      plot.figure.classList.toggle("small", name === arranged.small);
      plot.show({ layer, map, spot: cell, title: titleOf(name), values, exact: answer.exact, scale, theme, k, wide: across });
    }
    const layer = byName[own.layer];
    const unit = layer.maps > 1 ? own.map : indexOf(layer, own);
    weights.show({ family: arranged.family, unit, cell: own, weights: loaded, activations: answer.activations, theme, room: [arranged.small ? SIDES[arranged.family] - MARGIN.left : wide, room[1]] });
    const text = NOTES[arranged.family]?.(cell, answer) ?? "";
    setText(note, text);
    setHidden(note, text === "");
    heading.show(cell, answer);
    thumbnails.show({ layer, map: own.map, values: answer.activations[layer.name], exact: answer.exact, scale, theme });
  }

  return { show };
}

/**
 * The largest whole number of px per cell that fits, for each plot: { sizes: { name: { k, across } }, used, low }. `k` and
 * `across` are a cell's height and width, `used` is the width of the large plots, `low` whether the view is low.
 */
function sizesOf({ family, names, large, small }, narrow, [width, height]) {
  const sizes = {};
  const stretch = ({ cols }) => (cols === 1 ? 3 : 1); // a single column would be too thin to read
  const put = (layer, k) => {
    const whole = Math.max(2, Math.floor(k));
    sizes[layer.name] = { k: whole, across: whole * stretch(layer) };
  };
  if (narrow) {
    for (const layer of names.map((name) => byName[name])) {
      put(layer, Math.min((width - MARGIN.left) / (layer.cols * stretch(layer)), 330 / layer.rows) / (layer.name === small ? 2 : 1));
    }
    return { sizes, used: width, low: false };
  }
  const layers = large.map((name) => byName[name]);
  const free = width - SIDES[family] - large.length * (MARGIN.left + GAP);
  const high = layers.map(({ rows }) => Math.floor((height - MARGIN.top - MARGIN.above - MARGIN.below) / rows));
  const wanted = layers.reduce((sum, layer, i) => sum + layer.cols * stretch(layer) * high[i], 0);
  for (const [i, layer] of layers.entries()) put(layer, high[i] * Math.min(1, free / wanted));
  // A pooled cell is as large as its four source cells together.
  if (small && large[1] === names[2]) put(layers[1], 2 * sizes[large[0]].k);
  const widths = (minimum) => layers.reduce((sum, { name, cols }) => sum + Math.max(sizes[name].across * cols + MARGIN.left, minimum) + GAP, 0);
  if (!small) return { sizes, used: widths(MIN_PLOT_WIDTH), low: false };
  const { rows, cols } = byName[small];
  const left = height - WEIGHTS_HIGH[family] - MARGIN.top - MARGIN.above - 46 - GAP;
  const above = Math.min((SIDES[family] - MARGIN.left) / cols, left / rows, sizes[large[0]].k);
  const beside = Math.max(MIN_SMALL_CELL, Math.min((width - widths(MIN_PLOT_WIDTH_LOW) - SIDES[family] - GAP - MARGIN.left) / cols, sizes[large[0]].k));
  const low = above < MIN_SMALL_CELL;
  put(byName[small], low ? beside : above);
  return { sizes, used: widths(low ? MIN_PLOT_WIDTH_LOW : MIN_PLOT_WIDTH), low };
}

/** The note for layers without weights: what happens there instead. */
const NOTES = {
  input: (cell, { activations, exact }) => {
    const value = activations.input[indexOf(byName.input, cell)];
    const grey = Math.round(255 * (value * STD + MEAN));
    return `The grey level of this pixel is ${grey} of 255: (${grey}/255 − ${MEAN}) / ${STD} = ${number(value, exact)}. Black (0) becomes ${number(-MEAN / STD)}, and white (255) becomes ${number((1 - MEAN) / STD)}. The input has no weights.`;
  },
  flatten: () =>
    "Nothing is computed here. Each row on the left is one of the 64 maps of pool2, with its 25 cells in one line: row by row, 5 at a time. This layer has no parameters.",
};
