/** One training step, phase by phase: forward, loss, backward, update, with the numbers of one weight. */
import { number, plural, sumSign, withDecimals } from "../core/text.js";
import { rateText } from "../core/training/texts.js";
import { linkTerms } from "../ui/glossary/links.js";
import { el, setText } from "../ui/dom.js";
import { FACTS } from "../core/service-facts.js";
import { logOf, runOf } from "./page-state.js";

const PARAMETERS = FACTS.layers.reduce((sum, { parameters }) => sum + parameters, 0);
const PHASE = 230; // ms for which a phase is highlighted; four phases fit into the second of a step
const DIGITS = 6; // decimals of a weight

const UPDATE = "Each weight takes a small step against its gradient.";
// With Adam, a weight may move with its latest gradient instead of against it.
const UPDATE_OF_ADAM = "Each weight steps against the mean of its latest gradients.";

const PHASES = [
  ["forward", "1 Forward", "The images of the batch go through the network."],
  ["loss", "2 Loss", "One number says how wrong the answers are."],
  ["backward", "3 Backward", `A gradient for each of the ${plural(PARAMETERS, "parameter")}.`],
  ["update", "4 Update", UPDATE],
];

/** `still()` says whether the user wants less motion. Returns show(state). */
export function createOneStep(root, { still }) {
  const parts = PHASES.map(([name, title, text]) => {
    const result = el("p", { class: "phase-number" });
    const says = el("p", { class: "phase-text" }, text);
    return { name, says, result, node: el("li", { class: "phase", "data-phase": name }, el("h3", {}, title), says, result) };
  });
  const heading = el("p", { class: "panel-says" });
  const followed = el("p", { class: "followed" });
  const sum = el("p", { class: "followed-sum" });
  root.append(heading, el("ol", { class: "phases" }, ...parts.map(({ node }) => node)), sum, followed);
  linkTerms(root.querySelectorAll(".phase-text"));
  let shown = null;
  let timers = [];

  function light(name) {
    for (const part of parts) part.node.classList.toggle("lit-phase", part.name === name);
  }
  /** Highlight the phases in turn; with reduced motion, none of them. */
  function play() {
    for (const timer of timers) clearTimeout(timer);
    timers = still() ? [] : [...parts.map(({ name }, i) => setTimeout(light, i * PHASE, name)), setTimeout(light, parts.length * PHASE, null)];
  }

  let rule = "";
  function showUpdate(optimiser) {
    if (optimiser === rule) return;
    rule = optimiser;
    const { says } = parts.at(-1);
    setText(says, optimiser.startsWith("adam") ? UPDATE_OF_ADAM : UPDATE);
    linkTerms([says]);
  }

  return (state) => {
    const { step, batches } = logOf(state);
    if (root.hidden) return;
    showUpdate(runOf(state)?.settings?.optimiser ?? "");
    if (!step) {
      shown = null;
      for (const { result } of parts) setText(result, "");
      setText(heading, "“One batch” and “Slow motion” show one step here: what happens with each batch.");
      setText(followed, "");
      return setText(sum, "");
    }
    if (step === shown) return undefined;
    shown = step;
    const { weight, epoch, batch, loss, images, correct, learning_rate: rate } = step;
    setText(heading, `Epoch ${epoch}, batch ${batch} of ${batches}`);
    const results = {
      forward: `${correct} of ${images} right`,
      loss: loss === null ? "∞" : number(loss),
      backward: `g = ${withDecimals(weight.gradient, DIGITS)}`,
      update: `${weight.step < 0 ? "" : "+"}${withDecimals(weight.step, DIGITS)}`,
    };
    for (const { name, result } of parts) setText(result, results[name]);
    const [filter, , row, col] = weight.index;
    setText(followed, `One of the weights: filter ${filter} of conv1, row ${row}, column ${col}. Its gradient is ${withDecimals(weight.gradient, DIGITS)}: if the weight grows a little, the loss ${weight.gradient > 0 ? "grows" : weight.gradient < 0 ? "shrinks" : "stays the same"}.`);
    const write = (value) => withDecimals(value, DIGITS);
    const sign = sumSign([weight.value, weight.step], weight.new_value, write);
    setText(sum, `${write(weight.value)} ${weight.step < 0 ? "−" : "+"} ${write(Math.abs(weight.step))} ${sign} ${write(weight.new_value)}   (learning rate ${rateText(rate)})`);
    return play();
  };
}
