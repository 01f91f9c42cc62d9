/** The loaded network as a row of sizes and a table that can be changed: shapes, parameters, multiplications, what no longer fits. */
import { el, setText } from "../../ui/dom.js";
import { byName } from "../../core/layers.js";
import { createScrollHint } from "../../ui/scroll-hint.js";
import { times, whole } from "../../core/text.js";
import { inkiest } from "../shared/arithmetic.js";
import { corrected } from "../shared/controls.js";
import { createPicture } from "../shared/map-window.js";
import { misfits, rebuild, sumOf } from "./network-sizes.js";

const SHOWN = ["input", "convolution", "max_pool", "flatten", "linear"]; // ReLU and softmax keep the size
const CELL = 3; // px of a cell in the pictures
const ENDS = { window: ["window F", 1, 28], padding: ["padding P", 0, 10], stride: ["stride S", 1, 8], maps: ["maps", 1, 512] };
const KNOBS = Object.keys(ENDS);
const CHANGEABLE = { convolution: ["window", "padding", "stride", "maps"], max_pool: ["window", "stride"], linear: ["maps"] };

/** `changed()` is called after each change. Gives back { show(), put(changes), programs() }. */
export function createNetworkOfSizes(root, lesson, changed) {
  let loaded = null; // the layers as the service gives them
  let changes = {};
  let note = ""; // what a number that was typed became
  const strip = el("ol", { class: "size-strip", "aria-label": "The sizes, layer by layer" });
  const body = el("tbody");
  const total = el("tr", { class: "size-total" });
  const caption = el("p", { class: "caption" });
  const reset = el("button", { type: "button", class: "quiet", disabled: true }, "As the loaded network");
  reset.addEventListener("click", () => put({}));
  const says = el("div", { class: "says size-fit", role: "status" }, "The network’s layers are on their way.");
  const heads = ["layer", "F", "P", "S", "maps or units", "one side", "shape", "parameters", "multiplications"];
  const scroll = el("div", { class: "size-scroll", tabIndex: 0, role: "region", "aria-label": "The network as a table" },
    el("table", { class: "size-table" }, el("thead", {}, el("tr", {}, ...heads.map((text) => el("th", { scope: "col" }, text)))), body, el("tfoot", {}, total)));
  root.append(strip, caption, el("div", { class: "size-more" }, scroll),
    el("p", { class: "caption" }, "⌊ ⌋: rounded down to a whole number; written only where the division leaves a remainder."), el("div", { class: "figure-row" }, reset), says);
  createScrollHint(scroll);
  let rows = new Map(); // name -> the cells that change
  let pictures = new Map();

  lesson.card().then(({ layers }) => {
    loaded = rebuild(layers, {});
    build();
    put(changes);
    lesson.again("size");
  }, (error) => setText(says, `The network’s layers did not come: ${error.message}`));

  function put(next, said = "") {
    changes = next;
    note = said;
    if (!loaded) return;
    write();
    changed();
  }

  function build() {
    const layers = loaded.filter(({ kind }) => SHOWN.includes(kind));
    rows = new Map(layers.map((layer) => [layer.name, buildRow(layer)]));
    body.replaceChildren(...[...rows.values()].map(({ node }) => node));
    pictures = new Map(layers.map((layer) => [layer.name, buildPicture(layer)]));
    strip.replaceChildren(...[...pictures.values()].map(({ node }) => node));
  }

  function buildRow(layer) {
    const inputs = {};
    const cellOf = (key) => {
      const open = CHANGEABLE[layer.kind]?.includes(key) && layer.name !== "logits"; // ten digits stay ten
      if (!open) return el("td", {}, key === "maps" ? (layer.kind === "linear" ? "10" : "") : layer[key] === null ? "" : String(layer[key]));
      const [noun, min, max] = ENDS[key];
      const input = el("input", { type: "number", min, max, value: layer[key], "aria-label": `${layer.name}, ${layer.kind === "linear" ? "units" : noun}` });
      const take = () => {
        const typed = input.valueAsNumber;
        const value = Math.min(Math.max(Math.round(typed), min), max);
        if (!Number.isFinite(value)) return;
        put({ ...changes, [layer.name]: { ...changes[layer.name], [key]: value } }, corrected(input.getAttribute("aria-label"), typed, value, min, max));
        if (typed !== value) input.value = value;
      };
      input.addEventListener("input", () => input.validity.valid && input.value !== "" && take());
      input.addEventListener("change", () => {
        take();
        write();
      });
      inputs[key] = input;
      return el("td", {}, input);
    };
    const cells = Object.fromEntries(["worked", "shape", "parameters", "multiplications"].map((name) => [name, el("td", { class: `size-${name}` })]));
    return { node: el("tr", {}, el("th", { scope: "row" }, layer.name), ...KNOBS.map(cellOf), ...Object.values(cells)), inputs, cells };
  }

  function buildPicture({ name }) {
    const layer = byName[name];
    const picture = createPicture({ layer, scale: name === "flatten" ? 1 : layer.cols === 1 ? 2 * CELL : CELL, label: name });
    const size = el("b");
    const maps = el("span", { class: "size-maps" });
    const frame = el("span", { class: "size-frame", hidden: true });
    return { picture, size, maps, frame, node: el("li", {}, el("span", { class: "size-name" }, name), el("span", { class: "size-picture" }, picture.node, frame), size, maps) };
  }

  function write() {
    const now = rebuild(loaded, changes);
    let trained = true; // up to the first layer that is another one
    for (const [i, row] of now.entries()) {
      trained &&= KNOBS.every((key) => row[key] === loaded[i][key]);
      const shown = rows.get(row.name);
      if (!shown) continue;
      const before = loaded[i];
      for (const [key, input] of Object.entries(shown.inputs)) {
        if (document.activeElement !== input || input.validity.valid) if (input.valueAsNumber !== row[key]) input.value = row[key];
        input.classList.toggle("size-changed", row[key] !== before[key]);
      }
      const texts = {
        worked: row.worked ?? (row.problem ? "no room" : row.shape ? "" : "—"),
        shape: row.shape ? times(row.shape.map(whole)) : "—",
        parameters: row.parameters === null ? "—" : row.parameters ? whole(row.parameters) : "0",
        multiplications: row.multiplications === null ? "—" : whole(row.multiplications),
      };
      for (const [name, cell] of Object.entries(shown.cells)) {
        setText(cell, texts[name]);
        cell.classList.toggle("size-changed", name !== "worked" && String(row[name]) !== String(before[name]));
      }
      writePicture(pictures.get(row.name), row, trained);
    }
    const sums = ["parameters", "multiplications"].map((name) => [sumOf(now, name), sumOf(loaded, name)]);
    const text = ([sum, was]) => [sum === null ? "—" : whole(sum), el("br"), sum === was ? "" : `was ${whole(was)}`];
    total.replaceChildren(el("th", { scope: "row", colSpan: 7 }, "together"), ...sums.map((pair) => el("td", {}, ...text(pair))));
    reset.disabled = same(now);
    writeFit(now);
  }

  const same = (now) => now.every((row, i) => KNOBS.every((key) => row[key] === loaded[i][key]));

  function writePicture({ size, maps, frame, picture }, { shape }, trained) {
    const square = shape?.length === 3;
    setText(size, shape ? (square ? times(shape.slice(1)) : whole(shape[0])) : "—");
    setText(maps, square ? `${whole(shape[0])} ${shape[0] === 1 ? "map" : "maps"}` : "");
    picture.node.hidden = !trained;
    frame.hidden = trained || !shape;
    const side = shape ? (square ? shape[1] * CELL : 24) : 0;
    frame.style.width = frame.style.height = `${Math.min(side, 30 * CELL)}px`;
  }

  /** What no longer fits: a layer without room, weights of other shapes. */
  function writeFit(now) {
    const broken = now.find(({ problem }) => problem);
    const lines = note ? [el("p", {}, note)] : [];
    const left = now.filter(({ left }) => left > 0).map(({ name, left: cells }) => `${name} leaves out the last ${cells === 1 ? "row and column" : `${cells} rows and columns`} of what it is given`);
    if (broken) lines.push(el("p", {}, `${broken.problem} Nothing comes out of it, so no layer after it gets anything.`));
    const wrong = misfits(loaded, now);
    if (same(now)) lines.push(el("p", {}, `This is the loaded network, ${lesson.model}.`));
    else if (wrong.length === 0) lines.push(el("p", {}, "The loaded weights would still go in, as none of their shapes changes. But they were trained for the other sizes, so the answers would not be worth much before they are trained again."));
    else {
      lines.push(el("p", {}, "These weights no longer fit, so the network has to be trained anew:"),
        el("ul", {}, ...wrong.map(({ name, key, has, wants }) => el("li", {}, `${name}: trained were ${has.words}; ${wants ? `now it takes ${wants.words}` : "now nothing comes to it"} (`, el("code", {}, key), `: ${has.shape}${wants ? `, not ${wants.shape}` : ""})`))));
    }
    if (left.length) lines.push(el("p", {}, `${left.join("; ")}.`));
    says.classList.toggle("warn", Boolean(broken));
    says.replaceChildren(...lines);
  }

  return {
    put: (next) => put(next),
    show() {
      const { answer } = lesson.state;
      if (!loaded || !answer) return;
      const { activations } = answer;
      const chosen = [["conv1", "pool1"], ["conv2", "pool2"]].map(([first, pooled]) => [first, pooled, inkiest(activations[pooled], byName[pooled].maps, byName[pooled].rows * byName[pooled].cols)]);
      for (const [name, { picture }] of pictures) {
        const layer = byName[name];
        const map = chosen.find((names) => names.includes(name))?.[2] ?? 0;
        picture.show(activations[name], { from: map * layer.rows * layer.cols, theme: lesson.theme, label: `${name} on your digit${layer.maps > 1 ? `, map ${map}` : ""}` });
      }
      const which = chosen.map(([first, pooled, map]) => `map ${map} of ${first} and ${pooled}`).join(", ");
      setText(caption, lesson.blank ? "Nothing is drawn, so the pictures show what a blank pad makes of the layers." : `The pictures are your digit on its way, a cell of a map always as large: ${which}, those that answer your ink most. From a layer that is changed on there are no numbers before the network is trained again.`);
    },
    programs: () => programsOf(loaded ? rebuild(loaded, changes) : []),
  };
}

function programsOf(layers) {
  const slid = layers.filter(({ window, shape, problem }) => window !== null && (shape || problem));
  const python = [
    "# The network's own sizes, one layer after the other.",
    `W = ${layers[0]?.shape[1] ?? 28}`,
    `for name, F, P, S in [${slid.map(({ name, window, padding, stride }) => `("${name}", ${window}, ${padding}, ${stride})`).join(", ")}]:`,
    "    W = size(W, F, P, S)",
    "    print(name, W)",
    "",
  ];
  const made = layers.filter(({ shape, kind }) => shape && kind !== "input" && kind !== "softmax");
  const broken = layers.find(({ problem }) => problem);
  const torch = [
    "# The network as PyTorch has it: the shape after each layer, and its parameters.",
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
