"""How many digits are still read correctly under attack, for several ε: a robustness curve.

The attacks are `fgsm` and `iterated` of model.explain.attacks, away from each image's own label.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from model.explain.attacks import STEPS, Attacker, clipped
from model.explain.gradients import Floats

CurveMethod = Literal["fgsm", "iterated"]


def correct_under_attack(
    attacker: Attacker, images: NDArray[np.uint8], labels: NDArray[np.uint8], epsilons: list[int], method: CurveMethod
) -> list[int]:
    """How many of at most 32 images, N×28×28, are read correctly after the attack with each ε; ε in ascending order."""
    levels, wanted = images.astype(np.float32), labels.astype(np.int64)
    if method == "fgsm":
        signs = np.sign(attacker.loss_gradients(levels, wanted))
        return [_read(attacker, clipped(levels + np.float32(each) * signs), wanted).sum() for each in epsilons]
    counts = []
    for epsilon in epsilons:
        # A change that fools the network with a small ε is allowed with every larger one.
        safe = _safe(attacker, levels, wanted, epsilon)
        levels, wanted = levels[safe], wanted[safe]
        counts.append(len(wanted))
    return counts


def _safe(attacker: Attacker, levels: Floats, labels: NDArray[np.int64], epsilon: int) -> NDArray[np.bool_]:
    """Which images are still read correctly after every one of the ten steps of `iterated`. A step is a quarter of
    ε."""
    safe = _read(attacker, levels, labels)
    changed, step = levels.copy(), np.float32(max(epsilon / 4, 1))
    for _ in range(STEPS if epsilon else 0):
        left = np.flatnonzero(safe)
        if left.size == 0:
            break
        direction = np.sign(attacker.loss_gradients(changed[left], labels[left]))
        start = levels[left]
        changed[left] = clipped(np.clip(changed[left] + step * direction, start - epsilon, start + epsilon))
        safe[left] = _read(attacker, np.rint(changed[left]), labels[left])
    return safe


def _read(attacker: Attacker, levels: Floats, labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which images are read correctly; levels may be empty."""
    if len(levels) == 0:
        return np.zeros(0, bool)
    correct: NDArray[np.bool_] = attacker.logits(levels).argmax(axis=1) == labels
    return correct
