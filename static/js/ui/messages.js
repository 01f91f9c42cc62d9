/** Messages in a line above the page, and the banner that says that the service is away or busy. */
const FADE = 8000; // ms

/**
 * Returns say(text, field), which shows a text in `node`; "" hides it. It disappears with the button `close`, or after a while if
 * no `field` belongs to it.
 */
export function createMessages(node, close) {
  let fading = null;
  function say(text, field = null) {
    clearTimeout(fading);
    node.textContent = text;
    if (field) node.append(" ", field);
    node.parentElement.classList.toggle("shown", text !== "");
    if (text && !field) fading = setTimeout(say, FADE, "");
  }
  close.addEventListener("click", () => say(""));
  return say;
}

/** Returns show(status, seconds), which shows in `banner` what service/request-queue.js reports. */
export function createServiceBanner(banner) {
  return (status, seconds) => {
    document.body.classList.toggle("away", status !== "ok");
    const text = {
      ok: "",
      away: "The server does not answer. Trying again… Your drawing is safe.",
      busy: `The server is busy. Trying again in ${Math.ceil(seconds)} s…`,
    }[status];
    if (banner.textContent !== text) banner.textContent = text;
    banner.parentElement.classList.toggle("shown", text !== "");
  };
}
