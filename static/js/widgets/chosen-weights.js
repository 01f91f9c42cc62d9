/** The weights that a page has chosen: the button that deletes an upload, and the way back when the weights are gone. */
import { choices, deletedText, goneText, isKnown, labelOf, setOf } from "../core/links/weight-sets.js";
import { FACTS } from "../core/service-facts.js";
import { deleteUpload, renewWeightSets } from "../service/weight-sets.js";
import { setHidden } from "../ui/dom.js";
import { createDeleteButton } from "./delete-button.js";

/**
 * `store` has `weightSet`, the name of the weights, null for those in service. `list` is the control that chooses them, which gets
 * the focus after a deletion, or `pad` if the page hides the list now. `changed()` is called when the list of weights has changed, and
 * `say(text)` shows a message. Returns:
 *
 *   button        the button, to put beside the list
 *   show()        show the button if the chosen weights can be deleted
 *   remove(name)  delete an upload. Resolves to whether it is gone
 *   check()       check that the chosen weights still exist; if not, go back to those in service
 */
export function createChosenWeights(store, { id, list, pad, changed, say }) {
  const chosen = () => setOf(FACTS.weights, store.state.weightSet);
  const button = createDeleteButton({ id, title: "Delete these weights from the server, for everybody", hidden: true }, async () => {
    if (await remove(chosen().name)) (list.offsetParent ? list : pad).focus();
  });

  /** Call `renew`, which changes the list; then leave the chosen weights if they are not in it any more. */
  async function renewed(renew) {
    const before = chosen();
    await renew();
    const lost = !isKnown(FACTS.weights, store.state.weightSet);
    if (lost) store.set({ weightSet: null });
    changed();
    return { before, lost, now: labelOf(choices(FACTS.weights)[0]) };
  }

  async function remove(name) {
    const set = setOf(FACTS.weights, name);
    try {
      const { lost, now } = await renewed(() => deleteUpload(name));
      say(deletedText(set, labelOf(set), lost ? now : null));
      return true;
    } catch (error) {
      say(error.message);
      return false;
    }
  }

  async function check() {
    try {
      const { lost, before, now } = await renewed(renewWeightSets);
      if (lost) say(goneText(before, labelOf(before), now));
    } catch {
      // The service is away: the page says so when it needs the service.
    }
  }
  // They may have been deleted in another tab, or on another page that the user comes back from.
  document.addEventListener("visibilitychange", () => document.hidden || store.state.weightSet === null || check());
  addEventListener("pageshow", ({ persisted }) => persisted && check());

  return {
    button: button.node,
    show() {
      const set = chosen();
      button.show(labelOf(set));
      setHidden(button.node, !FACTS.changes || set.origin !== "upload");
    },
    remove,
    check,
  };
}
