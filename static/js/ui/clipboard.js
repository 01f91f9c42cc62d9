/** Putting a text on the clipboard, and saying so. */

/** `say(done)` when it is there. Where that is not allowed `shown`, the element that holds the text, is selected for Ctrl C. */
export async function copy(text, { say, done, shown }) {
  try {
    await navigator.clipboard.writeText(text);
    say(done);
  } catch {
    // Not allowed, or not over https.
    if (shown) getSelection().selectAllChildren(shown);
    say(shown ? "Press Ctrl C to copy what is selected." : "Copy the address of this page: it is the link.");
  }
}
