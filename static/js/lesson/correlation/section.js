/** Section 2: cross-correlation by hand, with any numbers, and with a filter of conv1 on the student's digit. */
import { el } from "../../ui/dom.js";
import { at, letter, list, make, op, num, row as mrow } from "../../ui/math/mathml.js";
import { scrollToPart } from "../shared/scrolling.js";
import { createPrograms } from "../../widgets/program-tabs.js";
import { combine } from "../../core/links/setting-parts.js";
import { mountAnyNumbers } from "./any-numbers.js";
import { mountBias } from "./bias.js";
import { mountByHand } from "./by-hand.js";
import { mountYourDigit } from "./your-digit.js";

export const STEPS = Object.freeze({
  hand: "the lesson’s 3 × 3 image and 2 × 2 filter: three numbers to work out",
  bias: "the same numbers with a bias",
  any: "any image and any filter up to 8 × 8",
  convolution: "true convolution: the filter turned by 180°, and how the output changes",
  yours: "one window on the student’s digit, with a filter of conv1",
});

export function mount(root, lesson) {
  const part = (name) => root.querySelector(`[data-step="${name}"]`);
  root.querySelector(".formula").append(...formulas());
  const bias = mountBias(part("bias"));
  const hand = mountByHand(part("hand"), bias.know);
  const any = mountAnyNumbers(part("any"), () => programs.refresh());
  const yours = mountYourDigit(part("yours"), lesson, () => lesson.repaint("correlation"));
  const programs = createPrograms(root.querySelector(".code"), ["numpy", "torch", "curl"], () => ({ ...any.programs(), curl: yours.program() }), lesson);
  const onwards = root.querySelector(".onwards a");
  let theme = null; // in which the parts that do not depend on the drawing were painted

  return {
    settings: combine([bias.settings, any.settings, yours.settings, programs.settings]),
    show() {
      if (theme !== lesson.theme) for (const part of [hand, bias, any]) part.show(lesson.theme);
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

/** O_{i,j} = b + Σ Σ I_{i+u,j+v} · K_{u,v}, and the same with the filter turned by 180°. */
function formulas() {
  const last = () => mrow(letter("F", "F"), op("−"), num(1));
  const sums = () => ["u", "v"].map((index) => make("munderover", op("∑"), mrow(letter(index), op("="), num(0)), last()));
  const cell = (name, ...indices) => at(letter(name, name), ...list(...indices));
  const reversed = (index) => mrow(letter("F"), op("−"), num(1), op("−"), letter(index));
  const math = (...parts) => {
    const node = make("math", ...parts);
    node.setAttribute("display", "inline");
    node.setAttribute("displaystyle", "true");
    return node;
  };
  const times = () => {
    const node = op("·");
    node.setAttribute("form", "infix"); // although it begins a <math>
    return node;
  };
  // Browsers do not break a <math> into lines, so a narrow window shows two of them below each other.
  const formula = (kernel) => el("span", {},
    math(cell("O", letter("i"), letter("j")), op("="), letter("b", "b"), op("+"), ...sums(), cell("I", mrow(letter("i"), op("+"), letter("u")), mrow(letter("j"), op("+"), letter("v")))),
    el("wbr"),
    math(times(), kernel));
  const named = (name, node) => el("span", { class: "formula-line" }, el("span", { class: "formula-name" }, name), node);
  return [
    named("cross-correlation", formula(cell("K", letter("u"), letter("v")))),
    named("true convolution", formula(cell("K", reversed("u"), reversed("v")))),
    el("span", { class: "caption" }, "O", el("sub", {}, "i, j"), " is the number in row i, column j of the output; u and v are the row and the column inside the filter, which has F rows and F columns. All of them are counted from 0. Choose a letter to highlight what it stands for."),
  ];
}
