"""Finds the lesson's network in what a file contains, or says how the file's tensors differ from the network's."""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeGuard

import numpy as np
from numpy.typing import NDArray

from model.layers import NETWORKS, NetworkName
from model.weight_files.dtypes import dtype_name, is_floating, to_float32
from model.weight_files.errors import WeightFileError, listed, one_line
from model.weight_files.refusals import NOT_A_STATE_DICT

Tensors = Mapping[str, NDArray[Any]]

WRAPPERS = ("state_dict", "model_state_dict", "model")  # keys under which training checkpoints store the weights


class Match(NamedTuple):
    """A network's weights: float32, in the order of its state dict. `notes` say how the file was understood."""

    network: NetworkName
    tensors: dict[str, NDArray[np.float32]]
    notes: tuple[str, ...]


def unwrap(value: object) -> tuple[Tensors, tuple[str, ...]]:
    """The state dict in an object that torch.save has written: the object itself, or the value of one of WRAPPERS.

    Also returns notes on how the object was understood. Raises WeightFileError if there is no state dict.
    """
    if _is_state_dict(value):
        return value, ()
    if isinstance(value, Mapping):
        for key in WRAPPERS:
            inner: object = value.get(key)
            if _is_state_dict(inner):
                return inner, (f"its weights are in “{key}”; everything else in it is ignored",)
    raise WeightFileError(NOT_A_STATE_DICT)


def match(tensors: Tensors) -> Match:
    """The weights of the network whose state dict these tensors are. A prefix that all keys have is ignored.

    Raises WeightFileError if they belong to no known network; it says how they differ from the most similar one.
    """
    network, prefix = _most_similar(tensors)
    parameters = NETWORKS[network]
    named = {key.removeprefix(prefix): values for key, values in tensors.items()}
    if (reason := _difference(named, parameters)) is not None:
        raise WeightFileError(reason)
    notes = [f"its names begin with “{one_line(prefix)}”, which is ignored"] if prefix else []
    types = dict.fromkeys(dtype_name(named[key].dtype) for key in parameters)
    types.pop("float32", None)
    if types:
        notes.append(f"its {listed(list(types))} numbers are converted to float32")
    return Match(network, {key: _checked(key, named[key]) for key in parameters}, tuple(notes))


def _is_state_dict(value: object) -> TypeGuard[Tensors]:
    return (
        isinstance(value, Mapping)
        and len(value) > 0
        and all(isinstance(key, str) and isinstance(each, np.ndarray) for key, each in value.items())
    )


def _most_similar(tensors: Tensors) -> tuple[NetworkName, str]:
    """The most similar network, and the prefix of its keys: `tensors` has more of these keys than of any others."""
    candidates: dict[tuple[NetworkName, str], int] = {(network, ""): 0 for network in NETWORKS}
    for network, parameters in NETWORKS.items():
        for key in tensors:
            for name in parameters:
                prefix = key.removesuffix(name)
                if prefix != key and (not prefix or prefix.endswith(".")):
                    candidates[network, prefix] = candidates.get((network, prefix), 0) + 1
    return max(candidates, key=lambda each: candidates[each])


def _difference(tensors: Tensors, parameters: Mapping[str, tuple[int, ...]]) -> str | None:
    """How the tensors differ from the network with these parameters; None if they have the same names and shapes."""
    missing = {key: shape for key, shape in parameters.items() if key not in tensors}
    extra = {key: values.shape for key, values in tensors.items() if key not in parameters}
    if missing and sorted(extra.values()) == sorted(missing.values()):
        new_names = {shape: key for key, shape in missing.items()}
        renamed = [f"{one_line(key)} to {new_names[shape]}" for key, shape in extra.items()]
        return f"has the lesson's layers under other names. Rename them before you save: {listed(renamed)}."
    if missing or extra:
        lacks = f"it lacks {_described(missing)}" if missing else ""
        has = f"it has {_described(extra)}, which the lesson's network does not have" if extra else ""
        differences = "; ".join(filter(None, (lacks, has)))
        return f"is not the lesson's network: {differences}. Use the lesson's layers, with the same names."
    wrong = [
        f"{key} is {shape_text(tensors[key].shape)} instead of {shape_text(shape)}"
        for key, shape in parameters.items()
        if tensors[key].shape != shape
    ]
    if wrong:
        return f"is not the lesson's network: {listed(wrong)}. Use the lesson's layers, with the same sizes."
    return None


def _checked(key: str, values: NDArray[Any]) -> NDArray[np.float32]:
    if not is_floating(values.dtype):
        raise WeightFileError(
            f"has {dtype_name(values.dtype)} numbers in {key}, but weights are floating-point. "
            "Save the weights before any quantisation."
        )
    converted = to_float32(values)
    if not np.isfinite(converted).all():
        raise WeightFileError(
            f"has values in {key} that are not finite float32 numbers (NaN or infinity), perhaps because the loss "
            "diverged. Train again, for example with a smaller learning rate."
        )
    return converted


def _described(shapes: Mapping[str, tuple[int, ...]]) -> str:
    return listed([f"{one_line(key)} ({shape_text(shape)})" for key, shape in shapes.items()])


def shape_text(shape: tuple[int, ...]) -> str:
    """A shape in words: 64×32×3×3."""
    return "×".join(map(str, shape)) or "a single number"
