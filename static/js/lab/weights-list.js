/** The list of weights beside the drawing, and the button that deletes the chosen upload. */
import { choices, epochText, labelOf, originalOf, setOf } from "../core/links/weight-sets.js";
import { FACTS } from "../core/service-facts.js";
import { createChosenWeights } from "../widgets/chosen-weights.js";

/**
 * `list` is the select element; `changed()` is called when the list has changed. Returns { show(), remove(name), check() }: see
 * widgets/chosen-weights.js.
 */
export function createWeightsList(store, list, { say, changed }) {
  const chosen = createChosenWeights(store, {
    id: "delete-weights",
    list,
    pad: document.getElementById("pad-canvas"),
    say,
    changed() {
      show();
      changed();
    },
  });
  list.closest("p").append(chosen.button);
  let listed = "";

  /** The options, as [text, value]. The value of the set in service is "". */
  const options = () => choices(FACTS.weights).flatMap((set, i) => [
    [set.origin === "upload" ? labelOf(set) : set.name, i === 0 ? "" : set.name],
    ...set.epochs.slice(0, -1).map((epoch) => [`${set.name}, ${epochText(epoch, set.epochs)}`, epoch.name]),
  ]);

  function show() {
    const now = options();
    if (listed !== String(now)) {
      listed = String(now);
      list.replaceChildren(...now.map(([text, value]) => new Option(text, value)));
    }
    const original = originalOf(store.state.weightSet);
    const known = (name) => now.some(([, value]) => value === name);
    list.value = [original, setOf(FACTS.weights, original).name].find(known) ?? "";
    chosen.show();
  }

  list.addEventListener("change", () => store.set({ weightSet: list.value || null }));
  list.addEventListener("focus", chosen.check);
  return { show, remove: chosen.remove, check: chosen.check };
}
