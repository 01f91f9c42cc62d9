/** Links to the training page, which take the drawing on the pad along. */
import { encode } from "../../core/links/training-permalink.js";
import { addressOf } from "../../core/service/address.js";

/** Put the current `drawing()` into each link to the training page, just before it is followed. */
export function carryToTraining(drawing) {
  for (const type of ["pointerdown", "focusin", "click"]) {
    addEventListener(type, ({ target }) => {
      const link = target.closest?.(`a[href^="${addressOf("/training")}"]`);
      if (link) link.href = addressOf(`/training#${encode({ drawing: drawing() })}`);
    }, { capture: true });
  }
}
