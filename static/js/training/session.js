/** The page's conversation with the service: the list of runs, their events, and everything that changes a run. */
import { EMPTY_LOG, isLive, isOver, logOfEpochs, reduce } from "../core/training/run-log.js";
import { MOST_RUNS } from "../core/links/training-permalink.js";
import { deletedText, goneText, labelOf } from "../core/links/weight-sets.js";
import { followRun } from "../service/training/run-events.js";
import * as service from "../service/training/runs.js";
import { firstRun, liveRun, runOf, shownRuns } from "./page-state.js";

const REFRESH = 4000; // ms between two requests for the list: runs may also be started in a terminal
const ABSENT = "This server cannot train. You can still look at the run that comes with Inkling.";
const NAMES = { lesson: "lesson (shipped)", robust: "robust (shipped)" };

/** `say(text)` shows a message. */
export function createSession(store, { say }) {
  const followed = new Map(); // by run: the stream of its events
  const waiting = []; // [id, event] since the last frame
  let frame = null;
  let removed = null; // the run or upload that this page has deleted last

  // ---------------------------------------------------------------- the list

  /** Runs as the page lists them, from the responses of GET /runs and GET /weights. */
  function listed(runs, sets) {
    const recipes = store.state.defaults?.recipes ?? {}; // the shipped weights have the names and the settings of recipes
    const own = runs.map((run) => ({ ...run, origin: "run", title: run.id }));
    const others = sets.filter(({ origin, name }) => origin === "upload" || (origin === "shipped" && !runs.some(({ id }) => id === name)));
    return [...own, ...others.map((set) => ({ id: set.name, title: NAMES[set.name] ?? labelOf(set), origin: set.origin, state: "finished", settings: set.origin === "shipped" ? (recipes[set.name] ?? null) : null, accuracy: set.accuracy, files: [], set }))];
  }

  async function refresh() {
    try {
      const [runs, sets] = await Promise.all([store.state.defaults?.absent ? [] : service.loadRuns(), service.loadWeightSets()]);
      const list = listed(runs, sets);
      const logs = { ...store.state.logs };
      for (const { id, set } of list) if (set) logs[id] ??= logOfEpochs(set);
      const served = sets.find(({ origin }) => origin === "served") ?? null;
      const same = JSON.stringify(list) === JSON.stringify(store.state.runs);
      const shown = runOf(store.state);
      store.set({ ...(!same && { runs: list }), ...(list.some(({ id }) => !(id in store.state.logs)) && { logs }), ...(served?.sha256 !== store.state.served?.sha256 && { served }) });
      if (shown && !runOf(store.state)) leave(shown);
    } catch {
      // The service is away: the streams say so, and the list is requested again later.
    }
  }

  /** Show another run than this one, which is not in the list any more: it was deleted here or elsewhere. */
  function leave(shown) {
    const first = firstRun(store.state);
    const logs = Object.fromEntries(Object.entries(store.state.logs).filter(([id]) => id !== shown.id));
    store.set({ run: first?.id ?? null, epoch: null, logs, compared: store.state.compared.filter((id) => id !== first?.id && runOf(store.state, id)) });
    say((removed === shown.id ? deletedText : goneText)(shown, shown.title, first?.title ?? "no run"));
  }

  /** Request what this server can do, and the list of runs. */
  async function learn() {
    try {
      store.set({ defaults: await service.loadDefaults() });
    } catch (error) {
      store.set({ defaults: { possible: false, absent: error.status === 404, reason: "absent", detail: error.status === 404 ? ABSENT : error.message, recipes: {}, limits: {}, optimisers: [] } });
    }
    await refresh();
  }

  async function start() {
    await learn();
    setInterval(() => document.hidden || refresh(), REFRESH);
  }

  // ---------------------------------------------------------------- events

  function flush() {
    frame = null;
    const logs = { ...store.state.logs };
    const states = {};
    for (const [id, event] of waiting.splice(0)) {
      logs[id] = reduce(logs[id] ?? EMPTY_LOG, event);
      if (logs[id].state) states[id] = logs[id].state;
    }
    const runs = store.state.runs.map((run) => (states[run.id] && states[run.id] !== run.state ? { ...run, state: states[run.id] } : run));
    const { asked } = store.state;
    const obeyed = asked && asked.id in states && states[asked.id] !== "training";
    store.set({ logs, ...(obeyed && { asked: null }), ...(runs.some((run, i) => run !== store.state.runs[i]) && { runs }) });
    for (const [id, state] of Object.entries(states)) if (!isLive(state)) ended(id, state);
  }

  function ended(id, state) {
    if (isOver(state)) unfollow(id);
    refresh();
    const [next, ...queue] = store.state.queue;
    if (!next || liveRun(store.state)) return;
    store.set({ queue: state === "finished" ? queue : [] });
    if (state === "finished") launch(next, { beside: id });
  }

  function unfollow(id) {
    followed.get(id)?.close();
    followed.delete(id);
  }

  /** Follow the runs on the screen, and no others. */
  function follow() {
    const shown = shownRuns(store.state).filter((id) => runOf(store.state, id)?.origin === "run");
    for (const id of followed.keys()) if (!shown.includes(id)) unfollow(id);
    for (const id of shown) {
      const log = store.state.logs[id];
      if (followed.has(id) || (log && isOver(log.state))) continue;
      followed.set(id, followRun(id, {
        on(event) {
          waiting.push([id, event]);
          frame ??= requestAnimationFrame(flush);
        },
        away: (away) => store.set({ away }),
      }));
    }
  }

  // ---------------------------------------------------------------- actions

  /** Do something that changes a run; a refusal is shown. Returns its result, null if it was refused. */
  async function attempt(work) {
    store.set({ busy: true });
    say("");
    try {
      return await work();
    } catch (error) {
      say(error.message);
      return null;
    } finally {
      store.set({ busy: false });
    }
  }

  const keepGuess = (id, { curve = null, point = null }) => {
    const before = store.state.guesses[id] ?? { curve: null, points: [] };
    const points = point ? [...before.points.filter(({ epoch }) => epoch !== point.epoch), point] : before.points;
    store.set({ guesses: { ...store.state.guesses, [id]: { curve: curve ?? before.curve, points } } });
  };

  /** Send a command to a run. Until it takes effect, the page shows what was asked for. */
  async function sendCommand(id, action, options) {
    store.set({ asked: { id, action } });
    if (!(await attempt(() => service.sendCommand(id, action, options)))) store.set({ asked: null });
  }

  async function launch({ settings, guess, curve, paused = false }, { beside = null } = {}) {
    const run = await attempt(() => service.startRun(settings));
    if (run && paused) await sendCommand(run.id, "pause");
    if (!run) return store.set({ queue: [] });
    if (curve || guess !== null) keepGuess(run.id, { curve, point: guess === null ? null : { epoch: run.settings.epochs, accuracy: guess } });
    store.set({ run: run.id, epoch: null, compared: beside ? [beside, ...store.state.compared].slice(0, MOST_RUNS - 1) : [], guess: null, runs: [{ ...run, origin: "run", title: run.id }, ...store.state.runs.filter(({ id }) => id !== run.id)] });
    await refresh();
    return run;
  }

  return {
    start,
    refresh,
    follow,
    /** Start the first of these runs; the others start when it has finished. Each is { settings, guess, curve, paused }. */
    launch(first, ...others) {
      store.set({ queue: others });
      return launch(first);
    },
    /** Keep what the user expects of a run: the accuracy after an epoch, or the shape of the curve. */
    keepGuess,
    sendCommand: (id, action, options) => sendCommand(id, action, options).then(refresh),
    /** Delete a run or an upload. Resolves to whether it is gone. */
    async remove(id) {
      const remove = runOf(store.state, id).origin === "upload" ? service.deleteWeights : service.deleteRun;
      removed = id;
      await attempt(() => remove(id));
      await refresh();
      return runOf(store.state, id) === null;
    },
    async serve(name) {
      await attempt(() => service.serveWeights(name));
      await refresh();
    },
    async upload(file) {
      const set = await attempt(() => service.uploadWeights(file));
      await refresh();
      if (set) store.set({ run: set.name, epoch: null, compared: [] });
    },
    useToken(token) {
      service.useToken(token);
      return learn();
    },
  };
}
