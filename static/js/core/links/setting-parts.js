/** Parts of a section's settings, { fields, get(), set(values) }, put together into one. No DOM access. */

/** Missing parts, undefined, are left out. The names of the fields must differ. */
export function combine(parts) {
  const all = parts.filter(Boolean);
  return {
    fields: Object.assign({}, ...all.map(({ fields }) => fields)),
    get: () => Object.assign({}, ...all.map((part) => part.get())),
    /** `values` has a value for each field. */
    set(values) {
      for (const part of all) part.set(Object.fromEntries(Object.keys(part.fields).map((name) => [name, values[name]])));
    },
  };
}
