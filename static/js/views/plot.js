/** A map drawn with cells large enough to point at, with row and column numbers, a colour legend and a summary. */
import { colourOf, textColourOn, paintMap, palette, range } from "../core/colour.js";
import { arrowOf, isPlain } from "../core/input.js";
import { byName, indexOf } from "../core/layers.js";
import { isDead, summary } from "../core/statistics.js";
import { el, setAttribute, setHidden, setText } from "../ui/dom.js";
import { isSameTap, onClick, placeOfTap, TAP } from "../ui/input/clicks.js";
import { matchingCells } from "./related-cells.js";
import { summaryText } from "./map-texts.js";
import { number, short } from "../core/text.js";

export const MARGIN = { left: 20, top: 15, above: 19, below: 62 }; // px around the cells: row and column numbers, caption, legend and summary
const READABLE = 44; // px: cells at least this wide show their number

/** How many cells apart the row or column numbers are, with `k` px per cell. */
const labelStep = (k) => [1, 2, 5, 10, 20].find((step) => step * k >= 20) ?? 25;

/**
 * `point` is a callback as in explorer/network/network-view.js, called with the cell that is hovered over, tapped, clicked, or reached
 * with the keyboard. `onHover(hovered)` is called when the mouse enters or leaves the cells.
 */
export function createPlot(point, onHover) {
  const canvas = el("canvas", { "aria-hidden": "true" });
  const context = canvas.getContext("2d");
  const printed = el("div", { className: "printed", "aria-hidden": "true" });
  const ring = el("div", { className: "mark-cell", hidden: true });
  const plot = el("div", { className: "plot map-plot", tabIndex: 0 }, canvas, printed, ring);
  setAttribute(plot, "role", "application");
  setAttribute(plot, "aria-roledescription", "map");
  setAttribute(plot, "aria-describedby", "how-to-move");
  const across = el("div", { className: "count across", "aria-hidden": "true" });
  const down = el("div", { className: "count down", "aria-hidden": "true" });
  const name = el("b");
  const what = el("span", { className: "what" });
  const value = el("span", { className: "cell-value" });
  const ramp = el("canvas", { className: "map-ramp", height: 1, "aria-hidden": "true" });
  const ends = ["low", "middle", "high"].map(() => el("span"));
  const facts = el("p", { className: "caption facts-line" });
  const zeros = el("p", { className: "caption zeros" });
  const figure = el(
    "figure",
    { className: "map-figure" },
    el("figcaption", {}, name, what, value),
    el("div", { className: "edged" }, across, down, plot),
    el("div", { className: "map-legend" }, ramp, el("p", { className: "ends" }, ...ends), facts, zeros),
  );

  let shown = null; // the last arguments of show()
  let painted = null; // the colours of the legend
  let layoutKey = ""; // the layout that the row and column numbers were written for
  let tapped = null; // { x, y, at } of the last tap
  let cell = { map: 0, row: 0, col: 0 }; // the keyboard's cell; updated at once, as the next key may come before the next frame

  const cellOf = ({ map = shown.map, row, col }) => ({ layer: shown.layer.name, map, row, col });
  const under = (event) => {
    const frame = canvas.getBoundingClientRect();
    const { rows, cols } = shown.layer;
    // Divide by the size of a cell: with another order of operations, rounding can end up just below a whole number.
    const at = (offset, side, most) => Math.min(Math.max(Math.floor(offset / (side / most)), 0), most - 1);
    return cellOf({ row: at(event.clientY - frame.top, frame.height, rows), col: at(event.clientX - frame.left, frame.width, cols) });
  };
  plot.addEventListener("pointermove", (event) => {
    if (!shown || event.pointerType !== "mouse") return;
    onHover(true);
    point(under(event), "hover", event.timeStamp);
  });
  plot.addEventListener("pointerleave", (event) => {
    if (event.pointerType !== "mouse") return;
    onHover(false);
    point(null, "hover");
  });
  onClick(plot, (event, touched) => {
    if (!shown) return;
    onHover(false);
    const at = under(event);
    // The first tap of a finger shows a cell; a second tap at about the same place, or in the same large cell, pins it.
    if (touched && !isSecondTap(event, at)) {
      tapped = { ...placeOfTap(event), at };
      point(at, "tap", event.timeStamp);
      return;
    }
    const pinned = touched ? tapped.at : at;
    tapped = null;
    point(pinned, "choose", event.timeStamp);
  });
  const isSecondTap = (event, { layer, map, row, col }) => {
    if (!tapped || tapped.at.layer !== layer || tapped.at.map !== map) return false;
    if (shown.k >= TAP) return tapped.at.row === row && tapped.at.col === col;
    return isSameTap(event, tapped);
  };
  plot.addEventListener("focus", () => shown && plot.matches(":focus-visible") && point(cellOf(cell), "focus"));
  plot.addEventListener("keydown", (event) => {
    const pin = event.key === "Enter" || event.key === " ";
    const to = shown && (pin ? cellOf(cell) : moved(event));
    if (!to) return;
    event.preventDefault();
    onHover(false);
    cell = to;
    point(to, pin ? "keep" : "key", event.timeStamp);
  });

  function moved(event) {
    if (!isPlain(event)) return null;
    const { rows, cols, maps, tiles } = shown.layer;
    if (event.key === "Home") return cellOf({ ...cell, row: 0, col: 0 });
    if (event.key === "End") return cellOf({ ...cell, row: rows - 1, col: cols - 1 });
    const arrow = arrowOf(event);
    if (!arrow) return null;
    if (event.shiftKey && maps > 1) {
      const map = cell.map + arrow[0] + tiles * arrow[1];
      return map < 0 || map >= maps ? cellOf(cell) : { ...cellOf(cell), map };
    }
    const clamp = (index, size) => Math.min(Math.max(index, 0), size - 1);
    return cellOf({ ...cell, row: clamp(cell.row + arrow[1], rows), col: clamp(cell.col + arrow[0], cols) });
  }

  return {
    figure,
    plot,
    /**
     * Show one map of `layer`. `spot` is the selected cell, in any layer of the family; `k` and `wide` are the height and
     * width of a cell in px.
     */
    show({ layer, map, spot, title, values, exact, scale, theme, k, wide }) {
      const before = shown;
      shown = { layer, map, values, exact, scale, theme, k, wide };
      const layout = `${layer.name} ${k} ${wide}`;
      if (layout !== layoutKey) layOut(layer, k, wide);
      layoutKey = layout;
      if (before?.map !== map || before.layer !== layer) cell = { ...cell, map };
      if (!before || Object.keys(shown).some((key) => shown[key] !== before[key])) paint(title);
      mark(spot);
    },
  };

  function layOut(layer, k, wide) {
    canvas.width = layer.cols;
    canvas.height = layer.rows;
    figure.style.setProperty("--wide", `${wide * layer.cols}px`);
    setHidden(ends[1], wide * layer.cols < 110);
    figure.style.setProperty("--high", `${k * layer.rows}px`);
    const writeLabels = (box, count, size, side) => {
      const step = labelStep(size);
      const labels = Array.from({ length: Math.ceil(count / step) }, (_, i) => {
        const label = el("span", { textContent: layer.cols === 1 && side === "left" ? "" : i * step });
        label.style[side] = `${(i * step + 0.5) * size}px`;
        return label;
      });
      box.replaceChildren(...labels);
    };
    writeLabels(across, layer.cols, wide, "left");
    writeLabels(down, layer.rows, k, "top");
    const readable = wide >= READABLE && k >= 16;
    printed.replaceChildren(...Array.from({ length: readable ? layer.rows * layer.cols : 0 }, () => el("span")));
    printed.style.gridTemplate = `repeat(${layer.rows}, ${k}px) / repeat(${layer.cols}, ${wide}px)`;
  }

  function paint(title) {
    const { layer, map, values, exact, scale, theme } = shown;
    const [from, size] = [map * layer.rows * layer.cols, layer.rows * layer.cols];
    const colours = palette(layer, theme);
    const limits = range(layer, values, scale, map);
    const image = context.createImageData(layer.cols, layer.rows);
    paintMap(new Uint32Array(image.data.buffer), layer.cols, 0, values, from, layer.rows, layer.cols, limits, colours);
    context.putImageData(image, 0, 0);
    for (const [i, cell] of [...printed.children].entries()) {
      setText(cell, short(values[from + i]));
      cell.style.color = textColourOn(colourOf(values[from + i], limits, colours));
    }
    setText(name, layer.name);
    setText(what, title);
    setAttribute(plot, "aria-label", `${layer.name}${layer.maps > 1 ? `, map ${map}` : ""}, ${layer.rows} × ${layer.cols}`);
    if (painted !== colours) paintRamp(ramp, colours);
    painted = colours;
    const middle = layer.signed ? "0" : short(limits[1] / 2);
    for (const [i, text] of [short(limits[0]), middle, short(limits[1])].entries()) setText(ends[i], text);
    const about = summary(values, from, from + size);
    const [line, rest] = summaryText(layer, about);
    setText(facts, exact ? line : `≈ ${line}`);
    setText(zeros, rest);
    zeros.classList.toggle("dead", isDead(layer, about));
  }

  /** Draw a solid ring around the selected cell, or a dashed ring around the matching cells of another layer. */
  function mark(spot) {
    const { layer, map, values, exact, k, wide } = shown;
    const at = matchingCells(spot, layer.name);
    setHidden(ring, !at || at.map !== map);
    if (!at) return setText(value, "");
    const own = spot.layer === layer.name;
    if (at.map === map) cell = at;
    ring.classList.toggle("echo", !own);
    ring.style.left = `${wide * at.col}px`;
    ring.style.top = `${k * at.row}px`;
    ring.style.width = `${wide * at.wide}px`;
    ring.style.height = `${k * at.high}px`;
    setText(value, at.high > 1 ? "" : number(values[indexOf(layer, at)], exact));
  }
}

/** One row of pixels with every colour; CSS stretches it. */
function paintRamp(canvas, colours) {
  canvas.width = colours.length;
  const context = canvas.getContext("2d");
  const image = context.createImageData(colours.length, 1);
  new Uint32Array(image.data.buffer).set(colours);
  context.putImageData(image, 0, 0);
}

/** The caption of a plot, after the name of its layer. */
export const titleOf = (name) =>
  ({ relu: "after ReLU", max_pool: "after pooling", convolution: "before ReLU", softmax: "after softmax" })[byName[name].kind] ??
  { dense1: "before ReLU", logits: "before softmax", flatten: "64 maps of 25", input: "normalised" }[name];
