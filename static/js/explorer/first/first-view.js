/** The simple view of the first visit: the pad, the answer, the input and eight maps; one press leaves it. */
import { byName } from "../../core/layers.js";
import { digitOf } from "../../core/walk/route.js";
import { lastCell } from "../../core/walk/path.js";
import { setHidden } from "../../ui/dom.js";
import { isShown, keepFocus } from "../../ui/input/focus.js";

const VIEWS = ["network", "contrast", "path"]; // the tabs that it can show
const MAPS = ["input", "conv1"]; // the layers that it shows before a walk
const root = document.documentElement;

/** Whether the page begins with the simple view: see opening-view.js. */
export const beginsSimple = () => root.classList.contains("first");

/** Whether the simple view can show a state of the page. */
export const isSimple = ({ first, view, code, work }) => first && VIEWS.includes(view) && code === null && !work;

/** Returns show(state). */
export function createFirstView(store, walker) {
  const $ = (id) => document.getElementById(id);
  const layers = [...document.querySelectorAll("#columns .layer")];

  $("page-view").addEventListener("click", () => {
    const first = !store.state.first;
    try {
      localStorage.setItem("inkling.view", first ? "first" : "full");
    } catch {
      // Storage is not allowed: the choice lasts for this visit only.
    }
    const { view } = store.state;
    store.set(first ? { first, view: VIEWS.includes(view) ? view : "network", code: null, work: false, hovered: null } : { first });
  });
  $("to-maps").addEventListener("click", () => {
    walker.release();
    store.set({ view: "network" });
  });
  $("to-path").addEventListener("click", () => {
    walker.stop();
    store.set({ view: "path" });
  });

  /** The layer shown instead of the eight maps: the layer of the explained cell, unless the view shows it already. */
  function shownLayer({ path }) {
    const layer = lastCell(path)?.layer;
    return layer && !MAPS.includes(layer) && byName[layer].kind !== "softmax" ? layer : null;
  }

  const unopened = store.state.history;
  return (state) => {
    const { first, view, path, history } = state;
    root.classList.toggle("first", first);
    const walked = shownLayer(state);
    $("columns").classList.toggle("walked", walked !== null);
    for (const layer of layers) {
      layer.classList.toggle("shown", layer.dataset.layer === walked);
      layer.parentElement.classList.toggle("shown", layer.parentElement.querySelector(`[data-layer="${walked}"]`) !== null);
    }
    const showButtons = () => {
      setHidden($("to-maps"), view === "network" && walked === null);
      setHidden($("to-path"), view !== "network" || digitOf(path) === null);
    };
    keepFocus(showButtons, () => ["to-maps", "to-path", "why"].map($).find(isShown));
    if (history === unopened) return; // it is not known yet with which drawing the page opens
    // A user who has drawn does not need the hint.
    const example = history.present.image?.kind === "sample";
    setHidden($("draw-here"), history.present.strokes.length > 0);
    setHidden($("is-example"), !example);
  };
}
