/** The second step on paper: the same bias is added to every number of the lesson's output. */
import { el, setText } from "../../ui/dom.js";
import { createNumberCheck } from "../../ui/number-check.js";
import { createMatrix } from "../../ui/matrix.js";
import { plain } from "../../core/text.js";
import { whole } from "../../core/links/setting-fields.js";
import { crossCorrelate, windowOf } from "../shared/arithmetic.js";
import { createNumber } from "../shared/controls.js";
import { indexed } from "../shared/indexed.js";
import { placeName, question } from "../shared/window-errors.js";
import { BIAS, LESSON } from "./examples.js";
import { sum } from "./written-sum.js";

const MOST = 20;
const ASKED = [1, 1]; // the output place that the student works out

/** Returns { show(theme), know(places), settings }; `know` gets the output places whose numbers are known from the first step. */
export function mountBias(root) {
  const { image, kernel } = LESSON;
  const sums = crossCorrelate(image, kernel);
  const places = sums.flatMap((line, row) => line.map((_, col) => [row, col]));
  const same = ([r, c]) => ([row, col]) => r === row && c === col;
  let known = [[0, 0]];
  let solved = false;
  let bias = BIAS;
  let place = [0, 0];
  let theme = "light";

  function put(value) {
    [bias, solved] = [value, false];
    check.clear();
    show();
  }
  const control = createNumber({ name: "bias b", label: "Bias of the lesson’s filter", min: -MOST, max: MOST, value: bias, part: "b", change: put });
  const moveTo = ([row, col]) => {
    place = [row, col];
    show();
  };
  const grids = {
    sums: createMatrix({ caption: "sums", label: "Sums of the products", write: plain }),
    O: createMatrix({ caption: "output", letter: "O", label: "Output with the bias", write: plain, look: ({ row, col }) => moveTo([row, col]) }),
  };
  const sign = el("span", { class: "sign" });
  const size = el("b", { "data-part": "b" });
  const line = el("p", { class: "worked" });
  const name = placeName(...ASKED);
  const check = createNumberCheck({ label: `Output with the bias, ${name}`, question: () => question(image, kernel, bias, ...ASKED), done: (right) => {
    solved ||= right;
    moveTo(ASKED);
  } });
  check.node.addEventListener("focusin", () => moveTo(ASKED));
  const message = el("p", { class: "says", role: "status" });
  const reveal = el("button", { type: "button", class: "quiet" }, "Show the number");
  reveal.addEventListener("click", () => {
    check.reveal();
    solved = true;
    moveTo(ASKED);
  });
  root.append(
    el("div", { class: "controls" }, control.node),
    el("div", { class: "figure-row" }, grids.sums.node,
      el("span", { class: "bias" }, sign, size, el("span", { class: "caption" }, el("b", { class: "letter", "data-means": "b" }, "b"), " bias")),
      el("span", { class: "sign", "aria-hidden": "true" }, "="), grids.O.node),
    line,
    el("div", { class: "asked-list" }, el("div", { class: "asked" }, el("span", { class: "asked-name" }, `${name}, `, ...indexed("O", ...ASKED), " ="), check.node, reveal)),
    message);

  const isOpen = (at) => known.some(same(at)) && (solved || !same(ASKED)(at));

  function show(now = theme) {
    theme = now;
    for (const grid of Object.values(grids)) grid.setTheme(theme);
    control.set(bias);
    setText(sign, bias < 0 ? "−" : "+");
    setText(size, plain(Math.abs(bias)));
    const output = crossCorrelate(image, kernel, { bias });
    const [row, col] = place;
    grids.sums.show(sums, { blank: places.filter((at) => !known.some(same(at))), window: [row, col, 1, 1] });
    grids.O.show(output, { blank: places.filter((at) => !isOpen(at)), window: [row, col, 1, 1] });
    line.replaceChildren(...sum(windowOf(image, row, col, 2, 2), kernel, bias, isOpen(place) ? output[row][col] : null));
    setText(message, solved ? "The same bias is added at every place. A negative bias makes all sums smaller, a positive one makes them larger." : "");
  }

  return {
    show,
    settings: { fields: { paperBias: whole(-MOST, MOST) }, get: () => ({ paperBias: bias }), set: ({ paperBias }) => paperBias !== bias && put(paperBias) },
    know(found) {
      known = found;
      show();
    },
  };
}
