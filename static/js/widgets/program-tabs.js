/** The Code tabs of a section: complete programs that print the numbers on the page. */
import { copy } from "../ui/clipboard.js";
import { el } from "../ui/dom.js";
import { choice, optional } from "../core/links/setting-fields.js";
import { createTabs } from "../ui/tabs.js";

const NAMES = { python: "Python", digit: "NumPy, your digit", numpy: "NumPy", torch: "PyTorch", curl: "curl", file: "The file" };

/**
 * Add tabs to `root`, the section's .code element: one for each of `kinds`, with names from NAMES. `programs()` returns the
 * programs for the current numbers, { numpy, torch, … }. It is called by each refresh() while the panel is open. The panel starts
 * closed. Returns { refresh(), settings }.
 */
export function createPrograms(root, kinds, programs, { say }) {
  const id = root.closest("section").id;
  const panel = el("pre", { class: "program", id: `program-${id}`, tabIndex: 0, role: "tabpanel", hidden: true }, el("code"));
  const list = el("div", { class: "tabs code-tabs", role: "tablist", "aria-label": "The numbers as a program" },
    ...kinds.map((kind, i) => el("button", { type: "button", role: "tab", id: `program-${id}-${kind}`, "data-kind": kind, "aria-controls": `program-${id}`, "aria-selected": "false", tabIndex: i ? -1 : 0 }, NAMES[kind])));
  const button = el("button", { type: "button", class: "quiet", hidden: true }, "Copy");
  const close = el("button", { type: "button", class: "quiet", hidden: true }, "Close");
  let open = null;

  function refresh() {
    panel.hidden = button.hidden = close.hidden = open === null;
    if (open === null) return;
    panel.setAttribute("aria-labelledby", `program-${id}-${open}`);
    const text = programs()[open];
    if (panel.firstChild.textContent !== text) panel.firstChild.textContent = text;
  }
  const select = createTabs(list, ({ dataset }) => choose(dataset.kind));
  function choose(kind) {
    open = kind;
    select((tab) => tab.dataset.kind === kind);
    if (kind === null) list.firstChild.tabIndex = 0;
    refresh();
  }
  close.addEventListener("click", () => {
    choose(null);
    list.firstChild.focus();
  });
  button.addEventListener("click", () => copy(panel.textContent, { say, done: "The code is copied.", shown: panel }));
  root.append(el("div", { class: "code-bar" }, el("span", { class: "code-word" }, "Code"), list, button, close), panel);
  return {
    refresh,
    settings: { fields: { code: optional(choice(kinds)) }, get: () => ({ code: open }), set: ({ code }) => code !== open && choose(code) },
  };
}

/** The text of the file in examples/ that the section's template contains, or null. */
export const fileOf = (root) => root.querySelector("template.file")?.content.textContent ?? null;

/** A matrix as NumPy code, one row per line. */
export const asNumpy = (matrix, name) => {
  const start = `${name} = np.array([`;
  const indent = " ".repeat(start.length);
  return `${start}${matrix.map((row) => `[${row.join(", ")}]`).join(`,\n${indent}`)}])`;
};
