/** The page's state in one place: an object that is replaced, never changed, and those who want to know. */
export function createStore(initial) {
  let state = initial;
  const listeners = new Set();
  return {
    get state() {
      return state;
    },
    /** Merge `patch` into the state and tell every listener (new state, old state) if anything differs. */
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
