/** Change a text or an attribute only if it differs: what stays the same need not be laid out again, sixty times a second. */
export function setText(node, text) {
  if (node.textContent !== String(text)) node.textContent = text;
}

export function setAttribute(node, name, value) {
  if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}
