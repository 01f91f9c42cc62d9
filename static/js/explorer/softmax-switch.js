/** The switch between calibrated probabilities and the plain softmax, T = 1. Weights without a calibration have no switch. */
import { setText } from "../ui/dom.js";

/** Returns { select(state), show(answer) }, or null if the page has no switch. */
export function createSoftmaxSwitch(store) {
  const root = document.getElementById("softmax");
  if (!root) return null;
  const divided = document.getElementById("divided");
  for (const input of root.querySelectorAll("input")) {
    input.addEventListener("change", () => store.set({ calibrated: input.value === "calibrated" }));
  }
  return {
    select({ calibrated }) {
      root.querySelector(`[value="${calibrated ? "calibrated" : "plain"}"]`).checked = true;
    },
    /** Show under the bars the T by which the logits were divided, unless it is 1. */
    show({ temperature }) {
      divided.hidden = temperature === 1;
      setText(divided, ` / ${temperature.toFixed(2)}`);
    },
  };
}
