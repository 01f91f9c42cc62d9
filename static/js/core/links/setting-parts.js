/** Combines the settings of a section's parts, each { fields, get(), set(values) }, in one object. No DOM access. */

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
