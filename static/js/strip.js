/** The strip: one cell's number, where it is and what its layer does; its map enlarged; the legend of the colours. */
import { colourOf, css, paintMap, palette, range } from "./colour.js";
import { setAttribute, setText } from "./dom.js";
import { byName, indexOf } from "./layers.js";
import { byDigit, explain, legendText, number, place, short, subscript } from "./words.js";

export function createStrip(root) {
  const $ = (id) => root.querySelector(`#${id}`);
  const lens = $("lens");
  const lensMark = root.querySelector(".lens .mark-cell");
  const spoken = $("spoken");
  let ramp = null;
  let room = null; // width and height of the lens, known without asking for a layout in the midst of painting
  let again = null;
  new ResizeObserver(([{ contentRect }]) => {
    room = [contentRect.width, contentRect.height];
    again?.();
  }).observe(lens.parentElement);

  return {
    /** Show a cell { layer, map, row, col } of an answer, on the scale and in the theme chosen; `kept` if it was pressed. */
    show(cell, answer, scale, theme, kept) {
      $("kept").hidden = !kept;
      const layer = byName[cell.layer];
      const values = answer.activations[cell.layer];
      const value = values[indexOf(layer, cell)];
      const ends = range(layer, values, scale, cell.map);
      const { rule, here } = explain(cell.layer, cell, answer.activations, answer.stages.pictures.shifted.data, answer.exact);
      setText($("where"), subscript(layer, cell));
      setText($("where-words"), ` ${place(layer, cell)}${byDigit(layer) ? "" : ", counted from 0"}`);
      setText($("value"), number(value, answer.exact));
      setText($("rule"), rule);
      setText($("here"), here);
      again = () => showLens(layer, cell, values, ends, theme);
      if (room) again();
      showLegend(layer, value, ends, scale, theme);
    },
    /** For those who move with the keyboard and do not see the screen. */
    speak(cell, answer) {
      const layer = byName[cell.layer];
      const value = answer.activations[cell.layer][indexOf(layer, cell)];
      spoken.textContent = `${place(layer, cell)}: ${number(value, answer.exact)}`;
    },
    /** The number said last belongs to an earlier drawing. */
    hush() {
      setText(spoken, "");
    },
  };

  function showLens(layer, cell, values, ends, theme) {
    if (lens.width !== layer.cols) lens.width = layer.cols;
    if (lens.height !== layer.rows) lens.height = layer.rows;
    const context = lens.getContext("2d");
    const image = context.createImageData(layer.cols, layer.rows);
    const pixels = new Uint32Array(image.data.buffer);
    const from = cell.map * layer.rows * layer.cols;
    paintMap(pixels, layer.cols, 0, values, from, layer.rows, layer.cols, ends, palette(layer, theme));
    context.putImageData(image, 0, 0);
    const k = Math.max(1, Math.floor(Math.min(room[0] / layer.cols, room[1] / layer.rows)));
    const cellWide = layer.cols === 1 ? 5 * k : k; // a single column would be too thin to see
    const [wide, high] = [cellWide * layer.cols, k * layer.rows];
    lens.style.width = `${wide}px`;
    lens.style.height = `${high}px`;
    setAttribute(lens, "aria-label", layer.maps > 1 ? `${layer.name}, map ${cell.map}, enlarged` : `${layer.name}, enlarged`);
    lensMark.hidden = false;
    lensMark.style.left = `${(room[0] - wide) / 2 + cellWide * cell.col}px`;
    lensMark.style.top = `${(room[1] - high) / 2 + k * cell.row}px`;
    lensMark.style.width = `${cellWide}px`;
    lensMark.style.height = `${k}px`;
  }

  function showLegend(layer, value, [low, high], scale, theme) {
    const colours = palette(layer, theme);
    if (ramp !== colours) {
      const canvas = $("ramp");
      const context = canvas.getContext("2d");
      canvas.width = colours.length;
      const image = context.createImageData(colours.length, 1);
      new Uint32Array(image.data.buffer).set(colours);
      context.putImageData(image, 0, 0);
      ramp = colours;
    }
    const needle = $("needle");
    const along = high > low ? (value - low) / (high - low) : layer.signed ? 0.5 : 0;
    needle.hidden = false;
    needle.style.left = `${100 * Math.min(Math.max(along, 0), 1)}%`;
    setText($("low"), short(low));
    setText($("middle"), layer.signed ? "0" : short(high / 2));
    setText($("high"), short(high));
    setText($("legend-text"), legendText(layer, scale));
    setAttribute($("ramp"), "aria-label", `Colours from ${short(low)} to ${short(high)}; this cell is ${css(colourOf(value, [low, high], colours))}`);
  }
}
