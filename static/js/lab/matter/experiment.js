/** "What matters": five maps of the pixels that matter, the same maps of an untrained network, and the game of four pixels. */
import { saliencyPrograms } from "../../core/lab/programs.js";
import { linePrediction } from "../../core/prediction-text.js";
import { indexOfLargest } from "../../core/statistics.js";
import { hasSameValues } from "../../core/store.js";
import { number } from "../../core/text.js";
import { createLatest, drawingBody, pixelsBody, request } from "../../service/lab.js";
import { el, setText } from "../../ui/dom.js";
import { setDisabled } from "../../ui/input/focus.js";
import { paintSigned, paintSignedRamp } from "../../ui/images/signed.js";
import { createPrograms } from "../../widgets/program-tabs.js";
import { without } from "../shared/grey-image.js";
import { createPixelPicker } from "../shared/pixel-picker.js";
import { correlation, correlationText, gameText, METHODS, strongest } from "./texts.js";

const COUNT = 4; // pixels of the game
const UNTRAINED = "lesson:0";
const REST = 150; // ms
const USUAL = { digit: "own", patch: "3", method: "integrated_gradients" };

export function mount(root, lab) {
  const $ = (name) => root.querySelector(`[data-part="${name}"]`);
  const state = { ...USUAL, picked: [], revealed: false };
  let requested = null; // the inputs of the maps on the page
  let maps = {}; // by method { trained, untrained }, responses of /lab/saliency
  let game = null; // the result of the game
  let linked = false; // whether a link has set the pixels, for the drawing that the page is about to show

  const picker = createPixelPicker({
    most: COUNT,
    label: "Your drawing as the network gets it. Pick four pixels to rub out.",
    changed(places) {
      state.picked = places;
      game = null;
      lab.changed();
    },
  });
  $("picker").append(picker.node);

  const figures = Object.fromEntries(Object.entries(METHODS).map(([method, [name, how]]) => {
    const [trained, untrained] = ["", " for the untrained network"].map((which) => el("canvas", { width: 28, height: 28, role: "img", "aria-label": `${name}${which}` }));
    const button = el("button", { type: "button", class: "method-name", "aria-pressed": "false", title: `Show the four pixels of this method: ${how}.` }, name);
    const alike = el("p", { class: "caption alike" });
    button.addEventListener("click", () => {
      state.method = method;
      lab.changed();
    });
    $("maps").append(el("div", { class: "method" }, button, el("p", { class: "caption method-how" }, `${how}.`), trained, el("p", { class: "caption" }, "the same for the untrained network:"), untrained, alike));
    return [method, { trained, untrained, button, alike }];
  }));

  const programs = createPrograms(root.querySelector(".code"), ["numpy", "torch", "curl"], () => {
    const found = maps[state.method]?.trained;
    const waiting = "# The map is not computed yet.\n";
    if (!found) return { numpy: waiting, torch: waiting, curl: waiting };
    return saliencyPrograms({ ...lab.request(), method: state.method, digit: requested.digit, patch: state.patch, four: strongest(found.values, found.pixels, COUNT) });
  }, lab);

  $("digit").addEventListener("change", ({ target }) => choose({ digit: target.value }));
  $("patch").addEventListener("input", ({ target }) => {
    choose({ patch: target.value });
    if (lab.state.answer) askForMaps(); // at once: show() would ask in the next frame
  });
  $("rub").addEventListener("click", play);
  $("show").addEventListener("click", () => choose({ revealed: true }));
  $("again").addEventListener("click", () => {
    picker.set([]);
    game = null;
    choose({ picked: [], revealed: false });
  });

  function choose(patch) {
    Object.assign(state, patch);
    lab.changed();
  }

  /** Request the map `which`, "trained" or "untrained", of each method that does not have it yet. */
  const askEach = (which, weightsOf, done) => createLatest(
    async (inputs) => {
      for (const method of Object.keys(METHODS).filter((each) => !maps[each]?.[which])) {
        const query = { method, digit: inputs.digit, weights: weightsOf(inputs), patch: method === "occlusion" ? inputs.patch : null };
        const found = await request("/lab/saliency", query, drawingBody(inputs.drawn, inputs.pen));
        if (inputs !== requested) return;
        (maps[method] ??= {})[which] = found;
        lab.changed();
      }
    },
    (_, inputs) => inputs === requested && done(inputs),
    (error) => lab.say(error.message),
  );
  let later = null;
  const askUntrained = askEach("untrained", () => UNTRAINED, () => {});
  // The comparison waits until the slider rests, so that the map itself can follow the slider.
  const askMaps = askEach("trained", ({ weights }) => weights, (inputs) => (later = setTimeout(askUntrained, REST, inputs)));

  /** Ask for the maps of the present settings, unless the page has them or waits for them. Returns the settings. */
  function askForMaps() {
    const { answer, weightSet: weights } = lab.state;
    const digit = state.digit === "own" ? indexOfLargest(answer.prediction.probabilities) : Number(state.digit);
    const inputs = { ...lab.drawing(), digit, patch: state.patch, weights };
    if (lab.settled && !hasSameValues(inputs, requested)) {
      if (requested && requested.drawn !== inputs.drawn && !linked) {
        picker.set([]);
        Object.assign(state, { picked: [], revealed: false });
      }
      const onlyPatch = hasSameValues({ ...inputs, patch: requested?.patch }, requested);
      requested = inputs;
      game = null;
      clearTimeout(later);
      maps = onlyPatch ? { ...maps, occlusion: {} } : {};
      askMaps(inputs);
    }
    if (lab.settled) linked = false;
    return inputs;
  }

  /** Rub the pixels out, those of the user and those of each method, and compare the logits. */
  async function play() {
    const pixels = lab.pixels();
    const { digit, weights } = requested;
    const inputs = requested;
    const logitWithout = async (places) => {
      const found = await request("/feature-maps", { layers: "logits", prepare: "none", weights }, pixelsBody(without(pixels, places)));
      return { logit: found.layers[0].values[digit], prediction: found.prediction };
    };
    setDisabled($("rub"), true);
    try {
      const whole = await logitWithout([]);
      const yours = await logitWithout(state.picked);
      const falls = { yours: whole.logit - yours.logit };
      for (const method of Object.keys(METHODS)) {
        const places = strongest(maps[method].trained.values, pixels, COUNT);
        falls[method] = whole.logit - (await logitWithout(places)).logit;
      }
      if (inputs !== requested) return;
      game = { falls, whole, yours, digit };
      choose({ revealed: true });
    } catch (error) {
      lab.say(error.message);
    }
  }

  function showGame(pixels, ready) {
    const found = maps[state.method]?.trained;
    const places = state.revealed && found ? strongest(found.values, pixels, COUNT) : [];
    picker.show(pixels, places);
    $("outlines").hidden = places.length === 0;
    setText($("outlines"), `${state.picked.length > 0 ? "Orange: your pixels. " : ""}Blue: ${state.picked.length > 0 ? "those" : "the four pixels"} of ${METHODS[state.method][0]}.`);
    setDisabled($("rub"), state.picked.length < COUNT || !ready || game !== null);
    setText($("picked"), game ? "" : `${state.picked.length} of ${COUNT} pixels picked`);
    $("result").hidden = !game;
    if (!game) return;
    const shared = places.filter(([row, column]) => state.picked.some((place) => place[0] === row && place[1] === column)).length;
    setText($("says"), gameText(game.falls, state.method, shared, game.digit));
    setText($("answer"), `The answer without your pixels: ${linePrediction(game.yours.prediction)}.`);
    const rows = [["your four", game.falls.yours], ...Object.keys(METHODS).map((method) => [METHODS[method][0], game.falls[method]])];
    const most = Math.max(1e-9, ...rows.map(([, fall]) => Math.abs(fall)));
    $("falls").replaceChildren(...rows.sort((a, b) => b[1] - a[1]).map(([name, fall]) =>
      el("tr", { class: name === "your four" ? "own" : undefined }, el("th", { scope: "row" }, name), el("td", {}, number(fall)), el("td", { class: "bar-cell", "aria-hidden": "true" }, bar(Math.max(fall, 0) / most)))));
  }

  const bar = (share) => {
    const node = el("span", { class: "bar" });
    node.style.width = `${100 * share}%`;
    return node;
  };

  return {
    show() {
      const pixels = lab.pixels();
      const { digit } = askForMaps();
      const ready = Object.keys(METHODS).every((method) => maps[method]?.trained && maps[method].untrained);
      root.dataset.settled = String(ready && lab.settled);
      for (const node of root.querySelectorAll(".of-digit")) setText(node, digit);
      $("digit").value = state.digit;
      $("patch").value = state.patch;
      setText($("patch-says"), `${state.patch} × ${state.patch} px`);
      showGame(pixels, ready);
      $("maps").dataset.settled = String(lab.settled && Object.keys(METHODS).every((method) => maps[method]?.trained));
      $("maps-block").hidden = !state.revealed;
      $("show").hidden = state.revealed;
      $("again").hidden = !state.revealed;
      programs.refresh();
      if (!state.revealed) return;
      paintSignedRamp($("ramp"), lab.theme);
      for (const [method, figure] of Object.entries(figures)) {
        figure.button.setAttribute("aria-pressed", String(method === state.method));
        const { trained, untrained } = maps[method] ?? {};
        if (trained) paintSigned(figure.trained, trained, lab.theme);
        if (untrained) paintSigned(figure.untrained, untrained, lab.theme);
        setText(figure.alike, untrained ? correlationText(correlation(trained.values, untrained.values)) : "…");
      }
    },
    needsPad: () => lab.blank,
    get() {
      const changed = Object.entries(USUAL).filter(([name, usual]) => state[name] !== usual).map(([name]) => [name, state[name]]);
      return Object.fromEntries([...changed, ...(state.revealed ? [["shown", "1"]] : []), ...(state.picked.length ? [["rub", state.picked.map((place) => place.join("-")).join("_")]] : [])]);
    },
    set(texts) {
      Object.assign(state, USUAL, { picked: [], revealed: texts.shown === "1" });
      if (texts.method in METHODS) state.method = texts.method;
      if (/^\d$/.test(texts.digit ?? "")) state.digit = texts.digit;
      if (/^[1-9]$/.test(texts.patch ?? "")) state.patch = texts.patch;
      const places = (texts.rub ?? "").split("_").map((text) => /^(\d|1\d|2[0-7])-(\d|1\d|2[0-7])$/.exec(text)).filter(Boolean);
      state.picked = places.slice(0, COUNT).map(([, row, column]) => [Number(row), Number(column)]);
      picker.set(state.picked);
      game = null;
      linked = true;
      lab.changed();
    },
  };
}
