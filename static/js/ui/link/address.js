/** Changes of the page's address. Browsers limit them: WebKit throws after 100 changes within 10 seconds. */

const PAUSE = 400; // ms in which changes are collected

/** A fragment is the part of the address after "#", which encodes the page's state. */
export function createAddress() {
  let timer = null;
  let waiting = null; // a function that returns the fragment to be written

  function cancel() {
    clearTimeout(timer);
    timer = waiting = null;
  }
  function write(method, fragment) {
    cancel();
    if (fragment === location.hash.slice(1)) return;
    try {
      history[method](null, "", location.pathname + location.search + (fragment ? `#${fragment}` : ""));
    } catch {
      // The browser refuses this change after too many others. The next change makes up for it.
    }
  }
  const flush = () => waiting && write("replaceState", waiting());
  addEventListener("pagehide", flush);

  return {
    /** Add an entry to the browser's history. */
    push(fragment) {
      flush();
      write("pushState", fragment);
    },
    /** Replace the current entry after a short pause; `fragmentOf()` is called then. */
    replace(fragmentOf) {
      waiting = fragmentOf;
      timer ??= setTimeout(flush, PAUSE);
    },
    /** Replace the current entry now. Returns the complete link. */
    link(fragment) {
      write("replaceState", fragment);
      return `${location.origin}${location.pathname}${location.search}#${fragment}`;
    },
    /** Forget a change that is still waiting, because the user has gone to another entry. */
    cancel,
  };
}
