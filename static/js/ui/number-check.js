/** An input for a number that the student works out, with a check and hints for common mistakes. */
import { el } from "./dom.js";
import { number } from "../core/text.js";
import { numberOf } from "../core/input.js";

/**
 * Check a typed number: { right, says }. `tolerance` is the largest error allowed; `slips` are the results of common mistakes
 * with a hint for each, [{ value, says }]; `otherwise` is the hint for other wrong numbers. This does not touch the document.
 */
export function checkNumber(typed, { answer, tolerance = 0.005, slips = [], otherwise = "Check the products one by one." }) {
  const near = (value) => Math.abs(typed - value) <= tolerance * (1 + 1e-9);
  if (near(answer)) return { right: true, says: "Right." };
  const slip = slips.find(({ value }) => near(value) && !near(answer));
  if (slip) return { right: false, says: slip.says };
  if (answer !== 0 && near(-answer)) return { right: false, says: "The size is right. Check the sign." };
  return { right: false, says: `Not yet. ${otherwise}` };
}

let made = 0;

/**
 * An input for one answer. `question()` is the current { answer, tolerance, slips }; `label` names the number. `done(right, typed)`
 * is called after each try. Returns { node, clear(), reveal(), right }.
 */
export function createNumberCheck({ label, question, done = () => {}, wide = false }) {
  const input = el("input", { type: "text", inputMode: "text", autocomplete: "off", class: wide ? "answer-box wide" : "answer-box", "aria-label": label });
  const says = el("span", { class: "check-says", role: "status", id: `check-${++made}` });
  const form = el("form", { class: "check", noValidate: true }, input, el("button", { type: "submit", class: "quiet" }, "Check"), says);
  let right = false;

  const show = (state, text) => {
    form.dataset.state = state;
    says.textContent = text;
    input.setAttribute("aria-invalid", String(state === "none"));
    if (text) input.setAttribute("aria-describedby", says.id);
    else input.removeAttribute("aria-describedby");
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = numberOf(input.value);
    if (typed === null) return show("none", input.value.trim() === "" ? "Type a number first." : "This is not a number. Write it like 2.5 or −3.");
    const result = checkNumber(typed, question());
    right = result.right;
    show(right ? "right" : "wrong", result.says);
    done(right, typed);
  });
  input.addEventListener("input", () => {
    right = false;
    show("", "");
  });

  return {
    node: form,
    get right() {
      return right;
    },
    clear() {
      input.value = "";
      right = false;
      show("", "");
    },
    /** Show the answer. */
    reveal() {
      const { answer, tolerance = 0.005 } = question();
      input.value = Number.isInteger(answer) ? String(answer).replace("-", "−") : number(answer);
      show("shown", Number.isInteger(answer) ? "This is the answer." : `This is the answer; ± ${tolerance} is close enough.`);
    },
  };
}
