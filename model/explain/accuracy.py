"""How many of the 2,000 shipped test digits a network reads correctly, and what an edit of its weights changes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from model.digit_sheets import Part, digit_sheet
from model.layers import CLASSES, MEAN, STD

Floats = NDArray[np.float32]
Labels = NDArray[np.uint8]
Run = Callable[[Floats, Sequence[str]], Sequence[Floats]]  # see model.inference.engines.Engine.run

BATCH = 20  # images in one forward pass; larger batches leave the processor's cache and are slower


@dataclass(frozen=True)
class Comparison:
    """The predictions of changed weights for labelled digits, compared with those of the original weights.

    confusion      int (10, 10): row r, column c counts the images of the digit r that are read as c
    correct        how many images are read correctly
    before         how many images the original weights read correctly
    broken, fixed  the positions of the images that only the original weights, or only the changed ones, read correctly
    lost           int (10,), for each digit how many fewer of its images are read correctly than before
    """

    confusion: NDArray[np.int64]
    correct: int
    before: int
    broken: NDArray[np.int64]
    fixed: NDArray[np.int64]
    lost: NDArray[np.int64]


@cache
def inputs_of(part: Part) -> Floats:
    """The normalised images of a sheet, float32 N×1×28×28; read-only."""
    inputs = inputs_at(part, slice(None))
    inputs.flags.writeable = False
    return inputs


def inputs_at(part: Part, positions: slice | NDArray[np.int64]) -> Floats:
    """Some normalised images of a sheet, float32 M×1×28×28."""
    inputs: Floats = _levels()[digit_sheet(part).images[positions]][:, np.newaxis]
    return inputs


@cache
def _levels() -> Floats:
    """The input for each grey level, float32 (256,)."""
    return ((np.arange(256) / 255 - MEAN) / STD).astype(np.float32)


def outputs_of(run: Run, inputs: Floats, layer: str) -> Floats:
    """The outputs of a layer for N images, N×shape, computed in batches."""
    return np.concatenate([run(inputs[i : i + BATCH], (layer,))[0] for i in range(0, len(inputs), BATCH)])


def predict_digits(run: Run, inputs: Floats) -> Labels:
    """The predicted digits for N normalised images: the index of the largest logit, uint8 (N,)."""
    digits: Labels = outputs_of(run, inputs, "logits").argmax(axis=1).astype(np.uint8)
    return digits


def compare(labels: Labels, original: Labels, changed: Labels) -> Comparison:
    """Compare two lists of predictions for images with these labels."""
    confusion = np.zeros((CLASSES, CLASSES), np.int64)
    np.add.at(confusion, (labels, changed), 1)
    was, is_now = original == labels, changed == labels
    lost = np.bincount(labels[was], minlength=CLASSES) - np.bincount(labels[is_now], minlength=CLASSES)
    return Comparison(
        confusion, int(is_now.sum()), int(was.sum()), np.flatnonzero(was & ~is_now), np.flatnonzero(~was & is_now), lost
    )
