/** The question that an experiment asks first: a form with a number, and the button that shows the result without a guess. */

/**
 * `form` has an input, a button of type submit, and a button with data-reveal. `limits` are the smallest and the largest guess.
 * `changed()` is called when the state has changed: { revealed, guess }, in which `guess` is null without one. Returns the state
 * with set({ revealed, guess }) and again(), which asks once more.
 */
export function createGuess(form, [least, most], { say, changed }) {
  const input = form.querySelector("input");
  const state = {
    revealed: false,
    guess: null,
    set(next) {
      Object.assign(state, next);
      input.value = state.guess ?? "";
    },
    again() {
      state.set({ revealed: false, guess: null });
      changed();
    },
    /** The state as the text of a link; "" if the question is still open. */
    get text() {
      return state.revealed ? String(state.guess ?? "shown") : "";
    },
    read(text) {
      const typed = Number(text);
      const valid = text !== "" && text !== "shown" && typed >= least && typed <= most;
      state.set({ revealed: text !== "", guess: valid ? typed : null });
    },
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = Number(input.value.replace(",", "."));
    if (input.value.trim() === "" || !(typed >= least && typed <= most)) return void say(`Guess a number from ${least} to ${most}.`);
    say(""); // an earlier guess may have been refused
    Object.assign(state, { revealed: true, guess: typed });
    changed();
  });
  form.querySelector("[data-reveal]").addEventListener("click", () => {
    Object.assign(state, { revealed: true, guess: null });
    changed();
  });
  return state;
}
