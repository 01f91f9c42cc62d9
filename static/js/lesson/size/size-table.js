/** The loaded network as a row of images and as an editable table of shapes, parameters and multiplications. A text lists the weights that no longer fit. */
import { el, setText } from "../../ui/dom.js";
import { setDisabled } from "../../ui/input/focus.js";
import { byName } from "../../core/layers.js";
import { changeable, changesField, LIMITS } from "./changes-field.js";
import { createScrollHint } from "../../ui/scroll-hint.js";
import { times, whole } from "../../core/text.js";
import { mostActiveMap } from "../shared/arithmetic.js";
import { createRefusal } from "../../ui/messages.js";
import { readNumber } from "../../core/input.js";
import { createMapWindow } from "../shared/map-window.js";
import { mismatches, applyChanges, sumOf } from "./network-sizes.js";

const SHOWN = ["input", "convolution", "max_pool", "flatten", "linear"]; // ReLU and softmax keep the size
const CELL = 3; // px per cell in the images
const SETTINGS = Object.keys(LIMITS);

/** `changed()` is called after each change. Returns { show(), put(changes), programs(), settings }. */
export function createSizeTable(root, lesson, changed) {
  let loaded = null; // the layers of the model card
  let changes = {};
  const refusal = createRefusal();
  const strip = el("ol", { class: "size-strip", "aria-label": "The sizes, layer by layer" });
  const body = el("tbody");
  const total = el("tr", { class: "size-total" });
  const caption = el("p", { class: "caption" });
  const reset = el("button", { type: "button", class: "quiet", "aria-disabled": "true" }, "Reset to the loaded network");
  reset.addEventListener("click", () => put({}));
  const message = el("div", { class: "says size-fit", role: "status" }, "Loading the layers of the network…");
  const heads = ["layer", "F", "P", "S", "maps or units", "one side", "shape", "parameters", "multiplications"];
  const scroll = el("div", { class: "size-scroll", tabIndex: 0, role: "region", "aria-label": "The network as a table" },
    el("table", { class: "size-table" }, el("thead", {}, el("tr", {}, ...heads.map((text) => el("th", { scope: "col" }, text)))), body, el("tfoot", {}, total)));
  root.append(strip, caption, el("div", { class: "size-more" }, scroll),
    el("p", { class: "caption" }, "F: filter or window, P: padding, S: stride. ⌊ ⌋ means: rounded down, because the division leaves a remainder."), refusal.node, el("div", { class: "figure-row" }, reset), message);
  createScrollHint(scroll);
  let rows = new Map(); // name -> the cells that change
  let images = new Map();

  lesson.card().then(({ layers }) => {
    loaded = applyChanges(layers, {});
    build();
    put(changes);
    lesson.repaint("size");
  }, (error) => setText(message, `The layers of the network did not load: ${error.message}`));

  function put(next) {
    changes = next;
    if (!loaded) return;
    write();
    changed();
  }

  function build() {
    const layers = loaded.filter(({ kind }) => SHOWN.includes(kind));
    rows = new Map(layers.map((layer) => [layer.name, buildRow(layer)]));
    body.replaceChildren(...[...rows.values()].map(({ node }) => node));
    images = new Map(layers.map((layer) => [layer.name, buildImage(layer)]));
    strip.replaceChildren(...[...images.values()].map(({ node }) => node));
  }

  function buildRow(layer) {
    const inputs = {};
    const cellOf = (key) => {
      const editable = changeable(layer).includes(key);
      if (!editable) return el("td", {}, key === "maps" ? (layer.kind === "linear" ? "10" : "") : layer[key] === null ? "" : String(layer[key]));
      const [noun, min, max] = LIMITS[key];
      const input = el("input", { type: "number", min, max, value: layer[key], "aria-label": `${layer.name}, ${layer.kind === "linear" ? "units" : noun}` });
      const current = () => changes[layer.name]?.[key] ?? layer[key];
      const accept = () => {
        const { value, says } = readNumber(input.value, { label: input.getAttribute("aria-label"), kept: current(), min, max, whole: true });
        if (value !== null) put({ ...changes, [layer.name]: { ...changes[layer.name], [key]: value } });
        if (!says) return;
        input.value = current();
        refusal.say(input, says);
      };
      input.addEventListener("input", () => {
        if (!input.validity.valid || input.value === "") return;
        refusal.say(input, "");
        accept();
      });
      input.addEventListener("change", () => {
        accept();
        write();
      });
      inputs[key] = input;
      return el("td", {}, input);
    };
    const cells = Object.fromEntries(["worked", "shape", "parameters", "multiplications"].map((name) => [name, el("td", { class: `size-${name}` })]));
    return { node: el("tr", {}, el("th", { scope: "row" }, layer.name), ...SETTINGS.map(cellOf), ...Object.values(cells)), inputs, cells };
  }

  function buildImage({ name }) {
    const layer = byName[name];
    const image = createMapWindow({ layer, scale: name === "flatten" ? 1 : layer.cols === 1 ? 2 * CELL : CELL, label: name });
    const size = el("b");
    const maps = el("span", { class: "size-maps" });
    const frame = el("span", { class: "size-frame", hidden: true });
    return { image, size, maps, frame, node: el("li", {}, el("span", { class: "size-name" }, name), el("span", { class: "size-picture" }, image.node, frame), size, maps) };
  }

  function write() {
    const now = applyChanges(loaded, changes);
    let trained = true; // false from the first changed layer on
    for (const [i, row] of now.entries()) {
      trained &&= SETTINGS.every((key) => row[key] === loaded[i][key]);
      const shown = rows.get(row.name);
      if (!shown) continue;
      const before = loaded[i];
      for (const [key, input] of Object.entries(shown.inputs)) {
        if (document.activeElement !== input || input.validity.valid) if (input.valueAsNumber !== row[key]) input.value = row[key];
        input.classList.toggle("size-changed", row[key] !== before[key]);
      }
      const texts = {
        worked: row.worked ?? (row.problem ? "does not fit" : row.shape ? "" : "—"),
        shape: row.shape ? times(row.shape.map(whole)) : "—",
        parameters: row.parameters === null ? "—" : row.parameters ? whole(row.parameters) : "0",
        multiplications: row.multiplications === null ? "—" : whole(row.multiplications),
      };
      for (const [name, cell] of Object.entries(shown.cells)) {
        setText(cell, texts[name]);
        cell.classList.toggle("size-changed", name !== "worked" && String(row[name]) !== String(before[name]));
      }
      writeImage(images.get(row.name), row, trained);
    }
    const sums = ["parameters", "multiplications"].map((name) => [sumOf(now, name), sumOf(loaded, name)]);
    const text = ([sum, was]) => [sum === null ? "—" : whole(sum), el("br"), sum === was ? "" : `was ${whole(was)}`];
    total.replaceChildren(el("th", { scope: "row", colSpan: 7 }, "total"), ...sums.map((pair) => el("td", {}, ...text(pair))));
    setDisabled(reset, same(now));
    writeFit(now);
  }

  /** The changes that really differ from the loaded network. */
  const effective = () => Object.fromEntries(Object.entries(changes).map(([name, own]) => {
    const row = loaded?.find((layer) => layer.name === name);
    return [name, Object.fromEntries(Object.entries(own).filter(([key, value]) => value !== row?.[key]))];
  }));

  const same = (now) => now.every((row, i) => SETTINGS.every((key) => row[key] === loaded[i][key]));

  function writeImage({ size, maps, frame, image }, { shape }, trained) {
    const square = shape?.length === 3;
    setText(size, shape ? (square ? times(shape.slice(1)) : whole(shape[0])) : "—");
    setText(maps, square ? `${whole(shape[0])} ${shape[0] === 1 ? "map" : "maps"}` : "");
    image.node.hidden = !trained;
    frame.hidden = trained || !shape;
    const side = shape ? (square ? shape[1] * CELL : 24) : 0;
    frame.style.width = frame.style.height = `${Math.min(side, 30 * CELL)}px`;
  }

  /** Describe what no longer fits: a layer whose window is too large, and weights with other shapes. */
  function writeFit(now) {
    const broken = now.find(({ problem }) => problem);
    const lines = [];
    const left = now.filter(({ left }) => left > 0).map(({ name, left: cells }) => `${name} skips the last ${cells === 1 ? "row and column" : `${cells} rows and columns`} of its input`);
    if (broken) lines.push(el("p", {}, `${broken.problem} It has no output, so the layers after it have no input.`));
    const wrong = mismatches(loaded, now);
    if (same(now)) lines.push(el("p", {}, `This is the loaded network, ${lesson.model}.`));
    else if (wrong.length === 0) lines.push(el("p", {}, "The loaded weights still fit, because none of their shapes changes. But they were trained for the old sizes, so many answers would be wrong until the network is trained again."));
    else {
      lines.push(el("p", {}, "These weights no longer fit, so the network must be trained again:"),
        el("ul", {}, ...wrong.map(({ name, key, trained, needed }) => el("li", {}, `${name} was trained with ${trained.words}; ${needed ? `it now needs ${needed.words}` : "now it gets no input"} (`, el("code", {}, key), `: ${trained.shape}${needed ? `, not ${needed.shape}` : ""})`))));
    }
    if (left.length) lines.push(el("p", {}, `${left.join("; ")}.`));
    message.classList.toggle("warn", Boolean(broken));
    message.replaceChildren(...lines);
  }

  return {
    put: (next) => put(next),
    settings: { fields: { network: changesField }, get: () => ({ network: effective() }), set: ({ network }) => put(network) },
    show() {
      const { answer } = lesson.state;
      if (!loaded || !answer) return;
      const { activations } = answer;
      const chosen = [["conv1", "pool1"], ["conv2", "pool2"]].map(([first, pooled]) => [first, pooled, mostActiveMap(activations[pooled], byName[pooled].maps, byName[pooled].rows * byName[pooled].cols)]);
      for (const [name, { image }] of images) {
        const layer = byName[name];
        const map = chosen.find((names) => names.includes(name))?.[2] ?? 0;
        image.show(activations[name], { from: map * layer.rows * layer.cols, theme: lesson.theme, label: `${name} for your digit${layer.maps > 1 ? `, map ${map}` : ""}` });
      }
      const which = chosen.map(([first, pooled, map]) => `map ${map} of ${first} and ${pooled}`).join(", ");
      setText(caption, lesson.blank ? "Nothing is drawn, so the images show the layers for a blank pad." : `The images show your digit in each layer of the network: ${which}, the maps that respond most to your ink. A changed layer and all layers after it have no image, because the network must be trained again.`);
    },
    programs: () => programsOf(loaded ? applyChanges(loaded, changes) : []),
  };
}

function programsOf(layers) {
  const slid = layers.filter(({ window, shape, problem }) => window !== null && (shape || problem));
  const python = [
    "# The sizes of the network, layer by layer.",
    `W = ${layers[0]?.shape[1] ?? 28}`,
    `for name, F, P, S in [${slid.map(({ name, window, padding, stride }) => `("${name}", ${window}, ${padding}, ${stride})`).join(", ")}]:`,
    "    W = size(W, F, P, S)",
    "    print(name, W)",
    "",
  ];
  const made = layers.filter(({ shape, kind }) => shape && kind !== "input" && kind !== "softmax");
  const broken = layers.find(({ problem }) => problem);
  const torch = [
    "# The network in PyTorch: the shape after each layer, and its parameters.",
    "import torch",
    "from torch import nn",
    "",
    "network = nn.Sequential(",
    ...made.map((layer) => `    ${TORCH[layer.kind](layer)},  # ${layer.name}`),
    ...(broken ? [`    # ${broken.problem}`] : []),
    ")",
    `x = torch.zeros(1, ${layers[0]?.shape.join(", ") ?? "1, 28, 28"})`,
    "for layer in network:",
    "    x = layer(x)",
    '    print(type(layer).__name__, *x.shape[1:], sum(p.numel() for p in layer.parameters()))',
    'print("parameters", sum(p.numel() for p in network.parameters()))',
    "",
  ];
  return { python: python.join("\n"), torch: torch.join("\n") };
}

const TORCH = {
  convolution: ({ source, maps, window, padding, stride }) => `nn.Conv2d(${source[0]}, ${maps}, ${window}, stride=${stride}, padding=${padding})`,
  max_pool: ({ window, stride }) => `nn.MaxPool2d(${window}, stride=${stride})`,
  relu: () => "nn.ReLU()",
  flatten: () => "nn.Flatten()",
  linear: ({ source, maps }) => `nn.Linear(${source[0]}, ${maps})`,
};
