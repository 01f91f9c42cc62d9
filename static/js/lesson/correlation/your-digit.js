/** One window of the student's digit under a filter of conv1: nine products, their sum, the bias. */
import { el, setText } from "../../ui/dom.js";
import { createMatrix } from "../../ui/matrix.js";
import { byName, indexOf } from "../../core/layers.js";
import { snippets } from "../../core/programs.js";
import { number, printed, subscript, sumSign } from "../../core/text.js";
import { optional, place as placeField, whole } from "../../core/links/setting-fields.js";
import { rowsOf, weighted, windowOf } from "../shared/arithmetic.js";
import { createNumber } from "../shared/controls.js";
import { createMapWindow } from "../shared/map-window.js";
import { total } from "./written-sum.js";
import { SERVICE } from "../../core/service/address.js";

export function mountYourDigit(root, lesson, repaint) {
  const conv1 = byName.conv1;
  let chosen = null; // the window's chosen place; null for the place where the filter responds most
  let place = [0, 0];
  let map = 0;
  let theme = "light";
  let exact = true;
  const write = (value) => number(value, exact);
  const move = (row, col) => {
    chosen = place = [row, col]; // set at once, because the next move may come before the next frame
    repaint();
  };
  const controls = {
    map: createNumber({ name: "filter", label: "Filter of conv1", min: 0, max: conv1.maps - 1, value: 0, change: (value) => { map = value; repaint(); } }),
    row: createNumber({ name: "row", label: "Row of the window", min: 0, max: conv1.rows - 1, value: 0, change: (value) => move(value, place[1]) }),
    col: createNumber({ name: "column", label: "Column of the window", min: 0, max: conv1.cols - 1, value: 0, change: (value) => move(place[0], value) }),
  };
  const most = el("button", { type: "button", class: "quiet" }, "strongest response");
  most.addEventListener("click", () => {
    chosen = null;
    repaint();
  });
  const image = createMapWindow({ layer: byName.input, scale: 8, size: [3, 3], move, label: "The preprocessed image", part: "I" });
  const grids = {
    I: createMatrix({ caption: "the window’s nine pixels", letter: "I", label: "The window’s nine pixels", most: byName.input.most, write }),
    K: createMatrix({ caption: "filter", letter: "K", label: "Filter of conv1", write }),
    P: createMatrix({ caption: "nine products", label: "The nine products", write }),
  };
  const times = el("span", { class: "sign", "aria-hidden": "true" });
  const sums = el("div", { class: "sums" });
  const message = el("p", { class: "says" }, "Loading the weights…");
  const work = el("div", { class: "yours-work" },
    el("div", { class: "figure-row" }, grids.I.node, el("span", { class: "sign", "aria-hidden": "true" }, "⊙"), grids.K.node, times, grids.P.node),
    el("p", { class: "caption" }, "⊙ means: multiply the two numbers in the same place."), sums);
  root.append(
    el("div", { class: "controls" }, ...Object.values(controls).map(({ node }) => node), most),
    el("div", { class: "figure-row yours-row" }, el("figure", {}, image.node, el("figcaption", { class: "caption" }, "Your digit as the network gets it: 28 × 28.")), work),
    message,
  );

  /** The place where this map of conv1 is furthest from zero. */
  function strongest(values) {
    let best = map * conv1.rows * conv1.cols;
    const end = best + conv1.rows * conv1.cols;
    for (let i = best; i < end; i++) if (Math.abs(values[i]) > Math.abs(values[best])) best = i;
    const rest = best - map * conv1.rows * conv1.cols;
    return [Math.floor(rest / conv1.cols), rest % conv1.cols];
  }

  return {
    settings: {
      fields: { kernel: whole(0, conv1.maps - 1), place: optional(placeField(conv1.rows, conv1.cols)) },
      get: () => ({ kernel: map, place: chosen }),
      set({ kernel, place: at }) {
        [map, chosen] = [kernel, at];
        controls.map.set(kernel);
        repaint();
      },
    },
    get cell() {
      return { layer: "conv1", map, row: place[0], col: place[1] };
    },
    show() {
      const { answer, weights } = lesson.state;
      work.hidden = !answer || !weights;
      if (!answer) return;
      ({ theme } = lesson);
      exact = answer.exact;
      place = chosen ?? strongest(answer.activations.conv1);
      const [row, col] = place;
      const { input, conv1: values } = answer.activations;
      controls.row.set(row);
      controls.col.set(col);
      image.show(input, { theme, window: place, label: `Your digit, 28 × 28. The window covers rows ${row} to ${row + 2}, columns ${col} to ${col + 2}; arrow keys move it.` });
      if (!weights) return;
      const kernel = rowsOf(weights.kernel("conv1", map), 3, 3);
      const seen = windowOf(rowsOf(input, 28, 28), row, col, 3, 3);
      const products = seen.map((line, i) => line.map((value, j) => value * kernel[i][j]));
      for (const grid of Object.values(grids)) grid.setTheme(theme);
      grids.I.show(seen);
      grids.K.show(kernel);
      grids.P.show(products);
      const added = weighted(seen, kernel);
      const bias = weights.bias("conv1", map);
      const nine = products.flat();
      const exactly = nine.every((product, i) => printed(seen.flat()[i], write) * printed(kernel.flat()[i], write) === printed(product, write));
      setText(times, exactly ? "=" : "≈");
      const result = values[indexOf(conv1, { map, row, col })];
      sums.replaceChildren(...total([[`sum of the nine products ${sumSign(nine, added, write)}`, added], ["+ bias ", bias, "b"], [`${sumSign([added, bias], result, write)} O, the network’s ${subscript(conv1, { map, row, col })}`, result, "O", true]], write));
      setText(message, lesson.blank
        ? "Nothing is drawn: all pixels are equal, so all windows have the same sum. Draw a digit on the pad."
        : "The page computes with more than four decimals; ≈ marks results that the shown numbers do not give exactly. Drag the window over the image, or move it with the arrow keys.");
    },
    program() {
      const { answer } = lesson.state;
      if (!answer) return "";
      const cell = { layer: "conv1", map, row: place[0], col: place[1] };
      return snippets({ cell, value: answer.activations.conv1[indexOf(conv1, cell)], origin: SERVICE, temperature: lesson.temperature, ...lesson.request() }).curl;
    },
  };
}
