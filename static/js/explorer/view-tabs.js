/** The tabs of the network: all layers, one map, the table, the costs, the reliability, one digit against another, and the path. */
import { keepFocus } from "../ui/input/focus.js";
import { createScrollHint } from "../ui/scroll-hint.js";
import { createTabs } from "../ui/tabs.js";

const VIEWS = ["map", "table", "costs", "trust", "contrast", "path"];
const $ = (id) => document.getElementById(id);

/** Returns show(state), which shows the chosen tab's panel. */
export function createViewTabs(store) {
  const select = createTabs($("views"), ({ dataset }) => store.set({ view: dataset.view }));
  $("sorted").addEventListener("change", ({ target }) => store.set({ sorted: target.checked }));
  for (const scroller of ["#view-costs .scroller", "#columns"]) createScrollHint(document.querySelector(scroller));

  return ({ view, sorted }) => {
    select(({ dataset }) => dataset.view === view);
    $("columns").hidden = view !== "network";
    document.body.dataset.view = view;
    for (const part of document.querySelectorAll(".network-head :is(.tip, .sort)")) part.hidden = view !== "network";
    const showView = () => {
      for (const name of VIEWS) $(`view-${name}`).hidden = view !== name;
    };
    keepFocus(showView, () => $(`view-${view}`)?.querySelector("button, select"));
    $("sorted").checked = sorted;
  };
}
