/** The form that starts a run: a preset, its question, the accuracy that the student expects, and the settings. */
import { FACTS } from "../core/service-facts.js";
import { CURVES, percentText, readGuess } from "../core/training/guesses.js";
import { SETTINGS, settingsText } from "../core/training/texts.js";
import { numberOf } from "../core/input.js";
import { createRefusal } from "../ui/messages.js";
import { el, setHidden, setText } from "../ui/dom.js";
import { setDisabled } from "../ui/input/focus.js";
import { createSwitch } from "../ui/switch.js";

const PRESETS = FACTS.presets;
/** The settings with a field, in their order. */
const FIELDS = ["epochs", "batch", "learning_rate", "share", "augmented", "seed"];
const PERCENT = ["share", "augmented"];

const presetOf = (name) => PRESETS.find((preset) => preset.name === name) ?? PRESETS[0];

/** The settings of a preset's run, completed with those of its recipe, for the texts. */
const complete = (settings, recipes) => ({ ...recipes?.[settings.recipe], ...settings });

/**
 * The page's template has the presets and the text of the first one in `node`, so that they are there from the start. The rest is
 * added here, and shown when the limits of the server are known. `launch(runs)` starts the runs, each { settings, guess, curve,
 * paused }. Returns show(state).
 */
export function createStartForm(node, store, { launch }) {
  const list = node.querySelector("#preset");
  const text = node.querySelector("#preset-text");
  const question = createSwitch("curve", "", Object.entries(CURVES).map(([value, name]) => [value, name]), (curve) => store.set({ curve }));
  const legend = question.querySelector("legend");
  const guess = el("input", { type: "text", inputMode: "decimal", id: "guess", class: "guess", autocomplete: "off", maxLength: 6 });
  const guessLabel = el("label", { htmlFor: "guess" });
  const refusal = createRefusal();
  const begin = el("button", { type: "submit", class: "strong", id: "start" }, "Start");
  const stepwise = el("button", { type: "button", class: "quiet", id: "start-paused", title: "Start the run, but pause before the first batch: then take one batch or one epoch at a time" }, "Step by step");
  const summary = el("span", { class: "settings-text" });
  const fields = Object.fromEntries(FIELDS.map((name) => [name, createField(name)]));
  const optimiser = el("select", { id: "setting-optimiser" });
  const reset = el("button", { type: "button", class: "quiet" }, "As in the preset");
  const settings = el("details", { class: "settings" }, el("summary", {}, "Settings: ", summary),
    el("div", { class: "fields" }, ...FIELDS.map((name) => fields[name].node), el("label", {}, "update rule ", optimiser), reset));
  const rest = el("div", { hidden: true },
    el("div", { class: "form-row" }, question),
    el("div", { class: "form-row" }, guessLabel, el("span", { class: "guess-box" }, guess, " %"), begin, stepwise, refusal.node),
    settings);
  node.append(rest);

  list.addEventListener("change", () => store.set({ preset: list.value, changes: {}, curve: null }));
  guess.addEventListener("input", () => refusal.say(guess, ""));
  guess.addEventListener("change", readTyped);
  optimiser.addEventListener("change", () => change("optimiser", optimiser.value));
  reset.addEventListener("click", () => store.set({ changes: {} }));
  node.addEventListener("submit", (event) => {
    event.preventDefault();
    go(false);
  });
  stepwise.addEventListener("click", () => go(true));

  function readTyped() {
    const typed = readGuess(guess.value);
    refusal.say(guess, typed === null && guess.value.trim() !== "" ? "The accuracy is a number from 0 to 100." : "");
    store.set({ guess: typed });
    return typed !== null || guess.value.trim() === "";
  }
  function go(paused) {
    if (!readTyped()) return guess.focus();
    const { preset, changes, guess: expected, curve } = store.state;
    launch(presetOf(preset).runs.map((run) => ({ settings: { ...run, ...changes }, guess: expected, curve, paused })));
    guess.value = "";
    return store.set({ guess: null, curve: null });
  }
  const change = (name, value) => store.set({ changes: { ...store.state.changes, [name]: value } });

  /** A field for a number within the limits of the server. */
  function createField(name) {
    const [label, write] = SETTINGS[name];
    const input = el("input", { type: "text", inputMode: "decimal", autocomplete: "off", size: 7 });
    const message = createRefusal();
    input.addEventListener("change", () => {
      const [min, max] = store.state.defaults?.limits?.[name] ?? [0, Infinity];
      const typed = numberOf(PERCENT.includes(name) && !/%\s*$/.test(input.value) ? `${input.value} %` : input.value);
      const whole = !PERCENT.includes(name) && name !== "learning_rate";
      const right = typed !== null && typed >= min && typed <= max && (!whole || Number.isInteger(typed));
      message.say(input, right ? "" : `${label}: ${whole ? "a whole number" : "a number"} from ${write(min)} to ${write(max)}.`);
      if (right) change(name, typed);
      else input.value = write(complete({ ...presetOf(store.state.preset).runs[0], ...store.state.changes }, store.state.defaults?.recipes)[name] ?? min);
    });
    return { input, write, node: el("label", {}, `${label} `, input, message.node) };
  }

  return (state) => {
    const { defaults, changes, curve, busy } = state;
    const preset = presetOf(state.preset);
    const runs = preset.runs.map((run) => complete({ ...run, ...changes }, defaults?.recipes));
    setHidden(rest, !defaults);
    list.value = preset.name;
    setText(text, preset.text);
    setText(legend, preset.asks);
    for (const input of question.querySelectorAll("input")) input.checked = input.value === curve;
    const epochs = runs[0].epochs;
    setText(guessLabel, `What accuracy do you expect ${epochs === undefined ? "at the end" : epochs === 1 ? "after 1 epoch" : `after ${epochs} epochs`}?`);
    setText(summary, runs[0].epochs === undefined ? "" : settingsText(runs[0]));
    for (const [name, { input, write }] of Object.entries(fields)) {
      const value = runs[0][name] ?? (name === "seed" ? 0 : name === "share" ? 1 : 0);
      if (document.activeElement !== input) input.value = write(value);
    }
    const rules = defaults?.optimisers ?? [];
    if (optimiser.options.length !== rules.length) optimiser.replaceChildren(...rules.map((name) => el("option", { value: name }, SETTINGS.optimiser[1](name))));
    optimiser.value = runs[0].optimiser ?? rules[0] ?? "";
    setHidden(optimiser.parentElement, rules.length === 0);
    setHidden(reset, Object.keys(changes).length === 0);
    for (const each of [begin, stepwise]) setDisabled(each, busy);
    setText(begin, preset.runs.length > 1 ? `Start ${preset.runs.length} runs` : "Start");
    if (state.guess !== null && guess.value === "") guess.value = percentText(state.guess).replace(" %", "");
  };
}
