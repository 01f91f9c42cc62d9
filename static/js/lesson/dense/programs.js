/** The programs of the section on dense layers. No DOM access. */
import { percent } from "../../core/text.js";
import { requestLines } from "../shared/request-program.js";

const predictionText = ({ digit, p }) => `${digit}, ${percent(p)}`;
const MOVE = (dx, dy) => [
  `right, down = ${dx}, ${dy}  # px`,
  "",
  "",
  "def moved(image, fill):",
  "    padded = np.pad(image, 8, constant_values=fill)  # new pixels at the edge are black",
  "    return padded[8 - down : 36 - down, 8 - right : 36 - right]",
];

/**
 * Both networks on the moved digit: the program computes the dense network itself and asks /predict for the answer of the other.
 * `current` comes from shift.js.
 */
export function numpyProgram({ request, origin, current }) {
  return [
    "# Your digit, moved, and read by the dense and the convolutional network",
    "import json",
    "import urllib.request",
    "",
    "import numpy as np",
    "import safetensors.numpy",
    "",
    requestLines(request, origin, "layers=input&stages=true", "safetensors.numpy"),
    'dense = safetensors.numpy.load(urllib.request.urlopen(SERVICE + "/lesson/dense").read())',
    "",
    ...MOVE(current.dx, current.dy),
    "",
    "",
    "# The dense network, 784-128-10: two weighted sums with ReLU between them.",
    'x = moved(maps["input"][0], (0 - 0.1307) / 0.3081).flatten()',
    'hidden = np.maximum(0, dense["1.weight"] @ x + dense["1.bias"])',
    'z = dense["3.weight"] @ hidden + dense["3.bias"]',
    "p = np.exp(z - z.max())",
    "p /= p.sum()",
    `print(p.argmax(), f"{p.max():.4f}")  # the page says ${predictionText(current.dense)}`,
    "",
    "# The convolutional network: send the moved image without preprocessing.",
    'pixels = moved(maps["stage.shifted"], 0).tolist()',
    "request = urllib.request.Request(",
    '    SERVICE + "/predict?prepare=none",',
    '    data=json.dumps({"pixels": pixels}).encode(),',
    '    headers={"Content-Type": "application/json"},',
    ")",
    "answer = json.load(urllib.request.urlopen(request))",
    `print(answer["digit"], f"{answer['confidence']:.4f}")  # the page says ${predictionText(current.cnn)}`,
    "",
  ].join("\n");
}

/** The dense network as the lesson builds it. */
export function torchProgram({ request, origin, current }) {
  return [
    "# The lesson's dense network on your digit, moved",
    "import json",
    "import urllib.request",
    "",
    "import safetensors.torch",
    "import torch",
    "from torch import nn",
    "",
    requestLines(request, origin, "layers=input", "safetensors.torch"),
    "",
    "network = nn.Sequential(",
    "    nn.Flatten(),         # 28 × 28 -> 784",
    "    nn.Linear(784, 128),  # 784 · 128 weights, 128 biases",
    "    nn.ReLU(),",
    "    nn.Linear(128, 10),",
    ")",
    'network.load_state_dict(safetensors.torch.load(urllib.request.urlopen(SERVICE + "/lesson/dense").read()))',
    "print(sum(p.numel() for p in network[1].parameters()))",
    "",
    `right, down = ${current.dx}, ${current.dy}  # px`,
    "black = (0 - 0.1307) / 0.3081  # the value of new pixels at the edge",
    'padded = nn.functional.pad(maps["input"], (8, 8, 8, 8), value=black)',
    "x = padded[:, 8 - down : 36 - down, 8 - right : 36 - right]",
    "with torch.no_grad():",
    "    p = network(x).softmax(dim=1)[0]",
    `print(p.argmax().item(), f"{p.max().item():.4f}")  # the page says ${predictionText(current.dense)}`,
    "",
  ].join("\n");
}

/** A request to the convolutional network with the moved image. */
export function curlProgram({ origin, current }) {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  return [
    `curl --silent --show-error --fail ${quoted(`${origin}/predict?prepare=none`)} \\`,
    `  --header 'Content-Type: application/json' --data ${quoted(JSON.stringify({ pixels: current.pixels }))}`,
    "",
  ].join("\n");
}
