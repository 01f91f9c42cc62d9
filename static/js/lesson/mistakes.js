/** … */
export const STEPS = Object.freeze({ start: "the section" });

export function mount() {
  return { show() {}, go() {} };
}
