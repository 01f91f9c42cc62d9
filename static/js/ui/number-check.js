/** A number that the student works out: typed, checked, and answered with a hint that names the usual slip. */
import { el } from "./dom.js";
import { number } from "../core/text.js";
import { numberOf } from "./matrix.js";

/**
 * Whether a typed number is the answer: { right, says }. `tolerance` is how far off it may be, in the answer's own unit;
 * `slips` are [{ value, says }], what comes out when something usual went wrong, and what to say then; `otherwise` is
 * said to any other wrong number. Nothing here touches the document.
 */
export function checkNumber(typed, { answer, tolerance = 0.005, slips = [], otherwise = "Go through the products one by one." }) {
  const near = (value) => Math.abs(typed - value) <= tolerance * (1 + 1e-9);
  if (near(answer)) return { right: true, says: "Right." };
  const slip = slips.find(({ value }) => near(value) && !near(answer));
  if (slip) return { right: false, says: slip.says };
  if (answer !== 0 && near(-answer)) return { right: false, says: "The size is right; look at the sign once more." };
  return { right: false, says: `Not yet. ${otherwise}` };
}

/**
 * A box for one answer. `question()` gives { answer, tolerance, slips } as they are now; `label` is what is asked for.
 * `done(right, typed)` is told of each try. Gives back { node, clear(), reveal(), right }.
 */
export function createNumberCheck({ label, question, done = () => {}, wide = false }) {
  const input = el("input", { type: "text", inputMode: "decimal", autocomplete: "off", class: wide ? "answer-box wide" : "answer-box", "aria-label": label });
  const says = el("span", { class: "check-says", role: "status" });
  const form = el("form", { class: "check", noValidate: true }, input, el("button", { type: "submit", class: "quiet" }, "Check"), says);
  let right = false;

  const tell = (state, text) => {
    form.dataset.state = state;
    says.textContent = text;
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = numberOf(input.value);
    if (typed === null) return tell("none", input.value.trim() === "" ? "Type a number first." : "That is not a number. Write it like 2.5 or −3.");
    const found = checkNumber(typed, question());
    right = found.right;
    tell(right ? "right" : "wrong", found.says);
    done(right, typed);
  });
  input.addEventListener("input", () => {
    right = false;
    tell("", "");
  });

  return {
    node: form,
    get right() {
      return right;
    },
    clear() {
      input.value = "";
      right = false;
      tell("", "");
    },
    /** Show the answer, to those who ask for it. */
    reveal() {
      const { answer, tolerance = 0.005 } = question();
      input.value = Number.isInteger(answer) ? String(answer).replace("-", "−") : number(answer);
      tell("shown", Number.isInteger(answer) ? "This is it." : `This is it; ± ${tolerance} would do.`);
    },
  };
}
