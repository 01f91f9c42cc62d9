/** The numbers of the plots as a table. */
import { tableRows } from "../core/training/curves.js";
import { accuracyText } from "../core/training/texts.js";
import { el } from "../ui/dom.js";
import { logOf, runOf, shownRuns } from "./page-state.js";

const HEADINGS = ["epoch", "run", "test loss", "test accuracy", "training accuracy", "your guess"];

/** Returns show(state). */
export function createNumbersTable(root) {
  const body = el("tbody");
  const empty = el("p", { class: "panel-says" }, "After each epoch, the numbers of the plots appear here.");
  const table = el("table", { class: "numbers" }, el("caption", { class: "visually-hidden" }, "The numbers of the plots, after each epoch"), el("thead", {}, el("tr", {}, ...HEADINGS.map((name) => el("th", { scope: "col" }, name)))), body);
  root.append(empty, table);

  return (state) => {
    if (root.hidden) return;
    const runs = shownRuns(state).map((id) => ({ name: runOf(state, id)?.title ?? id, log: logOf(state, id), guesses: state.guesses[id]?.points }));
    const rows = tableRows(runs);
    empty.hidden = rows.length > 0;
    table.hidden = rows.length === 0;
    body.replaceChildren(...rows.map(({ epoch, name, loss, test, train, guess }) => el("tr", {}, el("th", { scope: "row" }, epoch), ...[name, loss === null ? "∞" : loss.toFixed(4), accuracyText(test), accuracyText(train), accuracyText(guess)].map((text) => el("td", {}, text)))));
  };
}
