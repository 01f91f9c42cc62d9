/** Text fields, and the keyboard of a phone. */

const FIELDS = "input:not([type=range], [type=radio], [type=checkbox]), textarea";

/** Keep the field with the focus in sight when the window becomes lower because an on-screen keyboard opens. */
export function keepFieldInSight() {
  let before = innerHeight;
  addEventListener("resize", () => {
    const lower = innerHeight < before;
    before = innerHeight;
    const field = document.activeElement;
    // Scroll the field to the middle, so that the question above it and the buttons below it are in sight, too.
    if (lower && field?.matches(FIELDS)) field.scrollIntoView({ block: "center", behavior: "instant" });
  });
}
