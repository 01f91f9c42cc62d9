/**
 * A matrix as a table of coloured numbers, with a frame for the window of an operation. Its cells can be edited, or explored
 * with the arrow keys.
 */
import { colourOf, css, textColourOn, palette } from "../core/colour.js";
import { el, setText } from "./dom.js";
import { arrowOf, numberOf, readNumber } from "../core/input.js";
import { createRefusal } from "./messages.js";
import { brief } from "../core/text.js";

/** The range of the numbers in editable cells. */
const LIMITS = { min: -1e9, max: 1e9 };

/**
 * `caption` names the matrix; `letter` is its letter in the formula, with which it is highlighted. `signed` chooses the
 * colours: blue below zero and orange above, or one colour for values ≥ 0; `most` is the value of the strongest colour, by
 * default the largest magnitude. `write` formats a value. With `edit(row, col, value)` the cells are inputs
 * for numbers within `limits`, { min, max, decimals }; a message under the matrix says if a text is refused. `look({ row, col })`
 * is called when a cell is pointed at, focused or pressed. `describe(row, col, value)` is a cell's label for screen readers.
 *
 * Returns { node, show(matrix, options), value(row, col), cell(row, col) }. Options of show: `window`, [top, left, rows, cols],
 * is framed; `winners` and `blank`, lists of [row, col], are ringed and shown as a question mark; `dim(row, col)` says which
 * cells do not count.
 */
export function createMatrix({ caption, letter, signed = true, most, write = brief, edit, limits = LIMITS, look, describe, label, small = false }) {
  const body = el("tbody");
  const refusal = createRefusal();
  const heading = el("caption", {}, ...(letter ? [el("b", { class: "letter", "data-means": letter }, letter), " "] : []), caption ?? "", ...(edit ? [refusal.node] : []));
  const node = el("table", { class: `matrix${edit ? " editable" : ""}${small ? " small" : ""}`, "data-part": letter, "aria-label": label }, ...(caption || letter ? [heading] : []), body);
  let cells = [];
  let shown = [];
  let theme = "light";
  let current = [0, 0];
  let typing = null; // the input in which the user is typing: its text is left alone

  const name = (row, col, value) => describe?.(row, col, value) ?? `row ${row}, column ${col}: ${write(value)}`;

  function build(rows, cols) {
    cells = Array.from({ length: rows }, (_, row) =>
      Array.from({ length: cols }, (_, col) => {
        const cell = el("td");
        if (edit) {
          const input = el("input", { type: "text", inputMode: "text", autocomplete: "off", "aria-label": `${label ?? caption ?? ""} row ${row}, column ${col}` });
          input.addEventListener("input", () => {
            typing = input;
            refusal.say(input, "");
          });
          input.addEventListener("change", () => {
            typing = null;
            const { value, says } = readNumber(input.value, { label: `${label ?? caption ?? ""}, row ${row}, column ${col}`, kept: shown[row][col], ...limits });
            if (value === null) input.value = write(shown[row][col]);
            else edit(row, col, value);
            if (says) refusal.say(input, says);
          });
          cell.append(input);
        } else if (look) {
          cell.tabIndex = row === 0 && col === 0 ? 0 : -1;
        }
        if (look) for (const type of ["pointerenter", "click", "focusin"]) cell.addEventListener(type, () => look({ row, col }, type));
        return cell;
      }),
    );
    current = [0, 0];
    body.replaceChildren(...cells.map((row) => el("tr", {}, ...row)));
  }

  node.addEventListener("keydown", (event) => {
    const arrow = arrowOf(event);
    const at = cells.findIndex((row) => row.some((cell) => cell.contains(event.target)));
    if (!arrow || at < 0 || (edit && arrow[0] !== 0)) return; // left and right move the caret in an input
    const col = cells[at].findIndex((cell) => cell.contains(event.target));
    const to = cells[at + arrow[1]]?.[col + arrow[0]];
    if (!to) return;
    event.preventDefault();
    if (edit) return to.firstChild.focus();
    cells[current[0]][current[1]].tabIndex = -1;
    current = [at + arrow[1], col + arrow[0]];
    to.tabIndex = 0;
    to.focus();
  });

  return {
    node,
    value: (row, col) => shown[row]?.[col],
    cell: (row, col) => cells[row]?.[col],
    setTheme: (now) => (theme = now),
    show(matrix, { window, winners = [], blank = [], dim } = {}) {
      shown = matrix;
      if (cells.length !== matrix.length || cells[0]?.length !== matrix[0]?.length) build(matrix.length, matrix[0]?.length ?? 0);
      const end = most ?? Math.max(1e-12, ...matrix.flat().map(Math.abs));
      const colours = palette({ signed }, theme);
      const has = (list, row, col) => list.some(([r, c]) => r === row && c === col);
      for (const [row, line] of cells.entries()) {
        for (const [col, cell] of line.entries()) {
          const value = matrix[row][col];
          const hidden = has(blank, row, col);
          const colour = hidden || value === null ? null : colourOf(value, [signed ? -end : 0, end], colours);
          cell.style.background = colour === null ? "" : css(colour);
          cell.style.color = colour === null ? "" : textColourOn(colour);
          const text = hidden ? "?" : value === null ? "" : write(value);
          if (edit) {
            const input = cell.firstChild;
            if (input !== typing && (document.activeElement !== input || numberOf(input.value) !== value)) input.value = text;
          } else setText(cell, text);
          if (look && !edit) cell.setAttribute("aria-label", hidden ? `row ${row}, column ${col}: not known yet` : name(row, col, value));
          cell.classList.toggle("winner", has(winners, row, col));
          cell.classList.toggle("unknown", hidden);
          cell.classList.toggle("dim", Boolean(dim?.(row, col)));
          frame(cell, window, row, col);
        }
      }
    },
  };
}

/** Mark the cells at the edge of a window, which draw its frame. */
function frame(cell, window, row, col) {
  const [top, left, rows, cols] = window ?? [];
  const inside = window !== undefined && row >= top && row < top + rows && col >= left && col < left + cols;
  cell.classList.toggle("in-window", inside);
  cell.classList.toggle("first-row", inside && row === top);
  cell.classList.toggle("last-row", inside && row === top + rows - 1);
  cell.classList.toggle("first-col", inside && col === left);
  cell.classList.toggle("last-col", inside && col === left + cols - 1);
}
