/** The student's digit moved by one pixel: how much of conv1, relu1 and pool1 stays, shown as images of one map and measured for all maps. */
import { el, setText } from "../../ui/dom.js";
import { byName } from "../../core/layers.js";
import { strongestCell } from "../../core/statistics.js";
import { list, optional, whole } from "../../core/links/setting-fields.js";
import { mostActiveMap } from "../shared/arithmetic.js";
import { createNumber } from "../shared/controls.js";
import { createMapWindow } from "../shared/map-window.js";
import { shiftProgram } from "./programs.js";
import { compare } from "./shift.js";

const ARROWS = [["↖", "↑", "↗"], ["←", "·", "→"], ["↙", "↓", "↘"]];
const ROWS = [
  ["conv1", "conv1", "before ReLU"],
  ["relu1", "relu1", "before pooling"],
  ["pool1", "pool1", "after max pooling"],
  ["mean", "mean of 2 × 2 cells", "not in the network"],
];
const share = (value) => `${(100 * value).toFixed(1)} %`;
const wayOf = ([dx, dy]) => [["up", "", "down"][dy + 1], ["left", "", "right"][dx + 1]].filter(Boolean).join(" and ") || "not moved";

/** `repaint()` schedules a repaint of the section. Returns { cell, show(), program(), settings }. */
export function mountYourDigit(root, lesson, repaint) {
  let way = [1, 0];
  let map = null; // the chosen map; null for the map that responds most to the ink
  let shown = 0;
  let compared = { key: [] };
  const compass = el("div", { class: "compass", role: "group", "aria-label": "Move the digit by one pixel" }, ...ARROWS.flatMap((line, row) => line.map((arrow, col) => {
    const to = [col - 1, row - 1];
    const button = el("button", { type: "button", "aria-label": wayOf(to), title: wayOf(to) }, arrow);
    button.addEventListener("click", () => {
      way = to;
      repaint();
    });
    return button;
  })));
  const buttons = [...compass.children];
  const which = createNumber({ name: "map", label: "Map of relu1 and pool1", min: 0, max: byName.pool1.maps - 1, value: 0, change: (value) => {
    map = value;
    repaint();
  } });
  const fullest = el("button", { type: "button", class: "quiet" }, "the map that responds most to your ink");
  fullest.addEventListener("click", () => {
    map = null;
    repaint();
  });
  const kinds = [["before", "as drawn"], ["after", "moved"], ["change", "change"]];
  const images = ["relu1", "pool1"].map((name) => ({ name, views: kinds.map(([kind, text]) => {
    const layer = byName[name];
    const image = createMapWindow({ layer: kind === "change" ? { ...layer, signed: true } : layer, scale: name === "relu1" ? 5 : 10, label: `${name}, ${text}` });
    return { kind, text, image, node: el("figure", {}, image.node, el("figcaption", { class: "caption" }, `${name}, ${text}`)) };
  }) }));
  const body = el("tbody");
  const numbers = Object.fromEntries(ROWS.map(([name, title, note]) => {
    const cells = [el("td"), el("td")];
    body.append(el("tr", {}, el("th", { scope: "row" }, title, el("span", { class: "caption" }, ` ${note}`)), ...cells));
    return [name, cells];
  }));
  const message = el("p", { class: "says pooling-moved", role: "status" }, "Loading the weights…");
  root.append(
    el("div", { class: "controls" }, el("span", {}, "Move it:"), compass, which.node, fullest),
    el("div", { class: "figure-row shift-row" },
      el("div", { class: "shift-pictures" }, ...images.map(({ views }) => el("div", { class: "figure-row" }, ...views.map(({ node }) => node)))),
      el("div", { class: "shift-numbers" },
        el("table", { class: "shift-table" }, el("caption", { class: "caption" }, "All 32 maps together"), el("thead", {}, el("tr", {}, el("td"), el("th", { scope: "col" }, "share that stays"), el("th", { scope: "col" }, "cells that hardly change"))), body),
        el("p", { class: "caption" }, "The share that stays = 1 − total change of the cells ÷ (total before + total after). Each total is the sum of the magnitudes of all cells. A cell hardly changes if its number changes by less than 5 % of the layer’s largest number. These cells include the many empty ones, and one cell of pool1 stands for four cells of relu1."))),
    message,
  );

  /** The comparison, computed again only when its inputs change. */
  function comparison(weights, input) {
    const key = [weights, input, ...way];
    if (key.some((part, i) => part !== compared.key[i])) compared = { key, ...compare(weights, input, ...way) };
    return compared;
  }

  return {
    settings: {
      fields: { move: list([whole(-1, 1), whole(-1, 1)]), yourMap: optional(whole(0, byName.pool1.maps - 1)) },
      get: () => ({ move: way, yourMap: map }),
      set({ move, yourMap }) {
        [way, map] = [move, yourMap];
        repaint();
      },
    },
    get cell() {
      const activations = lesson.state.answer?.activations;
      return activations ? strongestCell("pool1", activations, shown) : { layer: "pool1", map: shown, row: 0, col: 0 };
    },
    show() {
      const { answer, weights } = lesson.state;
      for (const [i, button] of buttons.entries()) button.setAttribute("aria-pressed", String(i === 3 * (way[1] + 1) + way[0] + 1));
      if (!answer || !weights) return;
      const { before, after, measures } = comparison(weights, answer.activations.input);
      shown = map ?? mostActiveMap(before.pool1, byName.pool1.maps, byName.pool1.rows * byName.pool1.cols);
      which.set(shown);
      for (const { name, views } of images) {
        const { rows, cols } = byName[name];
        const from = shown * rows * cols;
        const ends = [0, Math.max(...before[name].subarray(from, from + rows * cols), ...after[name].subarray(from, from + rows * cols))];
        const change = after[name].map((value, i) => value - before[name][i]);
        for (const { kind, text, image } of views) {
          const signed = kind === "change";
          image.show(signed ? change : (kind === "before" ? before : after)[name], { from, theme: lesson.theme, ends: signed ? [-ends[1], ends[1]] : ends, label: `${name}, map ${shown}, ${text}` });
        }
      }
      for (const [name, [kept, still]] of Object.entries(numbers)) {
        setText(kept, lesson.blank ? "—" : share(measures[name].kept));
        setText(still, lesson.blank ? "—" : share(measures[name].still));
      }
      setText(message, lesson.blank ? "Nothing is drawn, so there is nothing to move. Draw a digit on the pad." : verdict(measures));
    },
    program() {
      return lesson.state.answer ? shiftProgram(lesson.request(), way) : "";
    },
  };

  /** Which layer keeps more by the first measure, and whether the second measure agrees. */
  function verdict({ relu1, pool1, conv1 }) {
    if (way[0] === 0 && way[1] === 0) return "The digit is not moved, so everything stays. Choose a direction.";
    const more = pool1.kept > relu1.kept;
    const first = `Moved one pixel ${wayOf(way)}: ${share(pool1.kept)} of pool1 stays, compared with ${share(relu1.kept)} of relu1 and ${share(conv1.kept)} of conv1. So ${more ? "more" : "no more"} stays after pooling than before it.`;
    const other = pool1.still > relu1.still;
    return `${first} ${other === more ? "The second measure agrees" : `By the second measure, ${other ? "pool1" : "relu1"} is more stable`}: ${share(pool1.still)} of the cells of pool1 hardly change, compared with ${share(relu1.still)} of relu1.`;
  }
}
