/** The page's state in the address bar: its link opens the page as it is, and the browser's Back goes a step back. */
import { decode, encode } from "../core/links/permalink.js";

const PAUSE = 400; // ms; browsers ignore a page that changes its address too often

/** `restore(state, problem)` is called when the address changes; `state` is null if the address holds none. */
export function createAddressBar({ model, restore }) {
  let timer = null;
  let waiting = null;

  const write = (fragment, method) => {
    clearTimeout(timer);
    timer = waiting = null;
    if (fragment === location.hash.slice(1)) return;
    history[method](null, "", location.pathname + location.search + (fragment ? `#${fragment}` : ""));
  };
  const read = () => decode(location.hash.slice(1), { model });
  addEventListener("popstate", () => {
    clearTimeout(timer);
    waiting = null;
    const { state, problem } = read();
    restore(state, problem);
  });

  return {
    read,
    /** Add an entry to the browser's history. */
    push(state) {
      if (waiting) write(encode(waiting), "replaceState");
      write(encode(state), "pushState");
    },
    /** Replace the current entry, after a short pause in which further changes are collected. */
    replace(state) {
      waiting = state;
      timer ??= setTimeout(() => write(encode(waiting), "replaceState"), PAUSE);
    },
    /** The complete link to this state. */
    link(state) {
      write(encode(state), "replaceState");
      return location.href;
    },
  };
}
