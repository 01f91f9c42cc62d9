/** The sum over one window, written out: products row by row, the bias, and the result. */
import { el } from "../../ui/dom.js";
import { equalsSign, plain } from "../../core/text.js";
import { weighted } from "../shared/arithmetic.js";

const factor = (value) => (value < 0 ? `(${plain(value)})` : plain(value));

/** The child elements for Σ window·kernel + bias = value. A bias of 0 is left out; a value of null is shown as "?". */
export function sum(window, kernel, bias, value) {
  const rows = window.map((row, i) =>
    el("span", { class: "sum-row" }, i ? "+ " : "",
      ...row.flatMap((number, j) => [...(j ? [" + "] : []), el("span", { "data-part": "I" }, i + j ? factor(number) : plain(number)), "·", el("span", { "data-part": "K" }, factor(kernel[i][j]))])));
  const added = bias === 0 ? [] : [bias < 0 ? "− " : "+ ", el("span", { "data-part": "b" }, plain(Math.abs(bias))), " "];
  const end = el("span", { class: "sum-row" }, ...added, `${value === null ? "=" : equalsSign(weighted(window, kernel) + bias, plain(value))} `, el("b", { "data-part": "O" }, value === null ? "?" : plain(value)));
  return [...rows.flatMap((row) => [row, " "]), end];
}

/** The sum for the network's own numbers, which have many decimals: one line for each of `parts`, [name, value, letter, strong]. */
export const total = (parts, write) =>
  parts.map(([name, value, part, strong]) => el("p", { "data-part": part }, el("span", { class: "name" }, name), el(strong ? "b" : "span", {}, write(value))));
