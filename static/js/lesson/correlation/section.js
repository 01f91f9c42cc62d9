/** Section 2: cross-correlation by hand, with any numbers, and with a kernel of conv1 on the student's digit. */
import { el } from "../../ui/dom.js";
import { at, letter, list, make, op, num, row as mrow } from "../../ui/math/mathml.js";
import { scrollToPart } from "../shared/controls.js";
import { createPrograms } from "../shared/program-tabs.js";
import { mountAnyNumbers } from "./any-numbers.js";
import { mountByHand } from "./by-hand.js";
import { mountYourDigit } from "./your-digit.js";

export const STEPS = Object.freeze({
  hand: "the lesson’s 3 × 3 image and 2 × 2 filter: three numbers to work out",
  any: "any image and any filter up to 8 × 8",
  convolution: "true convolution: the filter turned by 180°, and how the output changes",
  yours: "one window on the student’s digit, with a kernel of conv1",
});

export function mount(root, lesson) {
  const part = (name) => root.querySelector(`[data-step="${name}"]`);
  root.querySelector(".formula").append(...formulas());
  const hand = mountByHand(part("hand"));
  const any = mountAnyNumbers(part("any"), () => programs.refresh());
  const yours = mountYourDigit(part("yours"), lesson, () => lesson.repaint("correlation"));
  const programs = createPrograms(root.querySelector(".code"), ["numpy", "torch", "curl"], () => ({ ...any.programs(), curl: yours.program() }), lesson);
  const onwards = root.querySelector(".onwards a");
  let theme = null; // the last theme of the numbers that do not depend on the drawing

  return {
    show() {
      if (theme !== lesson.theme) for (const part of [hand, any]) part.show(lesson.theme);
      ({ theme } = lesson);
      yours.show();
      onwards.href = lesson.toNetwork({ path: [yours.cell] });
      programs.refresh();
    },
    go(step) {
      if (step === "any" || step === "convolution") any.choose(step === "any" ? "correlation" : "convolution");
      if (step !== "hand") scrollToPart(root.querySelector(`#correlation-${step === "convolution" ? "any" : step}`));
    },
  };
}

/** O[r, c] = Σ Σ I[r + i, c + j] · K[i, j] + b, and the same with the filter turned by 180°. */
function formulas() {
  const sums = () => [make("munder", op("∑"), letter("i")), make("munder", op("∑"), letter("j"))];
  const cell = (name, ...indices) => at(letter(name, name), ...list(...indices));
  const reversed = (size, index) => mrow(letter(size), op("−"), num(1), op("−"), letter(index));
  const math = (kernel) => {
    const node = make("math", cell("O", letter("r"), letter("c")), op("="), ...sums(),
      cell("I", mrow(letter("r"), op("+"), letter("i")), mrow(letter("c"), op("+"), letter("j"))), op("·"), kernel, op("+"), letter("b", "b"));
    node.setAttribute("display", "inline");
    return node;
  };
  const named = (name, node) => el("span", { class: "formula-line" }, el("span", { class: "formula-name" }, name), node);
  return [
    named("cross-correlation", math(cell("K", letter("i"), letter("j")))),
    named("true convolution", math(cell("K", reversed("F", "i"), reversed("G", "j")))),
    el("span", { class: "caption" }, "The filter has F rows and G columns. The indices i and j, and the row r and column c of the output, start at 0. Point at a letter to highlight what it stands for."),
  ];
}
