/**
 * The content of a run's events, collected in one value. Nothing here touches the document.
 *
 * Events are those of GET /runs/{id}/events, each with a sequence number. `reduce` ignores an event that it has seen, so that a
 * stream that starts again from the beginning changes nothing.
 */

/**
 * seq         number of the newest event
 * settings, device, threads, images, batches, epochs   of the event "started"; `images` and `batches` are per epoch
 * state       "training", "paused", "finished", "stopped", "interrupted" or "failed"; null before the first event
 * message     why the run is in this state; "" if there is no reason
 * batch       the newest event "batch"; null before the first
 * download    the newest event "download": the training images are being fetched; null before the first
 * curve       all events "batch", as [{ at, loss, rate }], `at` in epochs: 1.5 is the middle of the second epoch
 * measured    for each epoch, the untrained network first: { epoch, test, train, confusion, mistakes, kernels }
 * snapshots   the newest names of weights in the middle of the current epoch, the newest first; they are deleted after some seconds
 * kernels     the newest 288 weights of conv1, Float32Array; null if no event had any
 * step        the newest event "step"; null before the first
 * finished    the event "finished"; null before it
 */
export const EMPTY_LOG = Object.freeze({
  seq: 0, settings: null, device: "", threads: 0, images: 0, batches: 0, epochs: 0, state: null, message: "",
  batch: null, download: null, curve: Object.freeze([]), measured: Object.freeze([]), snapshots: Object.freeze([]), kernels: null, step: null, finished: null,
});

const MOST_SNAPSHOTS = 3; // the one before the newest is shown until the newest one's prediction has come

/** Whether no more events can come. A run that was stopped or interrupted can be resumed. */
export const isOver = (state) => state === "finished" || state === "failed";
export const isLive = (state) => state === "training" || state === "paused";

/** base64 of little-endian float32 -> Float32Array; null without a text. */
export function floats(text) {
  if (!text) return null;
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length >> 2 }, (_, i) => view.getFloat32(4 * i, true));
}

/** base64 of grey levels -> `side` rows of `side` numbers. */
export function rows(text, side) {
  const bytes = Array.from(atob(text), (character) => character.charCodeAt(0));
  return Array.from({ length: side }, (_, row) => bytes.slice(row * side, (row + 1) * side));
}

/** The place of a batch on the axis of epochs. */
const placeOf = ({ epoch, batch }, batches) => epoch - 1 + batch / Math.max(batches, batch);

const REDUCERS = {
  // A resumed run repeats the epoch in which it was interrupted: the part after the last complete epoch is void.
  started: (log, { settings, device, threads, images, batches, epochs, epoch }) => ({
    settings, device, threads, images, batches, epochs, state: "training", message: "", finished: null,
    download: null, snapshots: [],
    curve: log.curve.filter(({ at }) => at <= epoch),
    measured: log.measured.filter((each) => each.epoch <= epoch),
  }),
  batch: (log, event) => ({
    batch: event,
    curve: [...log.curve, { at: placeOf(event, log.batches), loss: event.loss, rate: event.learning_rate }],
    kernels: floats(event.kernels) ?? log.kernels,
    snapshots: event.weights ? [event.weights.name, ...log.snapshots].slice(0, MOST_SNAPSHOTS) : log.snapshots,
  }),
  epoch: (log, event) => ({
    measured: [...log.measured.filter(({ epoch }) => epoch < event.epoch), { ...event, kernels: floats(event.kernels) }],
    snapshots: [],
    kernels: floats(event.kernels) ?? log.kernels,
  }),
  step: (log, event) => ({ step: event }),
  download: (log, event) => ({ download: event }),
  state: (log, { state, message }) => ({ state, message: message ?? "" }),
  finished: (log, event) => ({ state: "finished", finished: event }),
};

/** The log after one more event. */
export function reduce(log, event) {
  if (event.seq <= log.seq) return log;
  return { ...log, ...REDUCERS[event.event]?.(log, event), seq: event.seq };
}

/** The log of the shipped run, which has no events: the accuracy and loss of each epoch, from GET /weights. */
export function logOfEpochs({ epochs }, images = 10_000) {
  const measured = epochs.map(({ epoch, accuracy, loss }) => ({
    epoch, test: { loss, correct: Math.round(accuracy * images), total: images }, train: null, confusion: null, mistakes: [], kernels: null,
  }));
  return { ...EMPTY_LOG, state: "finished", epochs: epochs.length - 1, measured };
}

export const accuracyOf = (result) => (result ? result.correct / result.total : null);

/** The measured epoch, or the newest one if `epoch` is null or was not measured; undefined if there is none. */
export const measuredAt = (log, epoch) => log.measured.find((each) => each.epoch === epoch) ?? log.measured.at(-1);
