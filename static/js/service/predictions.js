/** Requests predictions and feature maps for the drawing on the pad, and notices when the service is away. */
import { requestBody } from "../core/drawing.js";
import { REQUESTED_LAYERS } from "../core/layers.js";
import { createRequestQueue } from "./request-queue.js";
import { withTimeLimit } from "./time-limit.js";
import { addressOf } from "../core/service/address.js";

const HEARTBEAT = 5; // s between checks that the service is alive, for pages that send nothing themselves

/**
 * Callbacks: `onResponse(request, buffer)`, `onProblem(request, problem)` and `onStatus(status, seconds)`, as
 * request-queue.js calls them.
 */
export function createPredictionClient({ onResponse, onProblem, onStatus }) {
  let drawingId = 0; // increases with every change of the drawing, except when only the current stroke grows
  let latest = 0; // number of the latest request; the page is settled once its response is shown
  let away = false;
  const queue = createRequestQueue({
    onResponse,
    onProblem,
    onStatus(status, seconds) {
      away = status !== "ok";
      onStatus(status, seconds);
    },
  });

  setInterval(async () => {
    if (document.hidden || away || !queue.idle) return;
    try {
      await withTimeLimit(HEARTBEAT, (signal) => fetch(addressOf("/livez"), { signal }));
    } catch {
      if (queue.idle) queue.retryNow();
    }
  }, 1000 * HEARTBEAT);
  addEventListener("online", () => away && queue.retryNow());

  return {
    /**
     * Request a prediction for { prepare, pen, drawn, exact, … }: quantised feature maps while the pen moves, otherwise
     * exact ones with the stages; the plain softmax if `calibrated` is false;
     * with the weights `weightSet`, unless it is null. `fresh` is false if only the current stroke has grown.
     */
    request(request, { fresh }) {
      if (fresh) drawingId++;
      const { prepare, pen, drawn, exact, calibrated = true, weightSet = null } = request;
      const precision = exact ? { dtype: "float32", stages: true } : { dtype: "uint8" };
      const query = new URLSearchParams({ prepare, layers: REQUESTED_LAYERS, ...precision, ...(!calibrated && { calibrated }), ...(weightSet && { weights: weightSet }) });
      queue.send({ ...request, url: addressOf(`/feature-maps?${query}`), ...requestBody(drawn, { prepare, pen }), number: ++latest, drawingId });
    },
    /** The number of the latest request. */
    get latest() {
      return latest;
    },
  };
}
