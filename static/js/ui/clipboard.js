/** Copying a text to the clipboard. */
import { el } from "./dom.js";

const BY_HAND = "Copy the selected text with Ctrl+C, ⌘C or the menu of the selection.";

/** Copy what is selected, which also works over plain HTTP. Returns whether it was copied. */
export function copySelection() {
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  }
}

/**
 * Copy a text, then say(done). Over plain HTTP, and if the user forbids it, there is no clipboard to write to. Then the text is
 * selected, in the element `shown` or in a field beside the message, and copied from there, if necessary by the user.
 */
export async function copy(text, { say, done, shown }) {
  try {
    await navigator.clipboard.writeText(text);
    return say(done);
  } catch {
    // The text is selected instead, below.
  }
  if (shown) getSelection().selectAllChildren(shown);
  else {
    const field = el("input", { class: "copy-field", readOnly: true, value: text, "aria-label": "The text to copy" });
    say("Copy this:", field);
    field.focus();
    field.setSelectionRange(0, text.length); // on iOS, select() does not select the text of a read-only field
  }
  if (copySelection()) say(done);
  else if (shown) say(BY_HAND);
  return undefined;
}
