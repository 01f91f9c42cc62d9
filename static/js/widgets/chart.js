/** Curves as SVG with axes, and a table of the same numbers for users who cannot see the chart. */
import { el } from "../ui/dom.js";

const SPACE = "http://www.w3.org/2000/svg";
const EDGE = { left: 54, right: 12, top: 12, bottom: 40 }; // px around the curves, for the numbers and names of the axes
const SHAPES = ["M-3 -3h6v6h-6z", "M-3.4 0a3.4 3.4 0 1 0 6.8 0a3.4 3.4 0 1 0-6.8 0z", "M0 -4l4 7h-8z", "M0 -4.4l4.4 4.4l-4.4 4.4l-4.4-4.4z"];

export function svg(tag, properties = {}, ...children) {
  const node = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(properties)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** The mark of a line in a legend; `kind` as in createChart. */
export const sample = (kind) =>
  svg("svg", { class: "line-sample", viewBox: "-14 -6 28 12", width: 28, height: 12, "aria-hidden": "true" }, svg("path", { class: `line line-${kind}`, d: "M-14 0h28" }), svg("path", { class: `dot dot-${kind}`, d: SHAPES[kind] }));

/**
 * `x` and `y` are axes, { name, from, to, ticks, write }. Returns { node, show({ label, lines, at, axis, across }) }. `lines` is
 * [{ kind, points: [[x, y], …], plain }]. `kind`, 0 to 3, selects the colour, the dashes and the marks; with `plain`, there are no
 * marks. Points with y = null are omitted. Points beyond the y axis are drawn as hollow marks at its end. If `at` is not null,
 * there is a vertical line at x = `at`. `axis` replaces the y axis, `across` the x axis.
 */
export function createChart({ x, y, width = 340, height = 200 }) {
  const node = svg("svg", { class: "chart", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "A chart without curves yet" });
  node.style.minWidth = `${0.86 * width}px`; // so that its text, 14 px unless it is scaled, has at least 12 px
  const [wide, high] = [width - EDGE.left - EDGE.right, height - EDGE.top - EDGE.bottom];
  const acrossOf = (value) => EDGE.left + ((value - x.from) / (x.to - x.from)) * wide;

  function show({ label, lines, at = null, axis = y, across = x }) {
    const along = (value) => EDGE.left + ((value - across.from) / (across.to - across.from)) * wide;
    const downOf = (value) => EDGE.top + (1 - (Math.min(Math.max(value, axis.from), axis.to) - axis.from) / (axis.to - axis.from)) * high;
    const text = (content, properties) => svg("text", properties, content);
    const grid = axis.ticks.flatMap((tick) => [
      svg("path", { class: "grid", d: `M${EDGE.left} ${downOf(tick)}h${wide}` }),
      text(axis.write(tick), { x: EDGE.left - 6, y: downOf(tick) + 4, "text-anchor": "end" }),
    ]);
    const ticks = across.ticks.flatMap((tick) => [
      svg("path", { class: "tick", d: `M${along(tick)} ${EDGE.top + high}v4` }),
      text(across.write(tick), { x: along(tick), y: EDGE.top + high + 17, "text-anchor": "middle" }),
    ]);
    const here = at === null ? [] : [svg("path", { class: "here", d: `M${along(at)} ${EDGE.top}v${high}` })];
    const drawn = lines.flatMap(({ kind, points, plain = false }) => {
      const known = points.filter(([, value]) => value !== null && value !== undefined);
      const path = known.map(([place, value], i) => `${i ? "L" : "M"}${along(place).toFixed(1)} ${downOf(value).toFixed(1)}`).join("");
      const dots = plain ? [] : known.map(([place, value]) =>
        svg("path", { class: `dot dot-${kind}${place === at ? " now" : ""}${value > axis.to || value < axis.from ? " beyond" : ""}`, d: SHAPES[kind], transform: `translate(${along(place).toFixed(1)} ${downOf(value).toFixed(1)})` }));
      return [svg("path", { class: `line line-${kind}`, d: path || "M0 0" }), ...dots];
    });
    const names = [text(across.name, { class: "axis-name", x: EDGE.left + wide / 2, y: height - 4, "text-anchor": "middle" })];
    node.setAttribute("aria-label", label);
    node.replaceChildren(...grid, ...ticks, ...names, ...here, ...drawn);
  }

  return { node, show, acrossOf };
}

/** A table that opens below a chart. Returns { node, show(names, rows) }: `names` are the column headings, and each row is a list of texts that starts with the row's heading. */
export function createTable(summary) {
  const head = el("thead");
  const body = el("tbody");
  const table = el("table", { class: "figure-table" }, head, body);
  const node = el("details", { class: "as-table" }, el("summary", {}, summary), el("div", { class: "table-scroller", tabIndex: 0, role: "region", "aria-label": summary }, table));
  return {
    node,
    show(names, rows) {
      head.replaceChildren(el("tr", {}, ...names.map((name) => el("th", { scope: "col" }, name))));
      body.replaceChildren(...rows.map(([name, ...cells]) => el("tr", {}, el("th", { scope: "row" }, name), ...cells.map((cell) => el("td", {}, cell)))));
    },
  };
}
