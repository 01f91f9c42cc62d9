/** The confusion matrix after an epoch, and its worst mistakes as images; one click puts an image on the pad. */
import { SIDE } from "../core/drawing.js";
import { percent, plural, whole, withArticle } from "../core/text.js";
import { measuredAt, rows } from "../core/training/run-log.js";
import { imageFromPixels } from "../ui/bitmap.js";
import { el, setAttribute, setText } from "../ui/dom.js";
import { onClick } from "../ui/input/clicks.js";
import { createRovingFocus } from "../ui/roving-focus.js";
import { logOf, runOf } from "./page-state.js";

const DIGITS = [...Array(10).keys()];
const LEVELS = [[1, "none"], [3, "some"], [7, "more"], [Infinity, "most"]]; // counts below, and the class of their cells

/** `put(drawing)` puts a drawing on the pad. Returns show(state). */
export function createMistakes(root, { put }) {
  const says = el("p", { class: "panel-says" });
  const cellSays = el("p", { class: "caption matrix-says" }, "Rows are the true digits, columns the answers. Choose a cell.");
  const cells = DIGITS.map((label) => DIGITS.map((read) => el("td", { tabIndex: label + read === 0 ? 0 : -1, "data-row": label, "data-column": read })));
  const table = el("table", { class: "confusion", "aria-label": "Confusion matrix: rows are the true digits, columns the answers" },
    el("thead", {}, el("tr", {}, el("td"), ...DIGITS.map((digit) => el("th", { scope: "col" }, digit)))),
    el("tbody", {}, ...cells.map((row, digit) => el("tr", {}, el("th", { scope: "row" }, digit), ...row))));
  const list = el("ol", { class: "worst" });
  const matrix = el("div", { class: "matrix-part" }, table);
  root.append(matrix, el("div", { class: "panel-text" }, cellSays, says, list));
  createRovingFocus(cells.flat(), 10);
  let shown = null; // the epoch on the screen
  let pointed = null; // the described cell: [label, read]

  function describe() {
    if (!pointed || !shown) return;
    const [label, read] = pointed;
    const row = shown.confusion[label];
    const all = row.reduce((sum, count) => sum + count, 0);
    setText(cellSays, `Of ${plural(all, "image")} of ${withArticle(label)}, ${whole(row[read])} ${row[read] === 1 ? "was" : "were"} read as ${read}.`);
  }
  for (const [label, row] of cells.entries()) {
    for (const [read, cell] of row.entries()) {
      const point = () => {
        pointed = [label, read];
        describe();
      };
      for (const type of ["pointerenter", "focus"]) cell.addEventListener(type, point);
      onClick(cell, (event, touched) => {
        point();
        if (touched) cellSays.scrollIntoView({ block: "nearest" });
      });
    }
  }

  function tile({ label, predicted, confidence, pixels, index }) {
    const image = imageFromPixels(rows(pixels, SIDE));
    const canvas = el("canvas", { width: SIDE, height: SIDE, "aria-hidden": "true" });
    canvas.getContext("2d").drawImage(image.bitmap, 0, 0);
    const button = el("button", { type: "button", title: `Test image ${index}. Put it on the pad.`, "aria-label": `${label} as ${predicted}, ${percent(confidence)}: put it on the pad` }, canvas, el("span", {}, el("b", {}, label), " as ", el("b", {}, predicted)));
    button.addEventListener("click", () => put({ strokes: [], image }));
    return el("li", {}, button);
  }

  return (state) => {
    if (root.hidden) return;
    const found = measuredAt(logOf(state), state.epoch);
    const known = Boolean(found?.confusion);
    matrix.hidden = list.hidden = cellSays.hidden = !known;
    if (!known) {
      shown = null;
      const shipped = runOf(state)?.origin === "shipped";
      return setText(says, shipped ? "The mistakes of this run were not saved. Start a new run to see them." : "After each epoch, this panel shows which digits the network mixes up, and its worst mistakes as images.");
    }
    if (shown === found) return undefined;
    shown = found;
    const { test, epoch } = found;
    for (const [label, row] of cells.entries()) {
      for (const [read, cell] of row.entries()) {
        const count = found.confusion[label][read];
        setText(cell, count);
        setAttribute(cell, "class", label === read ? "same" : LEVELS.find(([below]) => count < below)[1]);
      }
    }
    describe();
    setText(says, `${epoch === 0 ? "Before training" : `After epoch ${epoch}`}, ${whole(test.total - test.correct)} of ${whole(test.total)} test images are misread. In these mistakes, the network is most confident; choose one to put it on the pad:`);
    return list.replaceChildren(...found.mistakes.map(tile));
  };
}
