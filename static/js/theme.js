// Runs before the first paint, so that no page flashes in the wrong colours. The rest of the switch is in main.js.
(() => {
  let wish = null;
  try {
    wish = localStorage.getItem("inkling.theme");
  } catch {
    // Storage may be switched off; then the system's own choice holds.
  }
  if (wish === "light" || wish === "dark") document.documentElement.dataset.theme = wish;
})();
