/** Requests training steps: one request at a time, and only the newest of several. */
import { addressOf } from "../core/service/address.js";
import { FACTS } from "../core/service-facts.js";

export const STEPS = FACTS.limits.lesson_steps; // steps per request
const PATIENCE = 30; // tries while the service is busy

/** How many seconds a busy service says to wait. */
const secondsOf = (response) => Math.min(Math.max(Number(response.headers.get("Retry-After")) || 1, 1), 30);
const wait = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));

/**
 * `onProgress(text)` gets the state of the request, "" when it has ended. `send` is fetch. Returns request({ optimiser, rate }), a
 * promise of the response with all STEPS, or of null if a newer request has replaced it. It rejects with an Error whose message
 * is for the user.
 */
export function createSteps({ onProgress, send = (...a) => globalThis.fetch(...a) }) {
  let newest = 0;
  let queue = Promise.resolve(); // requests, one after the other

  async function exchange(options, number) {
    const body = JSON.stringify({ learning_rate: options.rate, steps: STEPS, optimiser: options.optimiser });
    for (let time = 0; time < PATIENCE; time++) {
      if (number !== newest) return null;
      onProgress(`Computing ${STEPS} steps… The first time, PyTorch has to start; this can take half a minute.`);
      let response;
      try {
        response = await send(addressOf("/lesson/step"), { method: "POST", headers: { "Content-Type": "application/json" }, body });
      } catch {
        throw new Error("The service does not answer. Check that it is running, then try again.");
      }
      if (response.ok) return number === newest ? response.json() : null;
      if (response.status !== 503) throw new Error(await problemOf(response));
      const seconds = secondsOf(response);
      onProgress(`The service is busy. Trying again in ${seconds} s…`);
      await wait(seconds);
    }
    throw new Error("The service has been busy for a long time. Try again later.");
  }

  return function request(options) {
    const number = ++newest;
    const answer = queue.then(() => exchange(options, number));
    queue = answer.then(() => {}, () => {});
    return answer.finally(() => number === newest && onProgress(""));
  };
}

async function problemOf(response) {
  try {
    return (await response.json()).detail ?? `The service answered with status ${response.status}.`;
  } catch {
    return `The service answered with status ${response.status}.`;
  }
}
