/** How many test pictures each network reads right when all of them are moved: measured before, not in the page. */
import { el, setText } from "../../ui/dom.js";
import { shiftInWords, whole } from "../../core/text.js";
import { createChart, createTable, sample } from "../shared/chart.js";

const AXES = { x: "px left (−) or right", y: "px up (−) or down" };
const share = (value) => `${(100 * value).toFixed(1)} %`; // measured, so all of them can be right
const signs = (value) => String(value).replace("-", "−");

/** Gives back { node, take(figures), fail(), show({ dx, dy }) }. */
export function createMeasured({ sha256 }) {
  const axisOf = (shifts, name) => ({ name, from: shifts[0], to: shifts.at(-1), ticks: shifts.filter((shift) => shift % 4 === 0), write: signs });
  const row = el("div", { class: "measured-row" });
  const key = el("table", { class: "figure-table" });
  const title = el("p", { class: "measured-title" }, "…");
  const table = createTable("The measured curves as a table");
  const node = el("div", { class: "measured" }, title, row, el("div", { class: "answers-scroller" }, key), table.node);
  let figures = null;
  let networks = [];
  let charts = null;
  let place = { dx: 0, dy: 0 };
  let drawn = null;

  function show({ dx, dy }) {
    place = { dx, dy };
    if (!figures || drawn === `${dx},${dy}`) return;
    drawn = `${dx},${dy}`;
    const { shifts } = figures;
    for (const [axis, at] of [["x", dx], ["y", dy]]) {
      const lines = networks.map((network) => ({ kind: network.kind, points: shifts.map((shift, i) => [shift, network[axis][i]]) }));
      charts[axis].show({ label: `Share of the test pictures read right, by ${AXES[axis]}, for ${networks.map(({ title }) => title).join(", ")}. The numbers are in the table below.`, lines, at });
    }
    const value = (network, axis, shift) => share(network[axis][shifts.indexOf(shift)]);
    key.replaceChildren(
      el("thead", {}, el("tr", {}, ...["trained network", "in the middle", `all moved ${shiftInWords([dx, 0]) || "0 px sideways"}`, `all moved ${shiftInWords([0, dy]) || "0 px up or down"}`].map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", {}, ...networks.map((network) => el("tr", {}, el("th", { scope: "row" }, sample(network.kind), ` ${network.title}`), el("td", {}, value(network, "x", 0)), el("td", {}, value(network, "x", dx)), el("td", {}, value(network, "y", dy))))));
  }

  return {
    node,
    show,
    /** What was measured is here. */
    take(found) {
      figures = found;
      const others = [2, 3, 3, 3];
      networks = figures.shifted.map((one) => {
        const loaded = one.sha256 === sha256;
        return { ...one, kind: one.network === "dense" ? 0 : loaded ? 1 : others.shift(), title: `${one.name}${loaded ? ", the one that is loaded" : ""}` };
      });
      charts = Object.fromEntries(["x", "y"].map((axis) => [axis, createChart({ x: axisOf(figures.shifts, AXES[axis]), y: { from: 0, to: 1, ticks: [0, 0.25, 0.5, 0.75, 1], write: (share) => `${100 * share} %` } })]));
      row.replaceChildren(...["x", "y"].map((axis) => el("figure", { class: "curve-figure" }, el("figcaption", {}, axis === "x" ? "All moved sideways: share read right" : "All moved up and down: the same"), charts[axis].node)));
      const names = networks.map(({ name }) => name);
      const alike = ["dense", "lesson", "robust"].every((name) => names.includes(name)) ? " The networks dense and lesson were trained alike, on MNIST as it is; robust was also shown digits slanted, turned and bent. None of the three was shown a moved one." : "";
      const here = networks.some(({ kind }) => kind === 1);
      setText(title, `Not one digit but ${whole(figures.pictures)} of MNIST’s test pictures, all of them moved, and how many each network reads right.${alike}${here ? "" : " The network that is loaded here was not measured so; these are the ones that ship."}`);
      table.show(["moved by", ...["sideways", "down"].flatMap((way) => networks.map(({ name }) => `${way}, ${name}`))],
        figures.shifts.map((shift, i) => [signs(shift), ...["x", "y"].flatMap((axis) => networks.map((network) => share(network[axis][i])))]));
      show(place);
    },
    fail() {
      setText(title, "The measured curves did not come; reload the page to ask again.");
    },
  };
}
