/** A store: one state object, which is replaced and never changed, and its listeners. */
export function createStore(initial) {
  let state = initial;
  const listeners = new Set();
  return {
    get state() {
      return state;
    },
    /** Merge `patch` into the state; if anything differs, call every listener with the new and the old state. */
    set(patch) {
      const before = state;
      if (Object.keys(patch).every((key) => Object.is(before[key], patch[key]))) return;
      state = { ...before, ...patch };
      for (const listener of listeners) listener(state, before);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
