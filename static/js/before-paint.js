// Runs before the first paint: sets the theme, so that the page does not flash in the wrong one, and has the page's
// scripts loaded after the paint, so that on a slow connection they do not delay the text. The switch of the theme is in
// ui/theme-switch.js.
(() => {
  const PATIENCE = 1000; // ms
  let theme = null;
  try {
    theme = localStorage.getItem("inkling.theme");
  } catch {
    // Storage may be switched off; then the system's theme is used.
  }
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;

  const { scripts } = document.currentScript.dataset; // addresses, in the order in which they run
  if (!scripts) return;
  let loading = false;
  function load() {
    if (loading) return;
    loading = true;
    for (const address of scripts.split(" ")) {
      const script = document.createElement("script");
      script.type = address.includes("vendor/") ? "text/javascript" : "module";
      script.async = false;
      script.src = address;
      document.head.append(script);
    }
  }
  addEventListener("load", () => setTimeout(load, PATIENCE)); // if the browser does not report the paint
  document.addEventListener("DOMContentLoaded", () => {
    // A page in a hidden tab is not painted, so its scripts are loaded at once.
    if (document.hidden || !window.PerformanceObserver?.supportedEntryTypes?.includes("paint")) return load();
    const observer = new PerformanceObserver(() => {
      observer.disconnect();
      load();
    });
    observer.observe({ type: "paint", buffered: true });
  });
})();
