/** "The map": training digits and the user's drawing in the plane of a layer's principal components, and the nearest digits. */
import { mapPrograms } from "../../core/lab/programs.js";
import { strongestCell } from "../../core/statistics.js";
import { hasSameValues } from "../../core/store.js";
import { createLatest, drawingBody, request, safetensors } from "../../service/lab.js";
import { el, setAttribute, setText } from "../../ui/dom.js";
import { createPrograms } from "../../widgets/program-tabs.js";
import { createSheet } from "../shared/digit-sheet.js";
import { createGuessedSettings, earlierText } from "../shared/guess-form.js";
import { createScatter } from "./scatter.js";
import { explainedText, guessText, LAYERS, nearestText, rowOf } from "./texts.js";

const FIRST = "input"; // the layer that is shown before the guess
const USUAL = "relu3";
const RUN = "lesson"; // the run with epochs
const KEPT = 24; // maps
const REST = 700; // ms
const FETCHED = [...LAYERS].reverse(); // the small layers first

export function mount(root, lab) {
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  const state = { layer: USUAL, guess: null, revealed: false };
  const guessed = createGuessedSettings();
  const maps = new Map(); // by weights and layer
  const sheet = createSheet("train", lab.changed);
  let wanted = null; // the map that is being fetched
  let near = null; // the newest response of /lab/map/nearest, with its inputs
  let requested = null;
  let hovered = null;
  let moved = { weights: null, time: -Infinity }; // when other weights were chosen

  const scatter = createScatter({
    hovered(index) {
      hovered = index;
      lab.changed();
    },
  });
  part("plot").append(scatter.node);

  function choose(patch) {
    Object.assign(state, patch);
    lab.changed();
  }
  for (const input of root.querySelectorAll('[name="map-layer"]')) input.addEventListener("change", () => choose({ layer: input.value }));
  part("guess-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const guess = root.querySelector('[name="map-guess"]:checked')?.value;
    if (!guess) return void lab.say("Choose a layer first.");
    lab.say(""); // an earlier guess may have been refused
    guessed.begin();
    choose({ guess, layer: guess, revealed: true });
  });
  root.querySelector("[data-reveal]").addEventListener("click", () => choose({ guess: null, revealed: true }));
  part("ask-again").addEventListener("click", () => choose({ guess: null, revealed: false }));
  part("epoch").addEventListener("input", ({ target }) => lab.setWeights(`${RUN}:${target.value}`));
  const programs = createPrograms(root.querySelector(".code"), ["numpy", "torch", "curl"], () => mapPrograms({ ...lab.request(), layer: shownLayer() }), lab);

  const shownLayer = () => (state.revealed ? state.layer : FIRST);
  const keyOf = (layer) => `${lab.state.weightSet ?? ""} ${layer}`;
  const current = () => maps.get(keyOf(shownLayer())) ?? null;

  const fetchMap = createLatest(
    async ({ weights, layer }) => {
      const { tensors, metadata } = await safetensors("/lab/map", { layer, weights });
      return { points: tensors.points, labels: tensors.labels.data, mean: tensors.mean.data, components: tensors.components.data, facts: JSON.parse(metadata.facts) };
    },
    (found, { key }) => {
      maps.set(key, found);
      if (maps.size > KEPT) maps.delete(maps.keys().next().value);
      wanted = null;
      lab.changed();
    },
    (error) => {
      wanted = null;
      lab.say(error.message);
    },
  );
  const askNearest = createLatest(
    ({ drawn, pen, weights, layer }) => request("/lab/map/nearest", { layer, weights }, drawingBody(drawn, pen)),
    (found, inputs) => {
      near = { ...found, inputs };
      lab.changed();
    },
    (error) => lab.say(error.message),
  );

  /**
   * Fetch the map on the page. After the guess, fetch the others one by one: the table compares their facts. They take the service
   * a second, so they wait until the slider of the epochs rests.
   */
  function fetchMaps() {
    if (moved.weights !== lab.state.weightSet) {
      moved = { weights: lab.state.weightSet, time: performance.now() };
      setTimeout(lab.changed, REST);
    }
    const others = state.revealed && performance.now() - moved.time >= REST ? FETCHED : [];
    const missing = [shownLayer(), ...others].find((layer) => !maps.has(keyOf(layer)));
    if (!missing || wanted === keyOf(missing)) return;
    wanted = keyOf(missing);
    fetchMap({ weights: lab.state.weightSet, layer: missing, key: wanted });
  }


  /** The point of the user's drawing, from the live activations. */
  function ownPoint({ mean, components }) {
    const values = lab.state.answer.activations[shownLayer()];
    if ((lab.state.answer.weightSet ?? null) !== lab.state.weightSet) return null;
    const point = [0, 0];
    for (let i = 0; i < values.length; i++) {
      const difference = values[i] - mean[i];
      point[0] += components[i] * difference;
      point[1] += components[values.length + i] * difference;
    }
    return lab.blank ? null : point;
  }

  function showNearest(map) {
    const inputs = { ...lab.drawing(), weights: lab.state.weightSet, layer: shownLayer() };
    part("near-block").hidden = !state.revealed || lab.blank;
    if (state.revealed && map && lab.settled && !lab.blank && !hasSameValues(inputs, requested)) {
      requested = inputs;
      askNearest(inputs);
    }
    const settled = hasSameValues(inputs, near?.inputs);
    part("near").dataset.settled = String(settled);
    if (!near) return settled;
    part("near").replaceChildren(...near.nearest.map(({ position, label, distance }) => {
      const canvas = el("canvas", { width: 28, height: 28, role: "img", "aria-label": `A training digit, labelled ${label}, at distance ${distance.toFixed(1)}` });
      sheet.draw(canvas, position);
      return el("figure", {}, canvas, el("figcaption", {}, el("b", {}, String(label)), ` ${distance.toFixed(1)}`));
    }));
    setText(part("near-says"), nearestText(near.nearest, near.prediction.digit));
    return settled;
  }

  const guessIsAboutThis = () => state.guess === null || guessed.holds({ weights: lab.state.weightSet });

  function showFacts() {
    const known = LAYERS.map((layer) => maps.get(keyOf(layer))?.facts).filter(Boolean);
    const complete = known.length === LAYERS.length;
    part("facts").replaceChildren(...known.map((facts) => {
      const [layer, ...cells] = rowOf(facts);
      return el("tr", { class: layer === state.layer ? "own" : undefined }, el("th", { scope: "row" }, layer), ...cells.map((cell) => el("td", {}, cell)));
    }));
    const holds = guessIsAboutThis();
    const verdict = complete ? guessText(holds ? state.guess : null, known) : `Measuring: ${known.length} of ${LAYERS.length} layers…`;
    setText(part("guessed"), holds ? verdict : `${verdict} ${earlierText(state.guess, "other weights")}`);
    return complete;
  }

  /**
   * Set the slider, which has the epochs of the run RUN, to the epoch of the weights. The weights may be of another run, or have
   * no epochs.
   */
  function showEpoch() {
    const slider = part("epoch");
    const [run, epoch = slider.max] = lab.original.split(":");
    slider.value = run === RUN ? epoch : slider.max;
    slider.classList.toggle("unused", run !== RUN);
    const says = run !== RUN ? `the map shows the weights ${lab.original}; move the slider to see the run ${RUN}` : epoch === "0" ? "untrained" : `after epoch ${epoch}`;
    setText(part("epoch-says"), says);
    setAttribute(slider, "aria-valuetext", says);
  }

  function showHovered(map) {
    const canvas = part("hovered");
    part("hovered-block").hidden = hovered === null;
    if (hovered === null) return;
    sheet.draw(canvas, hovered);
    setText(part("hovered-says"), `a training digit, labelled ${map.labels[hovered]}`);
  }

  return {
    show() {
      fetchMaps();
      const map = current();
      part("guess-form").hidden = state.revealed;
      part("results").hidden = part("layers").hidden = !state.revealed;
      for (const input of root.querySelectorAll('[name="map-layer"]')) input.checked = input.value === shownLayer();
      showEpoch();
      part("plot").dataset.settled = String(Boolean(map));
      setText(part("explained"), map ? explainedText(map.facts) : "Loading the map…");
      let complete = false;
      let settled = false;
      if (map) {
        const closest = state.revealed && near?.inputs.layer === shownLayer() ? near.nearest.map(({ position }) => position) : [];
        scatter.show({ map, own: ownPoint(map), near: closest, theme: lab.theme, label: `5,000 training digits on the map of the layer ${shownLayer()}, and your drawing. ${explainedText(map.facts)}` });
        settled = showNearest(map);
        showHovered(map);
      }
      if (state.revealed) complete = showFacts();
      programs.refresh();
      root.dataset.settled = String(Boolean(map) && lab.settled && (!state.revealed || (complete && (settled || lab.blank))));
    },
    cell: () => strongestCell(shownLayer(), lab.state.answer.activations),
    get() {
      return { ...(state.layer !== USUAL && { layer: state.layer }), ...(state.revealed && { guess: (guessIsAboutThis() && state.guess) || "shown" }) };
    },
    set({ layer, guess = "" }) {
      guessed.begin();
      Object.assign(state, { layer: LAYERS.includes(layer) ? layer : USUAL, revealed: guess !== "", guess: LAYERS.includes(guess) ? guess : null });
      lab.changed();
    },
  };
}
