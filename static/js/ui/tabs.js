/** Tabs as readers of screens know them: arrow keys move along, the chosen one alone is reached with Tab. Gives back what marks the chosen one. */
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
