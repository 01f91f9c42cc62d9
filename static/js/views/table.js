/** The numbers of one map as a table: to be read, walked through, pressed, and copied. */
import { arrowOf, isPlain } from "../core/input.js";
import { byName } from "../core/layers.js";
import { createScrollHint } from "../ui/scroll-hint.js";
import { el, setHidden, setText } from "../ui/dom.js";
import { createSwitch } from "../ui/switch.js";
import { csv, tableCaption } from "./facts.js";
import { createHead } from "./heading.js";

const PAUSE = 200; // ms between two fillings while the pen moves; the exact numbers come at once
const FADE = 36; // px at the right edge that say there is more, as in views.css
const MINUS = "\u2212";

/** A number with as many decimals as asked for. What rounds to nothing has no sign. */
export function decimals(value, digits) {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? (0).toFixed(digits) : text.replace("-", MINUS);
}

/**
 * `root` is #view-table; `point(cell, how)` is told of a number that was pressed ("choose"), kept with Enter ("keep") or
 * walked to ("key").
 */
export function createTableView(root, point) {
  let shown = null; // the last call's arguments
  let digits = 2;
  let built = null; // the layer whose rows and columns stand there
  let filled = {}; // what its numbers are
  let current = null; // the cell marked
  let again = null;
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
  const told = el("p", { className: "caption told" });
  told.setAttribute("role", "status");
  const aside = el("textarea", { className: "csv", readOnly: true, hidden: true, ariaLabel: "The numbers as CSV" });
  const head = createHead(point, told, precise, copy);
  const table = el("table", { className: "numbers" });
  const scroller = el("div", { className: "scroller", tabIndex: 0, ariaLabel: "Numbers" }, table);
  scroller.setAttribute("role", "region");
  root.append(head.element, aside, el("div", { className: "frame" }, scroller));
  createScrollHint(scroller);

  copy.addEventListener("click", async () => {
    if (!shown) return;
    const { layer, text } = asCsv();
    const size = layer.cols === 1 ? `${layer.rows} numbers` : `${layer.rows} rows of ${layer.cols}`;
    setHidden(aside, true);
    try {
      await navigator.clipboard.writeText(text);
      setText(told, `Copied: ${size}.`);
    } catch {
      // No clipboard over plain HTTP, or none allowed: then the text stands there, selected.
      aside.value = text;
      setHidden(aside, false);
      aside.focus();
      aside.select();
      setText(told, "Selected: copy it with Ctrl+C.");
    }
  });
  aside.addEventListener("blur", () => setHidden(aside, true));
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
    if (cell) point(cell, event.detail === 0 ? "keep" : "choose", event.timeStamp); // without a press it was a key
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
      const number = decimals(values[at + i], digits);
      if (text.data !== number) text.data = number;
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
    bringIntoSight(cells[at].td);
  }

  /** Scroll the table alone, and only if the cell is out of sight or under the headers. */
  function bringIntoSight(td) {
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
    clearTimeout(again);
    const other = filled.values !== values || filled.map !== cell.map || filled.digits !== digits;
    const wait = filled.map === cell.map && !answer.exact ? PAUSE - (performance.now() - (filled.when ?? -PAUSE)) : 0;
    if (other && wait > 0) again = setTimeout(() => show(shown), wait);
    else if (other) {
      fill(layer, cell.map, values);
      const caption = tableCaption(layer, cell.map);
      setText(table.caption.firstChild, answer.exact ? caption : `${caption}, rounded while you draw`);
      if (told.textContent) setText(told, "");
    }
    mark(cell.row * layer.cols + cell.col);
    head.show(cell, answer);
  }

  // A panel that comes into sight shows what it missed.
  new ResizeObserver(() => shown && show(shown)).observe(root);
  return { show };
}
