/** Asking the service about the drawing, and saying when it does not answer. */
import { requestBody } from "../core/drawing.js";
import { REQUESTED_LAYERS } from "../core/layers.js";
import { createRequestQueue } from "./request-queue.js";

const HEARTBEAT = 5; // s; a page that is only looked at asks nothing, so now and then it looks whether the service is there

/**
 * `answered(wish, buffer)` and `refused(wish, problem)` are told what comes of a wish; `banner` shows when the service
 * is away or busy. See request-queue.js for what is sent when.
 */
export function createPredictionClient({ banner, answered, refused }) {
  let lineage = 0; // grows whenever the page turns to something else than the stroke that goes on
  let asked = 0; // how many wishes there were; the page is settled when the answer to the last of them is on the screen
  let away = false;
  const link = createRequestQueue({ answered, refused, status });

  function status(how, seconds) {
    away = how !== "ok";
    document.body.classList.toggle("away", away);
    const text = {
      ok: "",
      away: "The server is not answering; trying again… Your drawing is safe.",
      busy: `The server is busy; trying again in ${Math.ceil(seconds)} s…`,
    }[how];
    if (banner.textContent !== text) banner.textContent = text;
  }

  setInterval(async () => {
    if (document.hidden || away || !link.idle) return;
    try {
      await fetch("/livez", { signal: AbortSignal.timeout(1000 * HEARTBEAT) });
    } catch {
      if (link.idle) link.hurry();
    }
  }, 1000 * HEARTBEAT);
  addEventListener("online", () => away && link.hurry());

  return {
    /** Wish for the answer to { prepare, pen, drawn, exact, … }: bytes while the pen moves, else exact numbers and stages. */
    ask(wish, { fresh }) {
      if (fresh) lineage++;
      const { prepare, pen, drawn, exact } = wish;
      const detail = exact ? "dtype=float32&stages=true" : "dtype=uint8";
      const url = `/feature-maps?prepare=${prepare}&layers=${REQUESTED_LAYERS.join(",")}&${detail}`;
      link.want({ ...wish, url, ...requestBody(drawn, { prepare, pen }), number: ++asked, lineage });
    },
    /** The number of the last wish. */
    get last() {
      return asked;
    },
  };
}
