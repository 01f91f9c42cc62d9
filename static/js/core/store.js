/** Whether `other` has the same values under the keys of `values`; false if it is null. */
export const hasSameValues = (values, other) => Boolean(other) && Object.keys(values).every((key) => Object.is(values[key], other[key]));

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
      if (hasSameValues(patch, before)) return;
      state = { ...before, ...patch };
      for (const listener of listeners) listener(state, before);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
