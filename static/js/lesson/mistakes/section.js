/** The mistakes of the loaded weights on the test set: the most confident ones as images, and the confusion matrix. */
import { el, setText } from "../../ui/dom.js";
import { imageFromPixels } from "../../ui/bitmap.js";
import { createRovingFocus } from "../../ui/roving-focus.js";
import { keepInPlace } from "../../ui/input/keep-in-place.js";
import { predictionSentence } from "../../core/prediction-text.js";
import { percent } from "../../core/text.js";
import { mostCommonMistake, describeMistake, headline, programsOf, sentences } from "./text.js";
import { choice, list as listField, optional, whole } from "../../core/links/setting-fields.js";
import { createPrograms } from "../../widgets/program-tabs.js";
import { scrollToPart } from "../shared/scrolling.js";
import { SERVICE } from "../../core/service/address.js";

export const STEPS = Object.freeze({
  worst: "the mistakes with the highest confidence",
  matrix: "the confusion matrix: which digits the network mixes up",
  commonest: "the most common kind of mistake",
});

const LISTED = 20; // the length of the list while it shows mistakes of all kinds
const MOST_MISTAKES = 9_999;
const PROGRAMS = ["numpy", "curl"];

export function mount(root, lesson) {
  root.querySelector(".onwards a").href = lesson.toNetwork({ view: "trust" });
  const worst = root.querySelector(".mistakes-worst");
  if (!worst) return { show: () => onwards(root, lesson), go() {} }; // not evaluated; the template says how to do it

  const table = root.querySelector(".confusion");
  const cells = [...table.querySelectorAll("[data-row]")];
  const matrix = root.querySelector(".mistakes-matrix");
  const message = matrix.querySelector(".mistakes-says");
  const look = el("button", { type: "button", class: "quiet", hidden: true }, "Go to the images");
  message.after(look);
  const title = el("p", { class: "mistakes-title", role: "status" });
  const back = el("button", { type: "button", class: "quiet", hidden: true }, "Show all kinds of mistakes");
  const list = el("ol", { class: "mistakes-list" });
  const detail = createDetail(lesson);
  worst.append(el("div", {}, el("div", { class: "mistakes-head" }, title, back), list), detail.node);

  let measured = null;
  let chosen = null; // the mistake that is shown large
  let kind = null; // [label, answer] of the listed mistakes; null for all kinds
  let first = null; // the first mistake in the list
  let tiles = [];
  let wanted = null; // settings that wait for the evaluation
  let changes = 0; // the number of times that a step or a link has chosen the kind

  // -------------------------------------------------------------- the matrix

  const at = (cell) => [Number(cell.dataset.row), Number(cell.dataset.column)];

  /** Highlight a cell's row and column, and describe them. */
  function pointAt(cell) {
    const [label, read] = at(cell);
    for (const other of cells) other.classList.toggle("cross", (other.dataset.row === cell.dataset.row) !== (other.dataset.column === cell.dataset.column));
    const confusion = [...Array(10).keys()].map((row) => cells.slice(10 * row, 10 * row + 10).map((each) => Number(each.textContent)));
    message.replaceChildren(...sentences(confusion, label, read).map((text) => el("p", {}, text)));
  }
  function choose(cell) {
    kind = at(cell);
    for (const other of cells) other.setAttribute("aria-selected", String(other === cell));
    pointAt(cell);
    listMistakes();
  }
  /** The list above may become shorter: keep the clicked cell under the pointer. */
  const press = (cell) => keepInPlace(cell, () => choose(cell));
  table.setAttribute("role", "grid");
  for (const cell of cells) {
    cell.setAttribute("role", "gridcell");
    cell.addEventListener("pointerenter", () => pointAt(cell));
    cell.addEventListener("focus", () => pointAt(cell));
    cell.addEventListener("click", () => press(cell));
    cell.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      press(cell);
    });
  }
  createRovingFocus(cells, 10);
  back.addEventListener("click", () => {
    showAllKinds();
    tiles[0]?.button.focus({ preventScroll: true }); // the button is now hidden
  });
  look.addEventListener("click", () => tiles.find(({ item }) => !item.hidden).button.focus());
  function showAllKinds() {
    kind = null;
    for (const cell of cells) cell.removeAttribute("aria-selected");
    listMistakes();
  }

  // -------------------------------------------------------------- the images

  function listMistakes() {
    if (!measured) return;
    const shown = kind === null ? measured.mistakes.slice(0, LISTED) : measured.mistakes.filter(({ label, answer }) => label === kind[0] && answer === kind[1]);
    setText(title, headline(measured, kind, shown.length));
    back.hidden = kind === null;
    for (const { mistake, item } of tiles) item.hidden = !shown.includes(mistake);
    first = shown[0] ?? null;
    if (shown.length > 0 && !shown.includes(chosen)) chosen = first;
    detail.node.hidden = shown.length === 0;
    look.hidden = kind === null || shown.length === 0;
    showChosen();
  }

  function showChosen() {
    for (const { mistake, button } of tiles) button.setAttribute("aria-pressed", String(mistake === chosen));
    if (chosen) detail.show(chosen);
    programs?.refresh();
  }

  function tile(mistake) {
    const { label, answer, confidence, picture } = mistake;
    const button = el("button", { type: "button" }, picture ? thumbnail(picture, 2) : el("span", { class: "mistakes-none" }, "no image"), el("span", {}, el("b", {}, label), " read as ", el("b", {}, answer)), el("span", { class: "mistakes-sure" }, percent(confidence)));
    button.addEventListener("click", () => {
      chosen = mistake;
      showChosen();
    });
    return { mistake, button, item: el("li", {}, button) };
  }

  let programs = null;
  lesson.evaluation().then((found) => {
    measured = found;
    tiles = found.mistakes.map(tile);
    list.replaceChildren(...tiles.map(({ item }) => item));
    if (found.mistakes.some(({ picture }) => picture)) {
      programs = createPrograms(root.querySelector(".code"), PROGRAMS, () => programsOf({ origin: SERVICE, mistake: chosen }), lesson);
    } else if (found.mistakes.length > 0) {
      list.before(el("p", { class: "caption" }, "An older version of Inkling evaluated these weights and stored no images. To evaluate them again, run ", el("code", {}, "inkling evaluate --json"), "."));
    }
    listMistakes();
    if (wanted) settings.set(wanted);
    lesson.repaint("mistakes");
  }, () => setText(title, "The evaluation did not load. Reload the page to try again."));

  const settings = {
    fields: { kind: optional(listField([whole(0, 9), whole(0, 9)])), mistake: optional(whole(0, MOST_MISTAKES)), code: optional(choice(PROGRAMS)) },
    get: () => wanted ?? { kind, mistake: chosen === first ? null : measured.mistakes.indexOf(chosen), code: programs?.settings.get().code ?? null },
    set(values) {
      changes += 1;
      wanted = measured ? null : values;
      if (!measured) return;
      if (values.kind) choose(cells[10 * values.kind[0] + values.kind[1]]);
      else showAllKinds();
      chosen = measured.mistakes[values.mistake] ?? first;
      programs?.settings.set(values);
      showChosen();
    },
  };

  return {
    settings,
    show() {
      onwards(root, lesson);
      if (chosen) detail.show(chosen);
    },
    go(step) {
      const change = (changes += 1);
      if (step === "worst") showAllKinds();
      else if (step === "matrix") scrollToPart(matrix, "center");
      else {
        lesson.evaluation().then(({ confusion }) => {
          const found = mostCommonMistake(confusion);
          if (found && change === changes) choose(cells[10 * found[0] + found[1]]);
        }, () => {});
      }
    },
  };
}

function onwards(root, lesson) {
  root.querySelector(".onwards a").href = lesson.toNetwork({ view: "trust" });
}

/** An image of 28 rows of 28 grey levels, each `scale` px wide. */
function thumbnail(pixels, scale) {
  const canvas = imageFromPixels(pixels).bitmap;
  canvas.setAttribute("aria-hidden", "true");
  canvas.style.width = canvas.style.height = `${28 * scale}px`;
  return canvas;
}

/** One mistake shown large: the image, the ten probabilities, and links. */
function createDetail(lesson) {
  const picture = el("div", { class: "mistakes-picture" });
  const text = el("p", { class: "mistakes-about-one" });
  const bars = el("ol", { class: "mistakes-bars" });
  const rows = [...Array(10).keys()].map((digit) => {
    const fill = el("span", {});
    const share = el("span", { class: "share" });
    const row = el("li", {}, el("b", {}, digit), el("span", { class: "track" }, fill), share);
    bars.append(row);
    return { row, fill, share };
  });
  const walk = el("a", { class: "mistakes-walk" }, "See it in the network");
  const put = el("button", { type: "button", class: "quiet" }, "Put it on the pad");
  const onPad = el("p", { class: "caption mistakes-on-pad", role: "status" });
  const node = el("div", { class: "mistakes-detail" }, el("div", { class: "mistakes-large" }, picture, bars), text, el("p", { class: "mistakes-go" }, walk, put), onPad);
  let shown = null;
  put.addEventListener("click", () => lesson.setDrawing({ strokes: [], image: imageFromPixels(shown.picture) }));

  return {
    node,
    show(mistake) {
      const { picture: pixels, probabilities, label, answer } = mistake;
      if (shown !== mistake) {
        shown = mistake;
        picture.replaceChildren(...(pixels ? [thumbnail(pixels, 6)] : []));
        setText(text, describeMistake(mistake));
        for (const [digit, { row, fill, share }] of rows.entries()) {
          row.classList.toggle("read", digit === answer);
          row.classList.toggle("is", digit === label);
          setText(share, probabilities ? percent(probabilities[digit]) : "");
          fill.style.transform = `scaleX(${probabilities ? probabilities[digit].toFixed(4) : 0})`;
        }
        bars.hidden = !probabilities;
        walk.hidden = put.hidden = !pixels;
        // The pixels come from the test set and need no preprocessing, so prepare=none gives the evaluated answer.
        if (pixels) walk.href = lesson.toNetwork({ drawing: { pixels }, prepare: "none", path: [{ layer: "probabilities", map: 0, row: answer, col: 0 }] });
      }
      setText(onPad, padSays(pixels));
    },
  };

  /** The network's answer if this image is on the pad. */
  function padSays(pixels) {
    const { history, answer } = lesson.state;
    if (!pixels || history.present.image?.pixels !== pixels) return "";
    if (answer?.drawn !== history.present) return "On the pad.";
    return `On the pad. ${predictionSentence(answer.prediction, history.present.image)}`;
  }
}
