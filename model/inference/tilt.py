"""Turns 28×28 images, to find out whether a drawing that resembles no digit would resemble one if it were upright."""

import math

import numpy as np
from numpy.typing import NDArray

from model.layers import SIDE
from model.preprocess.fit import CENTRE

_ANGLE = 40.0  # degrees; the network itself tolerates about 20, so this covers tilts from 20 to 60 degrees
_LIKELY = 0.8  # the least probability of the digit that a turned drawing resembles
_FAMILIAR = 0.1  # the least in-distribution score of the turned drawing


def rotated_versions(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The images, N×28×28, turned by 40° to the left and to the right around the centre of mass: 2N×28×28.

    The two versions of an image follow each other. Values between pixels are interpolated linearly.
    """
    levels = images.reshape(len(images), -1)[:, _PLACES] * _SHARES  # (N, 2, 4, 784)
    images = np.rint(levels.sum(axis=2)).astype(np.uint8)
    return images.reshape(-1, SIDE, SIDE)


def upright_digit(probabilities: NDArray[np.float32], familiarity: list[float]) -> int | None:
    """The digit that one of the turned versions of a drawing clearly resembles; None if there is none.

    `probabilities` is (2, 10); `familiarity` has the in-distribution scores of the two versions.
    """
    likely = probabilities.max(axis=1).tolist()
    best = max(range(len(likely)), key=lambda version: likely[version] * familiarity[version])
    if likely[best] < _LIKELY or familiarity[best] < _FAMILIAR:
        return None
    return int(probabilities[best].argmax())


def _sampling(degrees: float) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """For each pixel of a turned image: the four pixels of the original around its place, and the share of each.

    Both are (4, 784). Pixels outside the original have the share 0.
    """
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    y, x = np.mgrid[:SIDE, :SIDE].reshape(2, -1) - CENTRE
    columns, rows = cosine * x - sine * y + CENTRE, sine * x + cosine * y + CENTRE
    places, shares = [], []
    for right in (0, 1):
        for below in (0, 1):
            column, row = np.floor(columns).astype(np.intp) + right, np.floor(rows).astype(np.intp) + below
            share = (1 - np.abs(columns - column)) * (1 - np.abs(rows - row))
            inside = (column >= 0) & (column < SIDE) & (row >= 0) & (row < SIDE)
            places.append(np.where(inside, row * SIDE + column, 0))
            shares.append(np.where(inside, share, 0.0))
    return np.array(places), np.array(shares, np.float32)


_LEFT, _RIGHT = _sampling(_ANGLE), _sampling(-_ANGLE)
_PLACES, _SHARES = np.stack((_LEFT[0], _RIGHT[0])), np.stack((_LEFT[1], _RIGHT[1]))
