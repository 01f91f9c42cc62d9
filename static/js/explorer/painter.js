/** Paints what has changed, once per frame. */
import { PAD, SIDE } from "../core/drawing.js";
import { onPad, receptiveField, regions } from "../core/geometry.js";
import { themeOf } from "../ui/theme-switch.js";
import { byStrength } from "./network/map-strength.js";
import { askedQuestion, shownChannel } from "./walk/asked-question.js";

/**
 * `parts` are { pad, network, eightMaps, stages, predictionPanel, softmaxSwitch, correctionForm, cellPanel, walkControls, views }, `views`
 * by tab name; softmaxSwitch and correctionForm may be null. `panel` is the element of the prediction; `latest()` is the number of the latest request.
 */
export function createPainter(store, walker, timing, parts, { panel, latest }) {
  const due = { pad: true, maps: false, cell: false, marks: false };
  let frame = null;

  function paint() {
    frame = null;
    const { state } = store;
    const { answer } = state;
    const theme = themeOf(state);
    const cell = state.hovered ?? walker.explained();
    if (due.pad) parts.pad.draw(state.history.present, state.pen, state.prepare === "none");
    if (answer) {
      if (due.maps) paintMaps(state, theme);
      if (due.cell) paintCell(state, cell, theme);
      if (due.marks) paintMarks(state, cell, theme);
      if (due.maps) timing.mapsPainted(answer.revision);
      timing.painted();
    }
    Object.assign(due, { pad: false, maps: false, cell: false, marks: false });
  }

  function paintMaps({ answer, scale, sorted }, theme) {
    const { network, stages, predictionPanel, correctionForm } = parts;
    network.arrange(sorted ? byStrength(answer.activations) : {});
    network.paint(answer.activations, scale, theme);
    stages.show(answer.stages);
    predictionPanel.show(answer.prediction, answer.image);
    parts.softmaxSwitch?.show(answer);
    correctionForm?.show();
    const settled = answer.number === latest();
    panel.dataset.settled = String(settled);
    if (answer.exact && settled) predictionPanel.announce(answer.prediction, answer.image);
  }

  function paintCell(state, cell, theme) {
    const calculation = state.hovered ? null : walker.calculation(cell);
    const asking = askedQuestion(state, cell, calculation);
    const pinned = state.path.length > 0;
    const channel = shownChannel(state, calculation);
    parts.cellPanel.show({ ...state, cell, calculation, theme, pinned, channel, temperature: state.answer.temperature, asking });
    if (calculation && state.code) parts.programs.show(cell, asking ? NaN : calculation.value);
    parts.walkControls.enable(cell, calculation, state.answer.prediction.verdict === "blank");
    parts.views[state.view]?.show({ cell, answer: state.answer, scale: state.scale, theme, weights: state.weights?.complete ? state.weights : null, contrast: state.contrast, pair: state.pair, path: state.path });
  }

  function paintMarks({ answer, first, hovered, path, pointed, weights }, cell, theme) {
    const { exact, dead, prediction, stages } = answer;
    const pinned = path.length > 0;
    // The simple view marks only what was pressed, and frames nothing that is larger than half of the drawing.
    const [left, , right] = receptiveField(cell);
    const shown = exact && (!first || (pinned && right - left < SIDE / 2));
    parts.network.mark(cell, pinned && !hovered);
    parts.network.reach(shown ? regions(cell) : {}, dead, pointed);
    if (first) parts.eightMaps.show({ answer, weights, theme, pinned: pinned ? cell : null });
    parts.pad.mark(shown && prediction.verdict !== "blank" ? onPad(receptiveField(pointed ?? cell), stages, PAD) : null);
  }

  return {
    /** Paint these parts in the next frame: { pad, maps, cell, marks }, each true if it has changed. */
    soon(changed) {
      Object.assign(due, changed);
      frame ??= requestAnimationFrame(paint);
    },
    /** Paint now what is due. */
    now() {
      cancelAnimationFrame(frame);
      paint();
    },
  };
}
