/** The control that chooses the weights, and the slider over the epochs of a training run. */
import { choices, epochText, labelOf, originalOf, setOf, summaryOf } from "../core/links/weight-sets.js";
import { FACTS } from "../core/service-facts.js";
import { uploadWeights } from "../service/training/runs.js";
import { renewWeightSets } from "../service/weight-sets.js";
import { el, setHidden, setText } from "../ui/dom.js";
import { createChosenWeights } from "../widgets/chosen-weights.js";

const OPEN = "open"; // the entry of the list that opens a file; no set of weights has this name

/**
 * `say(text)` shows a message. Returns { select(state), check() }: `select` shows the weights of the state, `check` checks that
 * they still exist.
 */
export function createWeightsControl(store, { say }) {
  const [list, slider, says, summary] = ["weights", "epoch", "epoch-says", "weights-summary"].map((id) => document.getElementById(id));
  const file = el("input", { type: "file", id: "weights-file", accept: ".pth,.pt,.safetensors", hidden: true, "aria-label": "A file of weights" });
  list.after(file);
  const chosen = createChosenWeights(store, { id: "delete-weights", list, pad: document.getElementById("pad-canvas"), changed: () => select(store.state), say });
  summary.before(chosen.button);
  let listed = "";

  function fill() {
    const sets = choices(FACTS.weights);
    const names = sets.map(({ name }) => name).join();
    if (names === listed) return;
    listed = names;
    list.replaceChildren(...sets.map((set) => el("option", { value: set.name }, labelOf(set))), el("option", { value: OPEN }, "Open your own…"));
  }
  const choose = (name) => store.set({ weightSet: name === choices(FACTS.weights)[0].name ? null : name });

  list.addEventListener("change", () => {
    if (list.value !== OPEN) return choose(list.value);
    select(store.state);
    return file.click();
  });
  // A run may have begun since the page was opened, and uploads may have been deleted.
  list.addEventListener("focus", chosen.check);
  slider.addEventListener("input", () => store.set({ weightSet: setOf(FACTS.weights, store.state.weightSet).epochs[slider.value].name }));
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    if (!chosen) return;
    say("");
    try {
      const { name } = await uploadWeights(chosen);
      await renewWeightSets();
      choose(name);
      select(store.state);
    } catch (error) {
      say(error.message);
    }
    file.value = "";
  });

  function select({ weightSet }) {
    fill();
    const set = setOf(FACTS.weights, weightSet);
    const { epochs } = set;
    list.value = set.name;
    setHidden(slider.parentElement, epochs.length === 0);
    if (epochs.length > 0) {
      const chosen = epochs.find(({ name }) => name === originalOf(weightSet)) ?? epochs.at(-1);
      slider.max = epochs.length - 1;
      slider.value = epochs.indexOf(chosen);
      setText(says, epochText(chosen, epochs));
      slider.setAttribute("aria-valuetext", epochText(chosen, epochs));
    }
    chosen.show();
    setText(summary, summaryOf(set, weightSet));
    document.body.classList.toggle("other-weights", weightSet !== null);
    document.body.classList.toggle("with-epochs", epochs.length > 0);
  }
  return { select, check: chosen.check };
}
