/**
 * "Replay": the drawing is drawn again, and the page shows the answer as the ink grows. Then it shows the answer without each
 * stroke.
 */
import { replayPrograms } from "../../core/lab/programs.js";
import { beginning, shareAt, timeline } from "../../core/lab/replay.js";
import { linePrediction } from "../../core/prediction-text.js";
import { strongestCell } from "../../core/statistics.js";
import { hasSameValues } from "../../core/store.js";
import { plain } from "../../core/text.js";
import { createLatest, drawingBody, request } from "../../service/lab.js";
import { el, setText } from "../../ui/dom.js";
import { createTable } from "../../widgets/chart.js";
import { createPrograms } from "../../widgets/program-tabs.js";
import { createGuess, earlierText } from "../shared/guess-form.js";
import { createPlot } from "./plot.js";
import { changesText, decisiveText, guessText, stepText, wholeShare } from "./texts.js";

export function mount(root, lab) {
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  const question = createGuess(part("guess-form"), [0, 100], { say: lab.say, changed: lab.changed });
  const state = { at: 1 };
  const table = createTable("The answers as a table");
  part("table").append(table.node);
  let found = null; // the newest response, with its inputs
  let requested = null;
  let playing = null; // { start, places }

  const choose = (at) => {
    state.at = at;
    lab.changed();
  };
  const showPlot = createPlot(part("plot"), part("readout"), {
    scrub(share) {
      stop();
      choose(share);
    },
  });
  part("scrub").addEventListener("input", ({ target }) => {
    stop();
    choose(target.valueAsNumber / 100);
  });
  part("play").addEventListener("click", () => (playing ? stop() : play()));
  part("ask-again").addEventListener("click", question.again);
  const programs = createPrograms(root.querySelector(".code"), ["numpy", "torch", "curl"], () => replayPrograms(lab.request()), lab);

  const ask = createLatest(
    ({ drawn, pen, weights }) => request("/lab/replay", { weights }, drawingBody(drawn, pen)),
    (result, own) => {
      found = { ...result, inputs: own };
      showTable();
      lab.changed();
    },
    (error) => lab.say(error.message),
  );

  function play() {
    const { drawn, pen } = lab.drawing();
    playing = { start: null, places: timeline(drawn.strokes, pen) };
    requestAnimationFrame(tick);
    lab.changed();
  }
  function stop() {
    playing = null;
  }
  function tick(now) {
    if (!playing) return;
    playing.start ??= now;
    const share = shareAt(playing.places, now - playing.start);
    if (share >= 1) stop();
    else requestAnimationFrame(tick);
    choose(share);
  }

  function showTable() {
    const every = found.steps.filter((_, i) => i % 4 === 3);
    table.show(["ink", "answer"], every.map((step) => [wholeShare(step.share), linePrediction(step.prediction)]));
    part("strokes").replaceChildren(...found.strokes.map(({ share, without }, i) =>
      el("tr", {}, el("th", { scope: "row" }, `stroke ${i + 1}`), el("td", {}, wholeShare(share)), el("td", {}, without ? linePrediction(without) : "nothing is left"))));
  }

  function paintDrawing({ drawn, pen }) {
    const canvas = part("drawing");
    const context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.scale(canvas.width / lab.pad, canvas.width / lab.pad);
    context.globalAlpha = 0.22;
    lab.drawOn(context, drawn, pen);
    context.globalAlpha = 1;
    lab.drawOn(context, { strokes: beginning(drawn.strokes, pen, state.at), image: null }, pen);
  }

  return {
    show() {
      const drawing = lab.drawing();
      const { strokes } = drawing.drawn;
      part("no-strokes").hidden = strokes.length > 0;
      part("guess-form").hidden = question.revealed || strokes.length === 0;
      part("results").hidden = !question.revealed || strokes.length === 0;
      root.dataset.settled = String(strokes.length === 0 || !question.revealed);
      if (strokes.length === 0) return;
      const own = { ...drawing, weights: lab.state.weightSet };
      if (question.revealed && lab.settled && !hasSameValues(own, requested)) {
        if (requested && requested.drawn !== own.drawn) state.at = 1;
        stop();
        requested = own;
        ask(own);
      }
      if (!question.revealed) return;
      const holds = question.holds(own);
      part("scrub").value = Math.round(100 * state.at);
      setText(part("play"), playing ? "❚❚ pause" : "▶ play");
      paintDrawing(drawing);
      programs.refresh();
      if (!found) return;
      const settled = hasSameValues(own, found.inputs);
      const step = found.steps[Math.min(Math.max(Math.ceil(state.at * found.steps.length) - 1, 0), found.steps.length - 1)];
      setText(part("step-says"), stepText(step));
      part("scrub").setAttribute("aria-valuetext", stepText(step));
      showPlot({ steps: found.steps, at: state.at, theme: lab.theme });
      const earlier = holds ? "" : ` ${earlierText(`${plain(question.guess)} %`, "another drawing or other weights")}`;
      setText(part("guessed"), guessText(earlier ? null : question.guess, found.steps) + earlier);
      setText(part("changes"), changesText(found.steps));
      setText(part("decisive"), decisiveText(found.steps, found.strokes));
      root.dataset.settled = String(settled);
    },
    cell: () => strongestCell("probabilities", lab.state.answer.activations),
    needsPad: () => lab.drawing().drawn.strokes.length === 0,
    get() {
      return { ...(question.text && { guess: question.text }), ...(state.at < 1 && !playing && { at: String(Math.round(100 * state.at)) }) };
    },
    set({ guess = "", at = "" }) {
      stop();
      state.at = /^\d{1,2}$/.test(at) ? Number(at) / 100 : 1;
      question.read(guess);
      lab.changed();
    },
  };
}
