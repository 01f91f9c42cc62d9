/** The accuracy of each network when all test images are moved. It was measured in advance; see GET /lesson/figures. */
import { el, setText } from "../../ui/dom.js";
import { shiftInWords, whole } from "../../core/text.js";
import { createChart, createTable, sample } from "../../widgets/chart.js";

const AXES = { x: "px left (−) or right", y: "px up (−) or down" };
const share = (value) => `${(100 * value).toFixed(1)} %`; // not percent() of core/text.js, as a measured share can be 100 %
const signs = (value) => String(value).replace("-", "−");

/** Returns { node, showFigures(figures), showError(), show({ dx, dy }) }. */
export function createShiftAccuracy({ sha256 }) {
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
      charts[axis].show({ label: `Accuracy on the test images, by ${AXES[axis]}, for ${networks.map(({ title }) => title).join(", ")}. The numbers are in the table below.`, lines, at });
    }
    const value = (network, axis, shift) => share(network[axis][shifts.indexOf(shift)]);
    key.replaceChildren(
      el("thead", {}, el("tr", {}, ...["trained network", "centred", `all moved ${shiftInWords([dx, 0]) || "0 px sideways"}`, `all moved ${shiftInWords([0, dy]) || "0 px up or down"}`].map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", {}, ...networks.map((network) => el("tr", {}, el("th", { scope: "row" }, sample(network.kind), ` ${network.title}`), el("td", {}, value(network, "x", 0)), el("td", {}, value(network, "x", dx)), el("td", {}, value(network, "y", dy))))));
  }

  return {
    node,
    show,
    showFigures(found) {
      figures = found;
      const others = [2, 3, 3, 3];
      networks = figures.shifted.map((one) => {
        const loaded = one.sha256 === sha256;
        return { ...one, kind: one.network === "dense" ? 0 : loaded ? 1 : others.shift(), title: `${one.name}${loaded ? " (loaded here)" : ""}` };
      });
      charts = Object.fromEntries(["x", "y"].map((axis) => [axis, createChart({ x: axisOf(figures.shifts, AXES[axis]), y: { from: 0, to: 1, ticks: [0, 0.25, 0.5, 0.75, 1], write: (share) => `${100 * share} %` } })]));
      row.replaceChildren(...["x", "y"].map((axis) => el("figure", { class: "curve-figure" }, el("figcaption", {}, `Accuracy when all images are moved ${axis === "x" ? "sideways" : "up or down"}`), charts[axis].node)));
      const names = networks.map(({ name }) => name);
      const training = ["dense", "lesson", "robust"].every((name) => names.includes(name)) ? " The weights “dense” and “lesson” were trained in the same way, on the original MNIST images. The weights “robust” were also trained on slanted, turned and bent digits. None of the three was trained on moved digits." : "";
      const here = networks.some(({ kind }) => kind === 1);
      setText(title, `The curves show the accuracy of each network on ${whole(figures.pictures)} of MNIST’s test images when all images are moved by the same number of pixels.${training}${here ? "" : " The network that is loaded here was not measured in this way. The networks in the chart come with Inkling."}`);
      table.show(["moved by", ...["sideways", "down"].flatMap((way) => networks.map(({ name }) => `${way}, ${name}`))],
        figures.shifts.map((shift, i) => [signs(shift), ...["x", "y"].flatMap((axis) => networks.map((network) => share(network[axis][i])))]));
      show(place);
    },
    showError() {
      setText(title, "The measured curves did not load. Reload the page to try again.");
    },
  };
}
