/** The image, the filter and the bias as programs. No DOM access. */
import { asNumpy } from "../../widgets/program-tabs.js";

export function programsOf({ image, kernel, bias, how }) {
  const turns = how === "convolution";
  const turn = (text) => (turns ? [`${text}  # turned by 180°: this makes it a true convolution`] : []);
  const numpy = [
    `# ${turns ? "True convolution" : "Cross-correlation"}: O[i, j] = b + Σ I[i + u, j + v] · K[u, v]`,
    "import numpy as np",
    "",
    asNumpy(image, "I"),
    asNumpy(kernel, "K"),
    `b = ${bias}`,
    ...turn("K = K[::-1, ::-1]"),
    "",
    "F, G = K.shape",
    "O = np.zeros((max(0, len(I) - F + 1), max(0, len(I[0]) - G + 1)))",
    "for i in range(O.shape[0]):",
    "    for j in range(O.shape[1]):",
    "        O[i, j] = b + np.sum(I[i : i + F, j : j + G] * K)",
    "print(O.round(4))",
    "",
  ];
  const tensor = (matrix, name) => asNumpy(matrix, name).replace("np.array(", "torch.tensor(").replace(/\n {14}/g, "\n                  ").replace(/\)$/, ", dtype=torch.float64)");
  const torch = [
    "# Despite its name, PyTorch's conv2d computes a cross-correlation.",
    "import torch",
    "",
    tensor(image, "I"),
    tensor(kernel, "K"),
    `b = torch.tensor([${bias}], dtype=torch.float64)`,
    ...turn("K = K.flip(0, 1)"),
    "",
    "O = torch.nn.functional.conv2d(I[None, None], K[None, None], b)  # one image, one channel",
    "print(O[0, 0].numpy().round(4))",
    "",
  ];
  return { numpy: numpy.join("\n"), torch: torch.join("\n") };
}
