/** The whole network as a live diagram, built from the model card: each block with its maps, sizes and costs. */
import { colourOf, css, textColourOn, palette, range } from "../../core/colour.js";
import { el, setText } from "../../ui/dom.js";
import { linkSection } from "../../ui/glossary/links.js";
import { byName, LAYERS } from "../../core/layers.js";
import { LESSON_PLACES } from "../../core/links/lesson-places.js";
import { legendText, number, percent, whole } from "../../core/text.js";
import { descriptionOf, heaviest, KINDS, multiplicationsOf, parametersOf, programsOf, rangeText, shareOf, sizeOf } from "./layer-facts.js";
import { paintSheet, paintStack, sheetOf } from "./layer-images.js";
import { choice } from "../../core/links/setting-fields.js";
import { createPrograms } from "../../widgets/program-tabs.js";
import { scrollToPart } from "../shared/scrolling.js";
import { combine } from "../../core/links/setting-parts.js";
import { SERVICE } from "../../core/service/address.js";

const SHOWS = {
  input: "the image as 28 × 28 numbers",
  convolution: "a convolution, its maps and its cost",
  relu: "ReLU, and how many numbers become 0",
  max_pool: "max pooling, and the size of its maps",
  flatten: "from maps to a list of 1,600 numbers",
  linear: "a dense layer, its numbers and its cost",
  softmax: "softmax and the ten probabilities",
};
export const STEPS = Object.freeze({
  diagram: "the whole network, from the image to the probabilities",
  ...Object.fromEntries(LAYERS.map(({ name, kind }) => [name, `${name}: ${SHOWS[kind]}`])),
  costs: "which layers have most of the parameters and of the multiplications",
});

const GROUPS = { features: "features: which patterns are in the image", classifier: "classifier: which digit it is" };
const SHEET = 460; // px, the maximum width of the image of all maps

export function mount(root, lesson) {
  const diagram = el("div", { class: "net-diagram", role: "group", "aria-label": "The network, layer by layer" });
  const detail = createDetail();
  const costs = el("div", { class: "net-costs" });
  const note = el("p", { class: "caption" }, "All maps are drawn to the same scale, so you can compare their sizes. The strongest map of a layer is in front, and the next strongest maps are behind it. Choose a block, and all maps of its layer appear below.");
  const message = el("p", { class: "says" });
  root.querySelector(".widget").append(diagram, note, message, detail.node, costs);
  const blocks = new Map();
  let card = null;
  let kept = "conv1"; // the layer that was clicked last
  let hovered = null; // the layer under the mouse
  const shown = () => hovered ?? kept;

  function keep(name) {
    kept = name;
    hovered = null;
    paint();
  }

  lesson.card().then((got) => {
    card = got;
    build();
    lesson.repaint("network");
  }, () => setText(message, "The description of the network did not load. Reload the page to try again."));

  function build() {
    const groups = new Map();
    for (const layer of card.layers) {
      const group = layer.module?.split(".")[0] ?? layer.name;
      if (!groups.has(group)) {
        groups.set(group, el("ol", { class: "net-blocks", "aria-label": group in GROUPS ? group : undefined }));
        diagram.append(el("div", { class: "net-group" }, el("p", { class: "net-group-name", "aria-hidden": "true" }, GROUPS[group] ?? ""), groups.get(group)));
      }
      groups.get(group).append(el("li", {}, block(layer)));
    }
    diagram.addEventListener("pointerleave", () => {
      hovered = null;
      paint();
    });
    for (const noun of root.querySelectorAll(".prose .noun")) {
      noun.addEventListener("click", () => keep(card.layers.find(({ kind }) => kind === noun.dataset.means).name));
    }
    const { parameters, multiplications } = heaviest(card);
    setText(root.querySelector("#network-heaviest"), `${whole(parameters.parameters)} of the ${whole(card.parameters)} parameters (${percent(parameters.parameters / card.parameters)}) are in ${parameters.name}, ${parameters.kind === "linear" ? "the first dense layer, which connects all its inputs to all its units" : `a ${KINDS[parameters.kind]}`}. But ${whole(multiplications.multiplications)} of the ${whole(card.multiplications)} multiplications (${percent(multiplications.multiplications / card.multiplications)}) are in ${multiplications.name}${multiplications.kind === "convolution" ? ": a convolution has few weights and uses each of them at every place" : ""}.`);
    linkSection(root);
    costs.append(stackedBar("parameters"), stackedBar("multiplications"));
  }

  function block(layer) {
    const { name, kind, shape, parameters } = layer;
    const canvas = el("canvas", { width: 84, height: 78, "aria-hidden": "true" });
    const button = el("button", { type: "button", class: "net-block", "data-layer": name, "data-means": name, "data-part": `${name} ${kind}` },
      canvas, el("b", {}, name), screenReaderText(`, ${KINDS[kind]}, `), el("span", { class: "net-shape" }, shape.join("×")), screenReaderText(parameters ? `, ${whole(parameters)} parameters` : ""));
    button.addEventListener("pointerenter", ({ pointerType }) => {
      if (pointerType !== "mouse") return;
      hovered = name;
      paint();
    });
    for (const type of ["click", "focus"]) button.addEventListener(type, () => keep(name));
    blocks.set(name, { button, canvas });
    return button;
  }

  /** A stacked bar with one part for each layer. */
  function stackedBar(what) {
    const all = card[what];
    const parts = card.layers.filter((layer) => layer[what] > 0);
    const bar = el("div", { class: "net-bar", role: "img", "aria-label": `${what}: ${parts.map((layer) => `${layer.name} ${percent(layer[what] / all)}`).join(", ")}` });
    for (const layer of parts) {
      const share = layer[what] / all;
      const part = el("span", { class: layer.kind === "linear" ? "dense" : "", "data-part": `${layer.name} ${layer.kind}`, "data-means": layer.name, title: `${layer.name}: ${whole(layer[what])}, ${percent(share)}` }, share > 0.12 ? `${layer.name} ${percent(share)}` : "");
      part.style.flexGrow = share;
      bar.append(part);
    }
    return el("div", {}, el("p", { class: "net-bar-name" }, el("b", {}, whole(all)), ` ${what}`), bar);
  }

  function paint() {
    const { answer } = lesson.state;
    const name = shown();
    for (const [layer, { button }] of blocks) {
      button.setAttribute("aria-pressed", String(layer === kept));
      button.classList.toggle("shown", layer === name);
    }
    if (card) detail.show(name, card, answer, lesson.theme);
    const cell = answer && strongestIn(byName[name], answer.activations[name]);
    root.querySelector(".onwards a").href = lesson.toNetwork({ path: cell ? [cell] : [] });
  }

  const programs = createPrograms(root.querySelector(".code"), ["torch", "curl"], () => programsOf(SERVICE), lesson);

  return {
    settings: combine([{ fields: { layer: choice(Object.keys(byName)) }, get: () => ({ layer: kept }), set: ({ layer }) => keep(layer) }, programs.settings]),
    show() {
      const { answer } = lesson.state;
      setText(message, !answer ? "There is no answer from the service yet." : lesson.blank ? "Nothing is drawn: these are the maps of an empty image." : "");
      if (answer && card) {
        const edge = getComputedStyle(root).getPropertyValue("--line-strong").trim();
        for (const [name, { canvas }] of blocks) paintStack(canvas, byName[name], answer.activations[name], lesson.theme, edge);
      }
      paint();
    },
    go(step) {
      if (byName[step]) keep(step);
      if (step === "costs") scrollToPart(costs, "center");
    },
  };
}

/** Text for screen readers only. */
const screenReaderText = (text) => el("span", { class: "visually-hidden" }, text);

/** The cell whose number is furthest from 0. */
function strongestIn({ name, rows, cols }, values) {
  let at = 0;
  for (let i = 1; i < values.length; i++) if (Math.abs(values[i]) > Math.abs(values[at])) at = i;
  return { layer: name, map: Math.floor(at / (rows * cols)), row: Math.floor((at % (rows * cols)) / cols), col: at % cols };
}

/** One layer in detail: all its maps, what it does, its size and its cost. */
function createDetail() {
  const canvas = el("canvas", { class: "net-sheet", role: "img", "aria-label": "The maps, which are loading" });
  const numbers = el("ol", { class: "net-ten" });
  const legend = el("p", { class: "caption" });
  const [name, kind, module, text] = [el("b", {}), el("span", {}), el("code", {}), el("p", { class: "net-does" })];
  const place = el("a", { href: "#at=correlation", hidden: true }, "in the lesson");
  const rows = Object.fromEntries(["output", "one side", "parameters", "multiplications", "for your digit"].map((what) => [what, { node: el("div", {}, el("dt", {}, what)), value: el("dd", {}), share: el("span", { class: "net-share" }) }]));
  for (const { node, value } of Object.values(rows)) node.append(value);
  const node = el("div", { class: "net-detail" },
    el("div", { class: "net-picture" }, canvas, numbers, legend),
    el("div", { class: "net-facts" }, el("p", { class: "net-name" }, name, " ", kind, " ", module), text, el("dl", {}, ...Object.values(rows).map((row) => row.node)), el("p", { class: "caption" }, place)));

  return {
    node,
    show(layerName, card, answer, theme) {
      const layer = byName[layerName];
      const at = card.layers.findIndex((each) => each.name === layerName);
      const [own, before] = [card.layers[at], card.layers[at - 1]];
      setText(name, own.name);
      setText(kind, KINDS[own.kind]);
      setText(module, own.module ?? "");
      setText(text, descriptionOf(own, before, card));
      put("output", sizeOf(own));
      put("one side", own.formula ?? "");
      rows["one side"].node.hidden = own.formula === null;
      put("parameters", parametersOf(own, before), shareOf(own.parameters, card.parameters));
      put("multiplications", multiplicationsOf(own, before), shareOf(own.multiplications, card.multiplications));
      const [section, step] = LESSON_PLACES[own.kind];
      place.hidden = section === "network";
      place.href = `#at=${section}${step ? `.${step}` : ""}`;
      setText(place, `Read more: section “${document.getElementById(`${section}-title`).textContent.trim().replace(/^\d+\s*/, "")}”`);
      const values = answer?.activations[layerName];
      put("for your digit", values ? rangeText(values, answer.exact) : "…");
      if (values) paintLayer(layer, values, theme);
    },
  };

  function put(what, value, share = "") {
    rows[what].value.replaceChildren(value, ...(share ? [" ", el("span", { class: "net-share" }, share)] : []));
  }

  /** All maps as an image, or ten numbers as ten cells with text. */
  function paintLayer(layer, values, theme) {
    const ten = values.length === 10;
    canvas.hidden = ten;
    numbers.hidden = !ten;
    setText(legend, legendText(layer, "layer"));
    if (ten) {
      const ends = range(layer, values, "layer");
      numbers.replaceChildren(...Array.from(values, (value, digit) => {
        const colour = colourOf(value, ends, palette(layer, theme));
        const item = el("li", {}, el("b", {}, digit), el("span", {}, layer.name === "probabilities" ? percent(value) : number(value)));
        item.style.background = css(colour);
        item.style.color = textColourOn(colour);
        return item;
      }));
      return;
    }
    const sheet = sheetOf(layer);
    paintSheet(canvas, layer, values, theme);
    const scale = Math.min(14, Math.floor(SHEET / sheet.width), Math.max(1, Math.floor(224 / sheet.height)));
    canvas.style.width = `${sheet.width * scale}px`;
    canvas.setAttribute("aria-label", layer.maps > 1 ? `All ${layer.maps} maps of ${layer.name} for your digit` : `${layer.name} for your digit, ${whole(values.length)} numbers`);
  }
}
