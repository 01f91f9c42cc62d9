"""The weights of a network: their origin and names, the shipped files, reading them from files and writing them.

`model.weight_files` decodes the files. Nothing here imports torch.
"""

import hashlib
import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model import hints
from model.layers import MEAN, SIDE, STD, NetworkName
from model.weight_files.decode import SAFETENSORS, Decoded, decode
from model.weight_files.errors import WeightFileError, one_line
from model.weight_files.files import decode_file
from model.weight_files.safetensors_file import encode, views
from model.weight_files.state_dicts import match

WEIGHTS = Path(__file__).parent / "weights"
NAMES = ("robust", "lesson")  # weights that ship with the program
ROBUST, LESSON = (WEIGHTS / f"{name}.safetensors" for name in NAMES)
SHIPPED = ROBUST  # served by default
DENSE = WEIGHTS / "dense.safetensors"  # the lesson's dense network: evaluated for comparison, never served
MAX_OUTPUT = 1e15  # of a layer; with the shipped weights, none can be larger than 2e6
PIXEL_ORDER = "pixel_order"  # metadata key of weights that were trained on shuffled pixels
MOST_OF_A_PATH = 300  # characters of a path in a message


class CheckpointError(Exception):
    """The weights cannot be read or used. The message is a sentence that says why."""


@dataclass(frozen=True)
class Checkpoint:
    """A network's weights and their origin.

    tensors   float32 arrays with the keys and shapes of `model.layers.NETWORKS`
    metadata  the metadata of the safetensors file
    sha256    the SHA-256 of `content`, in hexadecimal
    content   the bytes of the safetensors file
    name      the name in the metadata; if there is none, the file's name without its suffix. It is one line of at most
              64 printable characters, even if the file says otherwise.
    network   which of the lesson's networks has these weights
    notes     sentences about how the file was understood, for example that a prefix of its names was ignored
    """

    tensors: dict[str, NDArray[np.float32]] = field(repr=False)
    metadata: dict[str, str]
    sha256: str
    content: bytes = field(repr=False)
    name: str
    network: NetworkName = "cnn"
    notes: tuple[str, ...] = ()

    @property
    def model(self) -> str:
        """How predictions name these weights: the name and the first eight digits of the hash."""
        return f"{self.name}-{self.sha256[:8]}"

    @property
    def pixel_order(self) -> list[int] | None:
        """The permutation of the pixels of all training images; None if the pixels were not shuffled."""
        order = self.metadata.get(PIXEL_ORDER)
        return None if order is None else list(json.loads(order))

    def compact(self) -> "Checkpoint":
        """The same weights in half the memory, if possible: the tensors are then read-only views of `content`."""
        found = views(self.content)
        if not self.tensors.keys() <= found.keys():
            return self
        return replace(self, tensors={key: found[key] for key in self.tensors})


def find(name: str | Path) -> Path:
    """The path of weights: the shipped file for `robust`, `lesson` and `dense`; any other name is taken as a path."""
    return WEIGHTS / f"{name}.safetensors" if str(name) in (*NAMES, DENSE.stem) else Path(name)


def read(path: str | Path, *, baselines: bool = False) -> Checkpoint:
    """Read weights from a file: safetensors, or a state dict as the lesson saves it (`.pth`, `.pt`).

    The format is detected from the content, not from the name. Raises CheckpointError if the file cannot be used. The
    dense network and weights trained on shuffled pixels exist only for comparison: they are rejected with
    CheckpointError unless `baselines` is true.
    """
    path = Path(path)
    file = one_line(path, most=MOST_OF_A_PATH)
    try:
        decoded = decode_file(path)
        loaded = _checkpoint(decoded, path.stem, tuple(f"{file}: {note}." for note in decoded.notes))
        _check_use(loaded, baselines=baselines)
    except WeightFileError as error:
        if isinstance(error, _BaselineError):
            evaluate = hints.command("evaluate", "--weights", file)
            raise CheckpointError(f"{file} {error.reason} You can evaluate it: {evaluate}") from error
        raise CheckpointError(f"{file} {error.reason}") from error
    return loaded


def from_bytes(content: bytes, name: str) -> Checkpoint:
    """The weights in the content of a file. `name` is used if the content contains none.

    Raises WeightFileError if the content cannot be used or served.
    """
    decoded = decode(content)
    loaded = _checkpoint(decoded, name, tuple(f"{note[0].upper()}{note[1:]}." for note in decoded.notes))
    _check_use(loaded, baselines=False)
    return loaded


def write(
    path: str | Path, tensors: Mapping[str, NDArray[Any]], metadata: Mapping[str, str], *, durable: bool = True
) -> Checkpoint:
    """Write weights and metadata as a safetensors file, like `replace_file`. Equal arguments give equal bytes.

    Raises CheckpointError if the tensors are not those of a known network, OSError if the file cannot be written.
    """
    path = Path(path)
    try:
        found = match(tensors)
    except WeightFileError as error:
        raise CheckpointError(f"{one_line(path, most=MOST_OF_A_PATH)} {error.reason}") from error
    content = encode(found.tensors, metadata)
    replace_file(path, content, durable=durable)
    return _checkpoint(Decoded(SAFETENSORS, found.network, found.tensors, dict(metadata), content, ()), path.stem, ())


def replace_file(path: str | Path, content: bytes, *, durable: bool = True) -> None:
    """Write a file atomically: readers see the old content or the new one, even after a power cut if it is `durable`.

    Threads and processes can replace the same file at the same time; the last one wins.
    """
    path = Path(path)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.unfinished")
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def outputs_are_finite(tensors: Mapping[str, NDArray[np.float32]]) -> bool:
    """Whether float32 has room for all outputs of a network, and for the squares and sums that experiments need.

    No output of a layer can be larger than Σ|w|·x + |b|, with the largest input x.
    """
    largest = (1 - MEAN) / STD
    for key, weights in tensors.items():
        if key.endswith(".weight"):
            sums = np.abs(weights).reshape(len(weights), -1).sum(axis=1, dtype=np.float64)
            largest = float((sums * largest + np.abs(tensors[f"{key.removesuffix('weight')}bias"])).max())
    return largest <= MAX_OUTPUT


class _BaselineError(WeightFileError):
    """The weights are valid, but only for comparison."""


def _check_use(checkpoint: Checkpoint, *, baselines: bool) -> None:
    """Raise WeightFileError if the weights cannot be served or, with `baselines`, cannot be evaluated."""
    try:
        order = checkpoint.pixel_order
        valid = order is None or sorted(order) == list(range(SIDE * SIDE))
    except (ValueError, TypeError, RecursionError):
        valid = False
    if not valid:
        raise WeightFileError(
            f"has metadata that cannot be used: its {PIXEL_ORDER} is not a permutation of the {SIDE * SIDE} pixels. "
            "Save the weights without it."
        )
    if baselines:
        return
    if checkpoint.network != "cnn":
        raise _BaselineError("contains the dense network, which has no feature maps to show.")
    if not outputs_are_finite(checkpoint.tensors):
        raise WeightFileError(
            "has weights that are so large that the outputs of the network could become infinite, perhaps because the "
            "loss diverged. Train again, for example with a smaller learning rate."
        )
    if order is not None:
        raise _BaselineError("was trained on images with shuffled pixels, so it cannot recognise ordinary drawings.")


def _checkpoint(decoded: Decoded, file_name: str, notes: tuple[str, ...]) -> Checkpoint:
    return Checkpoint(
        network=decoded.network,
        tensors=decoded.tensors,
        metadata=decoded.metadata,
        sha256=hashlib.sha256(decoded.content).hexdigest(),
        content=decoded.content,
        name=one_line(decoded.metadata.get("name", "")) or one_line(file_name) or "weights",
        notes=notes,
    )
