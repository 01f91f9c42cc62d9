/** The controls above the plots: the form for a new run, the buttons of the run that trains, or why nothing can be trained here. */
import { readGuess } from "../core/training/guesses.js";
import { progress, settingsText, STATES } from "../core/training/texts.js";
import { linkTerms } from "../ui/glossary/links.js";
import { el, setHidden, setText } from "../ui/dom.js";
import { isShown, keepFocus, setDisabled } from "../ui/input/focus.js";
import { liveRun, logOf, runOf } from "./page-state.js";
import { createStartForm } from "./start-form.js";

const SLOW = 1; // seconds for a batch in slow motion

/** `session` is that of session.js. Returns show(state). */
export function createControls(root, store, session) {
  const form = root.querySelector(".start-form");
  const showForm = createStartForm(form, store, { launch: (runs) => session.launch(...runs) });
  const unavailable = createUnavailable(store, session);
  const running = createRunning(store, session);
  form.before(unavailable.node, running.node);
  const firstControl = () => [...root.querySelectorAll("button, select")].find(isShown) ?? root;

  return (state) => keepFocus(() => update(state), firstControl);

  function update(state) {
    const { defaults } = state;
    const live = liveRun(state);
    const shown = runOf(state);
    const resumable = shown?.origin === "run" && (shown.state === "interrupted" || shown.state === "stopped");
    const about = live && (shown?.id === live.id || !resumable) ? live : resumable ? shown : null;
    setHidden(unavailable.node, !defaults || (defaults.possible && !defaults.data_detail));
    if (defaults) setHidden(form, !defaults.possible || Boolean(live)); // until then, it shows what the template contains
    setHidden(running.node, !about);
    if (!unavailable.node.hidden) unavailable.show(state);
    if (!form.hidden) showForm(state);
    if (about) running.show(state, about);
  }
}

/** Why this server cannot train, and what to do. */
function createUnavailable(store, session) {
  const text = el("p", { class: "unavailable-text" });
  const look = el("button", { type: "button", class: "strong", id: "look-at-lesson" }, "Look at the lesson’s run");
  look.addEventListener("click", () => store.set({ run: "lesson", epoch: null, compared: [] }));
  const token = el("input", { type: "password", id: "token", autocomplete: "off" });
  const form = el("form", { class: "token-form" }, el("label", { htmlFor: "token" }, "The operator’s token"), token, el("button", { type: "submit", class: "quiet" }, "Use it"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (token.value) session.useToken(token.value);
  });
  const node = el("div", { class: "unavailable", hidden: true }, text, el("p", { class: "form-row" }, look), form);
  return {
    node,
    show({ defaults, run, runs }) {
      setText(text, defaults.detail ?? defaults.data_detail);
      setHidden(form, defaults.reason !== "token");
      setHidden(look, defaults.possible || run === "lesson" || !runs.some(({ id }) => id === "lesson"));
    },
  };
}

/** The buttons of the run that trains, its progress, and the question before the next epoch. */
function createRunning(store, session) {
  const name = el("b", { class: "run-name" });
  const settings = el("span", { class: "settings-text" });
  const back = el("button", { type: "button", class: "quiet" }, "Show it");
  const button = (id, text, title, act) => {
    const made = el("button", { type: "button", class: "quiet", id, title }, text);
    made.addEventListener("click", act);
    return made;
  };
  let about = null; // the run that the buttons belong to
  const act = (action, options) => session.sendCommand(about.id, action, options);
  const pause = button("pause", "Pause", "Wait after the current batch", () => act("pause"));
  const resume = button("resume", "Go on", "Train at full speed", () => act("resume"));
  const batch = button("one-batch", "One batch", "Train with one batch, then wait", () => act("step", { unit: "batch" }).then(() => store.set({ view: "step" })));
  const epoch = button("one-epoch", "One epoch", "Train until the end of the epoch, then wait", () => {
    expect();
    act("step", { unit: "epoch" });
  });
  const slow = button("slow", "Slow motion", "One batch a second, step by step", () => {
    store.set({ view: "step" });
    act("resume", { seconds_per_batch: SLOW });
  });
  const stop = button("stop", "Stop", "End the run; its complete epochs are kept", () => act("stop"));
  resume.classList.add("strong");
  const guess = el("input", { type: "text", inputMode: "decimal", class: "guess", id: "next-guess", autocomplete: "off", maxLength: 6 });
  const guessLabel = el("label", { htmlFor: "next-guess" });
  const ask = el("span", { class: "next-guess" }, guessLabel, " ", guess, " %");
  const expect = () => {
    const accuracy = readGuess(guess.value);
    if (accuracy !== null) session.keepGuess(about.id, { point: { epoch: nextEpoch(), accuracy } });
    guess.value = "";
  };
  guess.addEventListener("change", () => readGuess(guess.value) !== null && session.keepGuess(about.id, { point: { epoch: nextEpoch(), accuracy: readGuess(guess.value) } }));
  const nextEpoch = () => (logOf(store.state, about.id).measured.at(-1)?.epoch ?? 0) + 1;
  const numbers = el("dl", { class: "progress" });
  const bar = el("progress", { max: 1, value: 0, "aria-label": "Progress of the run" });
  back.addEventListener("click", () => store.set({ run: about.id, epoch: null }));
  const node = el("div", { class: "running", hidden: true },
    el("p", { class: "form-row running-head" }, name, settings, back),
    el("div", { class: "form-row", role: "group", "aria-label": "Controls of the run" }, pause, resume, batch, epoch, slow, stop, ask),
    el("div", { class: "progress-row" }, bar, numbers));

  return {
    node,
    show(state, run) {
      about = run;
      const log = logOf(state, run.id);
      const waits = run.state !== "training"; // paused, or ended and resumable
      const ended = run.state !== "training" && run.state !== "paused";
      const asked = !ended && state.asked?.id === run.id ? state.asked.action : null;
      const pausing = asked === "pause" && !waits;
      const soon = pausing ? "pausing…" : asked === "stop" ? "stopping…" : STATES[run.state];
      setText(name, `${run.id}: ${state.away ? "connecting again…" : soon}`);
      setText(settings, settingsText(run.settings));
      setHidden(back, state.run === run.id);
      setHidden(pause, waits);
      setHidden(resume, !waits);
      for (const each of [batch, epoch]) setHidden(each, !waits || ended);
      setHidden(slow, ended);
      setHidden(stop, ended);
      setHidden(ask, !waits || ended || log.measured.length === 0);
      setText(guessLabel, `What accuracy do you expect after epoch ${nextEpoch()}?`);
      for (const each of [pause, resume, batch, epoch, slow, stop]) setDisabled(each, state.busy || (each === pause && pausing));
      const rows = progress(log);
      const same = numbers.children.length === rows.length;
      if (!same) {
        numbers.replaceChildren(...rows.map(([label]) => el("div", {}, el("dt", {}, label), el("dd"))));
        linkTerms([...numbers.querySelectorAll("dt")]);
      }
      for (const [i, [, value]] of rows.entries()) setText(numbers.children[i].lastChild, value);
      const done = log.batch ? (log.batch.epoch - 1 + log.batch.batch / log.batches) / log.epochs : 0;
      bar.value = Number.isFinite(done) ? done : 0;
    },
  };
}
