/** Programs for pooling, and for the two measures of what stays when the digit moves. No DOM access. */
import { MEAN, STD } from "../../core/layers.js";
import { requestCode } from "../../core/programs.js";
import { asNumpy } from "../../widgets/program-tabs.js";
import { SERVICE } from "../../core/service/address.js";

export function programsOf({ image, size, stride, how }) {
  const max = how === "max";
  const numpy = [
    `# ${max ? "Max" : "Average"} pooling: ${max ? "the largest" : "the mean"} of each window.`,
    "import numpy as np",
    "",
    asNumpy(image, "A"),
    `F_p, S_p = ${size}, ${stride}`,
    "",
    "side = max(0, (len(A) - F_p) // S_p + 1)",
    "P = np.zeros((side, side))",
    "for i in range(side):",
    "    for j in range(side):",
    `        P[i, j] = A[i * S_p : i * S_p + F_p, j * S_p : j * S_p + F_p].${max ? "max" : "mean"}()`,
    "print(P.round(4))",
    "",
  ];
  const torch = [
    `# The same with PyTorch's ${max ? "max_pool2d" : "avg_pool2d"}.`,
    "import torch",
    "",
    asNumpy(image, "A").replace("np.array(", "torch.tensor(").replace(/\n {14}/g, "\n                  ").replace(/\)$/, ", dtype=torch.float64)"),
    `P = torch.nn.functional.${max ? "max" : "avg"}_pool2d(A[None, None], ${size}, stride=${stride})  # one image, one map`,
    "print(P[0, 0].numpy().round(4))",
    "",
  ];
  return { numpy: numpy.join("\n"), torch: torch.join("\n") };
}

/** A program that computes both measures step by step, with the input and the weights from the service. */
export function shiftProgram({ prepare, request }, [dx, dy]) {
  const part = (by) => (by > 0 ? `${by}:` : by < 0 ? `:${by}` : ":");
  return [
    "# The digit is moved by one pixel: how much of each layer stays, in percent, by both measures.",
    "import json",
    "import urllib.request",
    "",
    "import numpy as np",
    "import safetensors.numpy",
    "",
    ...requestCode({ prepare, origin: SERVICE, drawing: JSON.stringify(JSON.parse(request.body)) }, "layers=input", "safetensors.numpy"),
    'image = maps["input"][0]',
    'weights = safetensors.numpy.load(urllib.request.urlopen(SERVICE + "/model/weights").read())',
    'K, b = weights["features.0.weight"][:, 0], weights["features.0.bias"]',
    "",
    "",
    "def layers(x):",
    "    conv1 = np.zeros((32, 26, 26)) + b[:, None, None]",
    "    for i in range(3):",
    "        for j in range(3):",
    "            conv1 += K[:, i, j, None, None] * x[i : i + 26, j : j + 26]",
    "    relu1 = np.maximum(conv1, 0)",
    "    blocks = relu1.reshape(32, 13, 2, 13, 2)",
    '    return {"conv1": conv1, "relu1": relu1, "pool1": blocks.max((2, 4)), "mean": blocks.mean((2, 4))}',
    "",
    "",
    `moved = np.full_like(image, (0 - ${MEAN}) / ${STD})  # new pixels at the edge are black`,
    `moved[${part(dy)}, ${part(dx)}] = image[${part(-dy)}, ${part(-dx)}]`,
    "before, after = layers(image), layers(moved)",
    "for name in before:",
    "    change = np.abs(after[name] - before[name])",
    "    stays = 1 - change.sum() / (np.abs(before[name]).sum() + np.abs(after[name]).sum())",
    "    steady = (change < 0.05 * np.abs(before[name]).max()).mean()",
    '    print(name, f"{100 * stays:.1f} {100 * steady:.1f}")',
    "",
  ].join("\n");
}
