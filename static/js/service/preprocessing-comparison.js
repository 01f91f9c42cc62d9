/**
 * Predictions for the same drawing in the other preprocessing modes, to show how much each step contributes. They are requested
 * when a stroke has ended, one after the other and once per drawing; predictions for an earlier drawing are dropped.
 */
import { isBlank, requestBody, SIDE } from "../core/drawing.js";
import { FACTS } from "../core/service-facts.js";
import { addressOf } from "../core/service/address.js";

export const MODES = FACTS.modes.map(({ name }) => name);
const PAUSE = 80; // ms; during quick keyboard painting or undoing, only the last drawing is compared

/** Why a drawing cannot be preprocessed in a mode, in a word or two; "" if it can. */
export function whyUnavailable(mode, { image }) {
  if (mode === "own_pen" && image) return "no pen";
  if (mode === "none" && image?.kind === "upload") {
    const { width, height } = image.bitmap ?? {};
    return width === SIDE && height === SIDE ? "" : `not ${SIDE} × ${SIDE}`;
  }
  return "";
}

/** `changed({ drawn, pen, calibrated, weightSet, predictions })` is called with every new prediction; `predictions` has them by mode. */
export function createModeComparison({ changed, fetch = (...a) => globalThis.fetch(...a), pause = PAUSE }) {
  let current = { drawn: null, pen: null, calibrated: true, weightSet: null, predictions: {} };
  let stop = new AbortController();

  async function request(mode, { drawn, pen, calibrated, weightSet }, signal) {
    const { type, body } = requestBody(drawn, { prepare: mode, pen });
    const query = new URLSearchParams({ prepare: mode, ...(!calibrated && { calibrated }), ...(weightSet && { weights: weightSet }) });
    const response = await fetch(addressOf(`/predict?${query}`), { method: "POST", headers: { "Content-Type": type }, body, signal });
    return response.ok ? response.json() : null;
  }

  async function requestAll(signal) {
    await new Promise((done) => setTimeout(done, pause));
    for (const mode of MODES) {
      if (signal.aborted) return;
      if (current.predictions[mode] !== undefined || whyUnavailable(mode, current.drawn)) continue;
      const prediction = await request(mode, current, signal);
      if (signal.aborted) return;
      current = { ...current, predictions: { ...current.predictions, [mode]: prediction } };
      changed(current);
    }
  }

  return {
    /** Called when the prediction in one mode has arrived: request those in the other modes. */
    start({ drawn, pen, prepare, calibrated = true, weightSet = null }, prediction) {
      stop.abort();
      stop = new AbortController();
      const known = drawn === current.drawn && pen === current.pen && calibrated === current.calibrated && weightSet === current.weightSet ? current.predictions : {};
      current = { drawn, pen, calibrated, weightSet, predictions: { ...known, [prepare]: prediction } };
      changed(current);
      // If the service is away, there is nothing to compare, and the banner says so.
      if (!isBlank(drawn)) requestAll(stop.signal).catch(() => {});
    },
    /** The drawing changes: send no more requests for the old one. */
    stop() {
      stop.abort();
    },
  };
}
