/** A button that deletes something: the first press asks, the second one deletes. It stops asking when it loses the focus. */
import { el, setAttribute, setText } from "../ui/dom.js";

/**
 * `properties` are those of the button; `act()` is called by the second press. Returns { node, show(name) }; `name` says what would
 * be deleted, for screen readers.
 */
export function createDeleteButton(properties, act) {
  const node = el("button", { type: "button", class: "quiet", ...properties });
  let name = "";
  let sure = false;

  function ask(now) {
    sure = now;
    const text = sure ? "Really delete?" : "Delete";
    setText(node, text);
    setAttribute(node, "aria-label", `${text} ${name}`.trim());
  }
  node.addEventListener("click", () => {
    const pressed = sure;
    ask(!sure);
    if (pressed) act();
  });
  node.addEventListener("blur", () => ask(false));
  ask(false);
  return {
    node,
    show(next) {
      if (next === name) return;
      name = next;
      ask(false);
    },
  };
}
