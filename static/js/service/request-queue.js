/**
 * A queue for requests of which only the newest matters: one request is in flight, and at most one waits.
 *
 * A request is { url, type, body, drawingId, … }. While one is in flight, a newer one replaces the waiting one; the last
 * request is always sent. A response is dropped if a request with another `drawingId` is waiting: the page shows something
 * else by then. With the same `drawingId` (the stroke grows) the response is still worth showing.
 *
 * If the service does not answer, the newest request is sent again after half a second, then after 1, 2 and at most 3 s.
 * After a 503 or 429 it is sent again after the time in Retry-After. Every other error is final for its request.
 *
 * Callbacks: onResponse(request, arrayBuffer), onProblem(request, problem), onStatus("ok" | "away" | "busy", seconds).
 */
import { withTimeLimit } from "./time-limit.js";

const FIRST_WAIT = 0.5; // s
const LONGEST_WAIT = 3; // s
const TIMEOUT = 10; // s

export function createRequestQueue({ onResponse, onProblem, onStatus, fetch = (...a) => globalThis.fetch(...a), timeout = TIMEOUT }) {
  let waiting = null; // the newest request, not sent yet
  let inFlight = null;
  let last = null; // the request that was sent last, to be sent again when the service is back
  let timer = null;
  let failures = 0;

  async function sendNext() {
    if (inFlight || timer !== null || !waiting) return;
    const request = (last = inFlight = waiting);
    waiting = null;
    let outcome;
    try {
      outcome = await exchange(request);
    } catch {
      outcome = { retryIn: Math.min(FIRST_WAIT * 2 ** failures++, LONGEST_WAIT), status: "away" };
    }
    inFlight = null;
    if (outcome.retryIn !== undefined) {
      waiting ??= request;
      onStatus(outcome.status, outcome.retryIn);
      timer = setTimeout(retry, 1000 * outcome.retryIn);
      return;
    }
    failures = 0;
    onStatus("ok", 0);
    const stale = waiting && waiting.drawingId !== request.drawingId;
    // Send the newest request before showing the response: the service computes while the page paints.
    sendNext();
    if (stale) return;
    if (outcome.problem) onProblem(request, outcome.problem);
    else onResponse(request, outcome.buffer);
  }

  async function exchange({ url, type, body }) {
    const headers = { "Content-Type": type, Accept: "application/vnd.safetensors" };
    return withTimeLimit(timeout, async (signal) => {
      const response = await fetch(url, { method: "POST", headers, body, signal });
      if (response.ok) return { buffer: await response.arrayBuffer() };
      if (response.status === 503 || response.status === 429) return { retryIn: retryAfter(response), status: "busy" };
      if (response.status === 502 || response.status === 504) throw new Error("The gateway cannot reach the service.");
      return { problem: await problemOf(response) };
    });
  }

  function retry() {
    timer = null;
    sendNext();
  }

  return {
    /** Send this request as soon as possible; it replaces the waiting one. */
    send(request) {
      waiting = request;
      sendNext();
    },
    /** Send the newest request again now, without waiting any longer. */
    retryNow() {
      clearTimeout(timer);
      waiting ??= inFlight ? null : last;
      retry();
    },
    /** Whether no request is in flight and none is waiting. */
    get idle() {
      return !inFlight && !waiting;
    },
  };
}

/** Seconds in a Retry-After header, which may also be a date; 1 if there is none. */
export function retryAfter(response, now = Date.now()) {
  const header = response.headers.get("Retry-After") ?? "";
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - now) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0.1), 60) : 1;
}

async function problemOf(response) {
  try {
    const { title, detail, type = "" } = await response.json();
    return { status: response.status, detail: detail || title, type };
  } catch {
    return { status: response.status, detail: `The server answered with status ${response.status}.`, type: "" };
  }
}
