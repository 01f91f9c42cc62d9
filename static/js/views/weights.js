/** The weights behind a number: a kernel of nine numbers, the 32 kernels of all channels, or the weights of one unit. */
import { colourOf, css, DIVERGING, textColourOn, paintMap } from "../core/colour.js";
import { arrowOf, isPlain } from "../core/input.js";
import { byName, cellAt, indexOf, step, tileAt } from "../core/layers.js";
import { createCanvas } from "../ui/bitmap.js";
import { el, setAttribute, setHidden, setText } from "../ui/dom.js";
import { isSameTap, onClick, placeOfTap } from "../ui/input/clicks.js";
import { WEIGHTED_LAYER } from "./related-cells.js";
import { heaviestKernel, WEIGHT_TEXTS } from "./map-texts.js";
import { number, short, whole } from "../core/text.js";

/** The layout of each layer's weights: that of the layer whose numbers they are multiplied by. */
const KERNELS = { name: "kernels", maps: 32, rows: 3, cols: 3, tiles: 8, width: 31, height: 15 };
const LAYOUTS = { conv2: KERNELS, dense1: byName.pool2, logits: byName.relu3 };
const MAX_SIZE = { conv2: 8, dense1: 8, logits: 20 }; // px of one weight

/** `point(cell, "choose")` is called with the number that the clicked weight is multiplied by. */
export function createWeights(point) {
  const title = el("h3", {}, "weights");
  const caption = el("p", { className: "caption" });
  const nine = el("div", { className: "nine" }, ...Array.from({ length: 9 }, () => el("span")));
  const canvas = el("canvas", { "aria-hidden": "true" });
  const ring = el("div", { className: "mark-cell", hidden: true });
  const tiles = el("div", { className: "plot map-plot tiles", tabIndex: 0 }, canvas, ring);
  setAttribute(tiles, "role", "application");
  setAttribute(tiles, "aria-roledescription", "weights");
  setAttribute(tiles, "aria-describedby", "how-to-weigh");
  const message = el("p", { className: "tile-says" });
  setAttribute(message, "aria-live", "polite");
  const element = el(
    "section",
    { className: "map-weights", "aria-label": "Weights" },
    title,
    nine,
    tiles,
    message,
    caption,
    el("p", { id: "how-to-weigh", className: "visually-hidden", textContent: "The arrow keys move from weight to weight. Enter opens the number that the weight is multiplied by." }),
  );

  let shown = null; // { family, unit, weights, activations, theme, room, cell }
  let tapped = null; // { x, y, at } of the last tap
  let spot = null; // the weight under the pointer or keyboard, as a cell of the layout
  const k = () => canvas.clientWidth / LAYOUTS[shown.family].width;

  const under = (event) => {
    const frame = canvas.getBoundingClientRect();
    const layout = LAYOUTS[shown.family];
    return cellAt(layout, (event.clientX - frame.left) / (frame.width / layout.width), (event.clientY - frame.top) / (frame.height / layout.height));
  };
  const lookAt = (cell) => {
    spot = cell;
    look();
  };
  tiles.addEventListener("pointermove", (event) => event.pointerType === "mouse" && shown && lookAt(under(event)));
  tiles.addEventListener("pointerleave", () => shown && lookAt(null));
  // On a touch screen, the first tap shows a weight's product and a second tap at the same place opens its number.
  onClick(tiles, (event, touched) => {
    if (!shown) return;
    if (touched && !isSameTap(event, tapped)) {
      tapped = { ...placeOfTap(event), at: under(event) };
      return lookAt(tapped.at);
    }
    open(touched ? tapped.at : under(event), event.timeStamp);
    tapped = null;
  });
  tiles.addEventListener("focus", () => shown && tiles.matches(":focus-visible") && lookAt(spot ?? { map: 0, row: 0, col: 0 }));
  tiles.addEventListener("blur", () => shown && lookAt(null));
  tiles.addEventListener("keydown", (event) => {
    if (!shown || !isPlain(event)) return;
    const at = spot ?? { map: 0, row: 0, col: 0 };
    const arrow = arrowOf(event);
    if (!arrow && event.key !== "Enter") return;
    event.preventDefault();
    if (!arrow) return open(at, event.timeStamp);
    const layout = LAYOUTS[shown.family];
    const [wide, high] = layout === KERNELS || (event.shiftKey && layout.maps > 1) ? [layout.cols, layout.rows] : [1, 1];
    lookAt(step(layout, at, arrow[0] * wide, arrow[1] * high));
  });

  /** Open the number that a weight is multiplied by; for a kernel, the number under its centre. */
  function open(at, when) {
    const { cell, family } = shown;
    if (family === "conv2") point({ layer: "pool1", map: at.map, row: middle(cell.row), col: middle(cell.col) }, "choose", when);
    else point({ layer: LAYOUTS[family].name, ...at }, "choose", when);
  }
  const middle = (at) => at + 1;

  function look() {
    const { family, unit, weights, activations } = shown;
    setHidden(ring, spot === null);
    if (!spot) return setText(message, defaultText());
    const layout = LAYOUTS[family];
    const whole = family === "conv2";
    const [left, top] = layout.maps === 1 ? [0, 0] : tileAt(layout, spot.map);
    const [x, y, wide, high] = whole ? [left, top, 3, 3] : [left + spot.col, top + spot.row, 1, 1];
    for (const [side, cells] of Object.entries({ left: x, top: y, width: wide, height: high })) ring.style[side] = `${cells * k()}px`;
    const at = indexOf(layout, spot);
    const weight = whole ? weights.kernel(family, unit, spot.map) : weights.row(family, unit)[at];
    setText(message, WEIGHT_TEXTS[family](weight, spot, activations[layout.name]?.[at]));
  }

  function defaultText() {
    const { family, unit, weights } = shown;
    if (family !== "conv2") return "Choose a weight to see its product.";
    const { channel, sum } = heaviestKernel(kernels(weights, unit));
    return `Largest: channel ${channel}, Σ|weights| = ${short(sum)}`;
  }

  return {
    element,
    /**
     * Show the weights of one map or unit for `cell`. `room` is the available width and height in px. Layers without weights
     * show nothing. `weights` is null until they are loaded.
     */
    show({ family, unit, cell, weights, activations, theme, room }) {
      const which = WEIGHTED_LAYER[family];
      setHidden(element, !which);
      if (!which) return;
      const before = shown;
      shown = weights && { family, unit, weights, activations, theme, room, cell };
      setHidden(nine, !weights || family !== "conv1");
      setHidden(tiles, !weights || family === "conv1");
      setHidden(message, !weights || family === "conv1");
      setText(title, titleFor(family, unit));
      if (!weights) return setText(caption, "Loading the weights…");
      const same = before && before.weights === weights && ["family", "unit", "theme", "room"].every((key) => String(before[key]) === String(shown[key]));
      if (!same) {
        if (before?.family !== family) spot = tapped = null;
        if (family === "conv1") showNine(unit, weights, theme);
        else showTiles(family, unit, weights, theme, room);
      }
      if (family !== "conv1") look();
    },
  };

  function showNine(unit, weights, theme) {
    const kernel = weights.kernel("conv1", unit, 0);
    const limits = ends(kernel);
    for (const [i, box] of [...nine.children].entries()) {
      const colour = colourOf(kernel[i], limits, DIVERGING[theme]);
      box.style.background = css(colour);
      box.style.color = textColourOn(colour);
      box.title = number(kernel[i]);
      setText(box, short(kernel[i]));
    }
    setText(caption, `bias ${number(weights.bias("conv1", unit))}. Colour scale: ${short(limits[0])} to ${short(limits[1])}.`);
  }

  function showTiles(family, unit, weights, theme, room) {
    const layout = LAYOUTS[family];
    const values = family === "conv2" ? Float32Array.from(kernels(weights, unit).flatMap((kernel) => [...kernel])) : weights.row(family, unit);
    const limits = ends(values);
    const px = Math.max(2, Math.floor(Math.min(room[0] / layout.width, (room[1] - 112) / layout.height, MAX_SIZE[family])));
    paintTiles(canvas, layout, values, limits, DIVERGING[theme], px);
    const what = { conv2: "channels, one for each map of pool1", dense1: "weights, one for each number of pool2", logits: "weights, one for each unit of relu3" }[family];
    const all = whole(family === "conv2" ? layout.maps : values.length);
    setAttribute(tiles, "aria-label", `${all} ${what}`);
    const about = family === "conv2" ? "" : ` ${all} ${what}.`;
    setText(caption, `bias ${number(weights.bias(family, unit))}.${about} Colour scale for all ${all}: ${short(limits[0])} to ${short(limits[1])}.`);
  }
}

/** Draw a line around each tile: weights near zero have the page's colour, so the tiles would run together. */
function paintTiles(canvas, layout, values, limits, colours, px) {
  const sheet = createCanvas(layout.width, layout.height);
  const image = new ImageData(layout.width, layout.height);
  const pixels = new Uint32Array(image.data.buffer);
  const size = layout.rows * layout.cols;
  const corners = Array.from({ length: layout.maps }, (_, map) => (layout.maps === 1 ? [0, 0] : tileAt(layout, map)));
  for (const [map, [left, top]] of corners.entries()) {
    paintMap(pixels, layout.width, top * layout.width + left, values, map * size, layout.rows, layout.cols, limits, colours);
  }
  sheet.getContext("2d").putImageData(image, 0, 0);
  canvas.width = px * layout.width;
  canvas.height = px * layout.height;
  canvas.style.width = `${canvas.width}px`;
  canvas.style.height = `${canvas.height}px`;
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(sheet, 0, 0, canvas.width, canvas.height);
  context.strokeStyle = "#7d879680";
  for (const [left, top] of corners) context.strokeRect(px * left + 0.5, px * top + 0.5, px * layout.cols - 1, px * layout.rows - 1);
}

const kernels = (weights, map) => Array.from({ length: 32 }, (_, channel) => weights.kernel("conv2", map, channel));

const titleFor = (family, unit) =>
  ({ conv1: `filter ${unit}`, conv2: `filter ${unit}, with 32 channels`, dense1: `weights of unit ${unit}`, logits: `weights of digit ${unit}` })[family];

function ends(values) {
  const most = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  return [-most, most];
}
