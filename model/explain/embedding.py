"""Where digits lie in a layer: a map by principal components, and the nearest training digits.

A layer gives each image a vector of D numbers. For the 5,000 shipped training digits, the principal component
analysis finds the plane in which the vectors vary most (Pearson: On lines and planes of closest fit, 1901; Hotelling,
1933). With the mean m and the unit vectors c₁ and c₂, the first two eigenvectors of the covariance, an image with the
vector x lies at (c₁·(x − m), c₂·(x − m)); the plane keeps the share (λ₁ + λ₂)/Σλ of the variance.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.digit_sheets import digit_sheet
from model.explain.accuracy import BATCH, Floats, Run, inputs_at, outputs_of

MapLayer = Literal["input", "pool1", "pool2", "relu3", "logits"]

NEAREST = 8
_PART = 50  # vectors that are in memory as float32 at a time
_LARGE = 1000  # vectors with more numbers are kept with one byte for each number
_RECHECKED = 32  # candidates whose distances are computed again, because the vectors are kept rounded
_EXACT = 200  # largest D for which the whole covariance is decomposed
_BLOCK = 12  # vectors of the iteration for a larger D
_ROUNDS = 60
_MAX_FLOAT16 = float(np.finfo(np.float16).max)
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


@dataclass(frozen=True)
class Vectors:
    """The vectors of the training digits in a layer, rounded, so that they take little memory.

    values  float16 (N, D), or uint8 (N, D) for large vectors; float32 if they need not be rounded
    steps   float32 (N, 1): a vector is its row of `values` times its step
    """

    values: NDArray[np.float16] | NDArray[np.float32] | NDArray[np.uint8]
    steps: Floats

    @classmethod
    def empty(cls, count: int, size: int) -> "Vectors":
        """Room for `count` vectors of `size` numbers."""
        shape, steps = (count, size), np.ones((count, 1), np.float32)
        return cls(np.empty(shape, np.uint8), steps) if size > _LARGE else cls(np.empty(shape, np.float16), steps)

    def put(self, start: int, part: Floats) -> None:
        """Keep some vectors, M×D. Those that are stored as uint8 must not have negative numbers."""
        rows = slice(start, start + len(part))
        if self.values.dtype == np.uint8:
            self.steps[rows] = np.maximum(part.max(axis=1, keepdims=True), 1e-6) / 255
            part = np.rint(part / self.steps[rows])
        elif self.values.dtype == np.float16:  # a step of 1, unless a number is too large for float16
            self.steps[rows] = np.maximum(np.abs(part).max(axis=1, keepdims=True) / _MAX_FLOAT16, 1)
            part = part / self.steps[rows]
        self.values[rows] = part

    def parts(self) -> Iterator[tuple[slice, Floats]]:
        """Some vectors at a time: their positions, and the vectors as float32 M×D."""
        for start in range(0, len(self.values), _PART):
            rows = slice(start, start + _PART)
            yield rows, self.at(rows)

    def at(self, positions: slice | NDArray[np.int64]) -> Floats:
        """The vectors at these positions, float32 M×D."""
        chosen: Floats = self.values[positions].astype(np.float32)
        chosen *= self.steps[positions]
        return chosen


def layer_vectors(run: Run, layers: Sequence[MapLayer]) -> dict[MapLayer, Vectors]:
    """The vectors of some layers for the 5,000 training digits, from one forward pass."""
    count = len(digit_sheet("train").labels)
    vectors: dict[MapLayer, Vectors] = {}
    for start in range(0, count, BATCH):
        for layer, part in zip(layers, run(inputs_at("train", slice(start, start + BATCH)), layers), strict=True):
            if start == 0:
                vectors[layer] = Vectors.empty(count, part[0].size)
            vectors[layer].put(start, part.reshape(len(part), -1))
    return vectors


def nearest(vectors: Vectors, vector: Floats, run: Run, layer: MapLayer) -> list[Neighbour]:
    """The eight training digits that are nearest to a vector (D,) in a layer, the nearest first.

    The distances are computed again from the float32 outputs of `run`.
    """
    rough = np.concatenate([_squares(part - vector) for _, part in vectors.parts()])
    candidates = np.argsort(rough, kind="stable")[:_RECHECKED]
    exact = outputs_of(run, inputs_at("train", candidates), layer).reshape(len(candidates), -1)
    distances = np.sqrt(((exact - vector) ** 2).sum(axis=1))
    order = np.argsort(distances, kind="stable")[:NEAREST]
    labels = digit_sheet("train").labels
    return [Neighbour(int(candidates[i]), int(labels[candidates[i]]), float(distances[i])) for i in order]


def fit(layer: MapLayer, vectors: Vectors) -> LayerMap:
    """The map of a layer with these vectors of the 5,000 training digits."""
    labels = digit_sheet("train").labels
    count = len(vectors.values)
    mean = (sum(part.sum(axis=0, dtype=np.float64) for _, part in vectors.parts()) / count).astype(np.float32)
    total = sum(float(_squares(part - mean).sum(dtype=np.float64)) for _, part in vectors.parts()) / count
    components, variances = principal_components(vectors, mean)
    points = np.concatenate([(part - mean) @ components.T for _, part in vectors.parts()])
    # A component may point either way. With these signs, the maps of all epochs look alike.
    for axis, digit in enumerate((0, 1)):
        if points[labels == digit, axis].mean() < 0:
            components[axis] *= -1
            points[:, axis] *= -1
    first, second = (float(variance / total) if total else 0.0 for variance in variances)
    in_plane = Vectors(points, np.ones((count, 1), np.float32))
    return LayerMap(
        layer,
        mean,
        components,
        (first, second),
        points,
        _same_label(in_plane, labels, _ASKED_IN_PLANE),
        _same_label(vectors, labels, _ASKED_IN_LAYER),
    )


def principal_components(vectors: Vectors, mean: Floats) -> tuple[Floats, NDArray[np.float64]]:
    """The first two principal components of N×D vectors with this mean, float32 2×D, and the variances along them.

    For a large D, subspace iteration finds them without the D×D covariance: a block of vectors is multiplied by the
    covariance and made orthogonal again, until the variances no longer change (Halko, Martinsson, Tropp: Finding
    structure with randomness, 2011).
    """
    size = vectors.values.shape[1]
    if size <= _EXACT:
        return _largest_two(_covariance_times(vectors, mean, np.eye(size, dtype=np.float32)), np.eye(size))
    basis = np.linalg.qr(np.random.default_rng(0).standard_normal((size, _BLOCK)).astype(np.float32)).Q
    before = np.zeros(2)
    for _ in range(_ROUNDS):
        found, sizes, _ = np.linalg.svd(_covariance_times(vectors, mean, basis), full_matrices=False)
        basis, variances = found.astype(np.float32), sizes[:2]
        if np.abs(variances - before).max() <= 1e-5 * variances[0]:
            break
        before = variances
    # Within the block, the eigenvectors of the small covariance are the components.
    return _largest_two(basis.T @ _covariance_times(vectors, mean, basis), basis)


def _covariance_times(vectors: Vectors, mean: Floats, block: Floats) -> NDArray[np.float64]:
    """The covariance matrix of the vectors, D×D, times D×K."""
    product = np.zeros(block.shape)
    for _, part in vectors.parts():
        part -= mean
        product += part.T @ (part @ block)
    return product / len(vectors.values)


def _largest_two(covariance: NDArray[np.float64], basis: NDArray[np.floating]) -> tuple[Floats, NDArray[np.float64]]:
    """The two eigenvectors with the largest variances, 2×D, and the variances. `covariance` is K×K, in a basis D×K."""
    variances, axes = np.linalg.eigh(covariance)
    return (basis @ axes[:, :-3:-1]).T.astype(np.float32), variances[:-3:-1]


def _same_label(vectors: Vectors, labels: NDArray[np.uint8], asked: int) -> float:
    """The share of the vectors whose nearest other vector has the same label, from a sample at equal intervals."""
    chosen = np.linspace(0, len(labels) - 1, asked).astype(np.int64)
    others = [_nearest_others(vectors, chosen[start : start + _PART]) for start in range(0, asked, _PART)]
    return float((labels[np.concatenate(others)] == labels[chosen]).mean())


def _nearest_others(vectors: Vectors, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each of the vectors at the positions `chosen`, the position of the nearest other vector."""
    from_vectors, count = vectors.at(chosen), len(chosen)
    least, nearest_to = np.full(count, np.inf, np.float32), np.zeros(count, np.int64)
    for rows, part in vectors.parts():
        distances = _squares(part) - 2 * (from_vectors @ part.T)  # without |chosen|², which changes no order
        inside = np.flatnonzero((chosen >= rows.start) & (chosen < rows.stop))
        distances[inside, chosen[inside] - rows.start] = np.inf
        closest = distances.argmin(axis=1)
        smaller = distances[np.arange(count), closest] < least
        least[smaller] = distances[smaller, closest[smaller]]
        nearest_to[smaller] = closest[smaller] + rows.start
    return nearest_to


def _squares(vectors: Floats) -> Floats:
    """The squared lengths of vectors N×D."""
    squares: Floats = np.einsum("ij,ij->i", vectors, vectors)
    return squares
