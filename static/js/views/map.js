/** One map opened large: before and after its step, with the weights behind it and all its siblings below. */
import { byName, indexOf, MEAN, STD } from "../core/layers.js";
import { el, setHidden, setText } from "../ui/dom.js";
import { echo, familyOf } from "./facts.js";
import { createFilm } from "./thumbnails.js";
import { createHead } from "./heading.js";
import { createPlot, MARGIN, titleOf } from "./plot.js";
import { createWeights } from "./weights.js";
import { number } from "../core/text.js";

const GAP = 18; // px between two plots, as in views.css
const SLIM = 230; // px: no plot takes less room, so that there is some for its words
const SLIMMER = 196; // the same in a low window, where all stand in one row
const SMALLEST = 6; // px: with smaller cells the smaller plot goes beside the weights, not above them
const NARROW = 560; // px: below it plots stand below each other
/** px that the side takes at least, and that the weights in it take in height. */
const SIDES = { conv1: 176, conv2: 256, dense1: 292, logits: 200, flatten: 220, input: 220 };
const WEIGHTS_HIGH = { conv1: 178, conv2: 196 };

/**
 * `root` is #view-map. `point(cell, how, when)` is told as in explorer/network-view.js of what is under the pointer ("hover"),
 * tapped ("tap"), pressed ("choose"), or come to with the keyboard ("key", "focus"), and of the event's time.
 */
export function createMapView(root, point) {
  let shown = null; // the last call's arguments
  let still = null; // the arrangement to keep while a mouse is over a plot: nothing moves away under the pointer
  let arranged = null;
  let room = null;

  const over = (is) => {
    still = is ? arranged : null;
  };
  const choose = (cell, how, when) => {
    if (how !== "hover") still = null;
    point(cell, how, when);
  };
  const plots = [0, 1, 2].map(() => createPlot(choose, over));
  const weights = createWeights(choose);
  const note = el("p", { className: "map-note" });
  const film = createFilm((map, when) => choose({ ...arranged.cell, map }, "choose", when));
  const head = createHead(choose, film.sorting);
  const side = el("div", { className: "map-side" }, weights.element, note);
  const main = el("div", { className: "map-main" }, ...plots.map(({ figure }) => figure), side);
  root.append(head.element, main, film.element);
  new ResizeObserver(([{ contentRect }]) => {
    room = [Math.floor(contentRect.width), Math.floor(contentRect.height)];
    if (shown && room[0] > 0) show(shown);
  }).observe(main);

  /** Which layers stand where for a cell: two large ones side by side, and a smaller one at the side. */
  function arrange(cell) {
    const names = familyOf(cell.layer);
    // A pooled map is shown beside the one it was made of; what comes before that steps aside.
    const small = names.length < 3 ? null : names[2] === cell.layer ? names[0] : names[2];
    return { cell, names, family: names[0], large: names.filter((name) => name !== small), small };
  }

  function show(call) {
    shown = call;
    if (root.hidden || !room || room[0] === 0) return;
    const { cell, answer, scale, theme, weights: loaded } = call;
    const held = still && familyOf(still.cell.layer).includes(cell.layer) && echo(cell, still.cell.layer)?.map === still.cell.map;
    arranged = held ? still : arrange(cell);
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
      const map = echo(own, name)?.map ?? own.map;
      const values = answer.activations[name];
      plot.figure.classList.toggle("small", name === arranged.small);
      plot.show({ layer, map, spot: cell, title: titleOf(name), values, exact: answer.exact, scale, theme, k, wide: across });
    }
    const layer = byName[own.layer];
    const unit = layer.maps > 1 ? own.map : indexOf(layer, own);
    weights.show({ family: arranged.family, unit, cell: own, weights: loaded, activations: answer.activations, theme, room: [arranged.small ? SIDES[arranged.family] - MARGIN.left : wide, room[1]] });
    const words = NOTES[arranged.family]?.(cell, answer) ?? "";
    setText(note, words);
    setHidden(note, words === "");
    head.show(cell, answer);
    film.show({ layer, map: own.map, values: answer.activations[layer.name], exact: answer.exact, scale, theme });
  }

  return { show };
}

/** px of a cell in each plot, whole numbers, as large as fits: { sizes: { name: { k, across } }, used, low }: width used, and whether the height is little. */
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
  // A pooled cell is as large as the four it was made of.
  if (small && large[1] === names[2]) put(layers[1], 2 * sizes[large[0]].k);
  const widths = (slim) => layers.reduce((sum, { name, cols }) => sum + Math.max(sizes[name].across * cols + MARGIN.left, slim) + GAP, 0);
  if (!small) return { sizes, used: widths(SLIM), low: false };
  const { rows, cols } = byName[small];
  const left = height - WEIGHTS_HIGH[family] - MARGIN.top - MARGIN.above - 46 - GAP;
  const above = Math.min((SIDES[family] - MARGIN.left) / cols, left / rows, sizes[large[0]].k);
  const beside = Math.min((width - widths(SLIMMER) - SIDES[family] - GAP - MARGIN.left) / cols, sizes[large[0]].k);
  const low = above < SMALLEST;
  put(byName[small], low ? beside : above);
  return { sizes, used: widths(low ? SLIMMER : SLIM), low };
}

/** For layers without weights: what happened here instead. */
const NOTES = {
  input: (cell, { activations, exact }) => {
    const value = activations.input[indexOf(byName.input, cell)];
    const grey = Math.round(255 * (value * STD + MEAN));
    return `Grey level ${grey} of 255 here, and (${grey}/255 − ${MEAN}) / ${STD} = ${number(value, exact)}. So black is ${number(-MEAN / STD)} and white ${number((1 - MEAN) / STD)}; the picture has no weights of its own.`;
  },
  flatten: () =>
    "Nothing is computed here. Each row on the left is one of the 64 maps of pool2, its 25 cells in one line: row by row, 5 at a time. No parameters.",
};
