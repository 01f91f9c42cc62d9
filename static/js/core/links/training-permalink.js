/**
 * The address of the training page after "#": the run and its epoch, the runs that are compared, the panel, the preset and the
 * student's digit: run=fast-3f9a&epoch=2&with=lesson&v=mistakes&d=digit.7.0.mnist. Nothing here touches the document.
 */
import { damaged, UNREADABLE_DRAWING } from "./damage.js";
import { drawingToText, textToDrawing } from "./drawing-text.js";
import { fromFragment, toFragment } from "./fragment.js";

export const VIEWS = Object.freeze(["filters", "mistakes", "step", "compare", "table"]);
/** The most runs that are shown together. */
export const MOST_RUNS = 4;
const RUN = /^[A-Za-z0-9][\w.-]{0,63}$/;
const MOST_EPOCH = 10_000;

/** { run, epoch, compared, view, preset, map, zoomed, drawing } -> the fragment, without "#". Defaults are left out. */
export function encode({ run = null, epoch = null, compared = [], view = VIEWS[0], preset = null, map = 0, zoomed = false, drawing }) {
  return toFragment({
    ...(run && { run, ...(epoch !== null && { epoch }) }),
    ...(compared.length > 0 && { with: compared.join("~") }),
    ...(view !== VIEWS[0] && { v: view }),
    ...(preset && { preset }),
    ...(map > 0 && { map }),
    ...(zoomed && { zoom: 1 }),
    ...(drawing && { d: drawingToText(drawing) }),
  });
}

/** A fragment -> what `encode` takes, with `problem`, a sentence or "". What is missing or unknown has its default. */
export function decode(fragment) {
  const parameters = fromFragment(fragment);
  const [run, epoch] = [parameters.get("run") ?? "", parameters.get("epoch")];
  const known = RUN.test(run) ? run : null;
  const compared = (parameters.get("with") ?? "").split("~").filter((name) => RUN.test(name) && name !== known);
  const map = Number(parameters.get("map") ?? 0);
  return {
    run: known,
    epoch: known && /^\d{1,5}$/.test(epoch ?? "") && Number(epoch) <= MOST_EPOCH ? Number(epoch) : null,
    compared: [...new Set(compared)].slice(0, MOST_RUNS - 1),
    view: VIEWS.includes(parameters.get("v")) ? parameters.get("v") : VIEWS[0],
    preset: RUN.test(parameters.get("preset") ?? "") ? parameters.get("preset") : null,
    map: Number.isInteger(map) && map >= 0 && map < 32 ? map : 0,
    zoomed: parameters.get("zoom") === "1",
    ...readDrawing(parameters.get("d")),
  };
}

function readDrawing(text) {
  if (text === null) return { drawing: null, problem: "" };
  try {
    return { drawing: textToDrawing(text), problem: "" };
  } catch {
    return { drawing: null, problem: damaged(UNREADABLE_DRAWING) };
  }
}
