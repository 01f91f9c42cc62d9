/** The control that chooses the weights, and the slider over the epochs of a training run. */
import { choices, epochText, setOf, summaryOf } from "../core/links/weight-sets.js";
import { FACTS } from "../core/service-facts.js";
import { el, setHidden, setText } from "../ui/dom.js";

/** Returns { select(state) }, which shows the weights of the state. */
export function createWeightsControl(store) {
  const [list, slider, says, summary] = ["weights", "epoch", "epoch-says", "weights-summary"].map((id) => document.getElementById(id));
  const sets = choices(FACTS.weights);
  list.replaceChildren(...sets.map(({ name, model }) => el("option", { value: name }, model)));
  list.addEventListener("change", () => store.set({ weightSet: list.value === sets[0].name ? null : list.value }));
  slider.addEventListener("input", () => store.set({ weightSet: setOf(FACTS.weights, store.state.weightSet).epochs[slider.value].name }));

  return {
    select({ weightSet }) {
      const set = setOf(FACTS.weights, weightSet);
      const { epochs } = set;
      list.value = set.name;
      setHidden(slider.parentElement, epochs.length === 0);
      if (epochs.length > 0) {
        const chosen = epochs.find(({ name }) => name === weightSet) ?? epochs.at(-1);
        slider.max = epochs.length - 1;
        slider.value = epochs.indexOf(chosen);
        setText(says, epochText(chosen, epochs));
        slider.setAttribute("aria-valuetext", epochText(chosen, epochs));
      }
      setText(summary, summaryOf(set, weightSet));
      document.body.classList.toggle("other-weights", weightSet !== null);
    },
  };
}
