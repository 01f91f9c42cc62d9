/**
 * A pause between two pieces of long work, in which the browser can paint and react to the user. With scheduler.yield(), the
 * second piece comes before other work that is waiting, and is not delayed in a page in the background.
 */
export const pause = () => globalThis.scheduler?.yield?.() ?? new Promise((go) => setTimeout(go));
