/** A filter over the student's own digit, and the filter of conv1 that is most similar to it. */
import { el, setText } from "../../ui/dom.js";
import { letter, make, num, op, row as group } from "../../ui/math/mathml.js";
import { createSwitch } from "../../ui/switch.js";
import { SIDE } from "../../core/drawing.js";
import { byName } from "../../core/layers.js";
import { brief, equalsSign, equation, number, printed, short } from "../../core/text.js";
import { flag, optional, place, whole } from "../../core/links/setting-fields.js";
import { convolve, flipped, rowsOf, windowOf } from "../shared/arithmetic.js";
import { cosineParts, filterField, FILTERS, LARGEST, nameOf, ranking, similarityText, writtenSum } from "./filters.js";
import { createCellMap } from "../shared/cell-map.js";
import { createMatrix } from "../../ui/matrix.js";

const OUT = 26;
const NAMES = { sobel: "Sobel", transposed: "Sobel, transposed", blur: "blur", sharpen: "sharpen", own: "your own" };

/** Returns { node, show(), set(change), settings, current() }; current() returns the shown { filter, magnitude, spot, value, best, chosen }, or null before the first answer. */
export function createYourDigit(lesson, { changed }) {
  const state = { name: "sobel", filter: FILTERS.sobel, magnitude: false, spot: null, chosen: null };
  let shown = null;

  const names = createSwitch("edges-filter", "Filter", Object.entries(NAMES), (name) => set({ name, filter: FILTERS[name] ?? state.filter }));
  const turn = el("button", { type: "button", class: "quiet" }, "Turn by 180°");
  turn.addEventListener("click", () => useFilter(flipped(state.filter)));
  const size = el("input", { type: "checkbox" });
  size.addEventListener("change", () => set({ magnitude: size.checked }));
  const look = (spot) => set({ spot: { row: Math.min(spot.row, OUT - 1), col: Math.min(spot.col, OUT - 1) } });
  const digit = createCellMap({ rows: SIDE, cols: SIDE, look: ({ row, col }) => look({ row: Math.max(row - 1, 0), col: Math.max(col - 1, 0) }) });
  const map = createCellMap({ rows: OUT, cols: OUT, look });
  const learned = createCellMap({ rows: OUT, cols: OUT, look });
  const kernel = createMatrix({
    caption: "type any numbers",
    letter: "K",
    label: "Filter K",
    limits: { min: -LARGEST, max: LARGEST },
    write: (value) => (value === 1 / 9 ? "1/9" : brief(value)),
    edit: (row, col, value) => useFilter(state.filter.map((line, i) => line.map((old, j) => (i === row && j === col ? value : old)))),
  });
  const weights = createMatrix({ letter: "w", caption: "learned in training", label: "The filter of conv1, 3 × 3" });
  const select = el("select", { "aria-label": "conv1’s 32 filters, the most similar to K first" });
  select.addEventListener("change", () => set({ chosen: Number(select.value) }));
  const sum = el("p", { class: "sum" });
  const cos = el("div", { class: "formula cosine", tabIndex: 0, role: "group", "aria-label": "The cosine of K and w, step by step" });
  const cosSays = el("p", { class: "caption" }, "|K| is the square root of the sum of the squares of the nine numbers in K; |w| is the same for w. The cosine is 1 for the same pattern, 0 for patterns with nothing in common, and −1 for opposite patterns.");
  const alike = el("p", { class: "says alike" });
  const node = el("div", { class: "edges-yours" },
    el("div", { class: "controls" }, names, turn, el("label", {}, size, "magnitude |O|")),
    el("div", { class: "edges-pictures" },
      el("div", { class: "edges-digit" }, digit.node, el("p", { class: "caption" }, "The numbers that the network gets: (grey level / 255 − 0.1307) / 0.3081. Black becomes −0.42, and white becomes 2.82.")),
      el("div", { class: "edges-pair" }, map.node, el("div", {}, el("p", { class: "edges-select" }, "your filter"), kernel.node)),
      el("div", { class: "edges-pair" }, learned.node, el("div", {}, el("label", { class: "edges-select" }, "conv1’s filter ", select), weights.node))),
    sum, cos, cosSays, alike);

  function useFilter(filter) {
    set({ name: nameOf(filter) ?? "own", filter });
  }

  function set(change) {
    if ("filter" in change) state.chosen = null; // choose the most similar filter again
    Object.assign(state, change);
    names.querySelector(`[value="${state.name}"]`).checked = true;
    size.checked = state.magnitude;
    show();
    changed();
  }

  function show() {
    const { theme } = lesson;
    const { answer, weights: loaded } = lesson.state;
    kernel.setTheme(theme);
    weights.setTheme(theme);
    kernel.show(state.filter);
    node.classList.toggle("waiting", !answer);
    if (!answer) return;
    const { exact } = answer;
    const input = lesson.input();
    const filter = state.filter.flat();
    const sums = convolve(input, 1, SIDE, filter, [0]);
    const output = state.magnitude ? sums.map(Math.abs) : sums;
    const ranked = loaded ? ranking(loaded, filter) : [];
    const chosen = loaded ? (state.chosen ?? ranked[0]?.map ?? 0) : null;
    const spot = state.spot ?? strongest(output);
    const index = spot.row * OUT + spot.col;
    shown = { filter: state.filter, magnitude: state.magnitude, spot, value: output[index], best: ranked[0] ?? null, chosen, exact };

    digit.show({ values: input, title: "your digit", exact, theme });
    digit.mark(spot, 3);
    map.show({ values: output, title: state.magnitude ? "output map |O|" : "output map O", exact, theme });
    map.mark(spot);
    const value = sums[index];
    const terms = writtenSum(windowOf(rowsOf(input, SIDE, SIDE), spot.row, spot.col, 3, 3), state.filter);
    const tail = state.magnitude ? `, and |O| = ${number(Math.abs(value), exact)}` : "";
    const blank = lesson.blank ? "Nothing is drawn, so all pixels are equal: a filter whose weights add up to 0 gives 0 everywhere. " : "";
    setText(sum, `${blank}O, row ${spot.row}, column ${spot.col}: ${terms.text} ${equation(terms.value, number(value, exact))}${tail}`);
    if (!loaded) return setText(alike, "Loading the network’s filters…");
    showLearned({ answer, loaded, ranked, chosen, spot, filter, theme });
  }

  function showLearned({ answer, loaded, ranked, chosen, spot, filter, theme }) {
    const nine = Array.from(loaded.kernel("conv1", chosen));
    weights.show(rowsOf(nine, 3, 3));
    learned.show({ values: answer.activations.conv1.slice(chosen * OUT * OUT, (chosen + 1) * OUT * OUT), title: `conv1, map ${chosen}`, exact: answer.exact, theme });
    learned.mark(spot);
    const listed = ranked.length ? ranked : Array.from({ length: 32 }, (_, map) => ({ map, cosine: null }));
    const options = listed.map(({ map: one, cosine }) => `${one}${cosine === null ? "" : ` (${short(cosine)})`}`);
    if ([...select.options].map((option) => option.text).join() !== options.join()) {
      select.replaceChildren(...listed.map(({ map: one }, i) => el("option", { value: String(one) }, options[i])));
    }
    select.value = String(chosen);
    if (!ranked.length) {
      cos.replaceChildren();
      return setText(alike, "A filter of nine zeros has no pattern, so it has no cosine.");
    }
    const { product, lengths } = cosineParts(filter, nine);
    const value = listed.find(({ map: one }) => one === chosen).cosine;
    const size = (name) => group(op("|"), letter(name, name), op("|"));
    const math = make("math", make("mi", "cos"), bracket("("), letter("K", "K"), op(","), letter("w", "w"), bracket(")"), op("="), make("mfrac", group(op("∑"), letter("K", "K"), op("·"), letter("w", "w")), group(size("K"), op("·"), size("w"))),
      op("="), make("mfrac", num(number(product)), group(num(number(lengths[0])), op("·"), num(number(lengths[1])))), op(equalsSign(printed(product) / (printed(lengths[0]) * printed(lengths[1])), number(value))), make("mn", number(value)));
    math.setAttribute("displaystyle", "true");
    cos.replaceChildren(math);
    const last = ranked.at(-1);
    const which = chosen === ranked[0].map ? `Of conv1’s 32 filters, filter ${chosen} is most similar to K` : `Filter ${chosen} of conv1, compared with K`;
    setText(alike, `${which}: the cosine is ${short(value)}, so it is ${similarityText(value)}. ${lowest(last)}`);
  }

  const settings = {
    fields: { filter: filterField, magnitude: flag, place: optional(place(OUT, OUT)), learned: optional(whole(0, byName.conv1.maps - 1)) },
    get: () => ({ filter: state.filter, magnitude: state.magnitude, place: state.spot && [state.spot.row, state.spot.col], learned: state.chosen }),
    set({ filter, magnitude, place: at, learned: chosen }) {
      set({ name: nameOf(filter) ?? "own", filter, magnitude, spot: at && { row: at[0], col: at[1] } });
      set({ chosen }); // a new filter chooses the most similar one again
    },
  };
  return { node, show, set, settings, current: () => shown };
}

/** A sentence about the filter with the lowest cosine: below zero, the filter is similar to the opposite of K. */
const lowest = ({ map, cosine }) => `The ${cosine < 0 ? "most opposite" : "least similar"} is filter ${map}, with a cosine of ${short(cosine)}.`;

function bracket(sign) {
  const node = op(sign);
  node.setAttribute("stretchy", "false");
  return node;
}

/** The cell with the largest magnitude. */
function strongest(values) {
  let at = 0;
  for (let i = 1; i < values.length; i++) if (Math.abs(values[i]) > Math.abs(values[at])) at = i;
  return { row: Math.floor(at / OUT), col: at % OUT };
}
