/**
 * "Why 7 and not 1?": buttons that open the view "contrast" for the digit of the walk (otherwise the predicted one) and its most
 * likely rival.
 */
import { lastCell } from "../../core/walk/path.js";
import { digitOf, withRival } from "../../core/walk/route.js";

const ENDS = ["probabilities", "logits", "input"]; // the layers at both ends of a walk

/** Returns show(state), which writes the buttons. */
export function createWhyNot(store, walker) {
  const $ = (id) => document.getElementById(id);
  const buttons = {
    "why-not": ({ path }) => (ENDS.includes(lastCell(path)?.layer) ? digitOf(path) : null),
    "answer-why-not": ({ answer }) => answer.prediction.digit,
    "maps-why-not": ({ answer }) => answer.prediction.digit, // on a phone
    "path-why-not": ({ path, answer }) => digitOf(path) ?? answer.prediction.digit,
  };
  const pairs = {};
  for (const id of Object.keys(buttons)) {
    $(id).addEventListener("click", () => {
      if (!pairs[id]) return; // nothing has been predicted yet
      walker.stop();
      store.set({ view: "contrast", pair: pairs[id].join("-") });
    });
  }

  return (state) => {
    if (!state.answer) return;
    const blank = state.answer.prediction.verdict === "blank";
    for (const [id, digitFor] of Object.entries(buttons)) {
      const digit = blank ? null : digitFor(state);
      $(id).hidden = digit === null;
      if (digit === null) continue;
      pairs[id] = withRival(digit, state.answer.prediction.probabilities);
      $(id).textContent = `Why ${pairs[id][0]} and not ${pairs[id][1]}?`;
    }
  };
}
