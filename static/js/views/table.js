/** The numbers of one map as a table that can be read, walked through with the keyboard, clicked and copied. */
import { arrowOf, isPlain } from "../core/input.js";
import { byName } from "../core/layers.js";
import { number, short } from "../core/text.js";
import { createScrollHint } from "../ui/scroll-hint.js";
import { el, setHidden, setText } from "../ui/dom.js";
import { copySelection } from "../ui/clipboard.js";
import { createSwitch } from "../ui/switch.js";
import { csv, tableCaption } from "./map-texts.js";
import { createHeading } from "./heading.js";

const PAUSE = 200; // ms between two updates while the pen moves; the exact numbers are shown at once
const FADE = 36; // px of the fade at the right edge that shows that there is more, as in views/panels.css

// How the other views write the same numbers: short in a map, with four decimals in a calculation.
const WRITE = { 2: short, 4: number };

/**
 * `root` is #view-table. `point(cell, how)` is called when a number is clicked ("choose"), pinned with Enter ("keep") or
 * reached with the arrow keys ("key").
 */
export function createTableView(root, point) {
  let shown = null; // the last call's arguments
  let digits = 2;
  let built = null; // the layer that the rows and columns were built for
  let filled = {}; // the map and values that are shown
  let current = null; // the index of the marked cell
  let retry = null; // timer of a postponed update
  let cells = []; // [{ td, text, button }]

  const precise = createSwitch(
    "decimals",
    "Decimals",
    [
      ["2", "2", "Two decimals"],
      ["4", "4", "Four decimals"],
    ],
    (value) => {
      digits = Number(value);
      if (shown) show(shown);
    },
  );
  const copy = el("button", { type: "button", className: "quiet copy", textContent: "Copy as CSV" });
  const status = el("p", { className: "caption copy-status" });
  status.setAttribute("role", "status");
  const csvText = el("textarea", { className: "csv", readOnly: true, hidden: true, "aria-label": "The numbers as CSV" });
  const heading = createHeading(point, status, precise, copy);
  const table = el("table", { className: "numbers" });
  const scroller = el("div", { className: "scroller", tabIndex: 0, "aria-label": "Numbers" }, table);
  scroller.setAttribute("role", "region");
  root.append(heading.element, csvText, el("div", { className: "frame" }, scroller));
  createScrollHint(scroller);

  copy.addEventListener("click", async () => {
    if (!shown) return;
    const { layer, text } = asCsv();
    const size = layer.cols === 1 ? `${layer.rows} numbers` : `${layer.rows} rows of ${layer.cols}`;
    setHidden(csvText, true);
    try {
      await navigator.clipboard.writeText(text);
      setText(status, `Copied: ${size}.`);
    } catch {
      // Plain HTTP has no clipboard, and the user can forbid it: then show the text, selected.
      csvText.value = text;
      setHidden(csvText, false);
      csvText.focus();
      csvText.setSelectionRange(0, text.length);
      setText(status, copySelection() ? `Copied: ${size}.` : "The numbers are selected. Copy them with Ctrl+C, ⌘C or the menu of the selection.");
    }
  });
  csvText.addEventListener("blur", () => setHidden(csvText, true));
  const asCsv = () => {
    const layer = byName[shown.cell.layer];
    return { layer, text: csv(layer, shown.answer.activations[layer.name], shown.cell.map) };
  };

  const cellOf = (target) => {
    const at = target.closest?.("button")?.dataset.at;
    if (at === undefined) return null;
    const layer = byName[built];
    return { layer: built, map: shown.cell.map, row: Math.floor(at / layer.cols), col: at % layer.cols };
  };
  table.addEventListener("click", (event) => {
    const cell = cellOf(event.target);
    if (cell) point(cell, event.detail === 0 ? "keep" : "choose", event.timeStamp); // detail is 0 for a click by the keyboard
  });
  table.addEventListener("keydown", (event) => {
    const cell = cellOf(event.target);
    const arrow = arrowOf(event);
    if (!cell || !isPlain(event)) return;
    const { rows, cols } = byName[built];
    let { row, col } = cell;
    if (arrow) [row, col] = [row + arrow[1], col + arrow[0]];
    else if (event.key === "Home") col = 0;
    else if (event.key === "End") col = cols - 1;
    else return;
    event.preventDefault();
    if (row < 0 || col < 0 || row >= rows || col >= cols) return;
    cells[row * cols + col].button.focus();
    point({ ...cell, row, col }, "key", event.timeStamp);
  });

  function build(layer) {
    const header = (text, scope) => el("th", { textContent: text, scope });
    const across = Array.from({ length: layer.cols }, (_, col) => header(layer.cols === 1 ? layer.name : layer.grid ? `+${col}` : col, "col"));
    cells = [];
    const rows = Array.from({ length: layer.rows }, (_, row) => {
      const line = el("tr", {}, header(layer.grid ? row * layer.cols : row, "row"));
      for (let col = 0; col < layer.cols; col++) {
        const text = document.createTextNode("");
        const button = el("button", { type: "button", tabIndex: -1 }, text);
        button.dataset.at = cells.length;
        const td = el("td", {}, button);
        line.append(td);
        cells.push({ td, text, button });
      }
      return line;
    });
    const corner = el("td", { className: "corner" });
    table.replaceChildren(el("caption", {}, el("span")), el("thead", {}, el("tr", {}, corner, ...across)), el("tbody", {}, ...rows));
    table.classList.toggle("roomy", layer.cols <= 13);
    built = layer.name;
    filled = {};
    current = null;
  }

  function fill(layer, map, values) {
    const at = map * layer.rows * layer.cols;
    for (const [i, { text }] of cells.entries()) {
      const written = WRITE[digits](values[at + i]);
      if (text.data !== written) text.data = written;
    }
    filled = { map, values, digits, when: performance.now() };
  }

  function mark(at) {
    if (current === at) return;
    const focused = document.activeElement === cells[current]?.button;
    if (cells[current]) {
      cells[current].td.removeAttribute("aria-current");
      cells[current].button.tabIndex = -1;
    }
    cells[at].td.setAttribute("aria-current", "true");
    cells[at].button.tabIndex = 0;
    if (focused) cells[at].button.focus();
    current = at;
    scrollToCell(cells[at].td);
  }

  /** Scroll the table, not the page, and only if the cell is out of sight or under the headers. */
  function scrollToCell(td) {
    const [frame, box] = [scroller.getBoundingClientRect(), td.getBoundingClientRect()];
    const [left, top] = [frame.left + 48, frame.top + 48];
    if (box.left < left) scroller.scrollLeft -= left - box.left;
    else if (box.right > frame.right - FADE) scroller.scrollLeft += box.right - frame.right + FADE;
    if (box.top < top) scroller.scrollTop -= top - box.top;
    else if (box.bottom > frame.bottom - 14) scroller.scrollTop += box.bottom - frame.bottom + 14;
  }

  function show(call) {
    shown = call;
    if (root.hidden) return;
    const { cell, answer } = call;
    const layer = byName[cell.layer];
    const values = answer.activations[layer.name];
    if (built !== layer.name) build(layer);
    clearTimeout(retry);
    const other = filled.values !== values || filled.map !== cell.map || filled.digits !== digits;
    const wait = filled.map === cell.map && !answer.exact ? PAUSE - (performance.now() - (filled.when ?? -PAUSE)) : 0;
    if (other && wait > 0) retry = setTimeout(() => show(shown), wait);
    else if (other) {
      fill(layer, cell.map, values);
      const caption = tableCaption(layer, cell.map);
      setText(table.caption.firstChild, answer.exact ? caption : `${caption}, rounded while you draw`);
      if (status.textContent) setText(status, "");
    }
    mark(cell.row * layer.cols + cell.col);
    heading.show(cell, answer);
  }

  // Update the panel when it becomes visible.
  new ResizeObserver(() => shown && show(shown)).observe(root);
  return { show };
}
