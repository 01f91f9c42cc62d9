/** Ten buttons and "no digit" under the answer, where the operator of the service keeps what one tells it. */
import { correction, send, deleteCorrection, uuid } from "../service/corrections.js";
import { setAttribute, setText } from "../ui/dom.js";
import { withArticle } from "../core/text.js";

// What stands before the link to what is kept, in it, and after it.
const ASKS = ["Wrong? Tell it; it is ", "kept", "."];
const ELSEWHERE = ["Choose as MNIST to tell it.", "", ""];

/**
 * `asked()` gives what is told about: { drawn, pen, prepare, prediction, picture }, or null where nothing can be told;
 * `elsewhere()` says that this is so because the drawing is prepared in another way.
 */
export function createCorrectionForm(root, { asked, elsewhere, say }) {
  const undo = root.querySelector("#tell-undo");
  const buttons = [...root.querySelectorAll("button[value]")];
  const says = [...root.querySelector("#tell-says").children];
  let told = null; // the drawing that was told about, { drawn, id, label, kept }; `kept` is null while it is on its way

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
  undo.addEventListener("click", async () => {
    const mine = told;
    const problem = await deleteCorrection(mine.id);
    if (problem) return say(problem);
    if (told === mine) told = null;
    show();
    if (!told) buttons.find((button) => button.value === String(mine.label ?? "")).focus(); // the one pressed by mistake
  });

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
    const kept = Boolean(done && mine.kept);
    undo.hidden = !kept;
    const texts = kept ? ["", "Kept", ` as ${nameOf(mine.label)}.`] : elsewhere() ? ELSEWHERE : ASKS;
    for (const [i, part] of says.entries()) setText(part, texts[i]);
  }
  return { show };
}

const nameOf = (label) => (label === null ? "no digit" : withArticle(label));
