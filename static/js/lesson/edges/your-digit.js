/** A filter over the student's own digit, and beside it the filter of conv1 that is most like it. */
import { el, setText } from "../../ui/dom.js";
import { letter, make, num, op, row as group } from "../../ui/math/mathml.js";
import { createSwitch } from "../../ui/switch.js";
import { number } from "../../core/text.js";
import { convolve, flipped, rowsOf, windowOf } from "../shared/arithmetic.js";
import { brief, cosineParts, decimals, FILTERS, likeness, ranking, sumText } from "./filters.js";
import { createPicture } from "../shared/cell-map.js";
import { createMatrix } from "../../ui/matrix.js";

const SIDE = 28;
const OUT = 26;
const NAMES = { sobel: "Sobel", transposed: "Sobel, transposed", blur: "blur", sharpen: "sharpen", own: "your own" };

/** Gives back { node, show(), set(change), now }; now() is { filter, spot, value, best, chosen } of what is shown, null before the first answer. */
export function createYours(lesson, { changed }) {
  const state = { name: "sobel", filter: FILTERS.sobel, magnitude: false, spot: null, chosen: null };
  let shown = null;

  const names = createSwitch("edges-filter", "Filter", Object.entries(NAMES), (name) => set({ name, filter: FILTERS[name] ?? state.filter }));
  const turn = el("button", { type: "button", class: "quiet" }, "Turn by 180°");
  turn.addEventListener("click", () => take(flipped(state.filter)));
  const size = el("input", { type: "checkbox" });
  size.addEventListener("change", () => set({ magnitude: size.checked }));
  const look = (spot) => set({ spot: { row: Math.min(spot.row, OUT - 1), col: Math.min(spot.col, OUT - 1) } });
  const digit = createPicture({ rows: SIDE, cols: SIDE, look: ({ row, col }) => look({ row: Math.max(row - 1, 0), col: Math.max(col - 1, 0) }) });
  const map = createPicture({ rows: OUT, cols: OUT, look });
  const learnt = createPicture({ rows: OUT, cols: OUT, look });
  const kernel = createMatrix({
    caption: "type any numbers",
    letter: "K",
    label: "Filter K",
    write: (value) => (value === 1 / 9 ? "1/9" : brief(value)),
    edit: (row, col, value) => take(state.filter.map((line, i) => line.map((old, j) => (i === row && j === col ? value : old)))),
  });
  const weights = createMatrix({ letter: "w", caption: "learnt in training", label: "The filter of conv1, 3 × 3" });
  const select = el("select", { "aria-label": "Which of conv1’s 32 filters, the most like K first" });
  select.addEventListener("change", () => set({ chosen: Number(select.value) }));
  const sum = el("p", { class: "sum" });
  const cos = el("div", { class: "formula cosine", tabIndex: 0, role: "group", "aria-label": "The cosine of K and w, worked out" });
  const cosSays = el("p", { class: "caption" }, "|K|: the square root of the sum of K’s squares; |w| likewise. cos: 1 for the same direction, 0 for nothing in common, −1 for opposite directions.");
  const alike = el("p", { class: "says alike" });
  const node = el("div", { class: "edges-yours" },
    el("div", { class: "controls" }, names, turn, el("label", {}, size, "magnitude |O|")),
    el("div", { class: "edges-pictures" },
      el("div", { class: "edges-digit" }, digit.node, el("p", { class: "caption" }, "As the network gets it: (grey level / 255 − 0.1307) / 0.3081, so that black is −0.42 and white 2.82.")),
      el("div", { class: "edges-pair" }, map.node, el("div", {}, el("p", { class: "edges-select" }, "the filter above"), kernel.node)),
      el("div", { class: "edges-pair" }, learnt.node, el("div", {}, el("label", { class: "edges-select" }, "conv1’s filter ", select), weights.node))),
    sum, cos, cosSays, alike);

  function take(filter) {
    const name = Object.keys(FILTERS).find((known) => JSON.stringify(FILTERS[known]) === JSON.stringify(filter)) ?? "own";
    set({ name, filter });
  }

  function set(change) {
    if ("filter" in change) state.chosen = null; // another filter has another one most like it
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
    map.show({ values: output, title: state.magnitude ? "its map, |O|" : "its map, O", exact, theme });
    map.mark(spot);
    const value = sums[index];
    const terms = sumText(windowOf(rowsOf(input, SIDE, SIDE), spot.row, spot.col, 3, 3), state.filter);
    const tail = state.magnitude ? `, and |O| = ${number(Math.abs(value), exact)}` : "";
    const blank = lesson.blank ? "Nothing is drawn, so every pixel is the same: a filter whose weights add up to 0 answers 0 everywhere. " : "";
    setText(sum, `${blank}O, row ${spot.row}, column ${spot.col}: ${terms} = ${number(value, exact)}${tail}`);
    if (!loaded) return setText(alike, "The network’s filters are on their way…");
    showLearnt({ answer, loaded, ranked, chosen, spot, filter, theme });
  }

  function showLearnt({ answer, loaded, ranked, chosen, spot, filter, theme }) {
    const nine = Array.from(loaded.kernel("conv1", chosen));
    weights.show(rowsOf(nine, 3, 3));
    learnt.show({ values: answer.activations.conv1.slice(chosen * OUT * OUT, (chosen + 1) * OUT * OUT), title: `conv1, map ${chosen}`, exact: answer.exact, theme });
    learnt.mark(spot);
    const listed = ranked.length ? ranked : Array.from({ length: 32 }, (_, map) => ({ map, cosine: null }));
    const options = listed.map(({ map: one, cosine }) => `${one}${cosine === null ? "" : ` (${decimals(cosine)})`}`);
    if ([...select.options].map((option) => option.text).join() !== options.join()) {
      select.replaceChildren(...listed.map(({ map: one }, i) => el("option", { value: String(one) }, options[i])));
    }
    select.value = String(chosen);
    if (!ranked.length) {
      cos.replaceChildren();
      return setText(alike, "A filter of nine zeros points nowhere: nothing is like it or unlike it.");
    }
    const { product, lengths } = cosineParts(filter, nine);
    const value = listed.find(({ map: one }) => one === chosen).cosine;
    const size = (name) => group(op("|"), letter(name, name), op("|"));
    const math = make("math", make("mi", "cos"), bracket("("), letter("K", "K"), op(","), letter("w", "w"), bracket(")"), op("="), make("mfrac", group(op("∑"), letter("K", "K"), op("·"), letter("w", "w")), group(size("K"), op("·"), size("w"))),
      op("="), make("mfrac", num(number(product)), group(num(number(lengths[0])), op("·"), num(number(lengths[1])))), op("="), make("mn", number(value)));
    math.setAttribute("displaystyle", "true");
    cos.replaceChildren(math);
    const last = ranked.at(-1);
    const which = chosen === ranked[0].map ? `Of conv1’s 32 filters number ${chosen} is most like K` : `Filter ${chosen} of conv1 beside K`;
    setText(alike, `${which}: cosine ${decimals(value)}, ${likeness(value)}. The least like it is number ${last.map}, ${decimals(last.cosine)}.`);
  }

  return { node, show, set, state, now: () => shown };
}

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
