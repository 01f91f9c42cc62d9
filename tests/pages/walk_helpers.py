"""Drawings, layers and cells that the tests of the walk share."""

import json
import math
from functools import cache
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from PIL import Image
from safetensors.numpy import load_file

from benchmarks import drawings
from model.checkpoint import SHIPPED
from model.layers import LAYERS, MEAN, STD
from tests import ROOT
from tests.support.visitor import PAD, SEVEN

SEED = 20_251_122


GRID = {  # maps, rows and columns as the page counts them: a layer that is a list has one map
    "flatten": (1, 64, 25),
    "dense1": (1, 16, 8),
    "relu3": (1, 16, 8),
    "logits": (1, 10, 1),
    "probabilities": (1, 10, 1),
}


SHAPES: dict[str, tuple[int, int, int]] = {
    layer.name: GRID.get(layer.name) or (layer.shape[0], layer.shape[1], layer.shape[2]) for layer in LAYERS
}


Numbers = NDArray[np.float64]


Cell = dict[str, Any]


@cache
def samples() -> list[NDArray[np.uint8]]:
    """The page's sample digits, one of each."""
    folder = ROOT / "static/samples"
    sheet = np.asarray(Image.open(folder / "digits.png").convert("L"))
    found: dict[int, NDArray[np.uint8]] = {}
    for digit in json.loads((folder / "digits.json").read_text())["digits"]:
        row, column = 28 * digit["row"], 28 * digit["column"]
        found.setdefault(digit["label"], sheet[row : row + 28, column : column + 28])
    return [found[label] for label in range(10)]


def by_hand(digit: int) -> dict[str, Any]:
    return {"strokes": list(drawings.drawings(10))[digit][1], "pen": drawings.PEN, "canvas": [PAD, PAD]}


def speck() -> list[list[int]]:
    """Almost blank: one faint grey pixel."""
    image = np.zeros((28, 28), np.uint8)
    image[20, 5] = 20
    return [[int(value) for value in row] for row in image]


DRAWINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "the sample 0": ("mnist", {"pixels": samples()[0].tolist()}),
    "the sample 5": ("mnist", {"pixels": samples()[5].tolist()}),
    "the sample 7": ("none", {"pixels": samples()[7].tolist()}),
    "the sample 8, squashed": ("resize", {"pixels": samples()[8].tolist()}),
    "a 2 by hand": ("mnist", by_hand(2)),
    "a 4 by hand": ("mnist", by_hand(4)),
    "a 9 by hand, squashed": ("resize", by_hand(9)),
    "a seven of straight lines": ("mnist", {"strokes": [SEVEN], "pen": 26, "canvas": [PAD, PAD]}),
    "a dot": ("mnist", {"strokes": [[(203.25, 41.5)]], "pen": 26, "canvas": [PAD, PAD]}),
    "a faint speck": ("none", {"pixels": speck()}),
}


@cache
def parameters() -> dict[str, Numbers]:
    return {name: values.astype(np.float64) for name, values in load_file(SHIPPED).items()}


def convolved(x: Numbers, name: str) -> tuple[Numbers, Numbers]:
    """The sums, and the sums of the terms' magnitudes."""
    weight, bias = parameters()[f"{name}.weight"], parameters()[f"{name}.bias"][:, None, None]
    windows = sliding_window_view(x, (3, 3), axis=(1, 2))
    values = np.einsum("crxij,ocij->orx", windows, weight, optimize=True) + bias
    return values, np.einsum("crxij,ocij->orx", np.abs(windows), np.abs(weight), optimize=True) + np.abs(bias)


def joined(x: Numbers, name: str) -> tuple[Numbers, Numbers]:
    weight, bias = parameters()[f"{name}.weight"], parameters()[f"{name}.bias"]
    return weight @ x + bias, np.abs(weight) @ np.abs(x) + np.abs(bias)


def pooled(x: Numbers) -> Numbers:
    maps, rows, columns = x.shape[0], x.shape[1] // 2, x.shape[2] // 2
    largest: Numbers = x[:, : 2 * rows, : 2 * columns].reshape(maps, rows, 2, columns, 2).max(axis=(2, 4))
    return largest


def network(image: NDArray[np.uint8]) -> dict[str, tuple[Numbers, Numbers]]:
    """The network in float64: for each layer, its numbers and the sums of the terms' magnitudes."""
    a: dict[str, tuple[Numbers, Numbers]] = {}
    x = (image[None] / 255 - MEAN) / STD
    a["input"] = x, np.abs(x)
    a["conv1"] = convolved(x, "features.0")
    a["relu1"] = np.maximum(a["conv1"][0], 0), a["conv1"][1]
    a["pool1"] = pooled(a["relu1"][0]), pooled(a["relu1"][1])
    a["conv2"] = convolved(a["pool1"][0], "features.3")
    a["relu2"] = np.maximum(a["conv2"][0], 0), a["conv2"][1]
    a["pool2"] = pooled(a["relu2"][0]), pooled(a["relu2"][1])
    a["flatten"] = a["pool2"][0].ravel(), a["pool2"][1].ravel()
    a["dense1"] = joined(a["flatten"][0], "classifier.1")
    a["relu3"] = np.maximum(a["dense1"][0], 0), a["dense1"][1]
    a["logits"] = joined(a["relu3"][0], "classifier.3")
    powers = np.exp(a["logits"][0] - a["logits"][0].max())
    a["probabilities"] = powers / powers.sum(), np.zeros(10)
    return a


def cell_at(name: str, index: int) -> Cell:
    at = np.unravel_index(index, SHAPES[name])
    return {"layer": name} | {part: int(where) for part, where in zip(("map", "row", "col"), at, strict=True)}


def random_cells(name: str, count: int, seed: int) -> list[Cell]:
    size = math.prod(SHAPES[name])
    return [cell_at(name, int(at)) for at in np.random.default_rng(seed).choice(size, min(count, size), replace=False)]
