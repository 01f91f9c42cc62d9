"""Small changes of a drawing that make the network read another digit: adversarial examples.

Images and results are whole grey levels from 0 to 255, 28×28, white ink on black: real systems get images like this.
The network's input is x = (g/255 − mean)/std, so ∂L/∂g = ∂L/∂x / (255 std). The sources are

    fgsm              g + ε sign(∂J/∂g)                  Goodfellow, Shlens, Szegedy: Explaining and harnessing, 2015
    iterated          many smaller steps, each clipped to [g − ε, g + ε]     Kurakin, Goodfellow, Bengio, 2017
    smallest_epsilon  bisection over ε with `iterated`
    fewest_pixels     greedy search over pixels set to black or white       compare Papernot et al.: JSMA, 2016
    smallest_change   DeepFool, then bisection           Moosavi-Dezfooli, Fawzi, Frossard: DeepFool, 2016

J is the cross-entropy of the digit that the network should no longer read, or minus that of the digit that it should
read. Network outputs are computed by `run`, see model.inference.engines.Engine.run.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from model.explain.accuracy import Run
from model.explain.gradients import NEEDED, Floats, backward, of_logit, of_loss
from model.layers import CLASSES, MEAN, SIDE, STD

AttackMethod = Literal["fgsm", "iterated", "smallest_epsilon", "fewest_pixels", "smallest_change"]
ATTACK_TEXTS: dict[AttackMethod, str] = {
    "fgsm": "one step of ε in the direction that raises the loss, each pixel by ε or not at all.",
    "iterated": "ten smaller steps; no pixel changes by more than ε.",
    "smallest_epsilon": "the smallest ε with which `iterated` succeeds.",
    "fewest_pixels": "as few pixels as possible, set to black or white.",
    "smallest_change": "the smallest Euclidean length of the change.",
}
Certainty = Literal["proven", "upper_bound"]

WHITE = 255
STEPS = 10  # of the iterated attack
MAX_PIXELS = 40  # the search for the fewest pixels gives up after this many
_SHORTLIST = 160  # pixel changes that are tried in each round after the first
_DEEPFOOL_ROUNDS = 30
BATCH = 32


@dataclass(frozen=True)
class Goal:
    """The goal of an attack: the network reads `towards`; if that is None, anything but `digit`."""

    digit: int
    towards: int | None = None

    @property
    def wanted(self) -> int:
        """The digit whose cross-entropy the attack raises or, with `towards`, lowers."""
        return self.digit if self.towards is None else self.towards

    def margins(self, logits: Floats) -> Floats:
        """How far the logits, N×10, are from the goal: N numbers, negative where the goal is reached."""
        others = np.delete(logits, self.wanted, axis=1).max(axis=1)
        differences: Floats = logits[:, self.wanted] - others
        return differences if self.towards is None else -differences


@dataclass(frozen=True)
class Attack:
    """The result of an attack.

    image      uint8 (28, 28), the changed image
    succeeded  whether the goal is reached
    epsilon    the limit ε of the change of a pixel; None for attacks without a limit
    certainty  `proven` if no smaller change of this kind exists, `upper_bound` if there may be one
    """

    image: NDArray[np.uint8]
    succeeded: bool
    epsilon: int | None = None
    certainty: Certainty = "upper_bound"


class Attacker:
    """Attacks one network. `tensors` are its parameters."""

    def __init__(self, tensors: Mapping[str, Floats], run: Run) -> None:
        self._tensors = tensors
        self._run = run

    def attack(self, image: NDArray[np.uint8], goal: Goal, method: AttackMethod, epsilon: int = 0) -> Attack:
        """Attack an image, uint8 28×28. `epsilon` is used by `fgsm` and `iterated`, in grey levels."""
        levels = image.astype(np.float32)
        if method == "fgsm":
            return self._result(self.fgsm(levels[np.newaxis], goal, epsilon)[0], goal, epsilon)
        if method == "iterated":
            return self._result(self._iterated(levels, goal, epsilon), goal, epsilon)
        if method == "smallest_epsilon":
            return self._smallest_epsilon(levels, goal)
        if method == "fewest_pixels":
            return self._fewest_pixels(levels, goal)
        return self._smallest_change(levels, goal)

    def fgsm(self, images: Floats, goal: Goal, epsilon: float) -> Floats:
        """The fast gradient sign method for images N×28×28 with the same goal."""
        return clipped(images + np.float32(epsilon) * np.sign(self._goal_gradients(images, goal)))

    def logits(self, images: Floats) -> Floats:
        """The logits, N×10, for images N×28×28."""
        inputs = _normalised(images)
        parts = [self._run(inputs[i : i + BATCH], ("logits",))[0] for i in range(0, len(inputs), BATCH)]
        return np.concatenate(parts)

    def loss_gradients(self, images: Floats, labels: NDArray[np.int64]) -> Floats:
        """∂J/∂g for images N×28×28 and the cross-entropy J of N labels, up to a positive factor."""
        outputs = self._outputs(images)
        logits = outputs["logits"]
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        start = of_loss(labels, powers / powers.sum(axis=1, keepdims=True))
        return backward(self._tensors, outputs, start).layers["input"][:, 0]

    def _goal_gradients(self, images: Floats, goal: Goal) -> Floats:
        """The direction that brings images N×28×28 nearer to the goal."""
        gradients = self.loss_gradients(images, np.full(len(images), goal.wanted))
        return gradients if goal.towards is None else -gradients

    def _outputs(self, images: Floats) -> dict[str, Floats]:
        names = (*NEEDED, "logits")
        return dict(zip(names, self._run(_normalised(images), names), strict=True))

    def _margin(self, image: Floats, goal: Goal) -> float:
        return float(goal.margins(self.logits(image[np.newaxis]))[0])

    def _result(self, image: Floats, goal: Goal, epsilon: int | None = None) -> Attack:
        rounded = np.rint(image).astype(np.uint8)
        return Attack(rounded, self._margin(rounded.astype(np.float32), goal) < 0, epsilon)

    def _iterated(self, image: Floats, goal: Goal, epsilon: int) -> Floats:
        """Ten steps of a quarter of ε: enough to reach every corner of the allowed cube. The best image is returned."""
        step = np.float32(max(epsilon / 4, 1))
        changed, best, least = image, image, np.inf
        for _ in range(STEPS):
            gradient = self._goal_gradients(changed[np.newaxis], goal)[0]
            changed = clipped(np.clip(changed + step * np.sign(gradient), image - epsilon, image + epsilon))
            margin = self._margin(np.rint(changed), goal)
            if margin < least:
                best, least = changed, margin
        return best

    def _smallest_epsilon(self, image: Floats, goal: Goal) -> Attack:
        """The attack may miss a smaller ε, so the result is an upper bound, unless it is 0 or 1."""
        if self._margin(image, goal) < 0:
            return Attack(image.astype(np.uint8), True, 0, "proven")
        low, high = 0, 1
        found = self._result(self._iterated(image, goal, high), goal, high)
        while not found.succeeded and high < WHITE:
            low, high = high, min(2 * high, WHITE)
            found = self._result(self._iterated(image, goal, high), goal, high)
        if not found.succeeded:
            return found
        while high - low > 1:
            middle = (low + high) // 2
            tried = self._result(self._iterated(image, goal, middle), goal, middle)
            if tried.succeeded:
                high, found = middle, tried
            else:
                low = middle
        return Attack(found.image, True, found.epsilon, "proven" if found.epsilon == 1 else "upper_bound")

    # ---------------------------------------------------------------- fewest pixels

    def _fewest_pixels(self, image: Floats, goal: Goal) -> Attack:
        """Change one pixel after another to black or white, always the one that comes nearest to the goal.

        The first round tries every pixel, so one or two pixels are proven to be the fewest. Later rounds try those that
        the gradient suggests. At the end, each pixel that is not needed is changed back.
        """
        if self._margin(image, goal) < 0:
            return Attack(image.astype(np.uint8), True, None, "proven")
        changed = image
        for count in range(MAX_PIXELS):
            candidates = _single_changes(changed)
            if count > 0:
                candidates = self._shortlist(changed, candidates, goal)
            margins = goal.margins(self.logits(candidates))
            changed = candidates[int(margins.argmin())]
            if margins.min() < 0:
                changed = self._without_needless(image, changed, goal)
                fewest = int((changed != image).sum())
                return Attack(changed.astype(np.uint8), True, None, "proven" if fewest <= 2 else "upper_bound")
        return Attack(changed.astype(np.uint8), False)

    def _shortlist(self, image: Floats, candidates: Floats, goal: Goal) -> Floats:
        """The candidates that would change the margin most if the network were linear."""
        outputs = self._outputs(image[np.newaxis])
        rivals = outputs["logits"][0].copy()
        rivals[goal.wanted] = -np.inf
        start = of_logit(goal.wanted, 1) - of_logit(int(rivals.argmax()), 1)
        gradient = backward(self._tensors, outputs, start if goal.towards is None else -start).layers["input"][0, 0]
        effects = ((candidates - image) * gradient).sum(axis=(1, 2))
        return candidates[np.argsort(effects, kind="stable")[:_SHORTLIST]]

    def _without_needless(self, image: Floats, changed: Floats, goal: Goal) -> Floats:
        for row, column in np.argwhere(changed != image):
            restored = changed.copy()
            restored[row, column] = image[row, column]
            if self._margin(restored, goal) < 0:
                changed = restored
        return changed

    # ---------------------------------------------------------------- smallest change

    def _smallest_change(self, image: Floats, goal: Goal) -> Attack:
        """DeepFool: step to the nearest border of the linearised network, again and again; then bisection on the line
        from the image to the result. Rounding to whole grey levels can undo a tiny change, so it is part of the search.
        """
        if self._margin(image, goal) < 0:
            return Attack(image.astype(np.uint8), True, None, "proven")
        changed = image
        for _ in range(_DEEPFOOL_ROUNDS):
            if self._margin(np.rint(changed), goal) < 0:
                break
            changed = clipped(changed + np.float32(1.05) * self._step_to_border(changed, goal))
        else:
            return self._result(changed, goal)
        low, high = 0.0, 1.0
        for _ in range(8):
            middle = (low + high) / 2
            nearer = np.rint(image + np.float32(middle) * (changed - image))
            low, high = (low, middle) if self._margin(nearer, goal) < 0 else (middle, high)
        return self._result(image + np.float32(high) * (changed - image), goal)

    def _step_to_border(self, image: Floats, goal: Goal) -> Floats:
        """The shortest change of grey levels that makes the linearised margin of one rival 0: −m ∇m / |∇m|²."""
        outputs = {
            name: np.repeat(values, CLASSES, axis=0) for name, values in self._outputs(image[np.newaxis]).items()
        }
        logits = outputs["logits"][0]
        gradients = backward(self._tensors, outputs, np.eye(CLASSES, dtype=np.float32)).layers["input"][:, 0]
        gradients /= np.float32(WHITE * STD)
        if goal.towards is None:
            pairs = [(goal.digit, rival) for rival in range(CLASSES) if rival != goal.digit]
        else:
            rivals = np.delete(np.arange(CLASSES), goal.towards)
            pairs = [(int(rivals[logits[rivals].argmax()]), goal.towards)]
        steps = []
        for first, second in pairs:
            margin, slope = logits[first] - logits[second], gradients[first] - gradients[second]
            steps.append(-(max(margin, 0) + np.float32(0.02)) * slope / max(float((slope**2).sum()), 1e-12))
        best: Floats = min(steps, key=lambda step: float((step**2).sum()))
        return best


def _normalised(images: Floats) -> Floats:
    inputs: Floats = ((images[:, np.newaxis] / np.float32(WHITE) - np.float32(MEAN)) / np.float32(STD)).astype(
        np.float32
    )
    return inputs


def clipped(images: NDArray[np.floating]) -> Floats:
    """The images with all grey levels between 0 and 255."""
    result: Floats = np.clip(images, 0, WHITE).astype(np.float32)
    return result


def _single_changes(image: Floats) -> Floats:
    """All images in which one pixel is black or white instead of what it was, at most 1,568×28×28."""
    places = [(place, level) for place in range(SIDE * SIDE) for level in (0, WHITE) if image.flat[place] != level]
    changed = np.repeat(image[np.newaxis], len(places), axis=0)
    flat = changed.reshape(len(places), -1)
    flat[np.arange(len(places)), [place for place, _ in places]] = [level for _, level in places]
    return changed
