/** Section 5: max pooling by hand with any window and stride, compared with the mean, and max pooling of the student's digit when it moves. */
import { el } from "../../ui/dom.js";
import { at, letter, list, make, num, op, row as mrow } from "../../ui/math/mathml.js";
import { scrollToPart } from "../shared/scrolling.js";
import { createPrograms } from "../shared/program-tabs.js";
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
  let theme = null; // the last theme of the numbers on paper, which do not depend on the drawing
  const programs = createPrograms(root.querySelector(".code"), ["numpy", "torch", "digit"], () => ({ ...hand.programs(), digit: yours.program() }), lesson);
  return {
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

/** O[r, c] = max over i, j < F of I[S·r + i, S·c + j], and the same with the mean, 1/F² · Σ. */
function formulas() {
  const cell = () => at(letter("I", "I"), mrow(letter("S", "S"), letter("r"), op("+"), letter("i")), op(","), mrow(letter("S", "S"), letter("c"), op("+"), letter("j")));
  const indices = () => mrow(letter("i"), op(","), letter("j"), op("<"), letter("F", "F"));
  const math = (...parts) => {
    const node = make("math", at(letter("O", "O"), ...list(letter("r"), letter("c"))), op("="), ...parts);
    node.setAttribute("display", "inline");
    return node;
  };
  const line = (name, node) => el("span", { class: "formula-line" }, el("span", { class: "formula-name" }, name), node);
  return [
    line("max pooling", math(at(make("mi", "max"), indices()), cell())),
    line("average pooling", math(make("mfrac", num(1), make("msup", letter("F", "F"), num(2))), make("munder", op("∑"), indices()), cell())),
  ];
}
