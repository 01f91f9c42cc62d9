/** The message under a field whose typed text was refused or changed; it is announced, and belongs to the field. */
import { el, setText } from "./dom.js";

let made = 0;

/** A place for the message of one field, or of several fields of which the last one counts. Returns { node, say(input, text) }. */
export function createRefusal() {
  const node = el("span", { class: "refused", role: "status", id: `refused-${++made}` });
  let about = null;

  function release() {
    about?.removeAttribute("aria-invalid");
    about?.removeAttribute("aria-describedby");
    about = null;
  }
  return {
    node,
    /** Show what is wrong with the text of `input`; "" if nothing is. */
    say(input, text) {
      if (about !== input && text === "") return; // the message is about another field
      release();
      setText(node, text);
      if (text === "") return;
      about = input;
      input.setAttribute("aria-invalid", "true");
      input.setAttribute("aria-describedby", node.id);
    },
  };
}
