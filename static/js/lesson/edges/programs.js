/** The programs of the section on edges. No DOM access. */
import { number } from "../../core/text.js";
import { requestLines } from "../shared/request-program.js";

const matrix = (name, rows) => {
  const start = `${name} = np.array([`;
  const text = (value) => (Number.isInteger(value) ? String(value) : value === 1 / 9 ? "1 / 9" : String(value));
  return rows.map((row, i) => `${i ? " ".repeat(start.length) : start}[${row.map(text).join(", ")}]${i < rows.length - 1 ? "," : "])"}`).join("\n");
};

/** A program for the lesson's image: the output of the Sobel filter, the output of the turned filter, and the magnitude. */
export const SOBEL_PROGRAM = `# The lesson's Sobel filter on the lesson's 6 × 6 image, with plain loops; then the filter turned, then the magnitude
import numpy as np

I = np.array([[10, 10, 10, 100, 100, 100]] * 6)
K = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]])


def cross_correlate(I, K):
    rows, cols = I.shape[0] - 2, I.shape[1] - 2  # (W_in - F + 2P) / S + 1 = (6 - 3 + 2 * 0) / 1 + 1 = 4
    result = np.zeros((rows, cols), int)
    for i in range(rows):
        for j in range(cols):
            result[i, j] = np.sum(I[i : i + 3, j : j + 3] * K)  # nine products
    return result


O = cross_correlate(I, K)
print(O)  # dark to light: -360, not a high number
print(cross_correlate(I, K[::-1, ::-1]))  # the filter turned by 180 degrees: a true convolution
print(np.abs(O))  # the strength of the edge, without its direction
`;

/** A program that applies a filter to the drawing, and the most similar filter of conv1. `best` is null for a filter of nine zeros. */
export function digitProgram({ request, origin, filter, magnitude, spot, value, best }) {
  return [
    "# A filter over your digit, and the filter of the network that is most similar to it",
    "import json",
    "import urllib.request",
    "",
    "import numpy as np",
    "import safetensors.numpy",
    "",
    requestLines(request, origin, "layers=input", "safetensors.numpy"),
    "",
    'I = maps["input"][0]  # 28 × 28',
    matrix("K", filter),
    "",
    "O = np.array([[np.sum(I[i : i + 3, j : j + 3] * K) for j in range(26)] for i in range(26)])",
    ...(magnitude ? ["O = np.abs(O)"] : []),
    `print(f"{O[${spot.row}, ${spot.col}]:.4f}")  # the page says ${number(value)}`,
    ...(best
      ? [
          "",
          'weights = safetensors.numpy.load(urllib.request.urlopen(SERVICE + "/model/weights").read())',
          'filters = weights["features.0.weight"][:, 0]  # 32 filters of 3 × 3',
          "length = lambda filter: np.sqrt(np.sum(filter**2))",
          "cosines = [np.sum(K * w) / (length(K) * length(w)) for w in filters]",
          "best = int(np.argmax(cosines))",
          `print(best, f"{cosines[best]:.4f}")  # the page says ${best.map}, ${number(best.cosine)}`,
        ]
      : []),
    "",
  ].join("\n");
}

/** The lesson's numbers with PyTorch's conv2d, which is a cross-correlation too. */
export function torchProgram({ image, filter, how }) {
  const rows = (list) => `[${list.map((row) => `[${row.join(", ")}]`).join(", ")}]`;
  return [
    "# The lesson's Sobel filter in PyTorch: conv2d does not turn the filter",
    "import torch",
    "from torch.nn.functional import conv2d",
    "",
    `I = torch.tensor(${rows(image)}, dtype=torch.float32)`,
    `K = torch.tensor(${rows(filter)}, dtype=torch.float32)`,
    ...(how === "flipped" ? ["K = K.flip(0, 1)  # turned by 180 degrees: now it is a true convolution"] : []),
    "",
    "O = conv2d(I[None, None], K[None, None])[0, 0]  # conv2d needs a batch and a channel dimension",
    ...(how === "magnitude" ? ["O = O.abs()"] : []),
    "print(O.int().tolist())",
    "",
  ].join("\n");
}
