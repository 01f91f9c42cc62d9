/** The lesson's 3 × 3 image and 2 × 2 filter. The student works out three numbers of the output on paper, then adds a bias. */
import { el, setText } from "../../ui/dom.js";
import { createNumberCheck } from "../../ui/number-check.js";
import { createMatrix } from "../../ui/matrix.js";
import { plain } from "../../core/text.js";
import { crossCorrelate, windowOf } from "../shared/arithmetic.js";
import { indexed } from "../shared/indexed.js";
import { placeName, question } from "../shared/window-errors.js";
import { LESSON } from "./examples.js";
import { sum } from "./written-sum.js";

/** `solved(places)` is called with the output places that are known, as [row, col], whenever there are more. Returns { show(theme) }. */
export function mountByHand(root, solved) {
  const { image, kernel } = LESSON;
  const output = crossCorrelate(image, kernel);
  const unknown = [[0, 1], [1, 0], [1, 1]];
  let place = [0, 0];
  let theme = "light";
  const isKnown = ([row, col]) => (row === 0 && col === 0) || checks.some(({ at: [r, c], known }) => r === row && c === col && known);
  const moveTo = (row, col) => {
    place = [row, col];
    show();
  };

  const grids = {
    I: createMatrix({ caption: "image", letter: "I", label: "Image", write: plain }),
    K: createMatrix({ caption: "filter", letter: "K", label: "Filter", write: plain }),
    O: createMatrix({ caption: "output", letter: "O", label: "Output", write: plain, look: ({ row, col }) => moveTo(row, col) }),
  };
  const line = el("p", { class: "worked" });
  const hint = el("p", { class: "caption worked-hint" });
  const checks = unknown.map(([row, col]) => {
    const name = placeName(row, col);
    const entry = { at: [row, col], known: false };
    entry.check = createNumberCheck({
      label: `Output, ${name}`,
      question: () => question(image, kernel, 0, row, col),
      done: (right) => {
        entry.known ||= right;
        moveTo(row, col);
        solved(known());
      },
    });
    entry.check.node.addEventListener("focusin", () => moveTo(row, col));
    entry.row = el("div", { class: "asked" }, el("span", { class: "asked-name" }, `${name}, `, ...indexed("O", row, col), " ="), entry.check.node);
    return entry;
  });
  const all = el("p", { class: "says", role: "status" });
  const reveal = el("button", { type: "button", class: "quiet" }, "Show the three numbers");
  reveal.addEventListener("click", () => {
    for (const entry of checks) {
      if (!entry.check.right) entry.check.reveal();
      entry.known = true;
    }
    show();
    solved(known());
  });
  root.append(
    el("div", { class: "figure-row" }, grids.I.node, el("span", { class: "sign", "aria-hidden": "true" }, "⋆"), grids.K.node, el("span", { class: "sign", "aria-hidden": "true" }, "="), grids.O.node),
    line, hint, el("div", { class: "asked-list" }, ...checks.map(({ row }) => row)), el("div", { class: "figure-row" }, reveal, all),
  );
  const known = () => [[0, 0], ...unknown].filter(isKnown);

  function show(now = theme) {
    theme = now;
    for (const grid of Object.values(grids)) grid.setTheme(theme);
    const [row, col] = place;
    const open = isKnown(place);
    grids.I.show(image, { window: [row, col, 2, 2] });
    grids.K.show(kernel);
    grids.O.show(output, { window: [row, col, 1, 1], blank: unknown.filter((cell) => !isKnown(cell)) });
    const seen = windowOf(image, row, col, 2, 2);
    line.replaceChildren(...(open ? sum(seen, kernel, 0, output[row][col]) : [`The window at the ${placeName(row, col)} covers ${seen.map((cells) => cells.map((value) => plain(value)).join(" and ")).join(" in its top row, ")} in its bottom row.`]));
    setText(hint, open ? `The products for the window at the ${placeName(row, col)}, row by row.` : "Multiply each of these numbers by the filter number in the same place. Then add up the four products.");
    setText(all, unknown.every(isKnown) ? "You have all four numbers: the 3 × 3 image has become a 2 × 2 output." : "");
  }
  return { show };
}
