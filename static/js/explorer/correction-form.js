/** The correction form under the prediction: ten digits and "not a digit", shown if the service saves corrections. */
import { NOT_A_DIGIT } from "../core/prediction-text.js";
import { withArticle } from "../core/text.js";
import { setAttribute, setText } from "../ui/dom.js";
import { setDisabled } from "../ui/input/focus.js";

// The text before the link to the saved corrections, in the link, and after it.
const READY = ["Wrong? Corrections are ", "saved", ""];

/**
 * `current()` returns what can be corrected now, { drawn, pen, prepare, prediction, pixels }, or null; `toChoose()` is the option
 * that must be chosen first; "" if there is none. `save(correction)` and `remove(id)` return promises of a problem's sentence, ""
 * if there is none; `newId()` makes an identifier; `say(text)` shows a message.
 */
export function createCorrectionForm(root, { current, toChoose, save, remove, newId, say }) {
  const undo = root.querySelector("#tell-undo");
  const buttons = [...root.querySelectorAll("button[value]")];
  const texts = [...root.querySelector("#tell-says").children];
  let correction = null; // the last one: { drawn, id, label, saved }; `saved` is null until the service has answered

  for (const button of buttons) {
    button.addEventListener("click", async () => {
      const subject = current();
      if (!subject || (correction?.drawn === subject.drawn && correction.saved !== false)) return;
      const label = labelOf(button);
      // After a failure the same label is sent with the same id: the first request may have arrived.
      const again = correction?.drawn === subject.drawn && correction.label === label;
      const own = (correction = { drawn: subject.drawn, id: again ? correction.id : newId(), label, saved: null });
      show();
      const problem = await save({ ...subject, ...own });
      own.saved = problem === "";
      if (problem) say(problem);
      show();
    });
  }
  undo.addEventListener("click", async () => {
    const own = correction;
    const problem = await remove(own.id);
    if (problem) return say(problem);
    if (correction === own) correction = null;
    show();
    if (!correction) buttons.find((button) => labelOf(button) === own.label).focus(); // the button pressed by mistake
  });

  function show() {
    const subject = current();
    const own = subject && correction?.drawn === subject.drawn ? correction : null;
    const done = Boolean(own && own.saved !== false);
    for (const button of buttons) {
      setDisabled(button, !subject || done);
      setAttribute(button, "aria-pressed", done && own.label === labelOf(button));
    }
    const saved = Boolean(done && own.saved);
    undo.hidden = !saved;
    const parts = saved ? ["", "Saved", `: ${nameOf(own.label)}.`] : toChoose() ? [`Choose “${toChoose()}” to correct.`, "", ""] : READY;
    for (const [i, node] of texts.entries()) setText(node, parts[i]);
  }
  return { show };
}

const labelOf = (button) => (button.value === "" ? null : Number(button.value));
const nameOf = (label) => (label === null ? NOT_A_DIGIT : withArticle(label));
