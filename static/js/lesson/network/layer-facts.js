/** What each layer does and costs, as sentences and formulas with numbers, from the model card (GET /model). No DOM access. */
import { summary } from "../../core/statistics.js";
import { percent, plural, short, times, whole } from "../../core/text.js";

const product = (numbers) => numbers.reduce((all, n) => all * n, 1);
const dots = (numbers) => numbers.map(whole).join("·");
/** Each output is a sum of products; these factors give the number of products: [3, 3, 1] for conv1, [1600] for dense1. */
const productFactors = ({ kind, window }, before) => (kind === "convolution" ? [window, window, before.shape[0]] : [before.shape[0]]);

export const KINDS = { input: "the image", convolution: "convolution", relu: "ReLU", max_pool: "max pooling", flatten: "flatten", linear: "dense layer", softmax: "softmax" };

const DOES = {
  input: (layer, before, { input }) => `The image as ${input.side} × ${input.side} numbers: (grey level / 255 − ${input.mean}) / ${input.std}.`,
  convolution: ({ shape, window }, before) => {
    const depth = before.shape[0];
    return `${plural(shape[0], "filter")} of ${window} × ${window}${depth > 1 ? `, each with one channel for each of the ${depth} input maps,` : ""} slide over the input. Every output cell is the sum of ${product([window, window, depth])} products plus a bias.`;
  },
  relu: () => "Every negative number becomes 0. All other numbers stay the same.",
  max_pool: ({ window, stride }) => `Of every ${window} × ${window} cells, only the largest number is kept. The window moves by ${stride} cells.`,
  flatten: (layer, before) => `The ${times(before.shape)} numbers are written as one list: map by map, and row by row in each map. Nothing is computed.`,
  linear: ({ shape }, before) => `${plural(shape[0], "unit")}, each connected to all ${whole(before.shape[0])} numbers before it. Each unit is the sum of ${whole(before.shape[0])} products plus a bias.`,
  softmax: (layer, before, { temperature }) => `The exponential of each logit${temperature === 1 ? "" : ` / T, with T = ${temperature}`}, divided by the sum of all ten exponentials.`,
};

/** What the layer does, as text. `before` is the layer before it on the model card. */
export const descriptionOf = (layer, before, card) => DOES[layer.kind](layer, before, card);

/** "32 · (3·3·1 + 1) = 320": the weights, and one bias for each map or unit. "0" for a layer without parameters. */
export const parametersOf = (layer, before) =>
  layer.parameters === 0 ? "0" : `${whole(layer.shape[0])} · (${dots(productFactors(layer, before))} + 1) = ${whole(layer.parameters)}`;

/** "32·26·26 · 3·3·1 = 194,688": the number of outputs times the number of products in each output. */
export const multiplicationsOf = (layer, before) =>
  layer.multiplications === 0 ? "0" : `${dots(layer.shape)} · ${dots(productFactors(layer, before))} = ${whole(layer.multiplications)}`;

/** The size of a layer's output, maps first and then in the lesson's order: "32 × 26 × 26 = 21,632 numbers (26×26×32 with the maps last)". */
export const sizeOf = ({ shape }) =>
  shape.length === 1 ? plural(shape[0], "number") : `${times(shape)} = ${plural(product(shape), "number")} (${[...shape.slice(1), shape[0]].join("×")} with the maps last)`;

export const shareOf = (part, all) => (part === 0 ? "" : `${percent(part / all)} of all`);

/** The range of a layer's numbers for the current drawing: "−2.31 to 4.05; 11,032 of the numbers are 0". */
export function rangeText(values, exact) {
  const { least, most, zeros } = summary(values, 0, values.length);
  return `${exact ? "" : "≈ "}${short(least)} to ${short(most)}${zeros === 0 ? "" : `; ${whole(zeros)} of the numbers are 0`}`;
}

/** The layers with the most parameters and the most multiplications: { parameters, multiplications }. */
export function heaviest({ layers }) {
  const most = (name) => layers.reduce((best, layer) => (layer[name] > best[name] ? layer : best));
  return { parameters: most("parameters"), multiplications: most("multiplications") };
}

/** The network and its costs as programs. */
export const programsOf = (origin) => ({
  torch: `# The lesson's network: output size, parameters and multiplications of each step.
import torch
from torch import nn

steps = nn.Sequential(
    nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(1600, 128), nn.ReLU(), nn.Linear(128, 10),
)

x = torch.zeros(1, 1, 28, 28)  # one image; its content does not matter here
parameters = multiplications = 0
for step in steps:
    x = step(x)
    own = sum(p.numel() for p in step.parameters())
    products = x.numel() * step.weight[0].numel() if own else 0  # each output number is a sum of this many products
    parameters += own
    multiplications += products
    print(type(step).__name__, tuple(x.shape[1:]), own, products)
print(parameters, multiplications)
`,
  curl: `curl --silent --show-error --fail '${origin}/model' | python3 -c '
import json, sys
model = json.load(sys.stdin)
for layer in model["layers"]:
    print(layer["name"], layer["shape"], layer["parameters"], layer["multiplications"])
print(model["parameters"], model["multiplications"])'
`,
});
