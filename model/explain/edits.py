"""Edits of a network's weights: switch a filter off, prune, round, shuffle. An edited set is a set like any other.

Its name contains everything: the name of the original set and the edits, separated by "~". So each worker process can
compute the same weights from the name alone, a link holds them, and nothing has to be stored.

    robust~conv1_7_off~conv2_prune_50        filter 7 of conv1 is off; half of conv2's weights are 0
    lesson:5~conv1_3_set_-1_0_1_-2_0_2_-1_0_1   the nine weights of a filter
    robust~logits_3_12_negate                  the connection from unit 12 of relu3 to logit 3

An edit consists of a layer, the index of a map or unit if it is about one, the index of the input if it is about one
connection, an operation, and the operation's numbers. All names use only letters, digits and "~:_.-", which need no
escape in an address.

Sources of the operations on layers: Han et al.: Learning both weights and connections, 2015 (prune); Rastegari et al.:
XNOR-Net, 2016 (round to one bit); Jacob et al.: Quantization and training, 2018 (round to more bits).
"""

import hashlib
import math
import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.checkpoint import Checkpoint, outputs_are_finite
from model.layers import LAYERS
from model.weight_files.safetensors_file import encode

Floats = NDArray[np.float32]
Tensors = dict[str, Floats]

SEPARATOR = "~"
MAX_EDITS = 24
MAX_NAME = 2000  # characters of a name with edits
MAX_NUMBER = 100.0  # largest magnitude of a typed weight or factor
BITS = (1, 8)
ALL = "all"  # instead of a layer: all layers with weights
MODULES = {layer.name: layer.module for layer in LAYERS if layer.parameters}
CONVOLUTIONS = tuple(layer.name for layer in LAYERS if layer.kind == "convolution")
_NUMBER = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,6})?")  # \d would also match the digits of other scripts
_INDEX = re.compile(r"[0-9]{1,4}")
SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], np.float32)  # responds to vertical edges
BLUR = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]], np.float32)  # a nearly Gaussian mean of the window

# Operations on a map or unit, or on one of its connections; `set` and the three below it need 3×3 weights.
UNIT_OPERATIONS = ("off", "negate", "times", "set", "sobel", "blur", "noise")
LAYER_OPERATIONS = ("prune", "round", "nobias", "shuffle")
OPERATION_TEXTS = {
    "off": "the weights and the bias are 0.",
    "negate": "each weight and the bias change their sign.",
    "times": "the weights and the bias are multiplied by a number.",
    "set": "nine numbers replace the weights of a filter, row by row; the bias stays.",
    "sobel": "the Sobel filter for vertical edges, as strong as the old weights.",
    "blur": "a filter that blurs, as strong as the old weights.",
    "noise": "random weights, as strong as the old ones.",
    "prune": "this percentage of the weights is set to 0, the smallest ones first.",
    "round": "weights and biases are rounded to numbers of this many bits.",
    "nobias": "all biases are 0.",
    "shuffle": "the filters or units are put into another order.",
}
_COUNTS = {"times": 1, "set": 9, "prune": 1, "round": 1}  # numbers of an operation; 0 for all others


class EditError(ValueError):
    """A name has an edit that cannot be understood or does not fit the network. The message is a sentence."""


def _to(last: int) -> str:
    """A regular expression for the whole numbers from 0 to `last`, without leading zeros."""
    return f"({'|'.join(map(str, range(last + 1)))})"


def _pattern() -> str:
    """A regular expression for exactly the edits that `check` accepts, for the documentation of the API."""
    positive = r"(100|[0-9]{1,2}(\.[0-9]{1,6})?)"
    weights = f"(_-?{positive}){{9}}"
    parts = [f"(conv1|conv2|dense1|logits|{ALL})_(prune_{positive}|round_[1-8]|nobias|shuffle)"]
    for layer in (layer for layer in LAYERS if layer.name in MODULES):
        filters = "|sobel|blur|noise" if layer.name in CONVOLUTIONS else ""
        source = f"_{_to(layer.source[0] - 1)}"
        parts.append(f"{layer.name}_{_to(layer.shape[0] - 1)}({source})?_(off|negate|times_-?{positive}{filters})")
        if layer.name in CONVOLUTIONS:
            optional = "?" if layer.source[0] == 1 else ""
            parts.append(f"{layer.name}_{_to(layer.shape[0] - 1)}({source}){optional}_set{weights}")
    return f"^({'|'.join(parts)})$"


PATTERN = _pattern()


class Edit(NamedTuple):
    """One edit. `unit` and `source` are None unless it is about one map or unit, or one of its connections."""

    layer: str
    operation: str
    unit: int | None = None
    source: int | None = None
    numbers: tuple[float, ...] = ()

    @property
    def text(self) -> str:
        """The edit as it is written in the name of a set of weights."""
        places = [str(place) for place in (self.unit, self.source) if place is not None]
        numbers = [_shortest(number) for number in self.numbers]
        return "_".join([self.layer, *places, self.operation, *numbers])


def split_name(name: str) -> tuple[str, tuple[Edit, ...]]:
    """The name of the original set of weights, and the edits. Raises EditError if an edit is invalid."""
    base, *texts = name.split(SEPARATOR)
    if len(name) > MAX_NAME or len(texts) > MAX_EDITS:
        raise EditError(f"A set of weights can have at most {MAX_EDITS} edits.")
    return base, tuple(parse(text) for text in texts)


def join_name(base: str, edits: tuple[Edit, ...]) -> str:
    """The name of an edited set of weights."""
    return SEPARATOR.join([base, *(edit.text for edit in edits)])


def parse(text: str) -> Edit:
    """The edit that is written as `text` in the name of a set of weights. Raises EditError."""
    layer, *rest = text.split("_")
    places: list[int] = []
    while rest and len(places) < 2 and _INDEX.fullmatch(rest[0]):
        places.append(int(rest.pop(0)))
    if not rest or not all(map(_NUMBER.fullmatch, rest[1:])):
        raise EditError("An edit is a layer, for example conv1, a number, and an operation: conv1_7_off.")
    unit, source = [*places, None, None][:2]
    edit = Edit(layer, rest[0], unit, source, tuple(float(number) for number in rest[1:]))
    check(edit)
    return edit


def check(edit: Edit) -> None:
    """Raise EditError if the network has no such layer, unit or connection, or the operation cannot be applied."""
    if edit.layer not in (*MODULES, ALL):
        raise EditError(f"The layers that can be edited are {', '.join(MODULES)} and {ALL}.")
    if edit.operation in LAYER_OPERATIONS:
        if edit.unit is not None:
            raise EditError(f"The operation {edit.operation} is for a whole layer, not for one map or unit.")
    elif edit.operation not in UNIT_OPERATIONS:
        raise EditError(f"The operation must be one of {', '.join((*UNIT_OPERATIONS, *LAYER_OPERATIONS))}.")
    elif edit.layer == ALL or edit.unit is None:
        raise EditError(f"The operation {edit.operation} is for one map or unit: conv1_7_{edit.operation}.")
    else:
        _check_place(edit)
    _check_numbers(edit)


def _check_place(edit: Edit) -> None:
    layer = next(layer for layer in LAYERS if layer.name == edit.layer)
    units, sources = layer.shape[0], layer.source[0]
    if edit.unit is not None and edit.unit >= units:
        noun = "maps" if edit.layer in CONVOLUTIONS else "units"
        raise EditError(f"{edit.layer} has {units} {noun}, numbered from 0 to {units - 1}.")
    if edit.source is not None and edit.source >= sources:
        raise EditError(f"{edit.layer} has {sources} inputs, numbered from 0 to {sources - 1}.")
    if edit.operation in ("set", "sobel", "blur", "noise") and edit.layer not in CONVOLUTIONS:
        raise EditError(f"The operation {edit.operation} is for the 3×3 filters of {' and '.join(CONVOLUTIONS)}.")
    if edit.operation == "set" and edit.source is None and sources > 1:
        raise EditError(f"A filter of {edit.layer} has nine weights for each input. Name the input, too.")


def _check_numbers(edit: Edit) -> None:
    count = _COUNTS.get(edit.operation, 0)
    if len(edit.numbers) != count:
        raise EditError(f"The operation {edit.operation} takes {count or 'no'} number{'' if count == 1 else 's'}.")
    if any(not math.isfinite(number) or abs(number) > MAX_NUMBER for number in edit.numbers):
        raise EditError(f"The numbers of an edit must be from −{MAX_NUMBER:g} to {MAX_NUMBER:g}.")
    if edit.operation == "prune" and edit.numbers[0] < 0:
        raise EditError("The percentage of pruned weights must be from 0 to 100.")
    if edit.operation == "round" and edit.numbers[0] not in range(BITS[0], BITS[1] + 1):
        raise EditError(f"Weights can be rounded to {BITS[0]} to {BITS[1]} bits.")


def _shortest(number: float) -> str:
    return f"{number:.6f}".rstrip("0").rstrip(".")


# ---------------------------------------------------------------- the arithmetic


def edited(checkpoint: Checkpoint, edits: tuple[Edit, ...], name: str) -> Checkpoint:
    """The weights after the edits, which are applied in their order. `name` goes into the metadata.

    The original does not change. Edited weights have no known accuracy. Raises EditError if they are too large.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        tensors = apply(checkpoint.tensors, edits)
        if not outputs_are_finite(tensors):
            raise EditError("With these edits, the outputs of the network could become infinite. Use smaller numbers.")
    metadata = {key: value for key, value in checkpoint.metadata.items() if key != "accuracy"}
    metadata |= {"name": f"{checkpoint.name[:48]}-edited", "edits": name}
    content = encode(tensors, metadata)
    return Checkpoint(tensors, metadata, hashlib.sha256(content).hexdigest(), content, metadata["name"])


def apply(tensors: Tensors, edits: tuple[Edit, ...]) -> Tensors:
    """The tensors after the edits; arrays that no edit touches are the same objects as before."""
    result = dict(tensors)
    for edit in edits:
        layers = list(MODULES) if edit.layer == ALL else [edit.layer]
        if edit.operation == "prune":
            _prune(result, layers, edit.numbers[0] / 100)
            continue
        for layer in layers:
            weights, biases = f"{MODULES[layer]}.weight", f"{MODULES[layer]}.bias"
            result[weights], result[biases] = result[weights].copy(), result[biases].copy()
            _OPERATIONS[edit.operation](result[weights], result[biases], edit)
    return result


def _prune(tensors: Tensors, layers: list[str], share: float) -> None:
    """Set `share` of all weights of these layers to 0: those nearest to 0, and of several equal ones, the first."""
    keys = [f"{MODULES[layer]}.weight" for layer in layers]
    sizes = np.concatenate([np.abs(tensors[key]).ravel() for key in keys])
    order = np.argsort(sizes, kind="stable")[: round(share * sizes.size)]
    kept = np.ones(sizes.size, bool)
    kept[order] = False
    for key, mask in zip(keys, np.split(kept, np.cumsum([tensors[key].size for key in keys])[:-1]), strict=True):
        tensors[key] = tensors[key] * mask.reshape(tensors[key].shape)


def _place(edit: Edit) -> tuple[int, ...]:
    """The index of the edited weights in their tensor. A unit of a dense layer has one weight for each input."""
    assert edit.unit is not None
    return (edit.unit,) if edit.source is None else (edit.unit, edit.source)


def _times(weights: Floats, biases: Floats, edit: Edit) -> None:
    factor = edit.numbers[0] if edit.numbers else {"off": 0.0, "negate": -1.0}[edit.operation]
    weights[_place(edit)] *= np.float32(factor)
    if edit.source is None:
        biases[edit.unit] *= np.float32(factor)


def _set(weights: Floats, _biases: Floats, edit: Edit) -> None:
    weights[(edit.unit, edit.source or 0)] = np.array(edit.numbers, np.float32).reshape(3, 3)


def _replace(weights: Floats, _biases: Floats, edit: Edit) -> None:
    """Replace 3×3 kernels by others with the same Euclidean norms, so that the outputs have about the same size."""
    old = weights[_place(edit)].reshape(-1, 3, 3)
    if edit.operation == "noise":
        random = np.random.default_rng([edit.unit or 0, (edit.source or 0), weights.shape[1]])
        new = random.standard_normal(old.shape).astype(np.float32)
    else:
        new = np.broadcast_to(SOBEL if edit.operation == "sobel" else BLUR, old.shape)
    norms = [np.sqrt((kernels**2).sum(axis=(1, 2), keepdims=True)) for kernels in (old, new)]
    weights[_place(edit)] = (new * (norms[0] / norms[1])).reshape(weights[_place(edit)].shape)


def _round(weights: Floats, biases: Floats, edit: Edit) -> None:
    """Round to n bits, symmetrically: w ≈ s·q with whole q from −(2ⁿ⁻¹ − 1) to 2ⁿ⁻¹ − 1 and s = max|w| / (2ⁿ⁻¹ − 1).

    One bit leaves only the sign: w ≈ sign(w) · mean|w|. The weights and the biases of a layer have separate scales.
    """
    bits = int(edit.numbers[0])
    for values in (weights, biases):
        sizes = np.abs(values)
        if bits == 1:
            values[...] = np.where(values < 0, -1, 1) * sizes.mean()
        elif sizes.max() > 0:
            scale = sizes.max() / np.float32(2 ** (bits - 1) - 1)
            values[...] = np.round(values / scale) * scale


def _no_bias(_weights: Floats, biases: Floats, _edit: Edit) -> None:
    biases[...] = 0


def _shuffle(weights: Floats, biases: Floats, _edit: Edit) -> None:
    """Put the filters or units of a layer, with their biases, in another order; the next layer expects the old one."""
    order = np.random.default_rng(len(biases)).permutation(len(biases))
    weights[...], biases[...] = weights[order], biases[order]


_OPERATIONS: dict[str, Callable[[Floats, Floats, Edit], None]] = {
    "off": _times,
    "negate": _times,
    "times": _times,
    "set": _set,
    "sobel": _replace,
    "blur": _replace,
    "noise": _replace,
    "round": _round,
    "nobias": _no_bias,
    "shuffle": _shuffle,
}
