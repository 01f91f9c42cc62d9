/** The page's state in the address bar: a link with it restores the page, and the browser's Back goes one step back. */
import { decode, encode } from "../core/links/permalink.js";
import { createAddress } from "../ui/link/address.js";

/** `restore(state, problem)` is called when the address changes; `state` is null if the address holds none. */
export function createAddressBar({ model, restore }) {
  const address = createAddress();
  const read = () => decode(location.hash.slice(1), { model });
  addEventListener("popstate", () => {
    address.cancel();
    const { state, problem } = read();
    restore(state, problem);
  });

  return {
    read,
    /** Add an entry to the browser's history. */
    push: (state) => address.push(encode(state)),
    /** Replace the current entry, after a short pause in which further changes are collected. */
    replace: (state) => address.replace(() => encode(state)),
    /** The complete link to this state. */
    link: (state) => address.link(encode(state)),
  };
}
