/** Ten buttons and "no digit" under the answer, where the operator of the service keeps what one tells it. */
import { correction, send, uuid } from "./correction.js";
import { setAttribute, setText } from "./dom.js";

const ASKS = "Wrong? Tell it: the drawing and what you say are kept.";

/** `asked()` gives what is told about: { drawn, pen, prepare, prediction, picture }, or null where nothing can be told. */
export function createTell(root, { asked, say }) {
  const buttons = [...root.querySelectorAll("button")];
  const says = root.querySelector(".tell-says");
  let told = null; // the drawing that was told about, { drawn, id, label, kept }

  for (const button of buttons) {
    button.addEventListener("click", async () => {
      const about = asked();
      if (!about || (told?.drawn === about.drawn && told.kept !== false)) return;
      const label = button.value === "" ? null : Number(button.value);
      // What failed and is pressed again is the same correction: it may have arrived.
      const again = told?.drawn === about.drawn && told.label === label;
      const mine = (told = { drawn: about.drawn, id: again ? told.id : uuid(), label, kept: null });
      show();
      const problem = await send(correction({ ...about, ...mine }));
      mine.kept = problem === "";
      if (problem) say(problem);
      show();
    });
  }

  function show() {
    const about = asked();
    const mine = about && told?.drawn === about.drawn ? told : null;
    const done = Boolean(mine && mine.kept !== false);
    for (const button of buttons) {
      // Not disabled: that would lose the focus, and with it the way back.
      setAttribute(button, "aria-disabled", !about || done);
      const label = button.value === "" ? null : Number(button.value);
      setAttribute(button, "aria-pressed", done && mine.label === label);
    }
    setText(says, done && mine.kept ? "Kept. Thank you." : ASKS);
  }
  return { show };
}
