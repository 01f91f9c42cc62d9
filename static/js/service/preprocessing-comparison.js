/**
 * The same drawing prepared in other ways, and what the network makes of each: the worth of every step on one's own digit.
 * Asked for when a stroke has ended, one request after the other, each way once for a drawing; whatever belongs to an
 * earlier drawing is dropped. Nothing here touches the document.
 */
import { isBlank, requestBody, SIDE } from "../core/drawing.js";
import { FACTS } from "../core/facts.js";

export const WAYS = FACTS.modes.map(({ name }) => name);
const PAUSE = 80; // ms; who paints with the keyboard or undoes step by step is not asked about at each of them

/** Why a drawing cannot be prepared in a way, in a word or two; "" if it can. */
export function whyUnavailable(way, { picture }) {
  if (way === "own_pen" && picture) return "no pen";
  if (way === "none" && picture?.kind === "upload") {
    const { width, height } = picture.bitmap ?? {};
    return width === SIDE && height === SIDE ? "" : "not 28 × 28";
  }
  return "";
}

/** `changed({ drawn, pen, answers })` is told whenever there is another answer; `answers` has predictions by way. */
export function createModeComparison({ changed, fetch = (...a) => globalThis.fetch(...a), pause = PAUSE }) {
  let now = { drawn: null, pen: null, answers: {} };
  let stop = new AbortController();

  async function ask(way, { drawn, pen }, signal) {
    const { type, body } = requestBody(drawn, { prepare: way, pen });
    const response = await fetch(`/predict?prepare=${way}`, { method: "POST", headers: { "Content-Type": type }, body, signal });
    return response.ok ? response.json() : null;
  }

  async function askAll(signal) {
    await new Promise((done) => setTimeout(done, pause));
    for (const way of WAYS) {
      if (signal.aborted) return;
      if (now.answers[way] !== undefined || whyUnavailable(way, now.drawn)) continue;
      const answer = await ask(way, now, signal);
      if (signal.aborted) return;
      now = { ...now, answers: { ...now.answers, [way]: answer } };
      changed(now);
    }
  }

  return {
    /** This drawing was answered, prepared in this way: ask for the others. */
    follow({ drawn, pen, prepare }, prediction) {
      stop.abort();
      stop = new AbortController();
      const known = drawn === now.drawn && pen === now.pen ? now.answers : {};
      now = { drawn, pen, answers: { ...known, [prepare]: prediction } };
      changed(now);
      // Without the service there is nothing to compare; the page says by itself that it is away.
      if (!isBlank(drawn)) askAll(stop.signal).catch(() => {});
    },
    /** The drawing goes on: no more requests about how it was. */
    leave() {
      stop.abort();
    },
  };
}
