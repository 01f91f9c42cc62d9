/** What some steps of training did to the loss, in words. Nothing here touches the document. */

const MOST = 20;
const JUMP = 1.5; // times the loss before the first step: above that a step has overshot by far
const NOISE = 1e-6; // of a loss: rises below it are float32's rounding

const raised = (exponent) => [...exponent].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]).join("");

/** A loss, or a length: four decimals, and a very large one as 3.53 · 10⁸. */
export function lossText(value) {
  if (value < 1000) return value.toFixed(4);
  const [digits, exponent] = value.toExponential(2).split("e+");
  return `${digits} · 10${raised(exponent)}`;
}

/** `run` is the service's answer, `taken` how many of its steps are shown; all losses up to there count, not the last alone. */
export function verdict(run, taken) {
  if (run.steps.length === 0 || (run.diverged && taken >= run.steps.length)) return "The numbers grew beyond all bounds, and the run ended: each step overshot further than the one before. The learning rate is too large.";
  const losses = [run.loss, ...run.steps.slice(0, taken).map((each) => each.loss)];
  const last = losses.at(-1);
  const most = Math.max(...losses);
  const rose = (from, to) => to > from * (1 + NOISE);
  const rises = losses.filter((value, i) => i > 0 && rose(losses[i - 1], value)).length;
  const times = rises === 0 ? "" : ` On ${rises} of the ${taken} steps it rose: those overshot.`;
  if (most > JUMP * run.loss) {
    const since = last < most ? ` It has come back to ${lossText(last)} since: steps that large throw the weights about.` : "";
    return `The loss jumped to ${lossText(most)}, against ${lossText(run.loss)} before the first step: the learning rate is too large.${since}`;
  }
  if (rose(run.loss, last)) return `The loss is higher than before the first step: the steps overshoot.${times}`;
  const share = Math.max(0, (run.loss - last) / run.loss);
  if (taken === MOST && rises === 0 && share < 0.05) return `In ${taken} steps the loss fell by ${(100 * share).toFixed(1)} %: in the right direction, but it has hardly got anywhere. The learning rate is small.`;
  return `The loss fell from ${lossText(run.loss)} to ${lossText(last)}.${times}`;
}
