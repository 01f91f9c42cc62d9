/** The state of the training page, and what its parts derive from it. */
import { history, PEN } from "../core/drawing.js";
import { createStore } from "../core/store.js";
import { EMPTY_LOG, isLive, measuredAt } from "../core/training/run-log.js";
import { initialTheme } from "../ui/theme-switch.js";

/**
 * history, drawing, pen, theme, dark   as on the other pages
 * defaults   the response of GET /runs/defaults; null until it has come. `possible` is false if this server cannot train
 * runs       what can be shown: { id, title, origin, state, settings, accuracy, files }; `origin` is "run", "shipped" or "upload"
 * logs       for each run, the content of its events (core/training/run-log.js)
 * run        the id of the run that is shown; null for none
 * epoch      the selected epoch; null for the newest one
 * compared   the ids of the runs that are shown beside it
 * predictions  the predictions of sets of weights for the drawing: { drawn, pen, byName } (service/training/run-predictions.js)
 * view       the panel: "filters", "mistakes", "step", "compare" or "table"
 * map        the map of conv1 that is compared
 * zoomed     whether the accuracy plot begins at 90 %
 * preset     the name of the chosen preset
 * changes    settings that the user has changed in the form, by name
 * guess      the accuracy that the user expects, as a share; null if none was typed
 * curve      the answer to the preset's question; null if none was given
 * guesses    for each run { curve, points: [{ epoch, accuracy }] }
 * queue      settings of runs that start when the current one has finished: [{ settings, guess, curve }]
 * away       whether the connection to the run's events is lost
 * served     the name and hash of the weights in service
 * asked      the last command to a run, { id, action }: it takes effect only after the current batch; null for none
 * busy       whether a request that changes something is on its way
 */
export const createPageStore = () =>
  createStore({
    history: history(), drawing: false, pen: PEN.usual, ...initialTheme(),
    defaults: null, runs: [], logs: {}, run: null, epoch: null, compared: [], predictions: { byName: {} },
    view: "filters", map: 0, zoomed: false, preset: null, changes: {}, guess: null, curve: null, guesses: {}, queue: [],
    away: false, served: null, asked: null, busy: false,
  });

export const logOf = (state, id = state.run) => state.logs[id] ?? EMPTY_LOG;
export const runOf = (state, id = state.run) => state.runs.find((run) => run.id === id) ?? null;
/** The runs on the screen, the chosen one first. */
export const shownRuns = ({ run, compared }) => (run ? [run, ...compared] : []);
/** The run that is training or paused now; undefined if there is none. */
export const liveRun = ({ runs }) => runs.find(({ origin, state }) => origin === "run" && (state === "training" || state === "paused"));

/** What is shown first, and after the shown run has been deleted: the run that trains now, otherwise the newest run, otherwise the shipped one. */
export const firstRun = (state) => liveRun(state) ?? state.runs.find(({ origin }) => origin === "run") ?? state.runs.find(({ id }) => id === "lesson") ?? null;

/** The name of a run's weights after an epoch. */
export const weightsName = (state, id, epoch) => `${runOf(state, id)?.weights ?? id}:${epoch}`;
/** The names of all weights of a run, the newest first. */
export function weightsOf(state, id) {
  const { measured } = logOf(state, id);
  if (measured.length > 0) return measured.map(({ epoch }) => weightsName(state, id, epoch)).reverse();
  return ["shipped", "upload"].includes(runOf(state, id)?.origin) ? [id] : []; // such a set has no epochs
}
/** The name of the selected weights; null before the first epoch of a run. */
export function currentWeights(state, id = state.run) {
  if (!id) return null;
  const found = measuredAt(logOf(state, id), id === state.run ? state.epoch : null);
  return found ? weightsName(state, id, found.epoch) : (weightsOf(state, id)[0] ?? null);
}
/** The names of weights in the middle of the epoch that trains now, the newest first: they are shown after the last epoch. */
export function snapshotsOf(state, id = state.run) {
  const { state: phase, snapshots } = logOf(state, id);
  return isLive(phase) ? snapshots : [];
}
/** The newest prediction in the middle of an epoch. The one before stays until the next one comes; null for none, as without a drawing. */
export const predictionNow = (state) => snapshotsOf(state).map((name) => state.predictions.byName[name]).find(Boolean) ?? null;
/** Whether the page shows this prediction, and not that of a complete epoch. */
export const showsNow = (state) => state.epoch === null && predictionNow(state) !== null;
