/** "Why not another?": the ink that supports one digit and the ink that supports another. */
import { topTwo } from "../core/statistics.js";
import { hasSameValues } from "../core/store.js";
import { number } from "../core/text.js";
import { setText } from "../ui/dom.js";
import { paintSigned, paintSignedRamp } from "../ui/images/signed.js";
import { contrastOdds, contrastSentence, totals } from "./contrast-text.js";

/**
 * `ask(inputs)` requests the pixels, `choose(pair)` is called with the user's choice, "7-1", and `current()` is the
 * drawing on the pad as { drawn, pen, prepare }.
 */
export function createContrastView(root, { ask, choose, current }) {
  const [digits, againsts] = ["#contrast-digit", "#contrast-against"].map((id) => root.querySelector(id));
  const [map, says, odds] = ["#contrast-map", "#contrast-says", "#contrast-odds"].map((id) => root.querySelector(id));
  const cells = [...root.querySelectorAll(".contrast-sum td")];
  const ramp = root.querySelector(".contrast-legend canvas");
  let requested = null; // the inputs that were sent last

  for (const select of [digits, againsts]) {
    select.addEventListener("change", () => {
      const other = select === digits ? againsts : digits;
      // A digit cannot be compared with itself: the other list takes the old value.
      if (other.value === select.value) other.value = select.dataset.before;
      choose(`${digits.value}-${againsts.value}`);
    });
  }

  return {
    /** `contrast` is the newest response, `pair` the user's choice or null for the two most likely digits. */
    show({ answer, contrast, pair, theme }) {
      if (root.hidden) return;
      const [digit, against] = pair?.split("-").map(Number) ?? topTwo(answer.prediction.probabilities);
      for (const [select, value] of [[digits, digit], [againsts, against]]) {
        select.value = String(value);
        select.dataset.before = String(value);
      }
      for (const name of root.querySelectorAll("b.of-digit, .for b")) setText(name, digit);
      for (const name of root.querySelectorAll("b.of-against, .against b")) setText(name, against);
      const inputs = { ...current(), digit, against };
      if (answer.exact && !hasSameValues(inputs, requested)) {
        requested = inputs;
        ask(inputs);
      }
      const settled = hasSameValues(inputs, contrast?.inputs);
      root.dataset.settled = String(settled);
      if (!settled) return;
      paintSigned(map, contrast, theme);
      paintSignedRamp(ramp, theme);
      const blank = answer.prediction.verdict === "blank";
      setText(says, contrastSentence(contrast, { blank }));
      const sums = totals(contrast.values);
      for (const [i, value] of [sums.digit, sums.against, contrast.rest, contrast.value].entries()) setText(cells[i], number(value));
      setText(odds, blank ? "" : contrastOdds(contrast, answer.temperature));
    },
  };
}
