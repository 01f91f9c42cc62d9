/**
 * The way to the service: at most one request under way, and then the newest wish; the last wish is always sent.
 *
 * A wish is { url, type, body, lineage, … }. While one is under way a newer one replaces whatever waits. An answer is
 * dropped when the page has meanwhile turned to something else, that is, when a wish of another lineage waits; within
 * one lineage (the pen goes on) the answer of a moment ago is still worth showing.
 *
 * When the service does not answer, the newest wish is sent again and again, half a second later at first and three at
 * most. A 503 or 429 is asked again after the time in its Retry-After. Any other refusal is final for that wish.
 *
 * Callbacks: answered(wish, arrayBuffer), refused(wish, problem), status("ok" | "away" | "busy", seconds).
 */
const FIRST_WAIT = 0.5;
const LONGEST_WAIT = 3;
const PATIENCE = 10;

export function createRequestQueue({ answered, refused, status, fetch = (...a) => globalThis.fetch(...a), longest = PATIENCE }) {
  let waiting = null; // the newest wish not yet sent
  let underWay = null;
  let last = null; // the wish sent last, for when the service comes back
  let timer = null;
  let fails = 0;

  async function pump() {
    if (underWay || timer !== null || !waiting) return;
    const wish = (last = underWay = waiting);
    waiting = null;
    let outcome;
    try {
      outcome = await ask(wish);
    } catch {
      outcome = { again: Math.min(FIRST_WAIT * 2 ** fails++, LONGEST_WAIT), how: "away" };
    }
    underWay = null;
    if (outcome.again !== undefined) {
      waiting ??= wish;
      status(outcome.how, outcome.again);
      timer = setTimeout(retry, 1000 * outcome.again);
      return;
    }
    fails = 0;
    status("ok", 0);
    const stale = waiting && waiting.lineage !== wish.lineage;
    // Send the newest first and show afterwards: the service works while the page paints.
    pump();
    if (stale) return;
    if (outcome.problem) refused(wish, outcome.problem);
    else answered(wish, outcome.buffer);
  }

  async function ask({ url, type, body }) {
    const headers = { "Content-Type": type, Accept: "application/vnd.safetensors" };
    const signal = AbortSignal.timeout(1000 * longest);
    const response = await fetch(url, { method: "POST", headers, body, signal });
    if (response.ok) return { buffer: await response.arrayBuffer() };
    if (response.status === 503 || response.status === 429) return { again: retryAfter(response), how: "busy" };
    if (response.status === 502 || response.status === 504) throw new Error("a gateway without a service behind it");
    return { problem: await problemOf(response) };
  }

  function retry() {
    timer = null;
    pump();
  }

  return {
    /** Ask for this, and forget what was waiting. */
    want(wish) {
      waiting = wish;
      pump();
    },
    /** The service was seen to be gone, or may be back: send the newest wish now, without waiting any longer. */
    hurry() {
      clearTimeout(timer);
      waiting ??= underWay ? null : last;
      retry();
    },
    /** Whether nothing is under way and nothing waits. */
    get idle() {
      return !underWay && !waiting;
    },
  };
}

/** Seconds in a Retry-After header, which may also be a date; one second when there is none. */
export function retryAfter(response, now = Date.now()) {
  const header = response.headers.get("Retry-After") ?? "";
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - now) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0.1), 60) : 1;
}

async function problemOf(response) {
  try {
    const { title, detail } = await response.json();
    return { status: response.status, detail: detail || title };
  } catch {
    return { status: response.status, detail: `The server answered with status ${response.status}.` };
  }
}
