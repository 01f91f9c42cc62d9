/** A text about the effect of some training steps on the loss. No DOM access. */
import { withDecimals } from "../../core/text.js";
import { STEPS } from "../../service/training-steps.js";

const JUMP = 1.5; // if a loss exceeds this many times the loss before the first step, a step was far too large
const NOISE = 1e-6; // a smaller relative rise is float32 rounding

/** A loss or a length, in the form that all pages use for numbers. */
export const lossText = (value) => withDecimals(value, 4);

/** `run` is the service's response, `taken` the number of steps shown. The text considers all losses up to that step, not only the last one. */
export function verdict(run, taken) {
  if (run.steps.length === 0 || (run.diverged && taken >= run.steps.length)) return "The numbers became infinite, and the run ended: each step was too large, and the next one was even larger. The learning rate is too large.";
  const losses = [run.loss, ...run.steps.slice(0, taken).map((each) => each.loss)];
  const last = losses.at(-1);
  const most = Math.max(...losses);
  const rose = (from, to) => to > from * (1 + NOISE);
  const rises = losses.filter((value, i) => i > 0 && rose(losses[i - 1], value)).length;
  const times = rises === 0 ? "" : ` In ${rises} of the ${taken} steps, it rose: these steps were too large.`;
  if (most > JUMP * run.loss) {
    const since = last < most ? ` After that, it fell to ${lossText(last)}: such large steps make the weights jump back and forth.` : "";
    return `The loss jumped to ${lossText(most)}; before the first step it was ${lossText(run.loss)}. The learning rate is too large.${since}`;
  }
  if (rose(run.loss, last)) return `The loss is higher than before the first step: the steps are too large.${times}`;
  const share = Math.max(0, (run.loss - last) / run.loss);
  if (taken === STEPS && rises === 0 && share < 0.05) return `In ${taken} steps the loss fell by only ${(100 * share).toFixed(1)} %. The direction is right, but the learning rate is small.`;
  return `The loss fell from ${lossText(run.loss)} to ${lossText(last)}.${times}`;
}
