/** The question that an experiment asks first: a form with a number, and the button that shows the result without a guess. */
import { hasSameValues } from "../../core/store.js";

/**
 * The settings that a guess is about. Returns { begin(), holds(settings) }: the first settings after `begin()` are those of the guess;
 * `holds` says whether each of `settings` is still the same.
 */
export function createGuessedSettings() {
  let guessed = null;
  return {
    begin: () => (guessed = null),
    holds(settings) {
      guessed ??= settings;
      return hasSameValues(settings, guessed);
    },
  };
}

/** What to say about a guess for other settings: "You guessed 3 of 100 for other edits. …" */
export const earlierText = (guess, settings) => `You guessed ${guess} for ${settings}. Press “Guess again” for a new guess.`;

/**
 * `form` has an input, a button of type submit, and a button with data-reveal. `least` and `most` are the smallest and the largest guess.
 * `changed()` is called when the state has changed: { revealed, guess }, in which `guess` is null without one. Returns the state
 * with again() and holds(settings). again() asks once more. An experiment calls holds(settings) whenever it is shown: it returns
 * whether the guess, if there is one, is about these settings.
 */
export function createGuess(form, [least, most], { say, changed }) {
  const input = form.querySelector("input");
  const settings = createGuessedSettings();
  let earlier = false; // whether the guess is about other settings than those on the page
  const state = {
    revealed: false,
    guess: null,
    again() {
      set({ revealed: false, guess: null });
      input.value = "";
      changed();
    },
    holds(now) {
      earlier = state.revealed && state.guess !== null && !settings.holds(now);
      return !earlier;
    },
    /** The state as the text of a link; "" if the question is still open. A guess about other settings is left out. */
    get text() {
      return state.revealed ? String(earlier ? "shown" : (state.guess ?? "shown")) : "";
    },
    read(text) {
      const typed = Number(text);
      const valid = text !== "" && text !== "shown" && typed >= least && typed <= most;
      set({ revealed: text !== "", guess: valid ? typed : null });
      input.value = state.guess ?? "";
    },
  };
  function set(next) {
    Object.assign(state, next);
    settings.begin();
    earlier = false;
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = Number(input.value.replace(",", "."));
    if (input.value.trim() === "" || !(typed >= least && typed <= most)) return void say(`Guess a number from ${least} to ${most}.`);
    say(""); // an earlier guess may have been refused
    set({ revealed: true, guess: typed });
    changed();
  });
  form.querySelector("[data-reveal]").addEventListener("click", () => {
    set({ revealed: true, guess: null });
    changed();
  });
  return state;
}
