/**
 * The predictions for one drawing by many sets of weights. The requests are sent one after the other, first that for the epoch on the screen;
 * those for an earlier drawing are dropped.
 */
import { isBlank, requestBody } from "../../core/drawing.js";
import { addressOf } from "../../core/service/address.js";

/**
 * `changed(predictions)` is called with { drawn, pen, byName }, `byName` being the predictions so far by the name of the weights.
 * The probabilities are the plain softmax: only some sets of weights are calibrated, and the epochs of a run are compared.
 */
export function createRunPredictions({ changed, fetch = (...a) => globalThis.fetch(...a) }) {
  let current = { drawn: null, pen: null, byName: {} };
  let waiting = [];
  let stop = new AbortController();
  let busy = false;

  async function predict(name, { drawn, pen }, signal) {
    const { type, body } = requestBody(drawn, { prepare: "mnist", pen });
    const query = new URLSearchParams({ weights: name, calibrated: "false" });
    const response = await fetch(addressOf(`/predict?${query}`), { method: "POST", headers: { "Content-Type": type }, body, signal });
    return response.ok ? response.json() : null;
  }

  async function predictAll() {
    if (busy) return;
    busy = true;
    while (waiting.length > 0) {
      const [name] = waiting;
      const about = current;
      try {
        const prediction = await predict(name, about, stop.signal);
        if (about.drawn !== current.drawn || about.pen !== current.pen) continue;
        waiting = waiting.filter((each) => each !== name);
        current = { ...current, byName: { ...current.byName, [name]: prediction } };
        changed(current);
      } catch {
        // The drawing has changed, or the service is away. The next drawing asks again.
        if (about === current) waiting = [];
      }
    }
    busy = false;
  }

  return {
    /** Predict this drawing with the weights `names`, the most important first. */
    ask({ drawn, pen }, names) {
      if (drawn !== current.drawn || pen !== current.pen) {
        stop.abort();
        stop = new AbortController();
        current = { drawn, pen, byName: {} };
        if (isBlank(drawn)) changed(current);
      }
      waiting = isBlank(drawn) ? [] : names.filter((name) => !(name in current.byName));
      predictAll();
    },
  };
}
