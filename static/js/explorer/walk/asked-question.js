/** Which number the page asks for instead of showing it. */
import { byName } from "../../core/layers.js";
import { subscript } from "../../core/text.js";
import { strongest } from "../../core/walk/calculation.js";
import { questionOf } from "../../core/walk/questions.js";

/** The question about a cell's number; null if the page should show the number. `state` is the page's (explorer/page-state.js). */
export function askedQuestion(state, cell, calculation) {
  const { work, worked, hovered } = state;
  if (!work || !calculation || hovered || worked.includes(subscript(byName[cell.layer], cell))) return null;
  return questionOf(calculation, { channel: shownChannel(state, calculation) });
}

/** The channel of a convolution whose products are written out: the chosen one, or the one that contributes most. */
export const shownChannel = ({ channel }, calculation) => channel ?? (calculation?.channels ? strongest(calculation).map : 0);
