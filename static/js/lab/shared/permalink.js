/**
 * The lab's address after "#": the experiment, the weights, the settings of the experiments, and the drawing:
 * e=matter&w=lesson.3&matter.method=occlusion&d=digit.7.0.mnist. Nothing here touches the document.
 */
import { damaged, UNREADABLE_DRAWING } from "../../core/links/damage.js";
import { drawingToText, textToDrawing } from "../../core/links/drawing-text.js";
import { fromFragment, toFragment } from "../../core/links/fragment.js";
import { nameToText, textToName } from "../../core/links/weight-sets.js";

/**
 * { experiment, weightSet, settings, drawing } -> the fragment, without "#". `weightSet` is null for the served weights.
 * `settings` are texts by experiment and name, { "matter.method": "occlusion" }.
 */
export function encode({ experiment, weightSet = null, settings = {}, drawing }) {
  return toFragment({
    ...(experiment && { e: experiment }),
    ...(weightSet && { w: nameToText(weightSet) }),
    ...settings,
    ...(drawing && { d: drawingToText(drawing) }),
  });
}

/**
 * A fragment -> { experiment, weightSet, settings, drawing, problem }; what is missing or unknown is null. `settings` are those
 * of `experiments`, a list of names, unchecked. A plain name, #matter, is an experiment too.
 */
export function decode(fragment, experiments) {
  const parameters = fromFragment(fragment);
  const plain = fragment.includes("=") ? "" : fragment.replace(/^#/, "");
  const named = parameters.get("e") ?? plain;
  const { drawing, problem } = parameters.has("d") ? decodeDrawing(parameters.get("d")) : { drawing: null, problem: "" };
  return {
    experiment: experiments.includes(named) ? named : null,
    weightSet: parameters.has("w") ? textToName(parameters.get("w")) : null,
    settings: Object.fromEntries([...parameters].filter(([name]) => name.includes(".") && experiments.includes(name.split(".")[0]))),
    drawing,
    problem: problem || (named && !experiments.includes(named) ? "This link leads to an experiment that does not exist." : ""),
  };
}

function decodeDrawing(text) {
  try {
    return { drawing: textToDrawing(text), problem: "" };
  } catch {
    return { drawing: null, problem: damaged(UNREADABLE_DRAWING) };
  }
}
