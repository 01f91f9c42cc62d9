/** The cell panel: one cell's number, with its calculation if it is pinned or a description if it is pointed at; the legend. */
import { sentence } from "./written-calculation.js";
import { colourOf, css, paintMap, palette, range } from "../../core/colour.js";
import { setAttribute, setText } from "../../ui/dom.js";
import { linkTerms } from "../../ui/glossary/links.js";
import { keepFocus, setDisabled } from "../../ui/input/focus.js";
import { byName, convolutionOf, indexOf, tileAt } from "../../core/layers.js";
import { createSourceMap, viewOfMap, viewOfSource } from "./source-map.js";
import { createNumberCheck } from "../../ui/number-check.js";
import { labPlace } from "../../core/lab/places.js";
import { linkToLab } from "../../ui/glossary/links.js";
import { linkToLesson } from "./lesson-links.js";
import { createExplanation, spokenCalculation } from "./explanation.js";
import { byDigit, legendText, number, place, short, subscript } from "../../core/text.js";
import { before } from "../../core/walk/calculation.js";
import { GIST } from "../../core/walk/gist.js";
import { plainSentence } from "../../core/walk/plain-sentence.js";
import { explain, mapFacts } from "./layer-text.js";

/**
 * `on` has the callbacks of createExplanation and createSourceMap, and worked(), called when the number that was asked for is
 * known.
 */
export function createCellPanel(root, on) {
  const $ = (id) => root.querySelector(`#${id}`);
  const sourceMap = createSourceMap($("lens-plot"), on);
  const explanation = createExplanation($("why-panel"), on);
  const spoken = $("spoken");
  let ramp = null;
  let ruleShown = null;
  let question = null; // the question that is asked instead of showing the number
  const check = createNumberCheck({ label: "Your answer", question: () => question, done: (right) => right && on.worked() });
  $("show-answer").before(check.node);
  check.node.querySelector("input").setAttribute("aria-describedby", "asks");
  $("show-answer").addEventListener("click", () => on.worked());

  /** Ask for the number instead of showing it; null asks for nothing. */
  function ask(next) {
    const same = question && next && question.asks === next.asks && question.answer === next.answer;
    question = next;
    $("asked").hidden = !next;
    if (!next || same) return;
    check.clear();
    setText($("asks"), `${next.asks}${next.slips.length ? ` ± ${next.tolerance} is close enough.` : ""}`);
  }

  return {
    /**
     * Show a cell. state: { cell, answer, calculation, path, scale, theme, channel, code, pinned, weights, temperature, asking }.
     * A calculation is written out, or shown as `code`; without one the cell is only described. With `asking`, a question of
     * core/walk/questions.js, the user is asked for the result.
     */
    show(state) {
      const { cell, answer, calculation, scale, theme, pinned, code, path } = state;
      const layer = byName[cell.layer];
      const value = calculation ? calculation.value : answer.activations[cell.layer][indexOf(layer, cell)];
      root.classList.toggle("pinned", pinned);
      root.parentElement.classList.toggle("with-pin", pinned);
      root.classList.toggle("previewing", Boolean(state.hovered));
      root.parentElement.classList.toggle("with-preview", Boolean(state.hovered));
      root.classList.toggle("calculated", Boolean(calculation));
      root.classList.toggle("coded", Boolean(calculation) && code !== null);
      $("kept").hidden = !pinned || Boolean(state.hovered);
      $("looking").hidden = !state.hovered;
      setDisabled($("back"), path.length === 0);
      setText($("where"), subscript(layer, cell));
      setText($("where-words"), `${place(layer, cell)}${byDigit(layer) ? "" : ", counted from 0"}`);
      setText($("value"), state.asking ? "" : number(value, answer.exact));
      setText($("plain"), calculation && code === null && !state.asking ? plainSentence(calculation, answer.activations, state.weights) : "");
      setText($("gist"), `${layer.name}: ${GIST[layer.name]}`);
      linkToLesson($("in-lesson"), layer.kind);
      linkToLab($("in-lab"), ...labPlace(cell));
      setAttribute(root, "data-weights", state.weights?.complete ? "all" : "some");
      $("preview").hidden = Boolean(calculation);
      $("calculation").hidden = !calculation || code !== null;
      $("code-panel").hidden = !calculation || code === null;
      if (calculation) {
        explanation.show(state);
        sourceMap.show(viewOfSource(calculation, answer.activations, scale, theme, state.channel));
      } else {
        preview(state, layer);
        explanation.showPath(state);
        sourceMap.show(viewOfMap(cell, answer.activations, scale, theme));
      }
      keepFocus(() => ask(state.asking), () => explanation.panel);
      showLegend(layer, cell, answer, value, scale, theme, state.asking);
    },
    /** Announce a cell to screen readers. */
    speak(cell, answer, calculation, asking) {
      if (asking) return void (spoken.textContent = `${subscript(byName[cell.layer], cell)}. ${asking.asks}`);
      const layer = byName[cell.layer];
      const value = answer.activations[cell.layer][indexOf(layer, cell)];
      spoken.textContent = calculation ? spokenCalculation(calculation) : `${place(layer, cell)}: ${number(value, answer.exact)}`;
    },
    /** Announce a text to screen readers; "" removes the last one. */
    say: (text) => setText(spoken, text),
    calculation: explanation.panel,
    focusOperand: explanation.focusOperand,
  };

  function preview({ cell, answer, weights, theme, temperature }, layer) {
    const { rule, here } = explain(cell.layer, cell, answer.activations, answer.stages.images.shifted.data, answer.exact, temperature);
    if (ruleShown !== rule) {
      ruleShown = rule;
      $("rule").replaceChildren(...sentence(rule));
      linkTerms([$("rule")]);
    }
    setText($("here"), here);
    setText($("map-facts"), mapFacts(layer, cell, answer.activations[cell.layer], weights, answer.exact));
    paintKernels(cell, weights, theme);
  }

  /** Paint the kernel of the cell's map; for the second convolution its 32 channels, side by side. */
  function paintKernels({ layer: name, map }, weights, theme) {
    const canvas = $("kernel");
    const family = convolutionOf(name);
    canvas.hidden = !family || !weights?.covers(family);
    if (canvas.hidden) return;
    const channels = before(family).maps;
    const tiles = { tiles: channels === 1 ? 1 : 16, rows: 3, cols: 3 };
    const [wide, high] = [tiles.tiles * 4 - 1, Math.ceil(channels / tiles.tiles) * 4 - 1];
    const zoom = channels === 1 ? 12 : 4;
    [canvas.width, canvas.height] = [wide, high];
    [canvas.style.width, canvas.style.height] = [`${wide * zoom}px`, `${high * zoom}px`];
    const context = canvas.getContext("2d");
    const image = context.createImageData(wide, high);
    const pixels = new Uint32Array(image.data.buffer);
    const kernels = Array.from({ length: channels }, (_, channel) => weights.kernel(family, map, channel));
    const most = Math.max(...kernels.map((kernel) => Math.max(...kernel.map(Math.abs))));
    for (const [channel, kernel] of kernels.entries()) {
      const [left, top] = tileAt(tiles, channel);
      paintMap(pixels, wide, top * wide + left, kernel, 0, 3, 3, [-most, most], palette({ signed: true }, theme));
    }
    context.putImageData(image, 0, 0);
    setAttribute(canvas, "aria-label", channels === 1 ? `Filter ${map}, 3 × 3` : `The ${channels} channels of filter ${map}, 3 × 3 each`);
  }

  function showLegend(layer, cell, answer, value, scale, theme, asking) {
    const colours = palette(layer, theme);
    const [low, high] = range(layer, answer.activations[layer.name], scale, cell.map);
    if (ramp !== colours) {
      const canvas = $("ramp");
      const context = canvas.getContext("2d");
      canvas.width = colours.length;
      const image = context.createImageData(colours.length, 1);
      new Uint32Array(image.data.buffer).set(colours);
      context.putImageData(image, 0, 0);
      ramp = colours;
    }
    const needle = $("needle");
    const along = high > low ? (value - low) / (high - low) : layer.signed ? 0.5 : 0;
    needle.hidden = Boolean(asking);
    needle.style.left = `${100 * Math.min(Math.max(along, 0), 1)}%`;
    setText($("low"), short(low));
    setText($("middle"), layer.signed ? "0" : short(high / 2));
    setText($("high"), short(high));
    setText($("legend-text"), legendText(layer, scale));
    setAttribute($("ramp"), "aria-label", `Colour scale from ${short(low)} to ${short(high)}${asking ? "" : `; this cell has the colour ${css(colourOf(value, [low, high], colours))}`}`);
  }
}
