"""AdamW with the one-cycle schedule of the learning rate.

The results are those of `torch.optim.AdamW` and `torch.optim.lr_scheduler.OneCycleLR`, bit for bit. Creating one of
their objects imports `torch._dynamo`, PyTorch's compiler, which takes 190 MB of memory and several seconds.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

RISING = 0.3  # share of the steps in which the learning rate rises
FIRST, LAST = 25, 10_000  # the highest learning rate is 25 times the first, which is 10,000 times the last
BETA1 = (0.95, 0.85)  # decay of the mean gradient at a low learning rate, and at the highest
BETA2 = 0.999  # decay of the mean squared gradient
EPSILON = 1e-8


class OneCycleAdamW:
    """Changes parameters step by step, so that the loss falls. Each step uses their gradients.

    With the gradient g in step t, and the learning rate η and β₁ of this step (see `one_cycle`):

        m ← β₁ m + (1 − β₁) g      v ← β₂ v + (1 − β₂) g²
        θ ← θ − η · decay · θ − η · m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + ε)

    Source: Loshchilov and Hutter, Decoupled Weight Decay Regularization, algorithm 2.
    """

    def __init__(self, parameters: Sequence[Tensor], highest: float, steps: int, decay: float) -> None:
        self._parameters, self._highest, self._steps, self._decay = list(parameters), highest, steps, decay
        self._means = [torch.zeros_like(parameter) for parameter in parameters]
        self._squares = [torch.zeros_like(parameter) for parameter in parameters]
        self._step = 0

    def step(self, gradients: Sequence[Tensor]) -> None:
        """Change the parameters. `gradients` has the gradient of each."""
        rate, beta1 = one_cycle(self._step, self._steps, self._highest)
        self._step += 1
        size, root = rate / (1 - beta1**self._step), (1 - BETA2**self._step) ** 0.5
        with torch.no_grad():
            for parameter, gradient, mean, square in zip(
                self._parameters, gradients, self._means, self._squares, strict=True
            ):
                parameter.mul_(1 - rate * self._decay)
                mean.lerp_(gradient, 1 - beta1)
                square.mul_(BETA2).addcmul_(gradient, gradient, value=1 - BETA2)
                parameter.addcdiv_(mean, (square.sqrt() / root).add_(EPSILON), value=-size)


def one_cycle(step: int, steps: int, highest: float) -> tuple[float, float]:
    """The learning rate and β₁ of a step, 0 to `steps` − 1.

    The rate rises from highest/FIRST to `highest` and then falls to highest/FIRST/LAST, each along half a cosine wave.
    β₁ moves the other way. Source: Smith and Topin, Super-Convergence.
    """
    top = RISING * steps - 1
    low = highest / FIRST
    if step <= top:
        share = step / top
        return _cosine(low, highest, share), _cosine(*BETA1, share)
    share = (step - top) / (steps - 1 - top)
    return _cosine(highest, low / LAST, share), _cosine(*BETA1[::-1], share)


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) / 2 * (math.cos(math.pi * share) + 1)
