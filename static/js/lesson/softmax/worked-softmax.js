/** Softmax worked out in two ways, and as programs. Nothing here touches the document. */

/** Ten logits small enough for paper: 7 leads, 9 is second. */
export const EXAMPLE = Object.freeze([0, 1, 2, 0, -1, 0, -2, 5, 1, 3]);

const add = (values) => values.reduce((sum, value) => sum + value, 0);

function divided(powers) {
  const sum = add(powers);
  const shares = powers.map((power) => power / sum);
  return { powers, sum, shares, total: add(shares) };
}

/**
 * x = (z + c) / T for each logit, and e^x over the sum of all e^x twice: `naive` as the formula stands, which ends in
 * Infinity and NaN when an x is large; `safe` with the largest x taken off each first, which changes no quotient.
 */
export function ways(z, c, T) {
  const exponents = z.map((logit) => (logit + c) / T);
  const largest = Math.max(...exponents);
  return { exponents, largest, naive: divided(exponents.map(Math.exp)), safe: divided(exponents.map((x) => Math.exp(x - largest))) };
}

const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

/** A number of any size: four decimals, or 2.77 × 10⁻⁸ where they would show nothing or too much. */
export function written(value) {
  if (!Number.isFinite(value)) return String(value).replace("-", "−");
  const size = Math.abs(value);
  if (value === 0) return "0";
  if (size >= 1e-4 && size < 1e6) return (Number.isInteger(value) ? String(value) : value.toFixed(4)).replace("-", "−");
  const [digits, exponent] = value.toExponential(2).split("e");
  return `${digits.replace("-", "−")} × 10${[...exponent.replace("+", "")].map((sign) => RAISED[sign]).join("")}`;
}

/** The ten shares as programs that print them, one a line; `digit` is the one that the formula as it stands is shown for. */
export function programsOf({ z, c, T, digit }) {
  const numbers = z.join(", ");
  const shown = 'f"{share:.4f}" if share >= 1e-4 or share == 0 else f"{share:.2e}"';
  return {
    numpy: `# Softmax of ten logits: as the formula stands, and as code does it.
import numpy as np

z = np.array([${numbers}], float)
c = ${c}  # added to all
T = ${T}  # the temperature

x = (z + c) / T
with np.errstate(over="ignore", invalid="ignore"):  # e to the power of a large number is Infinity
    naive = np.exp(x) / np.exp(x).sum()
print("the formula as it stands, digit ${digit}:", naive[${digit}])

powers = np.exp(x - x.max())  # none is above 1
p = powers / powers.sum()
for digit, share in enumerate(p):
    print(digit, ${shown})
`,
    torch: `# Softmax of ten logits with PyTorch, which takes the largest off by itself.
import torch

z = torch.tensor([${numbers}], dtype=torch.float64)
c = ${c}  # added to all
T = ${T}  # the temperature

p = torch.softmax((z + c) / T, dim=0)
for digit, share in enumerate(p.tolist()):
    print(digit, ${shown})
`,
  };
}
