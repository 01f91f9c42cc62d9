/** All maps of a layer as a strip of thumbnails, sorted by number or by strength; each one opens its map. */
import { paintMap, palette, range } from "../core/colour.js";
import { isPlain } from "../core/input.js";
import { el, setAttribute, setHidden } from "../ui/dom.js";
import { createSwitch } from "../ui/switch.js";
import { byStrength, strengths, thumbnailLabel } from "./map-texts.js";

const KEYS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: "up", ArrowDown: "down", Home: "first", End: "last" };

/** `open(map, when)` is called with the map that is clicked. The strip is one stop of the Tab key; arrow keys move within it. */
export function createThumbnails(open) {
  const element = el("div", { className: "film" });
  setAttribute(element, "role", "group");
  let order = "number";
  let frames = []; // { button, canvas, context, map }
  let places = []; // the map shown at each place
  let shown = null; // the last arguments of show()
  let named = null; // the layer and values that order and names were made from

  const sorting = createSwitch(
    "film-order",
    "Maps",
    [
      ["number", "by number", "Map 0 first"],
      ["strength", "by strength", "Sort the maps by their strongest number: the number furthest from 0"],
    ],
    (value) => {
      order = value;
      named = null; // sort again
      if (shown) show(shown);
    },
  );

  element.addEventListener("click", (event) => {
    const frame = frames.find(({ button }) => button === event.target.closest("button"));
    if (frame && frame.map !== shown.map) open(frame.map, event.timeStamp);
  });
  element.addEventListener("keydown", (event) => {
    const key = KEYS[event.key];
    const at = frames.findIndex(({ button }) => button === document.activeElement);
    if (key === undefined || at < 0 || !isPlain(event)) return;
    event.preventDefault();
    const row = frames.filter(({ button }) => button.offsetTop === frames[0].button.offsetTop).length;
    const to = { first: 0, last: frames.length - 1, up: at - row, down: at + row }[key] ?? at + key;
    if (frames[to]) focus(to);
  });
  function focus(at) {
    for (const [i, { button }] of frames.entries()) button.tabIndex = i === at ? 0 : -1;
    frames[at].button.focus();
  }

  function build(layer) {
    frames = Array.from({ length: layer.maps }, () => {
      const canvas = el("canvas", { width: layer.cols, height: layer.rows, "aria-hidden": "true" });
      return { canvas, context: canvas.getContext("2d"), map: -1, button: el("button", { type: "button", tabIndex: -1 }, canvas) };
    });
    element.style.setProperty("--thumb", `${Math.max(1, Math.floor(26 / layer.cols)) * layer.cols}px`);
    element.replaceChildren(...frames.map(({ button }) => button));
    setAttribute(element, "aria-label", `All ${layer.maps} maps of ${layer.name}`);
  }

  function show({ layer, map, values, exact, scale, theme }) {
    setHidden(element, layer.maps === 1);
    setHidden(sorting, layer.maps === 1);
    const before = shown;
    shown = { layer, map, values, exact, scale, theme };
    if (layer.maps === 1) return;
    if (before?.layer !== layer || frames.length !== layer.maps) build(layer);
    // While the pen moves, the thumbnails are repainted, but their order and names stay.
    if (named?.layer !== layer || (exact && named.values !== values)) {
      const list = strengths(layer, values);
      places = order === "strength" ? byStrength(list) : list.map((entry) => entry.map);
      for (const [at, frame] of frames.entries()) {
        frame.map = places[at];
        setAttribute(frame.button, "aria-label", thumbnailLabel(layer, list[frame.map]));
        setAttribute(frame.button, "title", thumbnailLabel(layer, list[frame.map]));
        frame.button.classList.toggle("dead", list[frame.map].dead && !layer.signed);
      }
      named = { layer, values };
      paint();
    } else if (before.values !== values || before.scale !== scale || before.theme !== theme) paint();
    const { button } = frames[places.indexOf(map)];
    // On a phone, the strip is wider than the screen.
    if (element.scrollWidth > element.clientWidth && (before?.map !== map || before.layer !== layer)) {
      element.scrollLeft = button.offsetLeft - element.offsetLeft - (element.clientWidth - button.offsetWidth) / 2;
    }
    const focused = frames.some(({ button }) => button === document.activeElement);
    for (const frame of frames) {
      const here = frame.map === map;
      if (here) setAttribute(frame.button, "aria-current", "true");
      else frame.button.removeAttribute("aria-current");
      if (!focused) frame.button.tabIndex = here ? 0 : -1;
    }
  }

  function paint() {
    const { layer, values, scale, theme } = shown;
    const size = layer.rows * layer.cols;
    const colours = palette(layer, theme);
    let ends = range(layer, values, scale);
    for (const { context, map } of frames) {
      if (scale === "map") ends = range(layer, values, scale, map);
      const image = context.createImageData(layer.cols, layer.rows);
      paintMap(new Uint32Array(image.data.buffer), layer.cols, 0, values, map * size, layer.rows, layer.cols, ends, colours);
      context.putImageData(image, 0, 0);
    }
  }

  return { element, sorting, show };
}
