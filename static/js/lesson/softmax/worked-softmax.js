/** Softmax computed in two ways, and as programs. No DOM access. */
import { signed, withDecimals } from "../../core/text.js";

/** Ten logits that are small enough for a calculation on paper. The logit of 7 is the largest, then that of 9. */
export const EXAMPLE = Object.freeze([0, 1, 2, 0, -1, 0, -2, 5, 1, 3]);

const add = (values) => values.reduce((sum, value) => sum + value, 0);

function divided(powers) {
  const sum = add(powers);
  const shares = powers.map((power) => power / sum);
  return { powers, sum, shares, total: add(shares) };
}

/**
 * x = (z + c) / T for each logit, and e^x / Σ e^x in two ways: `naive` is the formula as written, which gives Infinity and NaN
 * for large x; `safe` subtracts the largest x first, which leaves each quotient unchanged.
 */
export function computeBothWays(z, c, T) {
  const exponents = z.map((logit) => (logit + c) / T);
  const largest = Math.max(...exponents);
  return { exponents, largest, naive: divided(exponents.map(Math.exp)), safe: divided(exponents.map((x) => Math.exp(x - largest))) };
}

/** A number of any size, as all pages write it; a whole number has no decimals. */
export const written = (value) => (Number.isInteger(value) && Math.abs(value) < 1e6 ? signed(value) : withDecimals(value, 4));

/** Programs that print the ten probabilities, one per line; for `digit` they also print the result of the formula as written. */
export function programsOf({ z, c, T, digit }) {
  const numbers = z.join(", ");
  const shown = 'f"{share:.4f}" if share >= 1e-4 or share == 0 else f"{share:.2e}"';
  return {
    numpy: `# Softmax of ten logits: the formula as written, and with the largest x subtracted first.
import numpy as np

z = np.array([${numbers}], float)
c = ${c}  # added to all logits
T = ${T}  # the temperature

x = (z + c) / T
with np.errstate(over="ignore", invalid="ignore"):  # e to the power of a large number is infinity
    naive = np.exp(x) / np.exp(x).sum()
print("the formula as written, digit ${digit}:", naive[${digit}])

powers = np.exp(x - x.max())  # no number is above 1
p = powers / powers.sum()
for digit, share in enumerate(p):
    print(digit, ${shown})
`,
    torch: `# Softmax of ten logits with PyTorch, which subtracts the largest number itself.
import torch

z = torch.tensor([${numbers}], dtype=torch.float64)
c = ${c}  # added to all logits
T = ${T}  # the temperature

p = torch.softmax((z + c) / T, dim=0)
for digit, share in enumerate(p.tolist()):
    print(digit, ${shown})
`,
  };
}
