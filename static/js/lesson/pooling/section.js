/** Section 5: max pooling by hand with any window and stride, compared with the mean, and max pooling of the student's digit when it moves. */
import { el } from "../../ui/dom.js";
import { at, gap, labelled, letter, list, make, maxOver, num, op, row as mrow } from "../../ui/math/mathml.js";
import { scrollToPart } from "../shared/scrolling.js";
import { indexed } from "../shared/indexed.js";
import { createPrograms } from "../../widgets/program-tabs.js";
import { combine } from "../../core/links/setting-parts.js";
import { LESSON, mountByHand } from "./by-hand.js";
import { mountYourDigit } from "./your-digit.js";

export const STEPS = Object.freeze({
  hand: "the lesson’s 4 × 4 map: find the four largest numbers",
  mean: "the mean instead of the largest number, and what is lost",
  overlap: "windows that overlap: 2 × 2 at stride 1",
  yours: "the student’s digit moved by one pixel: how much of pool1 stays, and how much of conv1",
});

export function mount(root, lesson) {
  root.querySelector(".formula").append(...formulas());
  const hand = mountByHand(root.querySelector('[data-step="hand"]'), () => programs.refresh());
  const yours = mountYourDigit(root.querySelector('[data-step="yours"]'), lesson, () => lesson.repaint("pooling"));
  let theme = null; // in which the numbers on paper, which do not depend on the drawing, were painted
  const programs = createPrograms(root.querySelector(".code"), ["numpy", "torch", "digit"], () => ({ ...hand.programs(), digit: yours.program() }), lesson);
  return {
    settings: combine([hand.settings, yours.settings, programs.settings]),
    show() {
      if (theme !== lesson.theme) hand.show(lesson.theme);
      ({ theme } = lesson);
      yours.show();
      root.querySelector(".onwards a").href = lesson.toNetwork({ path: [yours.cell] });
      programs.refresh();
    },
    go(step) {
      if (step !== "yours") hand.put({ image: LESSON, size: 2, stride: step === "overlap" ? 1 : 2, how: step === "mean" ? "mean" : "max" });
      scrollToPart(root.querySelector(step === "yours" ? "#pooling-yours" : "#pooling-hand"));
    },
  };
}

/** P_{i,j} = max over 0 ≤ u, v < F_p of A_{i·S_p+u, j·S_p+v}, and the same with the mean, 1/F_p² · Σ. */
function formulas() {
  const size = () => labelled("F", "p", "F");
  const along = (index, inside) => mrow(letter(index), op("·"), labelled("S", "p", "S"), op("+"), letter(inside));
  const cell = () => at(letter("A", "A"), ...list(along("i", "u"), along("j", "v")));
  const math = (...parts) => {
    const node = make("math", at(letter("P", "P"), ...list(letter("i"), letter("j"))), op("="), ...parts);
    node.setAttribute("display", "inline");
    node.setAttribute("displaystyle", "true");
    return node;
  };
  const line = (name, node) => el("span", { class: "formula-line" }, el("span", { class: "formula-name" }, name), node);
  const inside = () => mrow(num(0), op("≤"), letter("u"), op(","), letter("v"), op("<"), size());
  return [
    line("max pooling", math(maxOver(size, { under: true }), gap(), cell())),
    line("average pooling", math(make("mfrac", num(1), make("msubsup", letter("F", "F"), make("mi", "p"), num(2))), make("munder", op("∑"), inside()), cell())),
    el("span", { class: "caption" }, ...indexed("P", "i", "j"), " is the number in row i, column j of the pooled map; u and v are the row and the column inside the window. All of them are counted from 0."),
  ];
}
