/** A switch between a few options: a fieldset of radio buttons. */
import { el } from "./dom.js";

/** `choices` are [value, text, tooltip]. At first, the first one is chosen; `changed(value)` is called when another one is. */
export function createSwitch(name, legend, choices, changed) {
  const fieldset = el("fieldset", { className: `switch ${name}` }, el("legend", { textContent: legend }));
  for (const [value, text, title] of choices) {
    const input = el("input", { type: "radio", name, value, checked: value === choices[0][0] });
    input.addEventListener("change", () => changed(value));
    fieldset.append(el("label", { title }, input, el("span", { textContent: text })));
  }
  return fieldset;
}
