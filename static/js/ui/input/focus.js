/** The keyboard's focus, which a browser takes from a control that is disabled, hidden, moved or removed. */

/**
 * Disable a button, or enable it. The button keeps the focus, because it may disable itself when it is pressed: it is marked as
 * disabled, and a click on it has no effect.
 */
export function setDisabled(button, disabled) {
  const value = String(Boolean(disabled));
  if (button.getAttribute("aria-disabled") !== value) button.setAttribute("aria-disabled", value);
}

addEventListener("click", (event) => {
  if (!event.target.closest?.('[aria-disabled="true"]')) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, { capture: true });

/** Whether an element is on the page, and can have the focus. */
export const isShown = (node) => node.getClientRects().length > 0;

/**
 * Call `change()`. If the focused element disappears, focus the element that `next()` returns, without scrolling; null focuses none.
 * An element that is only moved gets the focus back.
 */
export function keepFocus(change, next = () => null) {
  const before = document.activeElement;
  change();
  const now = document.activeElement;
  if (before === document.body || (now !== document.body && isShown(now))) return;
  const to = isShown(before) ? before : next();
  to?.focus({ preventScroll: true });
}
