"""Where digits lie in a layer: a map by principal components, and the nearest training digits.

A layer gives each image a vector of D numbers. For the 5,000 shipped training digits, the principal component
analysis finds the plane in which the vectors vary most (Pearson: On lines and planes of closest fit, 1901; Hotelling,
1933). With the mean m and the unit vectors c₁ and c₂, the first two eigenvectors of the covariance, an image with the
vector x lies at (c₁·(x − m), c₂·(x − m)); the plane keeps the share (λ₁ + λ₂)/Σλ of the variance.
"""

from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from model.digit_sheets import digit_sheet
from model.explain.accuracy import BATCH, Floats, Run, inputs_of, outputs_of

Halves = NDArray[np.float16]

MapLayer = Literal["input", "pool1", "pool2", "relu3", "logits"]
MAP_LAYERS: tuple[MapLayer, ...] = get_args(MapLayer)

NEAREST = 8
_CHUNK = 500  # vectors that are converted to float32 at a time
_RECHECKED = 16  # candidates whose distances are computed again, because the vectors are kept as float16
_EXACT = 200  # largest D for which the whole covariance is decomposed
_BLOCK = 12  # vectors of the iteration for a larger D
_ROUNDS = 60
_ASKED_IN_PLANE, _ASKED_IN_LAYER = 1000, 250  # digits whose nearest neighbour is looked for


class Neighbour(NamedTuple):
    """A training digit: its position in the sheet, its label, and its Euclidean distance in the layer."""

    position: int
    label: int
    distance: float


@dataclass(frozen=True)
class LayerMap:
    """The map of a layer.

    mean        float32 (D,)
    components  float32 (2, D), orthogonal unit vectors
    explained   the shares of the variance along the two components
    points      float32 (5000, 2), where the training digits lie
    same_in_plane, same_in_layer  the share of training digits whose nearest other digit has the same label
    """

    layer: MapLayer
    mean: Floats
    components: Floats
    explained: tuple[float, float]
    points: Floats
    same_in_plane: float
    same_in_layer: float

    def place(self, vector: Floats) -> Floats:
        """The point of a vector (D,) on the map: float32 (2,)."""
        return self.components @ (vector - self.mean)


@cache
def input_vectors() -> Halves:
    """The vectors of the layer `input`, float16 5000×784, the same for all weights."""
    return inputs_of("train").reshape(len(inputs_of("train")), -1).astype(np.float16)


def layer_vectors(run: Run) -> dict[MapLayer, Halves]:
    """The vectors of all other layers for the 5,000 training digits, float16 5000×D, from one forward pass."""
    inputs = inputs_of("train")
    layers = MAP_LAYERS[1:]
    vectors: dict[MapLayer, Halves] = {}
    for start in range(0, len(inputs), BATCH):
        for layer, part in zip(layers, run(inputs[start : start + BATCH], layers), strict=True):
            if start == 0:
                vectors[layer] = np.empty((len(inputs), part[0].size), np.float16)
            vectors[layer][start : start + BATCH] = part.reshape(len(part), -1)
    return vectors


def nearest(vectors: Halves, vector: Floats, run: Run, layer: MapLayer) -> list[Neighbour]:
    """The eight training digits whose vectors 5000×D are nearest to a vector (D,), the nearest first.

    The distances are computed again from the float32 outputs of `run`.
    """
    candidates = np.argsort(_squared_distances(vectors, vector), kind="stable")[:_RECHECKED]
    exact = outputs_of(run, inputs_of("train")[candidates], layer).reshape(len(candidates), -1)
    distances = np.sqrt(((exact - vector) ** 2).sum(axis=1))
    order = np.argsort(distances, kind="stable")[:NEAREST]
    labels = digit_sheet("train").labels
    return [Neighbour(int(candidates[i]), int(labels[candidates[i]]), float(distances[i])) for i in order]


def fit(layer: MapLayer, halves: Halves) -> LayerMap:
    """The map of a layer whose vectors for the 5,000 training digits are 5000×D."""
    labels = digit_sheet("train").labels
    vectors = halves.astype(np.float32)
    mean: Floats = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    vectors -= mean
    components, variances = principal_components(vectors)
    points = vectors @ components.T
    # A component may point either way. With these signs, the maps of all epochs look alike.
    for axis, digit in enumerate((0, 1)):
        if points[labels == digit, axis].mean() < 0:
            components[axis] *= -1
            points[:, axis] *= -1
    total = float(_squares(vectors).sum(dtype=np.float64)) / len(vectors)
    first, second = (float(variance / total) if total else 0.0 for variance in variances)
    return LayerMap(
        layer,
        mean,
        components,
        (first, second),
        points,
        _same_label(points, labels, _ASKED_IN_PLANE),
        _same_label(vectors, labels, _ASKED_IN_LAYER),
    )


def principal_components(vectors: Floats) -> tuple[Floats, NDArray[np.float64]]:
    """The first two principal components of centred vectors N×D, float32 2×D, and the variances along them.

    For a large D, subspace iteration finds them without the D×D covariance: a block of vectors is multiplied by the
    covariance and made orthogonal again, until the variances no longer change (Halko, Martinsson, Tropp: Finding
    structure with randomness, 2011).
    """
    count, size = vectors.shape
    if size <= _EXACT:
        variances, axes = np.linalg.eigh((vectors.T @ vectors).astype(np.float64) / count)
        return axes[:, :-3:-1].T.astype(np.float32), variances[:-3:-1]
    basis = np.linalg.qr(np.random.default_rng(0).standard_normal((size, _BLOCK)).astype(np.float32)).Q
    before = np.zeros(2)
    for _ in range(_ROUNDS):
        found, sizes, _ = np.linalg.svd(vectors.T @ (vectors @ basis) / np.float32(count), full_matrices=False)
        basis, variances = found, sizes[:2].astype(np.float64)
        if np.abs(variances - before).max() <= 1e-5 * variances[0]:
            break
        before = variances
    # Within the block, the eigenvectors of the small covariance are the components.
    inner = (vectors @ basis).astype(np.float64)
    variances, axes = np.linalg.eigh(inner.T @ inner / count)
    return (basis @ axes[:, :-3:-1].astype(np.float32)).T, variances[:-3:-1]


def _same_label(vectors: Floats, labels: NDArray[np.uint8], asked: int) -> float:
    """The share of the vectors whose nearest other vector has the same label, from a sample at equal intervals."""
    chosen = np.linspace(0, len(vectors) - 1, asked).astype(np.int64)
    distances = _squares(vectors) - 2 * (vectors[chosen] @ vectors.T)  # without |chosen|², which changes no order
    distances[np.arange(asked), chosen] = np.inf
    return float((labels[distances.argmin(axis=1)] == labels[chosen]).mean())


def _squares(vectors: Floats) -> Floats:
    """The squared lengths of vectors N×D."""
    squares: Floats = np.einsum("ij,ij->i", vectors, vectors)
    return squares


def _squared_distances(vectors: Halves, vector: Floats) -> Floats:
    starts = range(0, len(vectors), _CHUNK)
    parts = [_squares(vectors[start : start + _CHUNK].astype(np.float32) - vector) for start in starts]
    return np.concatenate(parts)
