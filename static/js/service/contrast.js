/** Requests which pixels of a drawing support one digit and which support another. */
import { requestBody } from "../core/drawing.js";
import { addressOf } from "../core/service/address.js";

/**
 * `changed(contrast)` is called with each response: { digit, against, value, rest, values, pixels, inputs }, where `inputs` is
 * what was requested. One request is in flight at a time; of those that wait, only the newest is sent.
 */
export function createContrastClient({ changed, fetch = (...a) => globalThis.fetch(...a) }) {
  let waiting = null;
  let busy = false;

  async function sendNext() {
    if (busy || !waiting) return;
    const inputs = waiting;
    waiting = null;
    busy = true;
    try {
      const { drawn, pen, prepare, weightSet, digit, against } = inputs;
      const { type, body } = requestBody(drawn, { prepare, pen });
      const query = new URLSearchParams({ prepare, digit, against, ...(weightSet && { weights: weightSet }) });
      const response = await fetch(addressOf(`/lab/saliency?${query}`), { method: "POST", headers: { "Content-Type": type }, body });
      if (response.ok) changed({ ...(await response.json()), inputs });
    } catch {
      // If the service is away, there is nothing to show, and the banner says so.
    }
    busy = false;
    sendNext();
  }

  return {
    /** Ask about { drawn, pen, prepare, weightSet, digit, against }. */
    ask(inputs) {
      waiting = inputs;
      sendNext();
    },
  };
}
