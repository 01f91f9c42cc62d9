// Runs before the first paint, so that the page does not flash in the wrong theme. The switch is in ui/theme-switch.js.
(() => {
  let theme = null;
  try {
    theme = localStorage.getItem("inkling.theme");
  } catch {
    // Storage may be switched off; then the system's theme is used.
  }
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
})();
