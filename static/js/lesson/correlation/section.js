/** Section 2: cross-correlation by hand, with any numbers, and with conv1's kernel on the student's digit. */
import { el, setText } from "../../ui/dom.js";
import { byName, indexOf } from "../../core/layers.js";
import { at, letter, list, make, num, op, row as mrow } from "../../ui/math/mathml.js";
import { snippets } from "../../core/programs.js";
import { number, plain, subscript } from "../../core/text.js";
import { crossCorrelate, flipped, rowsOf, weighted, windowOf } from "../shared/arithmetic.js";
import { createCheck } from "../../ui/number-check.js";
import { bring, createChoice, createNumber, createPlayer } from "../shared/controls.js";
import { placeName, question } from "../shared/window-errors.js";
import { sum, total } from "./written-sum.js";
import { createGrid } from "../../ui/matrix.js";
import { createPicture } from "../shared/map-window.js";
import { asNumpy, createPrograms } from "../shared/program-tabs.js";

export const STEPS = Object.freeze({
  hand: "the lesson’s 3 × 3 image and 2 × 2 filter: three numbers to work out",
  any: "any image and any filter up to 8 × 8",
  convolution: "true convolution: the filter turned by 180°, and what that changes",
  yours: "one window of the student’s digit under a kernel of conv1",
});

/** The lesson's numbers: the output is 9, 6, 11, 5. */
const LESSON = { image: [[4, 1, 3], [2, 2, 0], [4, 4, 3]], kernel: [[1, 2], [-1, 2]], bias: 1 };
/** A seven of five cells' height, to begin with. */
const SEVEN = [[1, 1, 1, 1, 1], [0, 0, 0, 1, 0], [0, 0, 1, 0, 0], [0, 1, 0, 0, 0], [0, 1, 0, 0, 0]];
const LARGEST = 999; // a cell's number is at most so large, with two decimals

export function mount(root, lesson) {
  const part = (name) => root.querySelector(`[data-step="${name}"]`);
  root.querySelector(".formula").append(...formulas());
  const hand = mountHand(part("hand"));
  const any = mountAny(part("any"), () => programs.refresh());
  const yours = mountYours(part("yours"), lesson, () => lesson.again("correlation"));
  const programs = createPrograms(root.querySelector(".code"), ["numpy", "torch", "curl"], () => ({ ...any.programs(), curl: yours.program() }), lesson);
  const onwards = root.querySelector(".onwards a");
  let theme = null; // of the numbers above, which no drawing changes

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
      if (step !== "hand") bring(root.querySelector(`#correlation-${step === "convolution" ? "any" : step}`));
    },
  };
}

/** O[r, c] = Σ Σ I[r + i, c + j] · K[i, j] + b, and the same with the filter turned. */
function formulas() {
  const sums = () => [make("munder", op("∑"), letter("i")), make("munder", op("∑"), letter("j"))];
  const cell = (name, ...indices) => at(letter(name, name), ...list(...indices));
  const back = (size, index) => mrow(letter(size), op("−"), num(1), op("−"), letter(index));
  const math = (kernel) => {
    const node = make("math", cell("O", letter("r"), letter("c")), op("="), ...sums(),
      cell("I", mrow(letter("r"), op("+"), letter("i")), mrow(letter("c"), op("+"), letter("j"))), op("·"), kernel, op("+"), letter("b", "b"));
    node.setAttribute("display", "inline");
    return node;
  };
  const named = (name, node) => el("span", { class: "formula-line" }, el("span", { class: "formula-name" }, name), node);
  return [
    named("cross-correlation", math(cell("K", letter("i"), letter("j")))),
    named("true convolution", math(cell("K", back("F", "i"), back("G", "j")))),
    el("span", { class: "caption" }, "The filter has F rows and G columns; i and j count from 0, and so do the row r and the column c of the output. Point at a letter to see what it stands for."),
  ];
}

// ---------------------------------------------------------------- on paper

function mountHand(root) {
  const { image, kernel, bias } = LESSON;
  const output = crossCorrelate(image, kernel, { bias });
  const asked = [[0, 1], [1, 0], [1, 1]];
  let place = [0, 0];
  let theme = "light";
  const isKnown = ([row, col]) => (row === 0 && col === 0) || checks.some(({ at: [r, c], known }) => r === row && c === col && known);
  const looked = (row, col) => {
    place = [row, col];
    show();
  };

  const grids = {
    I: createGrid({ caption: "image", letter: "I", label: "Image", write: plain }),
    K: createGrid({ caption: "filter", letter: "K", label: "Filter", write: plain }),
    O: createGrid({ caption: "output", letter: "O", label: "Output", write: plain, look: ({ row, col }) => looked(row, col) }),
  };
  const line = el("p", { class: "worked" });
  const hint = el("p", { class: "caption worked-hint" });
  const checks = asked.map(([row, col]) => {
    const name = placeName(row, col);
    const entry = { at: [row, col], known: false };
    entry.check = createCheck({
      label: `Output, ${name}`,
      question: () => question(image, kernel, bias, row, col),
      done: (right) => {
        entry.known ||= right;
        looked(row, col);
      },
    });
    entry.check.node.addEventListener("focusin", () => looked(row, col));
    entry.row = el("div", { class: "asked" }, el("span", { class: "asked-name" }, `${name}, O[${row}, ${col}] =`), entry.check.node);
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
  });
  root.append(
    el("div", { class: "figure-row" }, grids.I.node, el("span", { class: "sign", "aria-hidden": "true" }, "⋆"), grids.K.node, biasNode(bias), el("span", { class: "sign", "aria-hidden": "true" }, "="), grids.O.node),
    line, hint, el("div", { class: "asked-list" }, ...checks.map(({ row }) => row)), el("div", { class: "figure-row" }, reveal, all),
  );

  function show(now = theme) {
    theme = now;
    for (const grid of Object.values(grids)) grid.setTheme(theme);
    const [row, col] = place;
    const open = isKnown(place);
    grids.I.show(image, { window: [row, col, 2, 2] });
    grids.K.show(kernel);
    grids.O.show(output, { window: [row, col, 1, 1], blank: asked.filter((cell) => !isKnown(cell)) });
    const seen = windowOf(image, row, col, 2, 2);
    line.replaceChildren(...(open ? sum(seen, kernel, bias, output[row][col]) : [`The window at the ${placeName(row, col)} covers ${seen.map((cells) => cells.map((value) => plain(value)).join(", ")).join(" above ")}.`]));
    setText(hint, open ? `The window at the ${placeName(row, col)}, row by row, and the bias.` : "Multiply each by the filter’s number on it, add the four products, and add the bias.");
    setText(all, asked.every(isKnown) ? "All four are known: the 3 × 3 image has become 2 × 2." : "");
  }
  return { show };
}

const biasNode = (bias) => el("span", { class: "bias" }, el("span", { class: "sign" }, bias < 0 ? "−" : "+"), el("b", { "data-part": "b" }, plain(Math.abs(bias))), el("span", { class: "caption" }, el("b", { class: "letter", "data-means": "b" }, "b"), " bias"));

// ---------------------------------------------------------------- any image and filter

function mountAny(root, changed) {
  const start = () => ({ image: SEVEN.map((line) => [...line]), kernel: LESSON.kernel.map((line) => [...line]), bias: LESSON.bias });
  let state = { ...start(), how: "correlation", place: [0, 0] };
  let theme = "light";
  const put = (more) => {
    state = { ...state, note: "", ...more };
    show();
    changed();
  };
  const edit = (key) => (row, col, value) => {
    const bounded = Math.min(Math.max(Math.round(100 * value) / 100, -LARGEST), LARGEST);
    put({ [key]: state[key].map((line, r) => line.map((old, c) => (r === row && c === col ? bounded : old))) });
  };
  const sized = (matrix, rows, cols) => Array.from({ length: rows }, (_, r) => Array.from({ length: cols }, (_, c) => matrix[r]?.[c] ?? 0));

  const sizes = { image: ["Image", "rows", "columns"], kernel: ["Filter", "rows", "columns"] };
  const controls = Object.fromEntries(Object.entries(sizes).map(([key, [noun]]) => [key, ["rows", "columns"].map((side, i) =>
    createNumber({ name: i ? "columns" : `${noun}: rows`, label: `${noun}, ${side}`, min: 1, max: 8, value: i ? state[key][0].length : state[key].length, change: (value, note) => put({ [key]: sized(state[key], controls[key][0].value, controls[key][1].value), note }) }))]));
  const bias = createNumber({ name: "bias", label: "Bias", min: -20, max: 20, value: state.bias, part: "b", change: (value, note) => put({ bias: value, note }) });
  const how = createChoice("correlation-how", "Operation", [["correlation", "cross-correlation"], ["convolution", "true convolution"]], (value) => put({ how: value }));
  const random = (low, high) => low + Math.floor(Math.random() * (high - low + 1));
  const button = (text, press) => {
    const node = el("button", { type: "button", class: "quiet" }, text);
    node.addEventListener("click", press);
    return node;
  };
  const loaded = (more) => {
    player.stop();
    put({ ...more, place: [0, 0] });
  };
  const player = createPlayer(step, "slide the window");
  const look = ({ row, col }, type) => {
    if (type !== "pointerenter") player.stop();
    if (row !== state.place[0] || col !== state.place[1]) put({ place: [row, col] });
  };

  const grids = {
    I: createGrid({ caption: "image", letter: "I", label: "Image", write: plain, edit: edit("image") }),
    K: createGrid({ caption: "filter, as typed", letter: "K", label: "Filter", write: plain, edit: edit("kernel") }),
    turned: createGrid({ caption: "turned by 180°", label: "Filter turned by 180°", write: plain }),
    O: createGrid({ caption: "output", letter: "O", label: "Output", write: plain, look }),
    other: createGrid({ caption: "cross-correlation, for comparison", label: "Output of the cross-correlation", write: plain, small: true }),
  };
  grids.turned.node.dataset.part = "K";
  const line = el("p", { class: "worked" });
  const says = el("p", { class: "says", role: "status" });
  const none = el("p", { class: "says warn", hidden: true }, "The filter is larger than the image: it fits nowhere, so there is no output.");
  const result = el("div", { class: "any-output" }, grids.O.node, none, grids.other.node);
  root.append(
    el("div", { class: "controls" }, ...Object.values(controls).map((pair) => el("span", { class: "pair" }, ...pair.map(({ node }) => node))), bias.node),
    el("div", { class: "controls" }, how.node, player.node,
      button("random numbers", () => loaded({ image: state.image.map((cells) => cells.map(() => random(0, 9))), kernel: state.kernel.map((cells) => cells.map(() => random(-2, 2))) })),
      button("all 0", () => loaded({ image: state.image.map((cells) => cells.map(() => 0)), kernel: state.kernel.map((cells) => cells.map(() => 0)), bias: 0 })),
      button("the lesson’s numbers", () => loaded({ image: LESSON.image, kernel: LESSON.kernel, bias: LESSON.bias })),
      button("as at first", () => loaded(start()))),
    el("div", { class: "figure-row" }, grids.I.node, el("span", { class: "sign", "aria-hidden": "true" }, "⋆"), grids.K.node, grids.turned.node, el("span", { class: "sign", "aria-hidden": "true" }, "="), result),
    line, says,
  );
  const sign = root.querySelector(".figure-row .sign");

  /** On to the next place, row by row; false at the end. */
  function step() {
    const [down, across] = [state.image.length - state.kernel.length + 1, state.image[0].length - state.kernel[0].length + 1];
    if (down < 1 || across < 1) return false;
    const next = (state.place[0] * across + state.place[1] + 1) % (down * across);
    put({ place: [Math.floor(next / across), next % across] });
    return next < down * across - 1;
  }

  function show(now = theme) {
    theme = now;
    for (const grid of Object.values(grids)) grid.setTheme(theme);
    const { image, kernel } = state;
    const turns = state.how === "convolution";
    const used = turns ? flipped(kernel) : kernel;
    const output = crossCorrelate(image, used, { bias: state.bias });
    const fits = output.length > 0 && output[0].length > 0;
    const place = fits ? state.place.map((at, side) => Math.min(at, (side ? output[0].length : output.length) - 1)) : [0, 0];
    state.place = place;
    for (const [key, [rows, cols]] of Object.entries(controls)) {
      rows.set(state[key].length);
      cols.set(state[key][0].length);
    }
    bias.set(state.bias);
    const [row, col] = place;
    grids.I.show(image, fits ? { window: [row, col, kernel.length, kernel[0].length] } : {});
    grids.K.show(kernel);
    grids.turned.node.hidden = !turns;
    grids.other.node.hidden = !turns || !fits;
    grids.O.node.hidden = !fits;
    none.hidden = fits;
    setText(sign, turns ? "∗" : "⋆");
    if (turns) grids.turned.show(used);
    if (!fits) {
      line.replaceChildren();
      return setText(says, state.note ?? "");
    }
    grids.O.show(output, { window: [row, col, 1, 1] });
    const seen = windowOf(image, row, col, kernel.length, kernel[0].length);
    line.replaceChildren(...sum(seen, used, state.bias, output[row][col]));
    setText(says, [state.note, turns && compared(image, kernel, output)].filter(Boolean).join(" "));
  }

  /** What turning the filter changed, in words; and the numbers beside it, ringed where they differ. */
  function compared(image, kernel, output) {
    const straight = crossCorrelate(image, kernel, { bias: state.bias });
    const differ = straight.flatMap((line, r) => line.flatMap((value, c) => (Math.abs(value - output[r][c]) > 1e-9 ? [[r, c]] : [])));
    grids.other.show(straight, { winners: differ });
    const cells = straight.length * straight[0].length;
    const same = flipped(kernel).every((line, i) => line.every((value, j) => value === kernel[i][j]));
    if (same) return "This filter looks the same when it is turned by 180°, so both operations give the same numbers.";
    return `Turned, it is another filter: ${differ.length} of ${cells} numbers are not those of the cross-correlation; there they are ringed.`;
  }

  return {
    show,
    choose(value) {
      how.set(value);
      put({ how: value });
    },
    programs: () => programsOf(state),
  };
}

function programsOf({ image, kernel, bias, how }) {
  const turns = how === "convolution";
  const turn = (text) => (turns ? [`${text}  # turned by 180°: that makes it a true convolution`] : []);
  const numpy = [
    `# ${turns ? "True convolution" : "Cross-correlation"}: O[r, c] = Σ I[r + i, c + j] · K[i, j] + b`,
    "import numpy as np",
    "",
    asNumpy(image, "I"),
    asNumpy(kernel, "K"),
    `b = ${bias}`,
    ...turn("K = K[::-1, ::-1]"),
    "",
    "F, G = K.shape",
    "O = np.zeros((max(0, len(I) - F + 1), max(0, len(I[0]) - G + 1)))",
    "for r in range(O.shape[0]):",
    "    for c in range(O.shape[1]):",
    "        O[r, c] = np.sum(I[r : r + F, c : c + G] * K) + b",
    "print(O.round(4))",
    "",
  ];
  const tensor = (matrix, name) => asNumpy(matrix, name).replace("np.array(", "torch.tensor(").replace(/\n {14}/g, "\n                  ").replace(/\)$/, ", dtype=torch.float64)");
  const torch = [
    "# PyTorch's conv2d is a cross-correlation, whatever its name says.",
    "import torch",
    "",
    tensor(image, "I"),
    tensor(kernel, "K"),
    `b = torch.tensor([${bias}], dtype=torch.float64)`,
    ...turn("K = K.flip(0, 1)"),
    "",
    "O = torch.nn.functional.conv2d(I[None, None], K[None, None], b)  # one picture, one channel",
    "print(O[0, 0].numpy().round(4))",
    "",
  ];
  return { numpy: numpy.join("\n"), torch: torch.join("\n") };
}

// ---------------------------------------------------------------- the student's digit

function mountYours(root, lesson, again) {
  const conv1 = byName.conv1;
  let chosen = null; // where the window is put; null: where the kernel answers most
  let place = [0, 0];
  let map = 0;
  let theme = "light";
  let exact = true;
  const write = (value) => number(value, exact);
  const move = (row, col) => {
    chosen = place = [row, col]; // another may come before the next frame
    again();
  };
  const controls = {
    map: createNumber({ name: "kernel", label: "Kernel of conv1", min: 0, max: conv1.maps - 1, value: 0, change: (value) => { map = value; again(); } }),
    row: createNumber({ name: "row", label: "Row of the window", min: 0, max: conv1.rows - 1, value: 0, change: (value) => move(value, place[1]) }),
    col: createNumber({ name: "column", label: "Column of the window", min: 0, max: conv1.cols - 1, value: 0, change: (value) => move(place[0], value) }),
  };
  const most = el("button", { type: "button", class: "quiet" }, "where it answers most");
  most.addEventListener("click", () => {
    chosen = null;
    again();
  });
  const picture = createPicture({ layer: byName.input, scale: 8, size: [3, 3], move, label: "The prepared picture", part: "I" });
  const grids = {
    I: createGrid({ caption: "the window’s nine pixels", letter: "I", label: "The window’s nine pixels", most: byName.input.most, write }),
    K: createGrid({ caption: "kernel", letter: "K", label: "Kernel", write }),
    P: createGrid({ caption: "nine products", label: "The nine products", write }),
  };
  const sums = el("div", { class: "sums" });
  const says = el("p", { class: "says" }, "The weights are on their way.");
  const work = el("div", { class: "yours-work" },
    el("div", { class: "figure-row" }, grids.I.node, el("span", { class: "sign", "aria-hidden": "true" }, "⊙"), grids.K.node, el("span", { class: "sign", "aria-hidden": "true" }, "="), grids.P.node),
    el("p", { class: "caption" }, "⊙: number by number, each times the one at the same place."), sums);
  root.append(
    el("div", { class: "controls" }, ...Object.values(controls).map(({ node }) => node), most),
    el("div", { class: "figure-row yours-row" }, el("figure", {}, picture.node, el("figcaption", { class: "caption" }, "Your digit as the network gets it: 28 × 28.")), work),
    says,
  );

  /** Where this map of conv1 is furthest from zero. */
  function strongest(values) {
    let best = map * conv1.rows * conv1.cols;
    const end = best + conv1.rows * conv1.cols;
    for (let i = best; i < end; i++) if (Math.abs(values[i]) > Math.abs(values[best])) best = i;
    const rest = best - map * conv1.rows * conv1.cols;
    return [Math.floor(rest / conv1.cols), rest % conv1.cols];
  }

  return {
    get cell() {
      return { layer: "conv1", map, row: place[0], col: place[1] };
    },
    show() {
      const { answer, weights } = lesson.state;
      work.hidden = !answer || !weights;
      if (!answer) return;
      ({ theme } = lesson);
      exact = answer.exact;
      place = chosen ?? strongest(answer.activations.conv1);
      const [row, col] = place;
      const { input, conv1: values } = answer.activations;
      controls.row.set(row);
      controls.col.set(col);
      picture.show(input, { theme, window: place, label: `Your digit, 28 × 28. The window covers rows ${row} to ${row + 2}, columns ${col} to ${col + 2}; arrow keys move it.` });
      if (!weights) return;
      const kernel = rowsOf(weights.kernel("conv1", map), 3, 3);
      const seen = windowOf(rowsOf(input, 28, 28), row, col, 3, 3);
      const products = seen.map((line, i) => line.map((value, j) => value * kernel[i][j]));
      for (const grid of Object.values(grids)) grid.setTheme(theme);
      grids.I.show(seen);
      grids.K.show(kernel);
      grids.P.show(products);
      const added = weighted(seen, kernel);
      const bias = weights.bias("conv1", map);
      sums.replaceChildren(...total([["sum of the nine", added], ["+ bias ", bias, "b"], ["= O", added + bias, "O", true], [`the network’s own ${subscript(conv1, { map, row, col })}`, values[indexOf(conv1, { map, row, col })]]], write));
      setText(says, lesson.blank
        ? "Nothing is drawn: every pixel is the same, and so is the sum of every window. Draw a digit on the pad."
        : "Rounded to four decimals, worked out with all. Drag the window over the picture, or move it with the arrow keys.");
    },
    program() {
      const { answer } = lesson.state;
      if (!answer) return "";
      const cell = { layer: "conv1", map, row: place[0], col: place[1] };
      return snippets({ cell, value: answer.activations.conv1[indexOf(conv1, cell)], origin: location.origin, temperature: lesson.temperature, ...lesson.request() }).curl;
    },
  };
}
