/** What the views make of the page's own elements: a switch, and changes only where something differs. */
import { el } from "./dom.js";

export { el, setAttribute, setText } from "./dom.js";

export function setHidden(element, hidden) {
  if (element.hidden !== hidden) element.hidden = hidden;
}

/** A switch of a few words, as the page's others: { fieldset, value }; `changed(value)` is told. */
export function createSwitch(name, legend, choices, changed) {
  const fieldset = el("fieldset", { className: `switch ${name}` }, el("legend", { textContent: legend }));
  for (const [value, text, title] of choices) {
    const input = el("input", { type: "radio", name, value, checked: value === choices[0][0] });
    input.addEventListener("change", () => changed(value));
    fieldset.append(el("label", { title }, input, el("span", { textContent: text })));
  }
  return fieldset;
}
