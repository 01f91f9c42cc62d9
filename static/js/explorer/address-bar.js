/** The page's state in the address bar: a link opens the page as it is, and the browser's back goes back in the walk. */
import { decode, encode } from "../core/links/permalink.js";

const PAUSE = 400; // ms; browsers stop listening to a page that writes its address too often

/** `restore(state, problem)` is called for the address at hand when it changes: state is null where it says nothing. */
export function createAddressBar({ model, restore }) {
  let timer = null;
  let waiting = null;

  const write = (fragment, how) => {
    clearTimeout(timer);
    timer = waiting = null;
    const address = location.pathname + location.search + (fragment ? `#${fragment}` : "");
    if (fragment === location.hash.slice(1)) return;
    history[how](null, "", address);
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
    /** A step that "back" should come back from. */
    step(state) {
      if (waiting) write(encode(waiting), "replaceState");
      write(encode(state), "pushState");
    },
    /** Anything else: the present step is like this now. Written a little later, and only once. */
    now(state) {
      waiting = state;
      timer ??= setTimeout(() => write(encode(waiting), "replaceState"), PAUSE);
    },
    /** The whole link, for someone else. */
    link(state) {
      write(encode(state), "replaceState");
      return location.href;
    },
  };
}
