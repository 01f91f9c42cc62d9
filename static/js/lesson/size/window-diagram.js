/** A diagram of the padded input from above and from the side, with all places of the window. */
import { el, setText } from "../../ui/dom.js";
import { createScrollHint } from "../../ui/scroll-hint.js";
import { arrowOf } from "../../core/input.js";
import { plural } from "../../core/text.js";

const SPACE = "http://www.w3.org/2000/svg";
const HIGH = 150; // px, the maximum height of the bars under the row

function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}
const box = (x, y, width, height, attributes) => svg("rect", { x, y, width, height, ...attributes });

/**
 * `move(row, col)` is called with the new place of the window. Returns { node, show({ width, window, padding, stride, count, place }) }:
 * there are `count` places in a row, and the window is at `place` [row, col].
 */
export function createWindowDiagram(move) {
  const above = svg("svg", { class: "size-above", viewBox: "0 0 280 280", "aria-hidden": "true" });
  const side = svg("svg", { class: "size-side", "aria-hidden": "true" });
  const field = el("div", { class: "size-field", tabIndex: 0, role: "application", "aria-roledescription": "grid with a window" });
  field.append(above);
  const caption = el("figcaption", { class: "caption" });
  const node = el("div", { class: "figure-row size-pictures" },
    el("figure", {}, field, el("figcaption", { class: "caption" }, "The whole input. A dot marks the middle of each place of the window. Arrow keys move the window.")),
    el("figure", { class: "size-row" }, side, caption));
  createScrollHint(node.lastChild, { focusable: true });
  let shown = null;

  field.addEventListener("keydown", (event) => {
    const arrow = arrowOf(event);
    if (!arrow || shown.count < 1) return;
    event.preventDefault();
    to(shown.place[0] + arrow[1], shown.place[1] + arrow[0]);
  });
  field.addEventListener("click", (event) => {
    if (shown.count < 1) return;
    const { left, top, width } = field.getBoundingClientRect();
    const cells = shown.width + 2 * shown.padding;
    const start = (at) => Math.round(((at / width) * cells - shown.window / 2) / shown.stride);
    to(start(event.clientY - top), start(event.clientX - left));
  });
  const to = (row, col) => move(...[row, col].map((at) => Math.min(Math.max(at, 0), shown.count - 1)));

  function show(state) {
    shown = state;
    above.replaceChildren(...fromAbove(state));
    const parts = fromTheSide(state);
    side.setAttribute("viewBox", `-0.5 -1.1 ${state.width + 2 * state.padding + 1} ${parts.height + 1.6}`);
    side.style.maxWidth = `${22 * (state.width + 2 * state.padding + 1)}px`;
    side.style.minWidth = `${15 * (state.width + 2 * state.padding + 1)}px`; // so that the zeros can be read
    side.replaceChildren(...parts.children);
    const places = state.count === 1 ? "is the only place" : `are the ${state.count} places`;
    const step = state.count > 1 ? ` From one place to the next, the window moves by S = ${plural(state.stride, "cell")}.` : "";
    setText(caption, `The top shows one row of the input. ${state.count < 1 ? "The window does not fit." : `Below it ${places} of the window.${step}`}`);
    const [row, col] = state.place;
    const at = (index) => `${index * state.stride} to ${index * state.stride + state.window - 1}`;
    field.setAttribute("aria-label", state.count < 1
      ? "The window does not fit."
      : `${state.count} × ${state.count} places of a window of ${state.window} × ${state.window}. The window is at row ${row}, column ${col} of the output and covers rows ${at(row)} and columns ${at(col)} of the padded input.`);
  }
  return { node, show };
}

/** From above: padding, input, skipped cells, grid lines, a dot for each place, and the window. */
function fromAbove({ width, window, padding, stride, count, place: [row, col] }) {
  const cells = width + 2 * padding;
  const u = 280 / cells;
  const end = count > 0 ? (count - 1) * stride + window : cells;
  const lines = Array.from({ length: cells + 1 }, (_, i) => `M${i * u} 0V280M0 ${i * u}H280`).join("");
  const middles = Array.from({ length: Math.max(count, 0) }, (_, i) => (i * stride + window / 2) * u);
  const dots = middles.flatMap((y) => middles.map((x) => `M${x} ${y}h0`)).join("");
  return [
    box(0, 0, 280, 280, { class: "size-padding", "data-part": "P" }),
    box(padding * u, padding * u, width * u, width * u, { class: "size-input", "data-part": "W" }),
    ...(end < cells ? [box(end * u, 0, 280 - end * u, 280, { class: "size-left" }), box(0, end * u, end * u, 280 - end * u, { class: "size-left" })] : []),
    svg("path", { d: lines, class: "size-lines" }),
    svg("path", { d: dots, class: "size-dots", "data-part": "O", "stroke-width": Math.min(5, 0.5 * u * Math.min(stride, 2)) }),
    ...(count > 0 ? [box(col * stride * u, row * stride * u, window * u, window * u, { class: "size-window", "data-part": "F" })] : []),
  ];
}

/** From the side: the cells of one row, and below them a bar for each place of the window, each bar a bit lower than the one before. */
function fromTheSide({ width, window, padding, stride, count, place: [, col] }) {
  const cells = width + 2 * padding;
  const end = count > 0 ? (count - 1) * stride + window : cells;
  const scale = Math.max(12, Math.min(22, 600 / cells)); // approximate px per cell
  const step = Math.min(0.75, HIGH / scale / Math.max(count, 1));
  const row = Array.from({ length: cells }, (_, i) => {
    const pads = i < padding || i >= cells - padding;
    const kind = i >= end ? "size-left" : pads ? "size-padding" : "size-input";
    return box(i, 0, 1, 1, { class: `${kind} size-cell`, "data-part": pads ? "P" : "W" });
  });
  const zeros = Array.from({ length: cells }, (_, i) => i)
    .filter((i) => i < padding || i >= cells - padding)
    .map((i) => svg("text", { x: i + 0.5, y: 0.72, class: "size-zero" }, "0"));
  const bars = Array.from({ length: Math.max(count, 0) }, (_, i) => box(i * stride + 0.06, 1.4 + i * step, window - 0.12, step * 0.8, { class: i === col ? "size-bar size-now" : "size-bar", "data-part": "O" }));
  const moved = count > 1 ? [svg("path", { d: `M0 -0.35H${stride}M0 -0.55v0.4M${stride} -0.55v0.4`, class: "size-stride", "data-part": "S" }), svg("text", { x: stride + 0.3, y: -0.1, class: "size-step" }, "S")] : [];
  return { height: 1.6 + HIGH / scale, children: [...row, ...zeros, ...moved, ...bars] };
}
