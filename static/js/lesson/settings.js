/**
 * The settings of the sections' widgets, for the lesson's link. A section or one of its parts has
 * { fields, get(), set(values) }: `fields` by name (core/links/setting-fields.js), and the current values by the same names.
 */
import { combine } from "../core/links/setting-parts.js";

/**
 * `sections` are the mounted sections by id, { settings, go(step) }; `more` are further parts by id. A step of the lesson sets
 * some of its section's widgets. A link that names a step contains only the values that differ from those of the step.
 */
export function createSettings(sections, more = {}) {
  const parts = Object.fromEntries(Object.entries(sections).map(([id, { settings }]) => [id, combine([settings, more[id]])]));
  const usual = Object.fromEntries(Object.entries(parts).map(([id, { get }]) => [id, get()]));
  let base = { section: null, step: null, values: null }; // the values right after the last step was opened
  let untouched = true; // until a link or a step has set the widgets

  const textsOf = (id, values) => Object.fromEntries(Object.entries(parts[id].fields).map(([name, field]) => [`${id}.${name}`, field.write(values[name])]));
  const isUsual = (id) => JSON.stringify(textsOf(id, parts[id].get())) === JSON.stringify(textsOf(id, usual[id]));

  /** Open a step: its section's widgets get their usual values first. */
  function open(section, step) {
    if (!parts[section]) return;
    untouched = false;
    parts[section].set(usual[section]);
    sections[section].go(step);
    base = { section, step, values: parts[section].get() };
  }

  return {
    open,
    /** What differs from the usual values, or from those of the place's step, as texts: { "size.W": "17" }. */
    changed({ section, step }) {
      const all = Object.keys(parts).flatMap((id) => {
        const isBase = step && id === base.section && id === section && step === base.step;
        const before = textsOf(id, isBase ? base.values : usual[id]);
        return Object.entries(textsOf(id, parts[id].get())).filter(([name, text]) => text !== before[name]);
      });
      return Object.fromEntries(all);
    },
    /**
     * Set all widgets to what a link says: usual values, then those of its step, then its `settings`, { "size.W": "17" }. Returns
     * sentences about settings that cannot be used; they are treated as missing.
     */
    restore({ section, step, settings }) {
      // When the page opens, the widgets show their usual values already: setting them again would only take time.
      for (const [id, part] of Object.entries(parts)) if (!untouched || !isUsual(id)) part.set(usual[id]);
      untouched = false;
      if (section && step) open(section, step);
      const problems = [];
      for (const [id, part] of Object.entries(parts)) {
        const given = {};
        for (const [name, field] of Object.entries(part.fields)) {
          const text = settings[`${id}.${name}`];
          if (text === undefined) continue;
          const value = field.read(text);
          if (value === undefined) problems.push(`${id}.${name} must be ${field.must}.`);
          else given[name] = value;
        }
        if (Object.keys(given).length > 0) part.set({ ...part.get(), ...given });
      }
      return problems.length ? `This link has a setting that cannot be used: ${problems.join(" ")} The usual value is shown instead.` : "";
    },
  };
}
