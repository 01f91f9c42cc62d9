/** The line above a map or a table: which layer, which map, one back and one on, and the number the page speaks of. */
import { byName, indexOf, LAYERS } from "../core/layers.js";
import { el, setAttribute, setText } from "../ui/dom.js";
import { carry, neighbour } from "./facts.js";
import { byDigit, number, place, subscript, whole } from "../core/text.js";

export function createHead(point, ...rest) {
  let cell = null; // none before the first answer, however long the service lets one wait
  const go = (by, sign) => {
    const button = el("button", { type: "button", className: "quiet go", textContent: sign });
    button.addEventListener("click", (event) => {
      const to = cell && neighbour(cell, by);
      if (!to) return;
      cell = to; // so that the next press goes on from here, even before it is painted
      point(to, "choose", event.timeStamp);
    });
    return button;
  };
  const [back, on] = [go(-1, "‹"), go(1, "›")];
  const select = el("select", { ariaLabel: "Layer" }, ...LAYERS.map(({ name }) => el("option", { value: name, textContent: name })));
  select.addEventListener("change", (event) => cell && point(carry(cell, select.value), "choose", event.timeStamp));
  const which = el("span", { className: "which" });
  const where = el("code");
  const value = el("b");
  const element = el(
    "div",
    { className: "view-head" },
    select,
    el("div", { className: "steps" }, back, which, on),
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
      for (const [button, by, word] of [[back, -1, "Previous"], [on, 1, "Next"]]) {
        const end = neighbour(cell, by) === null;
        // A button that is disabled loses the focus, and with it the way back.
        setAttribute(button, "aria-disabled", end);
        setAttribute(button, "aria-label", `${word} ${one}`);
      }
      setText(where, subscript(layer, cell));
      setAttribute(where, "title", place(layer, cell));
      setText(value, number(answer.activations[layer.name][indexOf(layer, cell)], answer.exact));
    },
  };
}
