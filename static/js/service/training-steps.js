/** Asking the service for steps of training: one request at a time, and the newest wish when there are several. */

const MOST = 20; // steps that the service takes at once
const PATIENCE = 30; // times that a busy service is asked again

/** Seconds that a busy service wants us to wait. */
const secondsOf = (response) => Math.min(Math.max(Number(response.headers.get("Retry-After")) || 1, 1), 30);
const wait = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));

/**
 * `told(text)` hears what is going on, "" when nothing is. `send` is fetch. Gives back ask({ optimiser, rate }), a promise of
 * the service's answer to 20 steps; null where a newer wish came before this one was sent or answered. It rejects with an Error
 * whose message is for the reader.
 */
export function createSteps({ told, send = (...a) => globalThis.fetch(...a) }) {
  let newest = 0;
  let line = Promise.resolve(); // requests, one after the other

  async function exchange(wish, number) {
    const body = JSON.stringify({ learning_rate: wish.rate, steps: MOST, optimiser: wish.optimiser });
    for (let time = 0; time < PATIENCE; time++) {
      if (number !== newest) return null;
      told(`Computing ${MOST} steps… The first time PyTorch has to start, which can take half a minute.`);
      let response;
      try {
        response = await send("/lesson/step", { method: "POST", headers: { "Content-Type": "application/json" }, body });
      } catch {
        throw new Error("The service does not answer. Is it still running? Then try again.");
      }
      if (response.ok) return number === newest ? response.json() : null;
      if (response.status !== 503) throw new Error(await problemOf(response));
      const seconds = secondsOf(response);
      told(`The service is busy with other steps; asking again in ${seconds} s…`);
      await wait(seconds);
    }
    throw new Error("The service has been busy for a long time. Try again later.");
  }

  return function ask(wish) {
    const number = ++newest;
    const answer = line.then(() => exchange(wish, number));
    line = answer.then(() => {}, () => {});
    return answer.finally(() => number === newest && told(""));
  };
}

async function problemOf(response) {
  try {
    return (await response.json()).detail ?? `The service answered with status ${response.status}.`;
  } catch {
    return `The service answered with status ${response.status}.`;
  }
}
