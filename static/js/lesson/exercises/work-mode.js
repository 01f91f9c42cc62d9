/** "Work it out": the button that turns the questions of the sections on and off, and one exercise for each section with a question. */
import { whole } from "../../core/links/setting-fields.js";
import { greyLevels } from "../../core/layers.js";
import { SECTIONS_WITH_QUESTION, question } from "./questions.js";
import { createExercise } from "./section-exercise.js";

const MOST_SKIPPED = 999_999;

/**
 * `store` is that of lesson.js and `repaint()` schedules a paint. Returns { showButton(state), showExercise(id, theme), settings }; showExercise()
 * does nothing for sections without a question. `settings` are parts of the sections' settings, by id.
 */
export function createWorkMode(store, { button, temperature, say, repaint }) {
  const skipped = {}; // how often the student asked for another question, for each section

  /** The current question of a section: undefined if questions are turned off, null if the question needs a digit that is missing. */
  function questionOf(id) {
    const { work, answer, weights, card } = store.state;
    if (work === null || (id === "network" && !card)) return undefined;
    const exact = answer?.exact && answer.prediction.verdict !== "blank" ? answer : null;
    const grey = exact && greyLevels(exact.activations.input);
    return question(id, work + (skipped[id] ?? 0), { activations: exact?.activations, grey, weights, card, temperature });
  }

  const exercises = Object.fromEntries(SECTIONS_WITH_QUESTION.map((id) => [id, createExercise(document.querySelector(`#${id} .question`), {
    ask: () => questionOf(id),
    another() {
      skipped[id] = (skipped[id] ?? 0) + 1;
      repaint();
    },
  })]));
  for (const id of SECTIONS_WITH_QUESTION) document.querySelector(`#contents a[href="#${id}"]`).parentElement.classList.add("asks");
  button.addEventListener("click", () => {
    const work = store.state.work === null ? 1 : null;
    store.set({ work });
    say(work === null ? "" : "Sections 2 to 7 now each ask a question, in a dashed box at the end of the section.");
  });

  return {
    settings: Object.fromEntries(SECTIONS_WITH_QUESTION.map((id) => [id, {
      fields: { question: whole(0, MOST_SKIPPED) },
      get: () => ({ question: skipped[id] ?? 0 }),
      set({ question: count }) {
        skipped[id] = count;
        repaint();
      },
    }])),
    showButton({ work }) {
      button.setAttribute("aria-pressed", String(work !== null));
      document.documentElement.classList.toggle("working", work !== null);
    },
    showExercise(id, theme) {
      exercises[id]?.show(theme);
    },
  };
}
