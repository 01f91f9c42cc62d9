/** What a layer does and costs, in words and worked formulas, from the service's card of the network (GET /model). */
import { summary } from "../../core/statistics.js";
import { percent, plural, short, times, whole } from "../../core/text.js";

const product = (numbers) => numbers.reduce((all, n) => all * n, 1);
const dots = (numbers) => numbers.map(whole).join("·");
/** How many numbers each sum of a layer is made of: [3, 3, 1] of a convolution, [1600] of a dense layer. */
const summed = ({ kind, window }, before) => (kind === "convolution" ? [window, window, before.shape[0]] : [before.shape[0]]);

export const KINDS = { input: "the picture", convolution: "convolution", relu: "ReLU", max_pool: "max pooling", flatten: "flatten", linear: "dense layer", softmax: "softmax" };

const DOES = {
  input: (layer, before, { input }) => `The picture as ${input.side} × ${input.side} numbers: grey level / 255, less ${input.mean}, divided by ${input.std}.`,
  convolution: ({ shape, window }, before) => {
    const depth = before.shape[0];
    return `${plural(shape[0], "kernel")} of ${window} × ${window}${depth > 1 ? `, each as deep as the ${depth} maps before it,` : ""} slide over what comes in. Every cell is ${product([window, window, depth])} products added up, and a bias.`;
  },
  relu: () => "Every negative number becomes 0, every other stays as it is.",
  max_pool: ({ window, stride }) => `Of every ${window} × ${window} cells only the largest stays; the window moves ${stride} at a time.`,
  flatten: (layer, before) => `The ${times(before.shape)} numbers in one list: map by map, in each map row by row. Nothing is computed.`,
  linear: ({ shape }, before) => `${plural(shape[0], "unit")}, each joined to all ${whole(before.shape[0])} numbers before it: as many products added up, and a bias.`,
  softmax: (layer, before, { temperature }) => `e to the power of each logit${temperature === 1 ? "" : ` divided by T = ${temperature}`}, over the sum of the ten.`,
};

/** What the layer does, in a sentence. `before` is the layer before it on the card. */
export const does = (layer, before, card) => DOES[layer.kind](layer, before, card);

/** 32 · (3·3·1 + 1) = 320, the parameters worked out: weights and one bias for each map or unit; "0" where there are none. */
export const parametersOf = (layer, before) =>
  layer.parameters === 0 ? "0" : `${whole(layer.shape[0])} · (${dots(summed(layer, before))} + 1) = ${whole(layer.parameters)}`;

/** 32·26·26 · 3·3·1 = 194,688: every number of the output is a sum of so many products. */
export const multiplicationsOf = (layer, before) =>
  layer.multiplications === 0 ? "0" : `${dots(layer.shape)} · ${dots(summed(layer, before))} = ${whole(layer.multiplications)}`;

/** 32 × 26 × 26 = 21,632 numbers. */
export const sizeOf = ({ shape }) => (shape.length === 1 ? plural(shape[0], "number") : `${times(shape)} = ${plural(product(shape), "number")}`);

export const shareOf = (part, all) => (part === 0 ? "" : `${percent(part / all)} of all`);

/** The layer's numbers on the present drawing, in a few: "−2.31 to 4.05; 11,032 of them are 0". */
export function rangeText(values, exact) {
  const { least, most, zeros } = summary(values, 0, values.length);
  const brief = (value) => (value !== 0 && Math.abs(value) < 0.005 ? "0.00" : short(value)); // no powers of ten in a range
  return `${exact ? "" : "≈ "}${brief(least)} to ${brief(most)}${zeros === 0 ? "" : `; ${whole(zeros)} of them are 0`}`;
}

/** Where most of the network is: { parameters, multiplications }, the layers with most of each. */
export function heaviest({ layers }) {
  const most = (name) => layers.reduce((best, layer) => (layer[name] > best[name] ? layer : best));
  return { parameters: most("parameters"), multiplications: most("multiplications") };
}

/** The network and its costs as programs. */
export const programsOf = (origin) => ({
  torch: `# The lesson's network: the size of what each step puts out, its parameters, its multiplications.
import torch
from torch import nn

steps = nn.Sequential(
    nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(1600, 128), nn.ReLU(), nn.Linear(128, 10),
)

x = torch.zeros(1, 1, 28, 28)  # one picture; what is in it does not matter here
parameters = multiplications = 0
for step in steps:
    x = step(x)
    own = sum(p.numel() for p in step.parameters())
    products = x.numel() * step.weight[0].numel() if own else 0  # each number is a sum of so many
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
