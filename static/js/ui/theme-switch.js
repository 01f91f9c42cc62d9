/** Light, dark, or as the system: a button, and what the store holds of it, { theme, dark }. */
const THEMES = ["system", "light", "dark"];
const NAMES = { system: "System", light: "Light", dark: "Dark" };
const systemDark = matchMedia("(prefers-color-scheme: dark)");

/** What a page starts with: the choice kept from the last visit (theme.js), and what the system prefers. */
export const initialTheme = () => ({ theme: document.documentElement.dataset.theme ?? "system", dark: systemDark.matches });

/** "light" or "dark", whichever the page is in. */
export const themeOf = ({ theme, dark }) => (theme === "system" ? (dark ? "dark" : "light") : theme);

/** The button goes through the three; `name` shows which one holds. Gives back what shows a state. */
export function createThemeSwitch(store, button, name) {
  button.addEventListener("click", () => {
    const theme = THEMES[(THEMES.indexOf(store.state.theme) + 1) % THEMES.length];
    try {
      localStorage.setItem("inkling.theme", theme);
    } catch {
      // Not remembered then; it still holds for this visit.
    }
    store.set({ theme });
  });
  systemDark.addEventListener("change", () => store.set({ dark: systemDark.matches }));
  return ({ theme }) => {
    const root = document.documentElement;
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
    name.textContent = NAMES[theme];
    button.setAttribute("aria-label", `Colours of the page: ${NAMES[theme].toLowerCase()}`);
  };
}
