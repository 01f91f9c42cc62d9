/** The student's digit moved by one pixel: what stays of conv1, relu1 and pool1, as pictures of one map and as numbers of all. */
import { el, setText } from "../../ui/dom.js";
import { byName } from "../../core/layers.js";
import { inkiest } from "../shared/arithmetic.js";
import { createNumber } from "../shared/controls.js";
import { createPicture } from "../shared/map-window.js";
import { shiftProgram } from "./programs.js";
import { compare } from "./shift.js";

const ARROWS = [["↖", "↑", "↗"], ["←", "·", "→"], ["↙", "↓", "↘"]];
const ROWS = [
  ["conv1", "conv1", "before ReLU"],
  ["relu1", "relu1", "what pooling is given"],
  ["pool1", "pool1", "the largest of 2 × 2"],
  ["mean", "the mean of 2 × 2", "not in the network"],
];
const share = (value) => `${(100 * value).toFixed(1)} %`;
const wayOf = ([dx, dy]) => [["up", "", "down"][dy + 1], ["left", "", "right"][dx + 1]].filter(Boolean).join(" and ") || "not moved";

/** `again()` has the section painted anew. Gives back { cell, show(), program() }. */
export function mountYourDigit(root, lesson, again) {
  let way = [1, 0];
  let map = null; // null: the one that answers the ink most
  let shown = 0;
  let compared = { key: [] };
  const compass = el("div", { class: "compass", role: "group", "aria-label": "Move the digit by one pixel" }, ...ARROWS.flatMap((line, row) => line.map((arrow, col) => {
    const to = [col - 1, row - 1];
    const button = el("button", { type: "button", "aria-label": wayOf(to), title: wayOf(to) }, arrow);
    button.addEventListener("click", () => {
      way = to;
      again();
    });
    return button;
  })));
  const buttons = [...compass.children];
  const which = createNumber({ name: "map", label: "Map of relu1 and pool1", min: 0, max: byName.pool1.maps - 1, value: 0, change: (value) => {
    map = value;
    again();
  } });
  const fullest = el("button", { type: "button", class: "quiet" }, "the one that answers your ink most");
  fullest.addEventListener("click", () => {
    map = null;
    again();
  });
  const kinds = [["before", "as drawn"], ["after", "moved"], ["change", "the change"]];
  const pictures = ["relu1", "pool1"].map((name) => ({ name, views: kinds.map(([kind, text]) => {
    const layer = byName[name];
    const picture = createPicture({ layer: kind === "change" ? { ...layer, signed: true } : layer, scale: name === "relu1" ? 5 : 10, label: `${name}, ${text}` });
    return { kind, text, picture, node: el("figure", {}, picture.node, el("figcaption", { class: "caption" }, `${name} ${text}`)) };
  }) }));
  const body = el("tbody");
  const numbers = Object.fromEntries(ROWS.map(([name, title, note]) => {
    const cells = [el("td"), el("td")];
    body.append(el("tr", {}, el("th", { scope: "row" }, title, el("span", { class: "caption" }, ` ${note}`)), ...cells));
    return [name, cells];
  }));
  const says = el("p", { class: "says pooling-moved", role: "status" }, "The weights are on their way.");
  root.append(
    el("div", { class: "controls" }, el("span", {}, "move it:"), compass, which.node, fullest),
    el("div", { class: "figure-row shift-row" },
      el("div", { class: "shift-pictures" }, ...pictures.map(({ views }) => el("div", { class: "figure-row" }, ...views.map(({ node }) => node)))),
      el("div", { class: "shift-numbers" },
        el("table", { class: "shift-table" }, el("caption", { class: "caption" }, "All 32 maps together"), el("thead", {}, el("tr", {}, el("td"), el("th", { scope: "col" }, "stays"), el("th", { scope: "col" }, "cells that hardly change"))), body),
        el("p", { class: "caption" }, "Stays: add up by how much every cell changes, and divide by the sizes of all cells before and after, added up; the rest to 100 % stays. Cells that hardly change: by less than 5 % of the layer’s largest number. This counts the many empty cells, too, and one cell of pool1 stands for four of relu1."))),
    says,
  );

  /** The comparison, made anew only when what it is made of has changed. */
  function comparison(weights, input) {
    const key = [weights, input, ...way];
    if (key.some((part, i) => part !== compared.key[i])) compared = { key, ...compare(weights, input, ...way) };
    return compared;
  }

  return {
    get cell() {
      const values = lesson.state.answer?.activations.pool1;
      const { rows, cols } = byName.pool1;
      if (!values) return { layer: "pool1", map: shown, row: 0, col: 0 };
      const own = values.subarray(shown * rows * cols, (shown + 1) * rows * cols);
      const best = own.indexOf(Math.max(...own));
      return { layer: "pool1", map: shown, row: Math.floor(best / cols), col: best % cols };
    },
    show() {
      const { answer, weights } = lesson.state;
      for (const [i, button] of buttons.entries()) button.setAttribute("aria-pressed", String(i === 3 * (way[1] + 1) + way[0] + 1));
      if (!answer || !weights) return;
      const { before, after, measures } = comparison(weights, answer.activations.input);
      shown = map ?? inkiest(before.pool1, byName.pool1.maps, byName.pool1.rows * byName.pool1.cols);
      which.set(shown);
      for (const { name, views } of pictures) {
        const { rows, cols } = byName[name];
        const from = shown * rows * cols;
        const ends = [0, Math.max(...before[name].subarray(from, from + rows * cols), ...after[name].subarray(from, from + rows * cols))];
        const change = after[name].map((value, i) => value - before[name][i]);
        for (const { kind, text, picture } of views) {
          const signed = kind === "change";
          picture.show(signed ? change : (kind === "before" ? before : after)[name], { from, theme: lesson.theme, ends: signed ? [-ends[1], ends[1]] : ends, label: `${name}, map ${shown}, ${text}` });
        }
      }
      for (const [name, [kept, still]] of Object.entries(numbers)) {
        setText(kept, lesson.blank ? "—" : share(measures[name].kept));
        setText(still, lesson.blank ? "—" : share(measures[name].still));
      }
      setText(says, lesson.blank ? "Nothing is drawn, so there is nothing to move. Draw a digit on the pad." : verdict(measures));
    },
    program() {
      return lesson.state.answer ? shiftProgram(lesson.request(), way) : "";
    },
  };

  /** Which of the layers keeps more, by the first measure; and whether the second says the same. */
  function verdict({ relu1, pool1, conv1 }) {
    if (way[0] === 0 && way[1] === 0) return "Not moved: everything stays. Choose a direction.";
    const more = pool1.kept > relu1.kept;
    const first = `One pixel ${wayOf(way)}: ${share(pool1.kept)} of pool1 stays, against ${share(relu1.kept)} of relu1 and ${share(conv1.kept)} of conv1. So after pooling ${more ? "more" : "no more"} stays than before it.`;
    const other = pool1.still > relu1.still;
    return `${first} ${other === more ? "Counted in cells it is the same" : "Counted in cells that hardly change it is the other way round"}: ${share(pool1.still)} against ${share(relu1.still)} of relu1.`;
  }
}
