/**
 * One number of the page as three complete programs, in NumPy, in PyTorch and with curl; each prints the number on the
 * screen. Nothing here touches the document.
 *
 * Input from outside (the drawing and the service's address) is written as JSON, which is also valid Python for numbers, lists and
 * strings; in a shell command, it is in single quotes.
 */
import { byName, indexOf, LAYERS, MEAN, STD } from "./layers.js";
import { number, subscript } from "./text.js";

/**
 * `value` is the number of `cell` on the page. `prepare` is the preprocessing mode and `request` the body of the request,
 * { type, body }, as requestBody in drawing.js makes it. `origin` is the service's address; `temperature` is T in
 * softmax(logits / T). If `calibrated` is false, the service is asked for the plain softmax; `weightSet` names the weights, null for the
 * served ones. Returns { numpy, torch, curl }.
 */
export function snippets({ cell, value, prepare, request, origin, temperature = 1, calibrated = true, weightSet = null }) {
  const layer = byName[cell.layer];
  const about = { layer, cell, prepare, origin, temperature, calibrated, weightSet, drawing: JSON.stringify(JSON.parse(request.body)) };
  return { numpy: numpy(about, value), torch: torch(about, value), curl: curl(about) };
}

/** The indices of a cell in its layer: [7, 12, 5], or [43] in a list. */
const placeOf = (layer, cell) => (layer.grid ? [indexOf(layer, cell)] : [cell.map, cell.row, cell.col]);

/** Python that formats the number O as on the page: four decimals, very small ones as 1.23e-05. */
const AS_SHOWN = 'f"{O:.4f}" if abs(O) >= 1e-4 or O == 0 else f"{O:.2e}"';
const printed = (value) => `print(${AS_SHOWN})${Number.isFinite(value) ? `  # the page shows ${number(value)}` : ""}`;

/** The text of a program, from its lines and lists of lines. */
export const lines = (...parts) => parts.flat(Infinity).join("\n") + "\n";

/** Python that sends the request; `query` is the rest of its query string, `reader` the module that reads the response. */
export function requestCode({ prepare, origin, drawing, weightSet = null }, query, reader) {
  return [
    `SERVICE = ${JSON.stringify(origin)}`,
    `drawing = ${drawing}`,
    "",
    "# Request the activations for this drawing.",
    "request = urllib.request.Request(",
    `    SERVICE + "/feature-maps?prepare=${prepare}${weightSet ? `&weights=${weightSet}` : ""}&${query}",`,
    "    data=json.dumps(drawing).encode(),",
    '    headers={"Content-Type": "application/json", "Accept": "application/vnd.safetensors"},',
    ")",
    `maps = ${reader}.load(urllib.request.urlopen(request).read())`,
  ];
}

/** Python that loads the weights. */
export const weightsFrom = ({ weightSet }, reader) => `${reader}.load(urllib.request.urlopen(SERVICE + "/model/weights${weightSet ? `?weights=${weightSet}` : ""}").read())`;

// ---------------------------------------------------------------- NumPy

function numpy(about, value) {
  const { layer, cell, temperature } = about;
  const { query, weights, work } = CALCULATIONS[layer.kind](layer, cell, sourceOf(layer), temperature);
  const text = work.join("\n");
  return lines(
    `# ${subscript(layer, cell)}: ${TITLES[layer.kind]}`,
    "import json",
    "import urllib.request",
    "",
    text.includes("np.") ? "import numpy as np" : [],
    "import safetensors.numpy",
    "",
    requestCode(about, query, "safetensors.numpy"),
    weights ? ["", "# The trained weights.", `weights = ${weightsFrom(about, "safetensors.numpy")}`] : [],
    "",
    work,
    printed(value),
  );
}

const TITLES = {
  input: "a grey level, normalised",
  convolution: "a filter and its window, computed by hand",
  relu: "negative numbers become 0",
  max_pool: "the largest of four",
  flatten: "the same number in one long list",
  linear: "a weighted sum of all numbers before it",
  softmax: "from ten logits to a probability",
};

/** Python for the temperature; nothing if it is 1. */
const temperatureOf = (temperature) =>
  temperature === 1 ? [] : [`T = ${temperature}  # the temperature, calibrated on digits that were not used in training`];

const sourceOf = (layer) => LAYERS[LAYERS.indexOf(layer) - 1]?.name;

/** `count` rows or columns from `start`, as a Python slice. */
const span = (start, count) => `${start}:${start + count}`;

/**
 * For each kind of layer the query, whether the weights are needed, and the calculation, in the lesson's letters: I is the
 * window of the input, K the filter, b the bias, O the output; A is the input of pooling, z are the logits.
 */
const CALCULATIONS = {
  input: (layer, { row, col }) => ({
    query: "layers=input&stages=true",
    work: [
      "# The preprocessed image: 28 rows of 28 grey levels, from 0, black, to 255, white.",
      `x = int(maps["stage.shifted"][${row}, ${col}])  # row ${row}, column ${col}`,
      `O = (x / 255 - ${MEAN}) / ${STD}  # MNIST's mean becomes 0, its standard deviation 1`,
    ],
  }),

  convolution: (layer, { map, row, col }, source) => {
    const { maps } = byName[source];
    const first = maps === 1;
    const [key, channels] = [layer.module, first ? "0" : ":"];
    const all = first ? "" : `, in all ${maps} channels`;
    return {
      query: `layers=${source}`,
      weights: true,
      work: [
        `I = maps["${source}"][${channels}, ${span(row, 3)}, ${span(col, 3)}]  # the 3 × 3 window${all}`,
        `K = weights["${key}.weight"][${map}${first ? ", 0" : ""}]  # filter ${map}, as large as the window`,
        `b = weights["${key}.bias"][${map}]  # its bias`,
        `O = b + np.sum(I * K)  # ${first ? "9" : `${maps} · 9 = ${9 * maps}`} products plus the bias`,
      ],
    };
  },

  relu: (layer, cell, source) => ({
    query: `layers=${source}`,
    work: [`I = maps["${source}"][${placeOf(layer, cell).join(", ")}]  # the same cell, one layer before`, "O = max(0, I)"],
  }),

  max_pool: (layer, { map, row, col }, source) => ({
    query: `layers=${source}`,
    work: [
      `A = maps["${source}"][${map}, ${span(2 * row, 2)}, ${span(2 * col, 2)}]  # the 2 × 2 window`,
      "O = A.max()  # P in the formula",
    ],
  }),

  flatten: (layer, cell, source) => {
    const { maps, rows, cols } = byName[source];
    return {
      query: `layers=${source}`,
      work: [
        `# ${source} has ${maps} maps of ${rows} rows of ${cols}; the list goes map by map and row by row.`,
        `map, rest = divmod(${indexOf(layer, cell)}, ${rows * cols})`,
        `row, col = divmod(rest, ${cols})`,
        `O = maps["${source}"][map, row, col]`,
      ],
    };
  },

  linear: (layer, cell, source) => {
    const [key, unit] = [layer.module, indexOf(layer, cell)];
    const [units, inputs] = [layer.shape[0], byName[source].shape[0]];
    return {
      query: `layers=${source}`,
      weights: true,
      work: [
        `I = maps["${source}"]  # ${inputs} numbers`,
        `w = weights["${key}.weight"][${unit}]  # the weights of ${layer.name === "logits" ? "digit" : "unit"} ${unit}, one of ${units}`,
        `b = weights["${key}.bias"][${unit}]`,
        `O = b + np.sum(w * I)  # ${inputs} products plus the bias`,
      ],
    };
  },

  softmax: (layer, { row }, source, temperature) => ({
    query: `layers=${source}`,
    work: [
      ...temperatureOf(temperature),
      `z = maps["${source}"].astype(float)${temperature === 1 ? "" : " / T"}  # ten numbers, one for each digit`,
      "p = np.exp(z - z.max())  # e to the power of each, minus the largest to avoid overflow",
      `O = p[${row}] / p.sum()  # digit ${row}'s share of all ten`,
    ],
  }),
};

// ---------------------------------------------------------------- PyTorch

/** The number of modules up to each layer: features 0–5, then classifier 0–3. */
const STEPS = Object.fromEntries(LAYERS.map(({ name }, at) => [name, Math.min(at, 10)]));

function torch(about, value) {
  const { layer, cell, temperature } = about;
  const steps = STEPS[layer.name];
  const softmax = layer.kind === "softmax";
  const range = steps === 0 ? "none: this is the input itself" : softmax ? "all, up to the logits" : `up to ${layer.name}`;
  return lines(
    `# ${subscript(layer, cell)}: the lesson's network in PyTorch, run up to this layer`,
    "import json",
    "import urllib.request",
    "from collections import OrderedDict",
    "",
    "import safetensors.torch",
    "import torch",
    "from torch import nn",
    "",
    requestCode(about, "layers=input", "safetensors.torch"),
    "",
    NETWORK,
    "# The trained weights, under the names of the modules.",
    `weights = ${weightsFrom(about, "safetensors.torch")}`,
    "network.load_state_dict(weights)",
    "",
    'x = maps["input"].unsqueeze(0)  # the preprocessed image, as a batch of one: 1 × 1 × 28 × 28',
    "steps = [*network.features, *network.classifier]",
    "with torch.no_grad():  # no training here",
    `    for step in steps[:${steps}]:  # ${range}`,
    "        x = step(x)",
    softmax ? [...temperatureOf(temperature), `x = ${temperature === 1 ? "x" : "(x / T)"}.softmax(dim=1)  # from logits to probabilities`] : [],
    `O = x[${[0, ...placeOf(layer, cell)].join(", ")}].item()`,
    printed(value),
  );
}

/** The lesson's network in PyTorch, as lines of a program. */
export const NETWORK = [
  "network = nn.Sequential(OrderedDict(",
  "    features=nn.Sequential(",
  "        nn.Conv2d(1, 32, 3),   # conv1: 32 × 26 × 26",
  "        nn.ReLU(),             # relu1",
  "        nn.MaxPool2d(2),       # pool1: 32 × 13 × 13",
  "        nn.Conv2d(32, 64, 3),  # conv2: 64 × 11 × 11",
  "        nn.ReLU(),             # relu2",
  "        nn.MaxPool2d(2),       # pool2: 64 × 5 × 5",
  "    ),",
  "    classifier=nn.Sequential(",
  "        nn.Flatten(),          # flatten: 1600",
  "        nn.Linear(1600, 128),  # dense1",
  "        nn.ReLU(),             # relu3",
  "        nn.Linear(128, 10),    # logits",
  "    ),",
  "))",
];

// ---------------------------------------------------------------- curl

/** A text in single quotes for a POSIX shell, where only the single quote is special. */
export const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

function curl({ layer, cell, prepare, origin, drawing, calibrated, weightSet }) {
  const plain = layer.kind === "softmax" && !calibrated ? "&calibrated=false" : "";
  const at = placeOf(layer, cell).map((place) => `[${place}]`).join("");
  const pick = `import json, sys; O = json.load(sys.stdin)["layers"][0]["values"]${at}; print(${AS_SHOWN})`;
  return [
    `curl --silent --show-error --fail ${quoted(`${origin}/feature-maps?prepare=${prepare}&layers=${layer.name}${plain}${weightSet ? `&weights=${weightSet}` : ""}`)} \\`,
    `  --header 'Content-Type: application/json' --data ${quoted(drawing)} \\`,
    `  | python3 -c ${quoted(pick)}\n`,
  ].join("\n");
}
