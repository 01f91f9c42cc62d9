/**
 * The lesson's address after "#": the section and its step, the number of the questions, the settings of widgets, and the
 * student's digit: at=edges.magnitude&work=7&size.W=17&d=digit.7.0.mnist. Nothing here touches the document.
 */
import { damaged, UNREADABLE_DRAWING } from "./damage.js";
import { drawingToText, textToDrawing } from "./drawing-text.js";
import { fromFragment, toFragment } from "./fragment.js";

/**
 * { section, step, work, settings, drawing } -> the fragment, without "#". `work` is the number of the questions; null if there are
 * no questions. `settings` are texts by section and name, { "size.W": "17" }.
 */
export function encode({ section, step, work = null, settings = {}, drawing }) {
  return toFragment({
    ...(section && { at: section + (step ? `.${step}` : "") }),
    ...(work !== null && { work }),
    ...settings,
    ...(drawing && { d: drawingToText(drawing) }),
  });
}

/**
 * A fragment -> { section, step, work, settings, drawing, problem }; what is missing or unknown is null. `settings` are those of
 * known sections, unchecked. `sections` are the lesson's, { name: { STEPS } }. A plain name, #edges, is a section too.
 */
export function decode(fragment, sections) {
  const parameters = fromFragment(fragment);
  const plain = fragment.includes("=") ? "" : fragment.replace(/^#/, "");
  const [section, step] = (parameters.get("at") ?? plain).split(".");
  const known = Object.hasOwn(sections, section) ? section : null;
  const { drawing, problem } = parameters.has("d") ? decodeDrawing(parameters.get("d")) : { drawing: null, problem: "" };
  const number = parameters.get("work") ?? "";
  const missing = section && !known ? "This link leads to a section that does not exist." : "";
  return {
    section: known,
    step: known && Object.hasOwn(sections[known].STEPS, step ?? "") ? step : null,
    settings: Object.fromEntries([...parameters].filter(([name]) => name.includes(".") && Object.hasOwn(sections, name.split(".")[0]))),
    work: /^\d{1,6}$/.test(number) ? Number(number) : null,
    drawing,
    problem: problem || missing,
  };
}

function decodeDrawing(text) {
  try {
    return { drawing: textToDrawing(text), problem: "" };
  } catch {
    return { drawing: null, problem: damaged(UNREADABLE_DRAWING) };
  }
}
