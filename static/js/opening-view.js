// Runs before the first paint: chooses between the first visit's simple view and the full view. The button is in explorer/first/.
(() => {
  const query = new URLSearchParams(location.search);
  const state = new URLSearchParams(location.hash.slice(1));
  let chosen = null;
  try {
    chosen = localStorage.getItem("inkling.view");
  } catch {
    // Storage may be switched off; then each visit is a first one.
  }
  // A link that holds more than a drawing shows something that only the full view has.
  const points = query.has("hide") || [...state.keys()].some((key) => key !== "m" && key !== "d");
  const usual = state.has("first") || (!points && chosen !== "full");
  const asked = query.get("view");
  document.documentElement.classList.toggle("first", asked === "first" || (asked !== "full" && usual));
})();
