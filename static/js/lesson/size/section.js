/** Section 3: the output size of one layer, and of every layer of the network. */
import { el, setText } from "../../ui/dom.js";
import { labelled, letter, make, num, op, row as mrow } from "../../ui/math/mathml.js";
import { plural, signed } from "../../core/text.js";
import { place, whole } from "../../core/links/setting-fields.js";
import { outputSize, steps } from "../shared/arithmetic.js";
import { createNumber, createPlayer } from "../shared/controls.js";
import { indexed } from "../shared/indexed.js";
import { scrollToPart } from "../shared/scrolling.js";
import { createPrograms } from "../../widgets/program-tabs.js";
import { combine } from "../../core/links/setting-parts.js";
import { createSizeTable } from "./size-table.js";
import { createWindowDiagram } from "./window-diagram.js";

export const STEPS = Object.freeze({
  formula: "the formula for one layer, with the window over its input",
  padding: "a padding that keeps the size",
  remainder: "a stride that leaves a remainder: which cells are never covered",
  network: "the sizes of all layers of the network, on the student’s digit",
  misfit: "a larger window in conv1: all sizes after it, and weights that no longer fit",
});

const PLACES = {
  formula: { width: 28, window: 3, padding: 0, stride: 1 },
  padding: { width: 6, window: 3, padding: 1, stride: 1 },
  remainder: { width: 11, window: 2, padding: 0, stride: 2 },
};
const LETTERS = { width: ["W", "Input width", 1, 32], window: ["F", "Filter size", 1, 16], padding: ["P", "Padding", 0, 6], stride: ["S", "Stride", 1, 8] };
const written = (key, part) => (key === "width" ? indexed(part, "in") : [el("i", {}, part)]);
const MOST_PLACES = LETTERS.width[3] + 2 * LETTERS.padding[3]; // for a window of one cell

export function mount(root, lesson) {
  root.querySelector("#size-letters").append(...formulas());
  const layer = mountLayer(root.querySelector('[data-step="formula"]'), lesson, () => programs.refresh());
  const network = createSizeTable(root.querySelector('[data-step="network"]'), lesson, () => programs.refresh());
  const programs = createPrograms(root.querySelector(".code"), ["python", "torch"], () => ({ python: layer.program() + network.programs().python, torch: network.programs().torch }), lesson);
  return {
    settings: combine([layer.settings, network.settings, programs.settings]),
    show() {
      network.show();
      root.querySelector(".onwards a").href = lesson.toNetwork({ view: "costs" });
      programs.refresh();
    },
    go(step) {
      if (PLACES[step]) layer.put(PLACES[step]);
      if (step === "network" || step === "misfit") network.put(step === "misfit" ? { conv1: { window: 5 } } : {});
      scrollToPart(root.querySelector(PLACES[step] ? "#size-formula" : "#size-network"));
    },
  };
}

const inline = (...parts) => {
  const node = make("math", ...parts);
  node.setAttribute("display", "inline");
  node.setAttribute("displaystyle", "true");
  return node;
};
const quotient = (input, filter, padding, stride) => make("mfrac", mrow(input, op("−"), filter, op("+"), num(2), ...padding), stride);

/** W_out = (W_in − F + 2P)/S + 1, and the same for the height. */
function formulas() {
  return ["W", "H"].map((side) => inline(labelled(side, "out", "O"), op("="), quotient(labelled(side, "in", "W"), letter("F", "F"), [letter("P", "P")], letter("S", "S")), op("+"), num(1)));
}

/** The formula with its numbers, as a <math> element. The brackets ⌊ ⌋ are there only if the division leaves a remainder. */
function worked({ width, window, padding, stride }) {
  const named = (value, means) => {
    const node = num(String(value).replace("-", "−"));
    node.setAttribute("data-means", means);
    return node;
  };
  const exact = outputSize(width, window, padding, stride);
  const side = quotient(named(width, "W"), named(window, "F"), [op("·"), named(padding, "P")], named(stride, "S"));
  return inline(labelled("W", "out", "O"), op("="), ...(Number.isInteger(exact) ? [side] : [op("⌊"), side, op("⌋")]), op("+"), num(1), op("="), named(Math.floor(exact), "O"));
}

/** { fits, divides, text }: whether the window fits, whether the division leaves no remainder, and a text about both. */
export function sentences({ width, window, padding, stride }) {
  const cells = width + 2 * padding;
  const room = cells - window;
  if (room < 0) return { fits: false, text: `The filter does not fit: it is ${plural(window, "cell")} wide, but there ${cells === 1 ? "is" : "are"} only ${plural(cells, "cell")}${padding ? ", padding included" : ""}. So the formula gives ${signed(Math.floor(outputSize(width, window, padding, stride)))}, which is not a size, and there is no output.` };
  const [whole, left] = [Math.floor(room / stride), room % stride];
  const places = `${whole} ${whole === 1 ? "step" : "steps"} plus the first place make ${whole + 1} ${whole === 0 ? "place" : "places"}`;
  const texts = [];
  if (left === 0) texts.push(`${room} / ${stride} = ${whole} is a whole number: ${places}, and the last one ends at the last cell.`);
  else {
    const lost = Math.max(0, left - padding);
    const last = (count) => (count === 1 ? "last row and column" : `last ${count} rows and columns`);
    const what = lost === 0 ? `the ${last(left)} are padding, so nothing of the input is lost` : `the filter never covers the ${last(lost)} of the input`;
    texts.push(`${room} / ${stride} is not a whole number: ${whole}, remainder ${left}. The last step does not fit: ${places}, and ${what}.`);
  }
  if (outputSize(width, window, padding, stride) === width) texts.push("The output is as large as the input.");
  if (stride > window && whole > 0) texts.push("The stride is larger than the filter, so the cells between two places are skipped as well.");
  if (padding >= window && padding > 0) texts.push("At the edges, the filter covers nothing but padding.");
  return { fits: true, divides: left === 0, text: texts.join(" ") };
}

function mountLayer(root, lesson, changed) {
  let state = { ...PLACES.formula, place: [0, 0] };
  const put = (more) => {
    state = { ...state, ...more };
    const most = Math.max(0, steps(state.width, state.window, state.padding, state.stride) - 1);
    state.place = state.place.map((at) => Math.min(at, most));
    show();
    changed();
  };
  const controls = Object.fromEntries(Object.entries(LETTERS).map(([key, [part, label, min, max]]) => [key, createNumber({ name: [`${label} `, ...written(key, part)], label, min, max, value: state[key], part, change: (value) => {
    player.stop();
    put({ [key]: value });
  } })]));
  const formula = el("p", { class: "formula size-worked" });
  const message = el("p", { class: "says size-says", role: "status" });
  const diagram = createWindowDiagram((row, col) => {
    player.stop();
    put({ place: [row, col] });
  });
  const player = createPlayer(() => {
    const count = steps(state.width, state.window, state.padding, state.stride);
    if (count < 1) return false;
    const next = (state.place[0] * count + state.place[1] + 1) % (count * count);
    put({ place: [Math.floor(next / count), next % count] });
    return next < count * count - 1;
  }, "slide the filter");
  const examples = el("span", { class: "size-examples" }, "as in ");
  root.append(el("div", { class: "controls" }, ...Object.values(controls).map(({ node }) => node)), el("div", { class: "controls" }, player.node, examples), formula, message, diagram.node);
  lesson.card().then(({ layers }) => {
    for (const { name, window, padding, stride, ...layer } of layers.filter(({ window }) => window !== null)) {
      const button = el("button", { type: "button", class: "quiet" }, name);
      const before = layers[layers.findIndex((other) => other.name === name) - 1];
      button.addEventListener("click", () => {
        player.stop();
        put({ width: before.shape.at(-1), window, padding, stride, place: [0, 0] });
      });
      examples.append(button);
    }
  }, () => examples.remove());

  function show() {
    for (const [key, control] of Object.entries(controls)) if (control.value !== state[key]) control.set(state[key]);
    formula.replaceChildren(worked(state));
    const { fits, divides, text } = sentences(state);
    message.classList.toggle("warn", !fits || !divides);
    setText(message, text);
    diagram.show({ ...state, count: steps(state.width, state.window, state.padding, state.stride) });
  }
  show();
  return {
    put: (more) => put({ ...more, place: [0, 0] }),
    settings: {
      fields: { ...Object.fromEntries(Object.values(LETTERS).map(([part, , min, max]) => [part, whole(min, max)])), window: place(MOST_PLACES, MOST_PLACES) },
      get: () => ({ W: state.width, F: state.window, P: state.padding, S: state.stride, window: state.place }),
      set({ W, F, P, S, window }) {
        player.stop();
        put({ width: W, window: F, padding: P, stride: S, place: window });
      },
    },
    program: () => [
      "# The number of places of a filter along one side of its input; 0 if it does not fit.",
      "def size(W_in, F, P, S):",
      "    return max(0, (W_in - F + 2 * P) // S + 1)",
      "",
      `print(size(W_in=${state.width}, F=${state.window}, P=${state.padding}, S=${state.stride}))`,
      "",
      "",
    ].join("\n"),
  };
}
