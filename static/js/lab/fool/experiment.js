/** "Fool it": small changes that make the network read another digit, how well they work, and the game. */
import { attackPrograms } from "../../core/lab/programs.js";
import { linePrediction } from "../../core/prediction-text.js";
import { hasSameValues } from "../../core/store.js";
import { plain } from "../../core/text.js";
import { createLatest, drawingBody, request } from "../../service/lab.js";
import { setText } from "../../ui/dom.js";
import { paintSigned, paintSignedRamp } from "../../ui/images/signed.js";
import { createChart, createTable, sample } from "../../widgets/chart.js";
import { createPrograms } from "../../widgets/program-tabs.js";
import { paintGrey } from "../shared/grey-image.js";
import { createGuess, earlierText } from "../shared/guess-form.js";
import { createGame } from "./game.js";
import { attackText, curveText, familiarityText, guessText, readText } from "./texts.js";

const USUAL = { method: "iterated", epsilon: null, towards: "any", scale: "amplified" };
const MIDDLE = 24; // grey levels, where the slider of ε waits for the smallest one
const LONG = 90; // s, for the curve of ten steps: it takes seconds, or more if other users wait, too
const WITH_EPSILON = ["fgsm", "iterated"];
const X = { name: "ε in grey levels", from: 0, to: 128, ticks: [0, 32, 64, 96, 128], write: String };
const Y = { name: "read correctly", from: 0, to: 1, ticks: [0, 0.5, 1], write: (share) => `${100 * share} %` };

export function mount(root, lab) {
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  const state = { ...USUAL };
  const choose = (patch) => {
    Object.assign(state, patch);
    lab.changed();
  };
  const question = createGuess(part("guess-form"), [0, 255], { say: lab.say, changed: lab.changed });
  const game = createGame(part, lab);
  const chart = createChart({ x: X, y: Y, width: 336, height: 200 });
  const table = createTable("The curve as a table");
  part("curve").append(chart.node, table.node);
  for (const [kind, name] of ["one", "ten"].entries()) part(`${name}-mark`).append(sample(kind));
  let smallest = null; // the response for the guess, with its inputs
  let attack = null; // the newest attack, with its inputs
  let requested = { smallest: null, attack: null, curve: null };
  let curve = null;

  for (const name of ["method", "scale"]) {
    for (const input of root.querySelectorAll(`[name="fool-${name}"]`)) input.addEventListener("change", () => choose({ [name]: input.value }));
  }
  part("epsilon").addEventListener("input", ({ target }) => choose({ epsilon: target.value }));
  part("towards").addEventListener("change", ({ target }) => choose({ towards: target.value }));
  part("ask-again").addEventListener("click", question.again);

  const ask = (keep) => createLatest(
    ({ drawn, pen, weights, ...query }) => request("/lab/attack", { ...query, weights }, drawingBody(drawn, pen)),
    (found, own) => {
      keep({ ...found, inputs: own });
      lab.changed();
    },
    (error) => lab.say(error.message),
  );
  const askSmallest = ask((found) => (smallest = found));
  const askAttack = ask((found) => (attack = found));
  const askCurve = createLatest(
    async ({ weights }) => {
      const one = await request("/lab/attack/accuracy", { weights });
      if (weights === lab.state.weightSet) keepCurve({ one, ten: null, inputs: { weights } });
      return { one, ten: await request("/lab/attack/accuracy", { weights, method: "iterated" }, null, { timeout: LONG }) };
    },
    (found, own) => {
      keepCurve({ ...found, inputs: own });
    },
    (error) => lab.say(error.message),
  );
  function keepCurve(found) {
    curve = found;
    showCurve();
    lab.changed();
  }
  function once(name, own, send) {
    if (hasSameValues(own, requested[name])) return;
    requested = { ...requested, [name]: own };
    send(own);
  }

  const programs = createPrograms(root.querySelector(".code"), ["numpy", "torch", "curl"], () => attackPrograms({ ...lab.request(), epsilon: epsilonNow() ?? MIDDLE, digit: attack?.digit ?? 0 }), lab);

  const known = () => hasSameValues({ ...lab.drawing(), weights: lab.state.weightSet }, smallest?.inputs);

  /**
   * The chosen ε. Before the user chooses one, it is the smallest ε that is enough, about which the user guesses; null until that
   * is known.
   */
  function epsilonNow() {
    if (state.epsilon !== null) return Number(state.epsilon);
    return known() ? Math.min(smallest.epsilon, X.to) : null;
  }

  /** What to say about the guess. `holds` says whether it is about this drawing and these weights. */
  function guessedText(holds) {
    const { guess } = question;
    if (holds) return guessText(guess, smallest);
    return `${guessText(null, smallest)} ${earlierText(plain(guess), "another drawing or other weights")}`;
  }

  function query() {
    const towards = state.towards === "any" ? null : Number(state.towards);
    return { ...lab.drawing(), weights: lab.state.weightSet, method: state.method, epsilon: WITH_EPSILON.includes(state.method) ? epsilonNow() : null, towards };
  }

  function showCurve() {
    const { one, ten } = curve;
    const { digits, epsilons } = one;
    const found = [one, ten].filter(Boolean);
    const lines = found.map((each, kind) => ({ kind, points: each.epsilons.map((epsilon, i) => [epsilon, each.correct[i] / digits]) }));
    part("measuring").hidden = ten !== null;
    chart.show({ label: `The share of ${digits} test digits that is read correctly, for each ε.`, lines, at: WITH_EPSILON.includes(state.method) ? epsilonNow() : null });
    const cell = (each, epsilon) => (each.epsilons.includes(epsilon) ? `${each.correct[each.epsilons.indexOf(epsilon)]} of ${digits}` : "–");
    table.show(["ε", "after one step", "after ten steps"].slice(0, found.length + 1), epsilons.map((epsilon) => [String(epsilon), ...found.map((each) => cell(each, epsilon))]));
  }

  function showAttack() {
    part("images").dataset.settled = String(hasSameValues(query(), attack?.inputs));
    if (!attack) return;
    paintGrey(part("before"), attack.pixels);
    paintGrey(part("after"), attack.changed);
    const values = attack.changed.map((row, i) => row.map((level, j) => level - attack.pixels[i][j]));
    paintSigned(part("difference"), { values, pixels: attack.pixels.map((row) => row.map(() => 0)) }, lab.theme, state.scale === "amplified" ? undefined : 255);
    paintSignedRamp(part("ramp"), lab.theme);
    const end = state.scale === "amplified" ? Math.max(attack.largest_change, 1) : 255;
    setText(part("darker"), `−${end}`);
    setText(part("lighter"), `+${end}`);
    setText(part("before-says"), linePrediction(attack.prediction));
    setText(part("after-says"), readText(attack.changed_prediction));
    setText(part("attack-says"), attackText(attack));
    setText(part("familiarity"), familiarityText(attack.prediction, attack.changed_prediction));
  }

  return {
    show() {
      const settled = lab.settled;
      part("guess-form").hidden = question.revealed;
      part("results").hidden = !question.revealed;
      const holds = lab.blank || question.holds({ ...lab.drawing(), weights: lab.state.weightSet });
      const epsilon = epsilonNow();
      const waits = epsilon === null && WITH_EPSILON.includes(state.method);
      if (settled && question.revealed && !lab.blank) {
        once("smallest", { ...lab.drawing(), weights: lab.state.weightSet, method: "smallest_epsilon" }, askSmallest);
        if (!waits) once("attack", query(), askAttack);
        once("curve", { weights: lab.state.weightSet }, askCurve);
      }
      for (const name of ["method", "scale"]) for (const input of root.querySelectorAll(`[name="fool-${name}"]`)) input.checked = input.value === state[name];
      part("epsilon").value = epsilon ?? MIDDLE;
      part("epsilon-block").hidden = !WITH_EPSILON.includes(state.method);
      setText(part("epsilon-says"), `ε = ${epsilon ?? "…"}`);
      part("towards").value = state.towards;
      setText(part("guessed"), known() ? guessedText(holds) : "…");
      showAttack();
      part("curve").hidden = !curve;
      if (curve) {
        showCurve();
        setText(part("curve-says"), curveText(curve, epsilon ?? MIDDLE));
      }
      game.show();
      programs.refresh();
      root.dataset.settled = String(settled && (!question.revealed || lab.blank || (known() && part("images").dataset.settled === "true" && hasSameValues({ weights: lab.state.weightSet }, curve?.inputs))));
    },
    needsPad: () => lab.blank,
    get() {
      const changed = Object.entries(USUAL).filter(([name, usual]) => state[name] !== usual).map(([name]) => [name, state[name]]);
      return Object.fromEntries([...changed, ...(question.text ? [["guess", question.text]] : []), ...(game.pair.join("-") === "4-9" ? [] : [["pair", game.pair.join("-")]])]);
    },
    set(texts) {
      Object.assign(state, USUAL);
      if ([...WITH_EPSILON, "fewest_pixels", "smallest_change"].includes(texts.method)) state.method = texts.method;
      if (/^\d{1,3}$/.test(texts.epsilon ?? "") && Number(texts.epsilon) <= 128) state.epsilon = texts.epsilon;
      if (/^\d$/.test(texts.towards ?? "")) state.towards = texts.towards;
      if (texts.scale === "true") state.scale = "true";
      const [, right, wrong] = /^(\d)-(\d)$/.exec(texts.pair ?? "") ?? [];
      game.set(right && right !== wrong ? [Number(right), Number(wrong)] : [4, 9]);
      question.read(texts.guess ?? "");
      lab.changed();
    },
  };
}
