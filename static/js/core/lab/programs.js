/**
 * The numbers of the lab's experiments as complete programs, in NumPy, in PyTorch and with curl. Nothing here touches the document.
 *
 * `about` has { origin, drawing, weightSet }: the service's address, the request body of the drawing as JSON text, and the name of
 * the weights, null for the served ones.
 */
import { MEAN, STD } from "../layers.js";
import { lines, NETWORK, quoted, requestCode, weightsFrom } from "../programs.js";
import { FACTS } from "../service-facts.js";

const named = (weightSet) => (weightSet ? `&weights=${weightSet}` : "");
const BLACK = `(0 - ${MEAN}) / ${STD}`;

/** curl that sends JSON and gives the response to a Python program. */
const curlCode = (url, body, python) =>
  [`curl --silent --show-error --fail ${quoted(url)} \\`, `  --header 'Content-Type: application/json' --data ${quoted(body)} \\`, `  | python3 -c ${quoted(python)}\n`].join("\n");

/** Python that sends JSON to a call and keeps the response as `found`. */
const postCode = ({ origin, drawing }, path) => [
  `SERVICE = ${JSON.stringify(origin)}`,
  `body = ${drawing}`,
  "",
  "request = urllib.request.Request(",
  `    SERVICE + "${path}",`,
  "    data=json.dumps(body).encode(),",
  '    headers={"Content-Type": "application/json"},',
  ")",
  "found = json.load(urllib.request.urlopen(request))",
];

/** PyTorch code that loads the drawing as `x` and the weights into `network`. */
const torchCode = (about) => [
  "import json",
  "import urllib.request",
  "from collections import OrderedDict",
  "",
  "import numpy as np",
  "import safetensors.torch",
  "import torch",
  "from torch import nn",
  "",
  requestCode({ ...about, prepare: "mnist" }, "layers=input", "safetensors.torch"),
  "",
  NETWORK,
  `network.load_state_dict(${weightsFrom(about, "safetensors.torch")})`,
  'x = maps["input"].unsqueeze(0)  # the preprocessed image, as a batch of one: 1 × 1 × 28 × 28',
];

// ---------------------------------------------------------------- what matters

const TORCH_METHODS = {
  gradient: ["x.requires_grad_()", "logit(x).sum().backward()", "values = x.grad[0, 0]"],
  gradient_times_input: ["x.requires_grad_()", "logit(x).sum().backward()", "values = ((x - black) * x.grad)[0, 0].detach()"],
  integrated_gradients: [
    "shares = (torch.arange(128) + 0.5) / 128",
    "path = (black + shares.view(-1, 1, 1, 1) * (x - black)).requires_grad_()  # from black to the drawing",
    "logit(path).sum().backward()",
    "values = ((x - black) * path.grad.mean(dim=0, keepdim=True))[0, 0]",
  ],
  grad_cam: [
    "inner = network.features[:5](x).detach().requires_grad_()  # the maps of conv2 after ReLU",
    "network.classifier(network.features[5](inner))[:, DIGIT].sum().backward()",
    "cam = torch.relu((inner.grad.mean(dim=(2, 3), keepdim=True) * inner).sum(dim=1))[0].detach()",
    "# The centre of cell i is at pixel 3.5 + 2i; between the centres, interpolate.",
    "spread = np.stack([np.interp(range(28), 3.5 + 2 * np.arange(11), unit) for unit in np.identity(11)], axis=1)",
    "values = torch.from_numpy(spread).float() @ cam @ torch.from_numpy(spread).float().T",
  ],
  occlusion: [
    "values = torch.zeros(28, 28)",
    "with torch.no_grad():",
    "    for row in range(28):",
    "        for column in range(28):",
    "            top, left = row - PATCH // 2, column - PATCH // 2",
    "            covered = x.clone()",
    "            covered[..., max(top, 0):top + PATCH, max(left, 0):left + PATCH] = black",
    "            values[row, column] = logit(x) - logit(covered)",
  ],
};

const FOUR = [
  "# The four pixels of ink with the largest values, as [row, column].",
  "values[ink == 0] = -np.inf",
  "four = np.argsort(-values, axis=None, kind='stable')[:4]",
  "print(sorted([int(i) // 28, int(i) % 28] for i in four))",
];

/** Programs that print the four pixels that matter most. `about` also has { method, digit, patch, four }. */
export function saliencyPrograms(about) {
  const { origin, drawing, weightSet, method, digit, patch, four } = about;
  const path = `/lab/saliency?method=${method}&digit=${digit}${method === "occlusion" ? `&patch=${patch}` : ""}${named(weightSet)}`;
  const shown = `# the page shows ${JSON.stringify([...four].sort((a, b) => a[0] - b[0] || a[1] - b[1]))}`;
  const pick = "import json, sys; found = json.load(sys.stdin); places = [(-v, i, j) for i, row in enumerate(found[\"values\"]) for j, v in enumerate(row) if found[\"pixels\"][i][j]]; print(sorted([i, j] for _, i, j in sorted(places)[:4]))";
  return {
    numpy: lines("# The four pixels that matter most", "import json", "import urllib.request", "", "import numpy as np", "", postCode(about, path), 'values, ink = np.array(found["values"]), np.array(found["pixels"])', "", FOUR, shown),
    torch: lines(
      "# The four pixels that matter most, in PyTorch",
      torchCode(about),
      `DIGIT${method === "occlusion" ? ", PATCH" : ""} = ${digit}${method === "occlusion" ? `, ${patch}` : ""}`,
      `black = ${BLACK}  # a pixel without ink`,
      "logit = lambda images: network(images)[:, DIGIT]",
      "",
      TORCH_METHODS[method],
      `values, ink = values.numpy().copy(), np.round(255 * (maps["input"][0].numpy() * ${STD} + ${MEAN}))`,
      "",
      FOUR,
      shown,
    ),
    curl: curlCode(`${origin}${path}`, drawing, pick),
  };
}

// ---------------------------------------------------------------- break it

/** Programs that print how many of the 2,000 test digits edited weights misread. `edits` are texts, `original` is a name. */
export function accuracyPrograms({ origin, original, edits }) {
  const weights = [original, ...edits].join("~");
  const body = JSON.stringify({ weights });
  const torch = [
    "import io",
    "import urllib.request",
    "from collections import OrderedDict",
    "",
    "import numpy as np",
    "import safetensors.torch",
    "import torch",
    "from PIL import Image",
    "from torch import nn",
    "",
    `SERVICE = ${JSON.stringify(origin)}`,
    "",
    NETWORK,
    `network.load_state_dict(${weightsFrom({ weightSet: weights }, "safetensors.torch")})`,
    "",
    "# The sheet has 100 digits of 28 × 28 pixels in a row; its text has their labels.",
    'sheet = Image.open(io.BytesIO(urllib.request.urlopen(SERVICE + "/lab/digits/test.png").read()))',
    'labels = torch.tensor([int(digit) for digit in sheet.text["labels"]])',
    "images = torch.from_numpy(np.array(sheet).reshape(-1, 28, 100, 28).swapaxes(1, 2).reshape(-1, 1, 28, 28))",
    "with torch.no_grad():  # no training here",
    `    predicted = torch.cat([network((part / 255 - ${MEAN}) / ${STD}).argmax(dim=1) for part in images.split(250)])`,
    "print((predicted != labels).sum().item())",
  ];
  return {
    numpy: lines("# How many of 2,000 test digits are misread", "import json", "import urllib.request", "", "import numpy as np", "", postCode({ origin, drawing: body }, "/lab/accuracy"), "", 'confusion = np.array(found["confusion"])  # row: the digit; column: what it is read as', "print(confusion.sum() - np.trace(confusion))"),
    torch: lines("# How many of 2,000 test digits are misread, in PyTorch", torch),
    curl: curlCode(`${origin}/lab/accuracy`, body, 'import json, sys; found = json.load(sys.stdin); print(found["digits"] - found["correct"])'),
  };
}

// ---------------------------------------------------------------- fool it

/** Programs that print what the network reads after one step of the attack (FGSM) with this ε, away from `digit`. */
export function attackPrograms(about) {
  const { origin, drawing, weightSet, epsilon, digit } = about;
  const path = `/lab/attack?method=fgsm&epsilon=${epsilon}&digit=${digit}${named(weightSet)}`;
  return {
    numpy: lines("# What the network reads after one step of the attack", "import json", "import urllib.request", "", "import numpy as np", "", postCode(about, path), 'change = np.array(found["changed"]) - np.array(found["pixels"])', 'print("largest change:", np.abs(change).max())', "# Ask again, with the changed image: the service reads it as any other image.", 'again = urllib.request.Request(', `    SERVICE + "/predict?prepare=none${named(weightSet)}",`, '    data=json.dumps({"pixels": found["changed"]}).encode(),', '    headers={"Content-Type": "application/json"},', ")", 'print("reads", np.argmax(json.load(urllib.request.urlopen(again))["probabilities"]))'),
    torch: lines(
      "# What the network reads after one step of the attack, in PyTorch",
      torchCode(about),
      `EPSILON, DIGIT = ${epsilon}, ${digit}`,
      "",
      `levels = torch.round(255 * (x * ${STD} + ${MEAN})).double().requires_grad_()  # grey levels from 0 to 255`,
      "network = network.double()",
      `read = lambda levels: network((levels / 255 - ${MEAN}) / ${STD})`,
      "loss = nn.functional.cross_entropy(read(levels), torch.tensor([DIGIT]))",
      "loss.backward()",
      "changed = torch.round((levels + EPSILON * levels.grad.sign()).clamp(0, 255)).detach()",
      'print("largest change:", int((changed - levels).abs().max()))',
      'print("reads", read(changed).argmax().item())',
    ),
    curl: curlCode(`${origin}${path}`, drawing, 'import json, sys; found = json.load(sys.stdin); print("largest change:", found["largest_change"]); p = found["changed_prediction"]["probabilities"]; print("reads", p.index(max(p)))'),
  };
}

// ---------------------------------------------------------------- the map

const STEPS = { input: 0, pool1: 3, pool2: 6, relu3: 9, logits: 10 };

/** Programs that print how much of the variance of a layer its map shows, in percent. */
export function mapPrograms(about) {
  const { origin, weightSet, layer } = about;
  const path = `/lab/map?layer=${layer}${named(weightSet)}`;
  const shown = 'print(f"{100 * share:.1f} %")';
  return {
    numpy: lines(
      "# How much of the variance the map shows",
      ["import json", "import urllib.request", "", "import safetensors.numpy", ""],
      `SERVICE = ${JSON.stringify(origin)}`,
      `data = urllib.request.urlopen(SERVICE + "${path}").read()`,
      "found = safetensors.numpy.load(data)",
      'header = json.loads(data[8:8 + int.from_bytes(data[:8], "little")])',
      'facts = json.loads(header["__metadata__"]["facts"])',
      "",
      "# The axes are orthogonal unit vectors, and the points lie around 0.",
      'assert abs(found["components"] @ found["components"].T - [[1, 0], [0, 1]]).max() < 1e-3',
      'assert abs(found["points"].mean(axis=0)).max() < 1e-2 * abs(found["points"]).max()',
      'share = sum(facts["explained"])',
      shown,
    ),
    torch: lines(
      "# How much of the variance the map shows, in PyTorch",
      ["import io", "import urllib.request", "from collections import OrderedDict", "", "import numpy as np", "import safetensors.torch", "import torch", "from PIL import Image", "from torch import nn", ""],
      `SERVICE = ${JSON.stringify(origin)}`,
      "",
      NETWORK,
      `network.load_state_dict(${weightsFrom(about, "safetensors.torch")})`,
      "",
      "# The sheet has 100 digits of 28 × 28 pixels in a row.",
      'sheet = Image.open(io.BytesIO(urllib.request.urlopen(SERVICE + "/lab/digits/train.png").read()))',
      "images = torch.from_numpy(np.array(sheet).reshape(-1, 28, 100, 28).swapaxes(1, 2).reshape(-1, 1, 28, 28))",
      "vectors = []",
      "with torch.no_grad():  # no training here",
      "    for part in images.split(250):",
      `        x = (part / 255 - ${MEAN}) / ${STD}`,
      `        for step in [*network.features, *network.classifier][:${STEPS[layer]}]:  # up to ${layer}`,
      "            x = step(x)",
      "        vectors.append(x.flatten(1))",
      "vectors = torch.cat(vectors)",
      "",
      "torch.manual_seed(0)",
      `_, sizes, axes = torch.pca_lowrank(vectors, q=${layer === "logits" ? 10 : 20}, niter=10)`,
      "share = (sizes[:2] ** 2).sum() / ((vectors - vectors.mean(dim=0)) ** 2).sum()",
      shown,
    ),
    curl: [`curl --silent --show-error --fail ${quoted(`${origin}${path}`)} \\`, `  | python3 -c ${quoted('import json, sys; data = sys.stdin.buffer.read(); header = json.loads(data[8:8 + int.from_bytes(data[:8], "little")]); share = sum(json.loads(header["__metadata__"]["facts"])["explained"]); ' + shown)}\n`].join("\n"),
  };
}

// ---------------------------------------------------------------- replay

const REPLAY_STEPS = FACTS.limits.replay_steps; // the default of the call

/** Programs that print after what share of the ink the answer no longer changes, in percent. */
export function replayPrograms(about) {
  const { origin, drawing, weightSet } = about;
  const path = `/lab/replay${weightSet ? `?weights=${weightSet}` : ""}`;
  const reads = 'answers = [max(range(10), key=step["prediction"]["probabilities"].__getitem__) for step in found["steps"]]';
  const decided = 'first = max([i for i, answer in enumerate(answers) if answer != answers[-1]], default=-1) + 1';
  const shown = 'print(f"{100 * found[\'steps\'][first][\'share\']:.0f} %")';
  return {
    numpy: lines("# After what share of the ink the answer stays the same", "import json", "import urllib.request", "", postCode(about, path), "", reads, decided, shown),
    torch: lines(
      "# After what share of the ink the answer stays the same, in PyTorch",
      ["import json", "import urllib.request", "from collections import OrderedDict", "from itertools import pairwise", "from math import dist", "", "import numpy as np", "import safetensors.torch", "import torch", "from torch import nn", ""],
      `SERVICE = ${JSON.stringify(origin)}`,
      `body = ${drawing}`,
      "",
      NETWORK,
      `network.load_state_dict(${weightsFrom(about, "safetensors.torch")})`,
      "",
      "ink = lambda stroke: sum(map(dist, stroke, stroke[1:])) or body.get(\"pen\", 1)  # the length of its lines; a dot has the pen's width",
      "",
      "def beginning(share):",
      '    left, kept = share * sum(map(ink, body["strokes"])), []',
      '    for stroke in body["strokes"]:',
      "        if left >= ink(stroke) * (1 - 1e-9):",
      "            kept.append(stroke)",
      "            left -= ink(stroke)",
      "            continue",
      "        part = stroke[:1]",
      "        for a, b in pairwise(stroke):  # the line that is cut off",
      "            if dist(a, b) >= left:",
      "                part = part + [[x + (y - x) * left / dist(a, b) for x, y in zip(a, b)]] if dist(a, b) else part",
      "                break",
      "            part, left = part + [b], left - dist(a, b)",
      "        return kept + [part] if left > 0 or not kept else kept",
      "    return kept",
      "",
      "images = []",
      `for step in range(1, ${REPLAY_STEPS + 1}):`,
      "    request = urllib.request.Request(",
      '        SERVICE + "/feature-maps?layers=input",',
      `        data=json.dumps({**body, "strokes": beginning(step / ${REPLAY_STEPS})}).encode(),`,
      '        headers={"Content-Type": "application/json", "Accept": "application/vnd.safetensors"},',
      "    )",
      '    images.append(safetensors.torch.load(urllib.request.urlopen(request).read())["input"])',
      "with torch.no_grad():  # no training here",
      "    answers = network(torch.stack(images)).argmax(dim=1).tolist()",
      decided,
      `print(f"{100 * (first + 1) / ${REPLAY_STEPS}:.0f} %")`,
    ),
    curl: curlCode(`${origin}${path}`, drawing, ["import json, sys", "found = json.load(sys.stdin)", reads, decided, shown].join("; ")),
  };
}

// ---------------------------------------------------------------- teach it

/** Programs that print how many of the 2,000 test digits the taught network misreads. `body` is the request. */
export function teachPrograms({ origin, body }) {
  const drawing = JSON.stringify(body);
  const weights = body.weights ? `?weights=${body.weights}` : "";
  return {
    numpy: lines("# How many of 2,000 test digits are misread after the training", "import json", "import urllib.request", "", "null = None", postCode({ origin, drawing }, "/lab/teach"), 'print(found["digits"] - found["correct_after"])'),
    torch: lines(
      "# The same training in PyTorch",
      ["import io", "import json", "import urllib.request", "from collections import OrderedDict", "", "import numpy as np", "import safetensors.torch", "import torch", "from PIL import Image", "from torch import nn", ""],
      `SERVICE = ${JSON.stringify(origin)}`,
      "null = None",
      `body = ${drawing}`,
      "",
      NETWORK,
      `network.load_state_dict(safetensors.torch.load(urllib.request.urlopen(SERVICE + "/model/weights${weights}").read()))`,
      "",
      "# The preprocessed drawings; every third of each digit is held out.",
      "counts, images, labels = [0] * 10, [], []",
      'for each in body["drawings"]:',
      '    counts[each["label"]] += 1',
      '    if counts[each["label"]] % 3 == 0:',
      "        continue",
      "    request = urllib.request.Request(",
      '        SERVICE + "/feature-maps?layers=input",',
      '        data=json.dumps({"strokes": each["strokes"], "pen": each["pen"]}).encode(),',
      '        headers={"Content-Type": "application/json", "Accept": "application/vnd.safetensors"},',
      "    )",
      '    images.append(safetensors.torch.load(urllib.request.urlopen(request).read())["input"])',
      '    labels.append(each["label"])',
      ...(body.layers === "all"
        ? ["features, trained = torch.stack(images), network  # all layers learn"]
        : [
            "with torch.no_grad():",
            "    features = nn.Sequential(network.features, *network.classifier[:3])(torch.stack(images))  # relu3",
            "",
            "trained = network.classifier[3]  # only the last layer learns",
          ]),
      'optimiser = torch.optim.SGD(trained.parameters(), lr=body["learning_rate"])',
      'for _ in range(body["steps"]):',
      "    optimiser.zero_grad()",
      "    nn.functional.cross_entropy(trained(features), torch.tensor(labels)).backward()",
      "    optimiser.step()",
      "",
      'sheet = Image.open(io.BytesIO(urllib.request.urlopen(SERVICE + "/lab/digits/test.png").read()))',
      'wanted = torch.tensor([int(digit) for digit in sheet.text["labels"]])',
      "digits = torch.from_numpy(np.array(sheet).reshape(-1, 28, 100, 28).swapaxes(1, 2).reshape(-1, 1, 28, 28))",
      "with torch.no_grad():",
      `    predicted = torch.cat([network((part / 255 - ${MEAN}) / ${STD}).argmax(dim=1) for part in digits.split(250)])`,
      "print((predicted != wanted).sum().item())",
    ),
    curl: curlCode(`${origin}/lab/teach`, drawing, 'import json, sys; found = json.load(sys.stdin); print(found["digits"] - found["correct_after"])'),
  };
}
