/** Elements: making them, and changing them only if something differs, so that the browser need not lay them out again. */
import { unbroken } from "../core/text.js";

export function setText(node, text) {
  const shown = unbroken(text);
  if (node.textContent !== shown) node.textContent = shown;
}

export function setAttribute(node, name, value) {
  if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

export function setHidden(node, hidden) {
  if (node.hidden !== hidden) node.hidden = hidden;
}

/** An element with properties (`class`, `aria-…` and `data-…` included) and children, which are texts or elements. */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (name in node && !name.includes("-") && name !== "class") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.map((child) => (child instanceof Node ? child : unbroken(child))));
  return node;
}

const contents = new WeakMap();

/**
 * Give a node the children that `create()` returns, unless `content` is the same as in the last call: a button that is
 * replaced loses the focus, and a click that has begun on it is lost.
 */
export function replaceIfChanged(node, content, create) {
  if (contents.get(node) === content) return;
  contents.set(node, content);
  node.replaceChildren(...create());
}
