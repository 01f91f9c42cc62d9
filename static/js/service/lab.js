/** Requests to the lab's calls. */
import { requestBody } from "../core/drawing.js";
import { readFeatureMaps, REQUESTED_LAYERS } from "../core/layers.js";
import { parse } from "../core/safetensors.js";
import { addressOf } from "../core/service/address.js";
import { retryAfter } from "./request-queue.js";
import { withTimeLimit } from "./time-limit.js";
import { areUnknown } from "./weight-sets.js";

const TIMEOUT = 20; // s
const TRIES = 6; // while the service is busy
const PAUSE = 3; // s, while the server cannot be reached
const AWAY = "The server does not answer.";

/** An error whose message is a sentence for the user. */
class LabError extends Error {}

/** The server cannot be reached, for example because the Wi-Fi is interrupted. */
class AwayError extends LabError {}

let check = () => {};
/** Call `act()` when the service does not have the weights of a request. */
export const whenWeightsAreUnknown = (act) => (check = act);

/** The error for a problem that a call responds with. */
function refusal(problem) {
  if (areUnknown(problem)) setTimeout(check); // afterwards, because an experiment first shows the error
  return new LabError(problem.detail || problem.title);
}

/** The result of a request, or of reading its response. Throws LabError. */
const reached = (sent) => sent.catch((error) => {
  throw new (error instanceof TypeError ? AwayError : LabError)(`${AWAY} Try again in a moment.`); // fetch throws a TypeError
});

/**
 * The JSON that a call responds with. `query` are its parameters, those that are null are left out; `content` is { type, body },
 * or null for GET. While the service is busy, the request is repeated. Throws LabError.
 */
export async function request(path, query = {}, content = null, { fetch = (...a) => globalThis.fetch(...a), wait = sleep, timeout = TIMEOUT } = {}) {
  const parameters = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== null && value !== undefined));
  const options = content ? { method: "POST", headers: { "Content-Type": content.type }, body: content.body } : {};
  for (let attempt = 1; ; attempt++) {
    const { response, json } = await reached(withTimeLimit(timeout, async (signal) => {
      const response = await fetch(addressOf(`${path}?${parameters}`), { ...options, signal });
      return { response, json: await response.json() };
    }));
    if (response.ok) return json;
    if (response.status !== 503 || attempt === TRIES) throw refusal(json);
    await wait(1000 * retryAfter(response));
  }
}

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** The content of a request with a JSON body. */
export const json = (value) => ({ type: "application/json", body: JSON.stringify(value) });

/** The content of a request with 28×28 grey levels, for prepare=none. */
export const pixelsBody = (pixels) => json({ pixels });

/** The content of a request with the drawing on the pad. */
export const drawingBody = (drawn, pen) => requestBody(drawn, { prepare: "mnist", pen });

/**
 * Does one piece of work at a time: `work(inputs)` is called with the newest inputs, and `done(result, inputs)` with its
 * result unless newer ones wait; `failed(error, inputs)` is called with an error. While the server cannot be reached, the work is
 * repeated. Returns ask(inputs).
 */
export function createLatest(work, done, failed) {
  let waiting = null;
  let busy = false;

  async function next() {
    if (busy || !waiting) return;
    const { inputs } = waiting;
    waiting = null;
    busy = true;
    try {
      const result = await work(inputs);
      if (!waiting) done(result, inputs);
    } catch (error) {
      if (!(error instanceof LabError)) throw error;
      const away = error instanceof AwayError;
      if (!waiting) failed(away ? new LabError(`${AWAY} Trying again…`) : error, inputs);
      if (away) {
        waiting ??= { inputs };
        await sleep(1000 * PAUSE);
      }
    } finally {
      busy = false;
      next();
    }
  }
  return (inputs) => {
    waiting = { inputs };
    next();
  };
}

/** The safetensors file that a call responds with, as parse in core/safetensors.js reads it. Throws LabError. */
export async function safetensors(path, query) {
  const parameters = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== null));
  for (let attempt = 1; ; attempt++) {
    const response = await reached(fetch(addressOf(`${path}?${parameters}`)));
    if (response.ok) return parse(await reached(response.arrayBuffer()));
    if (response.status !== 503 || attempt === TRIES) throw refusal(await response.json());
    await sleep(1000 * retryAfter(response));
  }
}

/** The file of weights that a call responds with, as a Blob. Throws LabError. */
export async function file(path, { type, body }) {
  const response = await reached(fetch(addressOf(path), { method: "POST", headers: { "Content-Type": type, Accept: "application/vnd.safetensors" }, body }));
  if (!response.ok) throw refusal(await response.json());
  return reached(response.blob());
}

/** The answer with all activations, as readFeatureMaps in core/layers.js returns it. Throws LabError. */
export async function featureMaps(query, { type, body }) {
  const parameters = new URLSearchParams({ layers: REQUESTED_LAYERS, ...query });
  const headers = { "Content-Type": type, Accept: "application/vnd.safetensors" };
  return withTimeLimit(TIMEOUT, async (signal) => {
    const response = await reached(fetch(addressOf(`/feature-maps?${parameters}`), { method: "POST", headers, body, signal }));
    if (!response.ok) throw refusal(await response.json());
    return readFeatureMaps(parse(await reached(response.arrayBuffer())));
  });
}
