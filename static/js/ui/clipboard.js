/** Copying a text to the clipboard. */

/** Copy a text, then say(done). If that is not allowed, the text in the element `shown` is selected for Ctrl+C. */
export async function copy(text, { say, done, shown }) {
  try {
    await navigator.clipboard.writeText(text);
    say(done);
  } catch {
    // Not allowed, or not over HTTPS.
    if (shown) getSelection().selectAllChildren(shown);
    say(shown ? "Press Ctrl+C to copy the selected text." : "The link could not be copied. Copy the address of this page instead.");
  }
}
