/** Up to four runs side by side: the settings that differ, how each reads the drawing, and the same map and cell of conv1. */
import { paintMap, palette, range } from "../core/colour.js";
import { isBlank, requestBody } from "../core/drawing.js";
import { byName, indexOf } from "../core/layers.js";
import { parse } from "../core/safetensors.js";
import { number, place } from "../core/text.js";
import { accuracyOf, measuredAt } from "../core/training/run-log.js";
import { accuracyText, differing, answerText } from "../core/training/texts.js";
import { el, setHidden, setText } from "../ui/dom.js";
import { themeOf } from "../ui/theme-switch.js";
import { currentWeights, logOf, runOf, shownRuns } from "./page-state.js";
import { addressOf } from "../core/service/address.js";

const CONV1 = byName.conv1;

/** The output of conv1 for a drawing with some weights: Float32Array of 32×26×26. */
async function loadMaps({ drawn, pen }, name, signal) {
  const { type, body } = requestBody(drawn, { prepare: "mnist", pen });
  const query = new URLSearchParams({ layers: "conv1", dtype: "float32", weights: name });
  const response = await fetch(addressOf(`/feature-maps?${query}`), { method: "POST", headers: { "Content-Type": type, Accept: "application/vnd.safetensors" }, body, signal });
  if (!response.ok) throw new Error(`The maps did not load: status ${response.status}.`);
  return parse(await response.arrayBuffer()).tensors.conv1.data;
}

/** Returns show(state). */
export function createComparison(root, store) {
  const hint = el("p", { class: "panel-says" });
  const table = el("table", { class: "numbers compare-table" });
  const map = el("input", { type: "range", min: "0", max: String(CONV1.maps - 1), step: "1", id: "compared-map" });
  const mapSays = el("output", { htmlFor: "compared-map" });
  const cellSays = el("p", { class: "caption" });
  const maps = el("div", { class: "compared-maps" });
  const part = el("div", { class: "compared" }, el("p", { class: "form-row" }, el("label", { htmlFor: "compared-map" }, "Your digit in map"), map, mapSays), maps, cellSays);
  root.append(hint, table, part);
  map.addEventListener("input", () => store.set({ map: Number(map.value) }));
  let loaded = { key: "", values: {} }; // conv1 by the name of the weights, for one drawing
  let stop = new AbortController();
  let pointed = null; // the cell that is compared
  let shown = null;

  function load(state, names) {
    const { history: { present: drawn }, pen } = state;
    if (loaded.drawn !== drawn || loaded.pen !== pen) {
      stop.abort();
      stop = new AbortController();
      loaded = { drawn, pen, values: {} };
    }
    const about = loaded;
    for (const name of names) {
      if (name in about.values) continue;
      about.values[name] = null;
      loadMaps({ drawn, pen }, name, stop.signal).then((values) => {
        about.values[name] = values;
        if (about === loaded && shown) show(shown);
      }, () => delete about.values[name]);
    }
  }

  function showMaps(state, ids) {
    const names = ids.map((id) => currentWeights(state, id));
    const blank = isBlank(state.history.present);
    setHidden(part, blank || state.drawing);
    if (part.hidden) return;
    load(state, names.filter(Boolean));
    const { map: chosen } = state;
    map.value = chosen;
    setText(mapSays, String(chosen));
    const theme = themeOf(state);
    maps.replaceChildren(...ids.map((id, i) => {
      const values = loaded.values[names[i]];
      const canvas = el("canvas", { width: CONV1.cols, height: CONV1.rows, role: "img", "aria-label": `map ${chosen} of conv1 in ${runOf(state, id)?.title}` });
      if (values) {
        const image = new ImageData(CONV1.cols, CONV1.rows);
        const from = chosen * CONV1.rows * CONV1.cols;
        paintMap(new Uint32Array(image.data.buffer), CONV1.cols, 0, values, from, CONV1.rows, CONV1.cols, range(CONV1, values, "layer"), palette(CONV1, theme));
        canvas.getContext("2d").putImageData(image, 0, 0);
      }
      const point = (event) => {
        const { left, top, width, height } = canvas.getBoundingClientRect();
        pointed = { col: Math.min(Math.floor(((event.clientX - left) / width) * CONV1.cols), CONV1.cols - 1), row: Math.min(Math.floor(((event.clientY - top) / height) * CONV1.rows), CONV1.rows - 1) };
        showCell(state, ids, names);
      };
      for (const type of ["pointermove", "pointerdown"]) canvas.addEventListener(type, point); // a tap does not move
      return el("figure", {}, canvas, el("figcaption", { class: `run-${i}` }, el("span", { class: `swatch swatch-${i}`, "aria-hidden": "true" }), runOf(state, id)?.title ?? id));
    }));
    showCell(state, ids, names);
  }

  function showCell(state, ids, names) {
    if (!pointed) return setText(cellSays, "Choose a cell to compare its number in all runs.");
    const cell = { map: state.map, ...pointed };
    const texts = ids.map((id, i) => {
      const values = loaded.values[names[i]];
      return `${runOf(state, id)?.title ?? id}: ${values ? number(values[indexOf(CONV1, cell)]) : "…"}`;
    });
    return setText(cellSays, `${place(CONV1, cell)} → ${texts.join(" · ")}`);
  }

  function show(state) {
    shown = state;
    if (root.hidden) return;
    const ids = shownRuns(state);
    setHidden(table, ids.length < 1);
    setHidden(part, ids.length < 1);
    setText(hint, ids.length < 2 ? "Tick other runs in the list to compare up to four: their curves, their settings and what they read." : "");
    setHidden(hint, ids.length > 1);
    if (ids.length === 0) return;
    const rows = [
      ...(ids.length > 1 ? differing(ids.map((id) => runOf(state, id)?.settings ?? {})) : []),
      ["accuracy on test images", ids.map((id) => accuracyText(accuracyOf(measuredAt(logOf(state, id), id === state.run ? state.epoch : null)?.test) ?? runOf(state, id)?.accuracy))],
      ["reads your digit as", ids.map((id) => {
        const prediction = state.predictions.byName[currentWeights(state, id)];
        return prediction && !isBlank(state.history.present) ? answerText(prediction) : "–";
      })],
    ];
    table.replaceChildren(
      el("thead", {}, el("tr", {}, el("td"), ...ids.map((id, i) => el("th", { scope: "col" }, el("span", { class: `swatch swatch-${i}`, "aria-hidden": "true" }), runOf(state, id)?.title ?? id)))),
      el("tbody", {}, ...rows.map(([name, values]) => el("tr", {}, el("th", { scope: "row" }, name), ...values.map((value) => el("td", {}, value))))));
    showMaps(state, ids);
  }
  return show;
}
