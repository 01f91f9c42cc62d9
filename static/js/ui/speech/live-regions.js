/** Which of the page's live regions speak. */
const PAUSE = 1000; // ms without a key press, after which keyboard drawing counts as finished

/**
 * The live regions inside `parts` speak only while the user works in the same part. Otherwise a new drawing, which changes them all,
 * would make all of them speak at once.
 */
export function announceOnlyInActivePart(parts) {
  const set = (part, live) => {
    for (const region of part.querySelectorAll("[role='status'], [aria-live]")) region.setAttribute("aria-live", live);
  };
  for (const part of parts) {
    set(part, "off");
    part.addEventListener("focusin", () => set(part, "polite"));
    part.addEventListener("focusout", (event) => part.contains(event.relatedTarget) || set(part, "off"));
  }
}

/**
 * Announces predictions in `node`, one for each result. While the user draws with the keyboard, which announces every cell, a
 * prediction waits until no cell has been painted for a second.
 */
export function createPredictionSpeech(node) {
  let waiting = null;
  let last = null;
  const speak = (text) => (node.textContent = text);
  return (text, { byKeyboard }) => {
    if (text === last) return; // the page was painted again, for another reason
    last = text;
    clearTimeout(waiting);
    if (byKeyboard) waiting = setTimeout(speak, PAUSE, text);
    else speak(text);
  };
}
