/** Eight of conv1's maps, large: one for each of eight patterns. A press on a cell pins it. */
import { paintMap, palette, range } from "../../core/colour.js";
import { byName } from "../../core/layers.js";
import { summaryOf } from "../../core/statistics.js";
import { short } from "../../core/text.js";
import { distinctFilters, nameOf } from "../../core/walk/filter-pattern.js";
import { el, setAttribute, setHidden, setText } from "../../ui/dom.js";

const COUNT = 8;
const layer = byName.conv1;
const size = layer.rows * layer.cols;

/** `point(cell, how, time)` is as in explorer/network/network-view.js. */
export function createEightMaps(list, point) {
  const frames = Array.from({ length: COUNT }, () => {
    const canvas = el("canvas", { width: layer.cols, height: layer.rows, "aria-hidden": "true" });
    const mark = el("span", { class: "eight-mark", hidden: true });
    const name = el("span", { class: "eight-name" });
    const button = el("button", { type: "button", disabled: true }, el("span", { class: "eight-map" }, canvas, mark), name);
    list.append(el("li", {}, button));
    return { canvas, context: canvas.getContext("2d"), image: new ImageData(layer.cols, layer.rows), mark, name, button, map: 0, strongest: 0 };
  });
  let named = null; // the weights from which the maps were chosen

  for (const frame of frames) {
    frame.button.addEventListener("click", (event) => point(cellUnder(event, frame), "keep", event.timeStamp));
  }

  /** The cell under the pointer; for a key press, or beside the map, the strongest cell. */
  function cellUnder({ clientX, clientY, detail }, { canvas, map, strongest }) {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const [col, row] = [Math.floor(((clientX - left) / width) * layer.cols), Math.floor(((clientY - top) / height) * layer.rows)];
    const inside = detail > 0 && row >= 0 && col >= 0 && row < layer.rows && col < layer.cols;
    return { layer: layer.name, map, row: inside ? row : Math.floor(strongest / layer.cols), col: inside ? col : strongest % layer.cols };
  }

  function choose(weights) {
    const filters = Array.from({ length: layer.maps }, (_, map) => weights.kernel(layer.name, map));
    for (const [i, map] of distinctFilters(filters, COUNT).entries()) {
      Object.assign(frames[i], { map, pattern: nameOf(filters[map]) });
      setText(frames[i].name, frames[i].pattern);
      frames[i].button.disabled = false;
    }
    named = weights;
  }

  return {
    /** Paint the maps, and mark `pinned`, a cell or null. The maps are chosen when the weights have loaded. */
    show({ answer, weights, theme, pinned }) {
      if (!weights) return;
      if (named !== weights) choose(weights);
      const values = answer.activations[layer.name];
      // Without ink, all cells of a map are the same number. On a scale of its own, it would look like a strong response.
      const scale = answer.prediction.verdict === "blank" ? "fixed" : "map";
      for (const frame of frames) {
        const { map, context, image, mark } = frame;
        paintMap(new Uint32Array(image.data.buffer), layer.cols, 0, values, map * size, layer.rows, layer.cols, range(layer, values, scale, map), palette(layer, theme));
        context.putImageData(image, 0, 0);
        const here = pinned?.layer === layer.name && pinned.map === map;
        setHidden(mark, !here);
        frame.button.classList.toggle("chosen", here);
        if (here) Object.assign(mark.style, { left: `${(100 * pinned.col) / layer.cols}%`, top: `${(100 * pinned.row) / layer.rows}%` });
        if (!answer.exact) continue;
        const own = values.subarray(map * size, (map + 1) * size);
        const { most } = summaryOf(layer, map, values);
        frame.strongest = own.indexOf(most);
        setAttribute(frame.button, "aria-label", `Map ${map}: ${frame.pattern}. Strongest number: ${short(most)}`);
      }
    },
  };
}
