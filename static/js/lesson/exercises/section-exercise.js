/** Work it out: a section's question, with its matrices, a box for the answer, and the way there for those who ask for it. */
import { el } from "../../ui/dom.js";
import { number } from "../../core/text.js";
import { createNumberCheck } from "../../ui/number-check.js";
import { createMatrix } from "../../ui/matrix.js";

/** The matrices that a question gives, as elements; where the answer stands there is a question mark. */
export function matrices(given, theme) {
  return given.map(({ name, letter, matrix, signed, blank = [], exact }) => {
    const grid = createMatrix({ caption: name, letter, signed, small: exact, write: exact ? number : undefined, label: `${name}, ${matrix.length} rows of ${matrix[0].length}` });
    grid.setTheme(theme);
    grid.show(matrix, { blank });
    return grid.node;
  });
}

/**
 * Fill `root`, a section's .question. `ask()` gives the question of questions.js as it is now, or null; `another()` is
 * called when a new one is wanted. Gives back { show(theme) }, which does nothing while the question stays the same.
 */
export function createWork(root, { ask, another }) {
  let question = null;
  let shown = null;
  const asks = el("p", { class: "asks" });
  const given = el("div", { class: "figure-row given" });
  const how = el("p", { class: "how", role: "status" });
  const check = createNumberCheck({ label: "Your answer", question: () => question, done: (right) => right && (how.textContent = question.how), wide: true });
  const reveal = el("button", { type: "button", class: "quiet" }, "Show the answer");
  const next = el("button", { type: "button", class: "quiet" }, "Another one");
  const tolerance = el("span", { class: "caption" });
  root.append(el("h3", {}, "Work it out"), asks, given, el("div", { class: "answer-row" }, check.node, reveal, next, tolerance), how);
  reveal.addEventListener("click", () => {
    check.reveal();
    how.textContent = question.how;
  });
  next.addEventListener("click", another);

  return {
    show(theme) {
      const now = ask();
      root.hidden = now === undefined;
      if (!now) {
        asks.textContent = "Draw a digit first: this question is about yours.";
        for (const part of [given, check.node, reveal, next, tolerance, how]) part.hidden = true;
        return (shown = null);
      }
      const key = JSON.stringify([now.asks, now.answer, now.given, theme]);
      if (key === shown) return;
      const same = shown !== null && question?.asks === now.asks && question.answer === now.answer;
      shown = key;
      question = now;
      for (const part of [given, check.node, reveal, next, tolerance, how]) part.hidden = false;
      asks.textContent = now.asks;
      given.replaceChildren(...matrices(now.given, theme));
      tolerance.textContent = Number.isInteger(now.answer) ? "" : `± ${now.tolerance} is near enough`;
      if (same) return;
      check.clear();
      how.textContent = "";
    },
  };
}

