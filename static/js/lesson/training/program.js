/** The steps on the page as one PyTorch program. No DOM access. */
import { withDecimals } from "../../core/text.js";

const RULES = { adam: "Adam", sgd: "SGD" };

/** `run` is the service's response, `step` the number of steps shown, at least one. */
export function torchProgram({ run, step, origin }) {
  const { loss, weight } = run.steps[step - 1];
  const [filter, channel, row, col] = run.weight.index;
  return [
    `# ${step} step${step === 1 ? "" : "s"} of training on the 80 sample digits: the lesson's network and the lesson's loop`,
    "import io",
    "import json",
    "import urllib.request",
    "",
    "import numpy as np",
    "import torch",
    "from PIL import Image",
    "from torch import nn",
    "",
    `SERVICE = ${JSON.stringify(origin)}`,
    "",
    "",
    "def fetch(path):",
    "    return urllib.request.urlopen(SERVICE + path).read()",
    "",
    "",
    "# The batch: 80 images of 28 × 28 on one sheet, normalised as for training, and their labels.",
    'sheet = np.array(Image.open(io.BytesIO(fetch("/static/samples/digits.png"))).convert("L"))',
    'digits = json.loads(fetch("/static/samples/digits.json"))["digits"]',
    'cut = [sheet[28 * d["row"] :, 28 * d["column"] :][:28, :28] for d in digits]',
    "x = (torch.tensor(np.stack(cut))[:, None] / 255 - 0.1307) / 0.3081",
    'labels = torch.tensor([d["label"] for d in digits])',
    "",
    `torch.manual_seed(${run.seed})  # the same random weights at the start`,
    "network = nn.Sequential(",
    "    nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2),",
    "    nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),",
    "    nn.Flatten(), nn.Linear(1600, 128), nn.ReLU(), nn.Linear(128, 10),",
    ")",
    "criterion = nn.CrossEntropyLoss()",
    `optimizer = torch.optim.${RULES[run.optimiser]}(network.parameters(), lr=${run.learning_rate})`,
    "",
    `for step in range(${step}):`,
    "    optimizer.zero_grad()",
    "    loss = criterion(network(x), labels)",
    "    loss.backward()  # the gradient of the loss for every weight",
    "    optimizer.step()",
    "",
    "with torch.no_grad():",
    "    loss = criterion(network(x), labels).item()",
    `print(f"{loss:.4f}")  # the page says ${withDecimals(loss, 4)}`,
    `print(f"{network[0].weight[${filter}, ${channel}, ${row}, ${col}].item():.6f}")  # the page says ${withDecimals(weight.after, 6)}`,
    "",
  ].join("\n");
}
