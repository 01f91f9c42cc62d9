/** A scatter plot of thousands of labelled points on a canvas, and one more point, which moves. */
import { DIGIT_COLOURS } from "../../core/lab/digit-colours.js";
import { hasSameValues } from "../../core/store.js";
import { el } from "../../ui/dom.js";
import { spread } from "./labels.js";

const SIZE = [620, 460]; // px of the canvas, drawn at twice the density
const DENSITY = 2;
const EDGE = 14; // px
const LABEL = 19; // px, the size of the digits that label the points
const LEAST = 15; // px, their smallest size in a narrow window
const REACH = 14; // px, how near the pointer must be to a point

/** `hovered(index)` is called with the point under the pointer, or null. Returns { node, show(…) }. */
export function createScatter({ hovered }) {
  const canvas = el("canvas", { width: SIZE[0] * DENSITY, height: SIZE[1] * DENSITY, role: "img", "aria-label": "The map, which is loading" });
  const points = document.createElement("canvas"); // the points, painted once for each map
  [points.width, points.height] = [canvas.width, canvas.height];
  const context = canvas.getContext("2d");
  let painted = null; // { map, theme, size } of `points`
  let frame = null; // from values to px
  let map = null;
  let under = null;

  function frameOf({ data }) {
    const ends = [0, 1].map((axis) => {
      const values = Float32Array.from({ length: data.length / 2 }, (_, i) => data[2 * i + axis]).sort();
      const at = (share) => values[Math.round(share * (values.length - 1))];
      const margin = 0.12 * (at(0.995) - at(0.005)) || 1;
      return [at(0.005) - margin, at(0.995) + margin];
    });
    const along = (value, [from, to], size) => Math.min(Math.max(EDGE + ((value - from) / (to - from)) * (size - 2 * EDGE), 4), size - 4);
    return (x, y) => [along(x, ends[0], SIZE[0]), SIZE[1] - along(y, ends[1], SIZE[1])];
  }

  /** The size of the labels in px of the canvas, which a narrow window shows smaller. */
  const labelSize = () => Math.max(LABEL, (LEAST * SIZE[0]) / (canvas.clientWidth || SIZE[0]));

  function paintPoints(theme, size) {
    const paper = points.getContext("2d");
    paper.setTransform(DENSITY, 0, 0, DENSITY, 0, 0);
    paper.clearRect(0, 0, ...SIZE);
    paper.globalAlpha = 0.62;
    const sums = Array.from({ length: 10 }, () => [0, 0, 0]);
    for (let i = 0; i < map.labels.length; i++) {
      const label = map.labels[i];
      const [x, y] = frame(map.points.data[2 * i], map.points.data[2 * i + 1]);
      paper.fillStyle = DIGIT_COLOURS[theme][label];
      paper.fillRect(x - 1.2, y - 1.2, 2.4, 2.4);
      sums[label][0] += x;
      sums[label][1] += y;
      sums[label][2]++;
    }
    paper.globalAlpha = 1;
    paper.font = `700 ${size}px system-ui, sans-serif`;
    paper.textAlign = "center";
    paper.textBaseline = "middle";
    paper.lineWidth = 5;
    paper.strokeStyle = theme === "dark" ? "#13171e" : "#fdfdfc";
    const centres = sums.map(([x, y, count]) => [x / count, y / count]);
    for (const [digit, place] of spread(centres, size, SIZE).entries()) {
      paper.strokeText(digit, ...place);
      paper.fillStyle = DIGIT_COLOURS[theme][digit];
      paper.fillText(digit, ...place);
    }
    painted = { map, theme, size };
  }

  function ring([x, y], radius, colour, width) {
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
  }

  const point = (event) => {
    if (!map) return;
    const box = canvas.getBoundingClientRect();
    const [x, y] = [((event.clientX - box.left) / box.width) * SIZE[0], ((event.clientY - box.top) / box.height) * SIZE[1]];
    let [best, least] = [null, REACH ** 2];
    for (let i = 0; i < map.labels.length; i++) {
      const [px, py] = frame(map.points.data[2 * i], map.points.data[2 * i + 1]);
      const distance = (px - x) ** 2 + (py - y) ** 2;
      if (distance < least) [best, least] = [i, distance];
    }
    if (best !== under) hovered((under = best));
  };
  canvas.addEventListener("pointermove", point);
  canvas.addEventListener("pointerdown", point);
  // A finger leaves at the end of each tap; its point stays until the next one.
  canvas.addEventListener("pointerleave", ({ pointerType }) => pointerType !== "touch" && under !== null && hovered((under = null)));

  return {
    node: canvas,
    /** `next` is { points, labels } of a map, `own` a point [x, y] or null, `near` the indices of the nearest digits. */
    show({ map: next, own, near, theme, label }) {
      if (next !== map) {
        map = next;
        frame = frameOf(map.points);
        under = null;
      }
      const size = labelSize();
      if (!hasSameValues({ map, theme, size }, painted)) paintPoints(theme, size);
      canvas.setAttribute("aria-label", label);
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, canvas.width, canvas.height);
      context.drawImage(points, 0, 0);
      context.setTransform(DENSITY, 0, 0, DENSITY, 0, 0);
      const ink = theme === "dark" ? "#ffffff" : "#131821";
      const at = (i) => frame(map.points.data[2 * i], map.points.data[2 * i + 1]);
      for (const i of near) ring(at(i), 5, ink, 1.5);
      if (under !== null) ring(at(under), 7, ink, 2.5);
      if (!own) return;
      const place = frame(...own);
      ring(place, 9, theme === "dark" ? "#0a0d12" : "#ffffff", 7);
      ring(place, 9, theme === "dark" ? "#ff7a45" : "#d63b00", 3.5);
    },
  };
}
