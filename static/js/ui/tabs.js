/**
 * Accessible tabs: arrow keys move between them, and Tab reaches only the selected one. `choose(button)` is called for a chosen
 * tab. Returns a function that selects the tab for which chosen(button) is true.
 */
export function createTabs(list, choose) {
  const buttons = [...list.querySelectorAll('[role="tab"]')];
  for (const [i, button] of buttons.entries()) {
    button.addEventListener("click", () => choose(button));
    button.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const to = buttons[(i + step + buttons.length) % buttons.length];
      choose(to);
      to.focus();
    });
  }
  return (chosen) => {
    for (const button of buttons) {
      button.setAttribute("aria-selected", String(chosen(button)));
      button.tabIndex = chosen(button) ? 0 : -1;
    }
  };
}
