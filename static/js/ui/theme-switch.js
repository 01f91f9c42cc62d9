/** The theme: light, dark, or the system's. The store holds it as { theme, dark }. */
const THEMES = ["system", "light", "dark"];
const NAMES = { system: "System", light: "Light", dark: "Dark" };
const systemDark = matchMedia("(prefers-color-scheme: dark)");

/** The theme at the start: the choice of the last visit (see before-paint.js), and whether the system prefers dark. */
export const initialTheme = () => ({ theme: document.documentElement.dataset.theme ?? "system", dark: systemDark.matches });

/** "light" or "dark", the theme that is shown. */
export const themeOf = ({ theme, dark }) => (theme === "system" ? (dark ? "dark" : "light") : theme);

/**
 * Paper is light: the page has the light theme while it is printed. `paint()` paints all of it at once, because a browser prints it
 * without waiting for a frame.
 */
export function printInLight(store, paint) {
  let chosen = null; // the theme before; null while the page is not printed
  addEventListener("beforeprint", () => {
    chosen ??= store.state.theme;
    store.set({ theme: "light" });
    paint();
  });
  addEventListener("afterprint", () => {
    if (chosen) store.set({ theme: chosen });
    chosen = null;
  });
}

/** The button changes to the next theme; `name` shows which one is chosen. Returns show(state). */
export function createThemeSwitch(store, button, name) {
  button.addEventListener("click", () => {
    const theme = THEMES[(THEMES.indexOf(store.state.theme) + 1) % THEMES.length];
    try {
      localStorage.setItem("inkling.theme", theme);
    } catch {
      // Storage is not allowed: the choice lasts for this visit only.
    }
    store.set({ theme });
  });
  systemDark.addEventListener("change", () => store.set({ dark: systemDark.matches }));
  return ({ theme }) => {
    const root = document.documentElement;
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
    name.textContent = NAMES[theme];
    button.setAttribute("aria-label", `Theme: ${NAMES[theme].toLowerCase()}`);
  };
}
