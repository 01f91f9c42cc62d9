/**
 * Messages in a line above the page, the banner that says that the service is away or busy, and the message under a field whose
 * typed text was refused or changed.
 */
import { unbroken } from "../core/text.js";
import { el, setText } from "./dom.js";
import { onClick } from "./input/clicks.js";
import { keepFocus } from "./input/focus.js";

const FADE = 8000; // ms
let refusals = 0;

/**
 * Returns say(text, field), which shows a text in `node`; "" hides it. It disappears with the button `close`, with a tap on it, or
 * after a while if no `field` belongs to it.
 *
 * say.lasting(text) shows a text that stays true, such as that the server uses other weights: it may be called again and again, but
 * once the user has closed the message, only another text is shown; "" says that there is nothing to say any more.
 */
export function createMessages(node, close) {
  let fading = null;
  let lasting = ""; // the text of the last say.lasting()
  let closed = false; // whether the user has closed it
  let left = null; // the element that the focus left for the button `close`
  function say(text, field = null) {
    clearTimeout(fading);
    node.textContent = unbroken(text);
    if (field) node.append(" ", field);
    keepFocus(() => node.parentElement.classList.toggle("shown", text !== ""), () => left);
    if (text && !field) fading = setTimeout(say, FADE, "");
  }
  close.addEventListener("focus", ({ relatedTarget }) => (left = relatedTarget));
  function dismiss() {
    closed ||= node.textContent === unbroken(lasting);
    say("");
  }
  close.addEventListener("click", dismiss);
  // On a small screen, a message may cover buttons: a tap anywhere on it closes it, unless it has a text to copy.
  onClick(node.parentElement, (event, touched) => touched && !node.querySelector("input") && dismiss());
  say.lasting = (text) => {
    if (text !== lasting) [lasting, closed] = [text, false];
    if (text && !closed) say(text);
  };
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
    setText(banner, text);
    banner.parentElement.classList.toggle("shown", text !== "");
  };
}

/**
 * A place for a message about a field; if several fields share it, it shows the latest message. Screen readers announce it as
 * the field's error message. Returns { node, say(input, text) }.
 */
export function createRefusal() {
  const node = el("span", { class: "refused", role: "status", id: `refused-${++refusals}` });
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
