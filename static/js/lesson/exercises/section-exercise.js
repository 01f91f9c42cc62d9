/** "Work it out": a section's question with its matrices, a box for the answer, and the worked solution on request. */
import { el } from "../../ui/dom.js";
import { number } from "../../core/text.js";
import { createNumberCheck } from "../../ui/number-check.js";
import { createMatrix } from "../../ui/matrix.js";

/** The matrices of a question as elements, with a question mark in the place of the answer. */
export function matrices(given, theme) {
  return given.map(({ name, letter, matrix, signed, blank = [], exact }) => {
    const grid = createMatrix({ caption: name, letter, signed, small: exact, write: exact ? number : undefined, label: `${name}, ${matrix.length} rows of ${matrix[0].length}` });
    grid.setTheme(theme);
    grid.show(matrix, { blank });
    return grid.node;
  });
}

/**
 * Fill `root`, a section's .question. `ask()` returns the current question (see questions.js), null if the question needs a
 * digit that is missing, or undefined if questions are turned off. `another()` is called when the student wants another question.
 * Returns { show(theme) }, which does nothing while the question stays the same.
 */
export function createExercise(root, { ask, another }) {
  let question = null;
  let shown = null;
  const asks = el("p", { class: "asks" });
  const given = el("div", { class: "figure-row given" });
  const how = el("p", { class: "how", role: "status" });
  const check = createNumberCheck({ label: "Your answer", question: () => question, done: (right) => right && (how.textContent = question.how), wide: true });
  const reveal = el("button", { type: "button", class: "quiet" }, "Show the answer");
  const next = el("button", { type: "button", class: "quiet" }, "Another question");
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
        asks.textContent = "Draw a digit first: this question is about your digit.";
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
      tolerance.textContent = Number.isInteger(now.answer) ? "" : `± ${now.tolerance} is close enough`;
      if (same) return;
      check.clear();
      how.textContent = "";
    },
  };
}

