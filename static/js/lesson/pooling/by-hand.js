/** Pooling by hand: first the lesson's 4 × 4 map as an exercise, then any map, window and stride, with the largest number or the mean. */
import { el, setText } from "../../ui/dom.js";
import { createNumberCheck } from "../../ui/number-check.js";
import { createMatrix } from "../../ui/matrix.js";
import { indexOfLargest } from "../../core/statistics.js";
import { equalsSign, plain } from "../../core/text.js";
import { choice, matrix, place as placeField, whole } from "../../core/links/setting-fields.js";
import { pool, steps, windowOf } from "../shared/arithmetic.js";
import { createChoice, createNumber, createPlayer } from "../shared/controls.js";
import { indexed } from "../shared/indexed.js";
import { placeName } from "../shared/window-errors.js";
import { question } from "./block-errors.js";
import { programsOf } from "./programs.js";

export const LESSON = [[12, 20, 30, 0], [8, 12, 2, 0], [34, 70, 37, 4], [112, 100, 25, 12]];
const LARGEST = 999;
const LIMITS = { min: -LARGEST, max: LARGEST, decimals: 2 }; // of the numbers in the cells
const SIDES = [2, 8];
const MOST_WINDOW = 4; // also the largest stride
const HOW = [["max", "the largest"], ["mean", "the mean"]];

export function mountByHand(root, changed) {
  let state = { image: LESSON, size: 2, stride: 2, how: "max", place: [0, 0] };
  let theme = "light";
  let solved = []; // output places that the student has worked out, as "row,col"
  const places = [[0, 0], [0, 1], [1, 0], [1, 1]];
  const put = (more) => {
    const newImage = more.image !== undefined && more.image !== state.image;
    state = { ...state, ...more };
    if (newImage) {
      solved = [];
      for (const { check } of checks) check.clear();
    }
    show();
    changed();
  };
  const isExercise = () => state.image.length === 4 && state.size === 2 && state.stride === 2 && state.how === "max";
  const isKnown = ([row, col]) => !isExercise() || solved.includes(`${row},${col}`);
  const markSolved = ([row, col]) => (solved = [...new Set([...solved, `${row},${col}`])]);

  const edit = (row, col, value) => {
    put({ image: state.image.map((line, r) => line.map((old, c) => (r === row && c === col ? value : old))) });
  };
  const moveTo = ({ row, col }, type) => {
    if (type !== "pointerenter") player.stop();
    if (row !== state.place[0] || col !== state.place[1]) put({ place: [row, col] });
  };
  const restart = (more) => {
    player.stop();
    put({ ...more, place: [0, 0] });
  };
  const cells = createNumber({ name: "side of the map", label: "Side of the map", min: SIDES[0], max: SIDES[1], value: 4, part: "A", change: (side) => restart({ image: Array.from({ length: side }, (_, r) => Array.from({ length: side }, (_, c) => state.image[r]?.[c] ?? 0)) }) });
  const size = createNumber({ name: ["window ", ...indexed("F", "p")], label: "Window size", min: 1, max: MOST_WINDOW, value: 2, part: "F", change: (value) => restart({ size: value }) });
  const stride = createNumber({ name: ["stride ", ...indexed("S", "p")], label: "Stride", min: 1, max: MOST_WINDOW, value: 2, part: "S", change: (value) => restart({ stride: value }) });
  const how = createChoice("pooling-how", "Keep", HOW, (value) => put({ how: value }));
  const player = createPlayer(step, "slide the window");
  const button = (text, press) => {
    const node = el("button", { type: "button", class: "quiet" }, text);
    node.addEventListener("click", press);
    return node;
  };
  const grids = {
    A: createMatrix({ caption: "map", letter: "A", label: "Map", write: plain, edit, limits: LIMITS }),
    P: createMatrix({ caption: "pooled map", letter: "P", label: "Pooled map", write: plain, look: moveTo }),
    other: createMatrix({ caption: "max pooling, for comparison", label: "Pooled map of max pooling", write: plain, small: true }),
  };
  const worked = el("p", { class: "worked" });
  const message = el("p", { class: "says pooling-says", role: "status" });
  const none = el("p", { class: "says warn", hidden: true }, "The window is larger than the map. It fits nowhere.");
  const checks = places.map((place) => {
    const name = placeName(...place);
    const check = createNumberCheck({
      label: `Pooled map, ${name}`,
      question: () => question(state.image, ...place),
      done: (right) => {
        if (right) markSolved(place);
        put({ place });
      },
    });
    check.node.addEventListener("focusin", () => put({ place }));
    return { check, row: el("div", { class: "asked" }, el("span", { class: "asked-name" }, `${name}, `, ...indexed("P", ...place), " ="), check.node) };
  });
  const reveal = button("Show the four numbers", () => {
    for (const { check } of checks) if (!check.right) check.reveal();
    places.forEach(markSolved);
    show();
  });
  const asked = el("div", { class: "asked-list" }, ...checks.map(({ row }) => row), el("div", {}, reveal));
  root.append(
    el("div", { class: "controls" }, size.node, stride.node, how.node, cells.node),
    el("div", { class: "controls" }, player.node,
      button("random numbers", () => restart({ image: state.image.map((line) => line.map(() => Math.floor(100 * Math.random()))) })),
      button("all 0", () => restart({ image: state.image.map((line) => line.map(() => 0)) })),
      button("the lesson’s numbers", () => restart({ image: LESSON, size: 2, stride: 2, how: "max" }))),
    el("div", { class: "figure-row pooling-row" }, grids.A.node, el("span", { class: "sign", "aria-hidden": "true" }, "→"), el("div", { class: "pooling-output" }, grids.P.node, none), grids.other.node, asked),
    worked, message,
  );

  const placesInRow = () => steps(state.image.length, state.size, 0, state.stride);
  function step() {
    const count = placesInRow();
    if (count < 1) return false;
    const next = (state.place[0] * count + state.place[1] + 1) % (count * count);
    put({ place: [Math.floor(next / count), next % count] });
    return next < count * count - 1;
  }

  /** The first cell with the largest number in the window of an output place. */
  function winner(row, col) {
    const { image, size: side, stride: by } = state;
    const seen = windowOf(image, row * by, col * by, side, side).flat();
    const first = indexOfLargest(seen);
    return [row * by + Math.floor(first / side), col * by + (first % side)];
  }

  function show(now = theme) {
    theme = now;
    for (const grid of Object.values(grids)) grid.setTheme(theme);
    const { image, size: side, stride: by } = state;
    cells.set(image.length);
    size.set(side);
    stride.set(by);
    how.set(state.how);
    const count = placesInRow();
    const fits = count > 0;
    grids.P.node.hidden = !fits;
    none.hidden = fits;
    grids.other.node.hidden = state.how === "max" || !fits;
    asked.classList.toggle("not-asked", !isExercise());
    if (!fits) {
      grids.A.show(image);
      worked.replaceChildren();
      return setText(message, "");
    }
    state.place = state.place.map((index) => Math.min(index, count - 1));
    const [row, col] = state.place;
    const all = Array.from({ length: count * count }, (_, i) => [Math.floor(i / count), i % count]);
    const winners = all.filter((place) => state.how === "max" && isKnown(place)).map((place) => winner(...place));
    const output = pool(image, side, by, state.how);
    grids.A.show(image, { window: [row * by, col * by, side, side], winners });
    grids.P.show(output, { window: [row, col, 1, 1], blank: all.filter((place) => !isKnown(place)) });
    const seen = windowOf(image, row * by, col * by, side, side).flat();
    worked.replaceChildren(...written(seen, isKnown(state.place) ? output[row][col] : null));
    if (state.how === "mean") grids.other.show(pool(image, side, by, "max"));
    setText(message, isExercise() && !places.every(isKnown) ? "Type the largest number of each block. If it is right, a ring marks it in the map." : sentences(output, count, all));
  }

  /** The parts of "max(12, 20, 8, 12) = 20" or "(12 + 20 + 8 + 12) / 4 = 13". */
  function written(seen, value) {
    const between = state.how === "max" ? ", " : " + ";
    const numbers = seen.flatMap((number, i) => [...(i ? [between] : []), el("span", { "data-part": "A" }, state.how === "mean" && i && number < 0 ? `(${plain(number)})` : plain(number))]);
    return [state.how === "max" ? "max(" : "(", ...numbers, state.how === "max" ? ") = " : `) / ${seen.length} ${value === null ? "=" : equalsSign(seen.reduce((sum, number) => sum + number, 0) / seen.length, plain(value))} `, el("b", { "data-part": "P" }, value === null ? "?" : plain(value))];
  }

  /** Sentences about what pooling keeps and loses, and about how the windows overlap. */
  function sentences(output, count, all) {
    const { image, size: side, stride: by } = state;
    const total = image.length ** 2;
    const lines = [];
    if (state.how === "max") {
      const kept = new Set(all.map((place) => winner(...place).join(",")));
      lines.push(`${kept.size} of the ${total} numbers ${kept.size === 1 ? "is" : "are"} the largest of a window and ${kept.size === 1 ? "is" : "are"} kept. The other ${total - kept.size} are lost.`);
    } else {
      const strongest = all.map((place) => ({ place, value: image[winner(...place)[0]][winner(...place)[1]] })).reduce((a, b) => (b.value > a.value ? b : a));
      const mean = output[strongest.place[0]][strongest.place[1]];
      lines.push(`For the mean, each number is multiplied by 1/${side * side}, and the products are added up. The largest number is ${plain(strongest.value)}, and the mean of its window is ${plain(mean)}: ${mean === strongest.value ? "all numbers in its window are equal, so nothing is lost" : "the output no longer shows how large the largest number was"}.`);
    }
    if (by < side && count > 1) lines.push(`Neighbouring windows share ${side * (side - by)} of their ${side * side} cells.`);
    if (by > side && count > 1) lines.push("The stride is larger than the window, so the cells between two windows are skipped.");
    const left = (image.length - side) % by;
    if (left > 0) lines.push(`The last ${left === 1 ? "row and column" : `${left} rows and columns`} are skipped, because (${image.length} − ${side})/${by} is not a whole number.`);
    return lines.join(" ");
  }

  const square = matrix(SIDES, SIDES, LARGEST);
  const readSquare = (text) => {
    const image = square.read(text);
    return image && image.length === image[0].length ? image : undefined;
  };
  const settings = {
    fields: { map: { ...square, read: readSquare }, F: whole(1, MOST_WINDOW), S: whole(1, MOST_WINDOW), how: choice(HOW.map(([name]) => name)), window: placeField(SIDES[1], SIDES[1]) },
    get: () => ({ map: state.image, F: state.size, S: state.stride, how: state.how, window: state.place }),
    set({ map: image, F, S, how: keep, window: place }) {
      player.stop();
      put({ image, size: F, stride: S, how: keep, place });
    },
  };
  return { show, settings, put: (more) => restart(more), programs: () => programsOf(state) };
}
