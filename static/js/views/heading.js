/** The line above a map or a table: layer, map, buttons for the previous and next map, and the selected number. */
import { byName, indexOf, LAYERS } from "../core/layers.js";
import { el, setAttribute, setText } from "../ui/dom.js";
import { setDisabled } from "../ui/input/focus.js";
import { neighbour, scaledCell } from "./related-cells.js";
import { byDigit, number, place, subscript, whole } from "../core/text.js";

export function createHeading(point, ...rest) {
  let cell = null; // null before the first answer
  const go = (by, sign) => {
    const button = el("button", { type: "button", className: "quiet go", textContent: sign });
    button.addEventListener("click", (event) => {
      const to = cell && neighbour(cell, by);
      if (!to) return;
      cell = to; // the next click may come before this one is painted
      point(to, "choose", event.timeStamp);
    });
    return button;
  };
  const [previous, next] = [go(-1, "‹"), go(1, "›")];
  const select = el("select", { "aria-label": "Layer" }, ...LAYERS.map(({ name }) => el("option", { value: name, textContent: name })));
  select.addEventListener("change", (event) => cell && point(scaledCell(cell, select.value), "choose", event.timeStamp));
  const which = el("span", { className: "which" });
  const where = el("code");
  const value = el("b");
  const element = el(
    "div",
    { className: "view-head" },
    select,
    el("div", { className: "steps" }, previous, which, next),
    el("p", { className: "view-value" }, where, " = ", value),
    ...rest,
  );

  return {
    element,
    show(shown, answer) {
      cell = shown;
      const layer = byName[cell.layer];
      if (select.value !== layer.name) select.value = layer.name;
      const one = layer.maps > 1 ? "map" : byDigit(layer) ? "digit" : layer.name === "flatten" ? "number" : "unit";
      const count = layer.maps > 1 ? layer.maps : layer.rows * layer.cols;
      const at = layer.maps > 1 ? cell.map : indexOf(layer, cell);
      setText(which, layer.maps > 1 || layer.grid ? `${one} ${whole(at)} of 0–${whole(count - 1)}` : "the only map");
      for (const [button, by, word] of [[previous, -1, "Previous"], [next, 1, "Next"]]) {
        setDisabled(button, neighbour(cell, by) === null);
        setAttribute(button, "aria-label", `${word} ${one}`);
      }
      setText(where, subscript(layer, cell));
      setAttribute(where, "title", place(layer, cell));
      setText(value, number(answer.activations[layer.name][indexOf(layer, cell)], answer.exact));
    },
  };
}
