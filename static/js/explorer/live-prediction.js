/** The prediction for the drawing on the pad: requested with every change, and put into the store when it comes. */
import { isBlank, stagesOfStrokes } from "../core/drawing.js";
import { greyLevels, readFeatureMaps } from "../core/layers.js";
import { parse } from "../core/safetensors.js";
import { firstCell } from "../core/walk/walker.js";
import { createPredictionClient } from "../service/predictions.js";
import { createModeComparison } from "../service/preprocessing-comparison.js";
import { deadMaps } from "./network/map-strength.js";

/**
 * `panel` is the prediction panel, marked with data-settled. `onStatus` is as in service/predictions.js; `onResponse(answer,
 * request)` is called before the store changes, `onProblem(drawing, problem)` if the service refuses the drawing. Returns
 * { request(options), latest }, `latest` being the number of the latest request.
 */
export function createLivePrediction(store, timing, panel, { onStatus, onResponse, onProblem }) {
  let acceptedMode = "mnist"; // the mode of the last response, to return to if the service refuses a drawing in another mode

  const client = createPredictionClient({ onStatus, onResponse: receive, onProblem: refuse });
  const comparison = createModeComparison({ changed: (comparison) => store.set({ comparison }) });

  function receive(request, buffer) {
    const { drawn, exact, number, prepare, calibrated, revision } = request;
    acceptedMode = prepare;
    const answer = { ...readFeatureMaps(parse(buffer)), exact, calibrated, revision, number, image: isBlank(drawn) ? null : drawn.image };
    answer.stages ??= stagesOfStrokes(drawn.strokes, request, greyLevels(answer.activations.input));
    answer.dead = exact ? deadMaps(answer.activations) : {};
    answer.stages.drawn = answer.image?.kind === "pixels";
    onResponse(answer, request);
    store.set({ worked: [], answer, auto: store.state.drawing && store.state.auto ? store.state.auto : firstCell(answer.activations) });
    if (exact && number === client.latest) comparison.start(request, answer.prediction);
  }

  function refuse({ drawn, prepare }, problem) {
    if (drawn === store.state.history.present && prepare !== acceptedMode) {
      onProblem(null, problem);
      store.set({ prepare: acceptedMode });
    } else onProblem(drawn, problem);
  }

  return {
    /** Request a prediction; `fresh` is false if only the current stroke has grown. */
    request({ fresh = false } = {}) {
      panel.dataset.settled = "false";
      comparison.stop();
      const { drawing, history, pen, prepare, calibrated, weightSet } = store.state;
      client.request({ prepare, calibrated, weightSet, pen, drawn: history.present, exact: !drawing, revision: timing.revision }, { fresh });
    },
    get latest() {
      return client.latest;
    },
  };
}
