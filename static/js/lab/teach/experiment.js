/** "Teach it": fine-tune the last layer on the student's own drawings, and see what was learnt and what was forgotten. */
import { BLANK } from "../../core/drawing.js";
import { teachPrograms } from "../../core/lab/programs.js";
import { linkableDrawing } from "../../core/links/drawing-text.js";
import { SERVICE } from "../../core/service/address.js";
import { FACTS } from "../../core/service-facts.js";
import { indexOfLargest, strongestCell } from "../../core/statistics.js";
import { percent, plain, plural, withDecimals } from "../../core/text.js";
import { createLatest, json, request, file } from "../../service/lab.js";
import { uploadWeights } from "../../service/training/runs.js";
import { el, setText } from "../../ui/dom.js";
import { keepFocus, setDisabled } from "../../ui/input/focus.js";
import { createPrograms } from "../../widgets/program-tabs.js";
import { createGuess, earlierText } from "../shared/guess-form.js";
import { createCollection } from "./collection.js";
import { drawingsToText, textToDrawings } from "./link.js";
import { keep, readKept } from "./kept.js";
import { createTried } from "./tried.js";
import { forgottenText, learntText, missingText, movedText, planText } from "./texts.js";

const RATES = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2];
const USUAL = { rate: 3, steps: 100, layers: "last", label: "4" };
const MOST_STEPS = FACTS.limits.teach_steps; // { last, all }

export function mount(root, lab) {
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  const state = { ...USUAL };
  const question = createGuess(part("guess-form"), [0, 100], { say: lab.say, changed: lab.changed });
  let found = null; // the newest response with its inputs, or { failed, sent } with the reason why there is none
  let requested = "";
  let making = false; // whether a file of weights is on its way
  let opened = false; // whether a link has set the experiment

  const collection = createCollection(part("collection"), lab, () => {
    keepFocus(collection.show, () => part("undo"));
    keep(drawingsToText(collection.list, Infinity).text);
    lab.changed();
  });
  part("add").addEventListener("click", () => {
    const { drawn, pen } = lab.drawing();
    if (drawn.strokes.length === 0) {
      lab.openPad();
      return void lab.say("First draw a digit on the pad. Samples and other images cannot be added.");
    }
    if (!collection.add({ label: Number(state.label), strokes: drawn.strokes, pen })) return void lab.say("The collection is full.");
    return lab.setDrawing(BLANK);
  });
  part("undo").addEventListener("click", collection.undo);
  part("clear").addEventListener("click", collection.clear);
  part("rate").addEventListener("input", ({ target }) => choose({ rate: target.valueAsNumber }));
  part("steps").addEventListener("input", ({ target }) => choose({ steps: target.valueAsNumber }));
  part("label").addEventListener("change", ({ target }) => choose({ label: target.value }));
  for (const input of root.querySelectorAll('[name="teach-layers"]')) input.addEventListener("change", () => choose({ layers: input.value, steps: Math.min(state.steps, MOST_STEPS[input.value]) }));
  part("ask-again").addEventListener("click", question.again);
  part("download").addEventListener("click", download);
  part("try").addEventListener("click", tryOut);
  const tried = createTried(part, lab);
  const programs = createPrograms(root.querySelector(".code"), ["numpy", "torch", "curl"], () => teachPrograms({ origin: SERVICE, body: body() }), lab);

  function choose(patch) {
    Object.assign(state, patch);
    lab.changed();
  }

  /** The request: coordinates in pad units, rounded to a quarter as in links. */
  const body = () => ({
    drawings: collection.list.map(({ label, strokes, pen }) => ({ label, strokes: strokes.map((stroke) => stroke.map(([x, y]) => [Math.round(4 * x) / 4, Math.round(4 * y) / 4])), pen })),
    weights: lab.state.weightSet,
    layers: state.layers,
    learning_rate: RATES[state.rate],
    steps: state.steps,
  });

  const ask = createLatest(
    (sent) => request("/lab/teach", {}, { type: "application/json", body: sent }),
    (result, sent) => {
      found = { ...result, sent };
      lab.changed();
    },
    (error, sent) => {
      found = { failed: error.message, sent };
      lab.changed();
    },
  );

  /** Ask for the file of the taught weights and use it. The service trains again for it, which may take seconds. */
  async function withWeights(use) {
    making = true;
    lab.changed();
    try {
      await use(await file("/lab/teach", json(body())));
    } catch (error) {
      lab.say(error.message);
    } finally {
      making = false;
      lab.changed();
    }
  }

  /** Give the weights to the server as an upload, and open the network's page with them and a drawing in the taught style. */
  function tryOut() {
    return withWeights(async (blob) => {
      const { name } = await uploadWeights(new File([blob], "taught.safetensors"));
      tried.add(name);
      const own = lab.drawing().drawn.strokes.length > 0;
      const { strokes, pen } = collection.list.at(-1);
      location.assign(lab.toNetwork({ weightSet: name, ...(!own && linkableDrawing({ strokes, image: null }, { pen, prepare: "mnist" })) }));
    });
  }

  function download() {
    return withWeights((blob) => {
      const link = el("a", { href: URL.createObjectURL(blob), download: "taught.safetensors" });
      link.click();
      URL.revokeObjectURL(link.href);
    });
  }

  /** `holds` says whether the guess is about this training. */
  function showResult(holds) {
    setText(part("learnt"), learntText(found.drawings));
    setText(part("forgotten"), holds ? forgottenText(question.guess, found) : `${forgottenText(null, found)} ${earlierText(`${plain(question.guess, 1)} of 100`, "another training")}`);
    part("tests").replaceChildren(...found.drawings.map((each, i) => [each, i]).filter(([each]) => each.held_out).map(([{ label, before, after }, i]) =>
      el("tr", {}, el("th", { scope: "row" }, collection.pictureOf(i), ` drawing ${i + 1}, a ${label}`), ...[before, after].map((probabilities) => {
        const digit = indexOfLargest(probabilities);
        return el("td", { class: digit === label ? "right" : "wrong" }, `${digit} · ${percent(probabilities[digit])}`);
      }))));
    part("moved").replaceChildren(...found.moved.slice(0, 6).map(({ before, after, ...place }) =>
      el("tr", {}, el("th", { scope: "row" }, movedText(place)), el("td", {}, withDecimals(before, 4)), el("td", {}, withDecimals(after, 4)))));
  }

  return {
    show() {
      const missing = missingText(collection.list.map(({ label }) => label));
      setText(part("missing"), missing);
      part("missing").hidden = missing === "";
      setDisabled(part("undo"), !collection.canUndo);
      setDisabled(part("clear"), collection.list.length === 0);
      part("label").value = state.label;
      for (const input of root.querySelectorAll('[name="teach-layers"]')) input.checked = input.value === state.layers;
      part("steps").max = MOST_STEPS[state.layers];
      part("rate").value = state.rate;
      part("steps").value = state.steps;
      setText(part("rate-says"), String(RATES[state.rate]));
      setText(part("steps-says"), `${state.steps} of ${MOST_STEPS[state.layers]}`);
      setText(part("plan"), planText(state, RATES[state.rate]));
      part("guess-form").hidden = missing !== "" || question.revealed;
      part("results").hidden = missing !== "" || !question.revealed;
      const sent = JSON.stringify(body());
      if (missing === "" && question.revealed && sent !== requested) {
        requested = sent;
        ask(sent);
      }
      const settled = missing !== "" || !question.revealed || found?.sent === sent;
      const failed = settled && found?.failed;
      setText(part("training"), !settled ? `Training ${state.layers === "all" ? "all layers. This takes a few seconds" : "the last layer"}…` : making ? "Making the file of the weights. The network is trained again for it…" : "");
      part("failed").hidden = !failed;
      setText(part("failed"), failed || "");
      part("outcome").hidden = !found || Boolean(found.failed);
      part("outcome").dataset.settled = String(settled);
      for (const name of ["try", "download"]) setDisabled(part(name), making || !settled || failed);
      const holds = question.holds({ sent });
      if (found?.sent === sent && !found.failed) showResult(holds);
      tried.show();
      programs.refresh();
      root.dataset.settled = String(settled && lab.settled);
    },
    cell: () => strongestCell("logits", lab.state.answer.activations),
    get() {
      const { text } = drawingsToText(collection.list);
      return {
        ...(state.rate !== USUAL.rate && { rate: String(RATES[state.rate]) }),
        ...(state.steps !== USUAL.steps && { steps: String(state.steps) }),
        ...(state.layers !== USUAL.layers && { layers: state.layers }),
        ...(state.label !== USUAL.label && { label: state.label }),
        ...(question.text && { guess: question.text }),
        ...(text && { drawings: text }),
      };
    },
    /** What a link cannot hold, in a sentence; "" if it holds everything. */
    missingInLink() {
      const { left } = drawingsToText(collection.list);
      return left === 0 ? "" : `It has no room for the last ${plural(left, "drawing")} of your collection.`;
    },
    /** Whether the first thing to do here is to draw. */
    needsPad: () => collection.list.length === 0,
    set({ rate, steps, layers, label, guess = "", drawings = opened ? "" : readKept() }) {
      opened = true;
      const at = RATES.map(String).indexOf(rate ?? "");
      state.rate = at >= 0 ? at : USUAL.rate;
      state.layers = layers === "all" ? layers : USUAL.layers;
      state.steps = /^\d{1,3}$/.test(steps ?? "") && Number(steps) <= MOST_STEPS[state.layers] ? Number(steps) : USUAL.steps;
      state.label = /^\d$/.test(label ?? "") ? label : USUAL.label;
      question.read(guess);
      if (drawings !== drawingsToText(collection.list).text) collection.set(textToDrawings(drawings));
      lab.changed();
    },
  };
}
