/** What the page has to say in a line over the header: it goes by itself after a while, or is closed. */
const FADE = 8000; // ms

/** say(text) shows a line in `node`, "" takes it away; `close` is its button. */
export function createMessages(node, close) {
  let fading = null;
  function say(text) {
    clearTimeout(fading);
    node.textContent = text;
    if (text) fading = setTimeout(say, FADE, "");
  }
  close.addEventListener("click", () => say(""));
  return say;
}
