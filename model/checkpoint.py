"""Weights on disk: safetensors with metadata and a hash, and the lesson's `.pth`.

Nothing here imports torch until a `.pth` is read, so that the service can load its weights without it.
"""

import hashlib
import json
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from model.layers import (
    NETWORKS,
    SIDE,
    NetworkName,
)

if TYPE_CHECKING:
    pass

WEIGHTS = Path(__file__).parent / "weights"
NAMES = ("robust", "lesson")  # of the weights that ship
ROBUST, LESSON = (WEIGHTS / f"{name}.safetensors" for name in NAMES)
SHIPPED = ROBUST  # what is served unless other weights are named
DENSE = WEIGHTS / "dense.safetensors"  # the lesson's dense network, which is measured and never served
LARGEST = 32 * 1024 * 1024  # bytes; the network's own weights are 0.9 MB, with an optimiser's state 2.7 MB
PIXEL_ORDER = "pixel_order"  # in the metadata of weights that were trained on shuffled pixels
TRAIN_EXTRA = "Install the parts that train: pip install 'inkling[train]'."


class CheckpointError(Exception):
    """A file that does not hold this network's weights. The message is one plain sentence or two."""


@dataclass(frozen=True)
class Checkpoint:
    """A network's weights and where they come from.

    `tensors` are float32, keyed and shaped as `model.layers.NETWORKS` says. `content` is the safetensors file,
    `sha256` its hash in hexadecimal.
    """

    tensors: dict[str, NDArray[np.float32]] = field(repr=False)
    metadata: dict[str, str]
    sha256: str
    content: bytes = field(repr=False)
    name: str

    @property
    def model(self) -> str:
        """The name by which answers say which weights gave them."""
        return f"{self.name}-{self.sha256[:8]}"

    @property
    def network(self) -> NetworkName:
        """Which network the weights are of."""
        return _likest(self.tensors)

    @property
    def pixel_order(self) -> list[int] | None:
        """The order of the pixels in the pictures that it was trained on; None where they were as they are."""
        order = self.metadata.get(PIXEL_ORDER)
        return None if order is None else list(json.loads(order))


def find(name: str | Path) -> Path:
    """Where weights are: those that ship by name, `robust`, `lesson` or `dense`; anything else is a path already."""
    return WEIGHTS / f"{name}.safetensors" if str(name) in (*NAMES, DENSE.stem) else Path(name)


def read(path: str | Path, *, baselines: bool = False) -> Checkpoint:
    """Read weights from a `.safetensors` file or from a state dict as the lesson saves it (`.pth`, `.pt`).

    Which of the two it is, the first bytes say, not the name. `baselines` are only there to be measured: the dense
    network, and weights trained on shuffled pixels; without it they are refused. Raises CheckpointError.
    """
    path = Path(path)
    try:
        if path.stat().st_size > LARGEST:
            raise CheckpointError(f"{path} is too large to hold this network: its 225,034 weights take 0.9 MB.")
        content = path.read_bytes()
    except FileNotFoundError:
        raise CheckpointError(f"There is no file {path}.") from None
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror}.") from error

    if content.startswith((b"PK", b"\x80")):  # a zip archive, or the bare pickle of PyTorch before 1.6
        tensors = check(_read_state_dict(path), str(path))
        metadata: dict[str, str] = {}
        content = encode(tensors, metadata)
    else:
        try:
            tensors = check(safetensors.numpy.load(content), str(path))
        except (safetensors.SafetensorError, KeyError, ValueError, TypeError, AttributeError) as error:
            raise CheckpointError(
                f"{path} is not a checkpoint: neither a whole safetensors file nor a state dict saved by PyTorch."
            ) from error
        metadata = metadata_of(content)
    found = _checkpoint(tensors, metadata, content, path)
    _check_order(found, path)
    if not baselines and (reason := _only_measured(found)):
        raise CheckpointError(f"{path} {reason} It can be measured: inkling evaluate --weights {path}")
    return found


def write(path: str | Path, tensors: Mapping[str, NDArray[Any]], metadata: Mapping[str, str]) -> Checkpoint:
    """Write weights and metadata as a safetensors file, all of it or nothing; the same input gives the same bytes.

    Raises CheckpointError if the tensors are not this network's, OSError if the file cannot be written.
    """
    path = Path(path)
    checked = check(tensors, str(path))
    content = encode(checked, metadata)
    replace_file(path, content)
    return _checkpoint(checked, dict(metadata), content, path)


def check(tensors: Mapping[str, NDArray[Any]], source: str) -> dict[str, NDArray[np.float32]]:
    """The tensors in their network's order as float32, or CheckpointError naming `source` and the first thing wrong."""
    parameters = NETWORKS[_likest(tensors)]
    missing = [key for key in parameters if key not in tensors]
    if missing:
        raise CheckpointError(f"{source} does not hold the lesson's network: {_list(missing)} missing.")
    extra = [key for key in tensors if key not in parameters]
    if extra:
        raise CheckpointError(f"{source} holds more than the lesson's network: {_list(extra)} not known.")
    checked = {}
    for key, shape in parameters.items():
        values = np.asarray(tensors[key])
        if values.shape != shape:
            raise CheckpointError(
                f"In {source}, {key} is {_by(values.shape)}; the lesson's network has {_by(shape)} there."
            )
        if not np.issubdtype(values.dtype, np.floating):
            raise CheckpointError(f"In {source}, {key} holds {values.dtype} values; weights are floating-point.")
        with np.errstate(over="ignore"):  # a float64 too large for float32 becomes infinite, and is named below
            values = np.ascontiguousarray(values, dtype=np.float32)
        if not np.isfinite(values).all():
            raise CheckpointError(f"In {source}, {key} holds values that are not finite float32 numbers.")
        checked[key] = values
    return checked


def encode(tensors: Mapping[str, NDArray[np.float32]], metadata: Mapping[str, str]) -> bytes:
    """A safetensors file: eight bytes of length, a JSON header, the numbers.

    Written here because the library keeps metadata in a hash map and so orders it anew in every process; weights that
    are equal bit for bit should make files that are.
    """
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    offset = 0
    for key, values in tensors.items():
        header[key] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [offset, offset + values.nbytes]}
        offset += values.nbytes
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the numbers begin at a multiple of eight
    return b"".join(
        [struct.pack("<Q", len(text)), text, *(values.astype("<f4").tobytes() for values in tensors.values())]
    )


def replace_file(path: str | Path, content: bytes) -> None:
    """Write a file whole or not at all: whoever reads it sees the old content or the new, even after a power cut."""
    path = Path(path)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _likest(tensors: Mapping[str, object]) -> NetworkName:
    """The network that tensors of these names are of, or come nearest to."""
    return max(NETWORKS, key=lambda name: len(NETWORKS[name].keys() & tensors.keys()))


def _only_measured(found: Checkpoint) -> str | None:
    """Why weights cannot answer drawings, in a sentence that the name of their file begins."""
    if found.network != "cnn":
        return "holds the dense network, which has no feature maps to show."
    if found.pixel_order is not None:
        return "was trained on pictures with their pixels shuffled, so it cannot read a drawing as it is."
    return None


def _check_order(found: Checkpoint, path: Path) -> None:
    try:
        order = found.pixel_order
        whole = order is None or sorted(order) == list(range(SIDE * SIDE))
    except (ValueError, TypeError):
        whole = False
    if not whole:
        raise CheckpointError(f"In {path}, {PIXEL_ORDER} is no permutation of the {SIDE * SIDE} pixels.")


def _checkpoint(
    tensors: dict[str, NDArray[np.float32]], metadata: dict[str, str], content: bytes, path: Path
) -> Checkpoint:
    return Checkpoint(
        tensors=tensors,
        metadata=metadata,
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        name=metadata.get("name") or path.stem,
    )


def metadata_of(content: bytes) -> dict[str, str]:
    """The metadata of a safetensors file that the library has already found whole."""
    (length,) = struct.unpack("<Q", content[:8])
    return dict(json.loads(content[8 : 8 + length]).get("__metadata__") or {})


def _read_state_dict(path: Path) -> dict[str, NDArray[Any]]:
    if find_spec("torch") is None:
        raise CheckpointError(f"{path} is a PyTorch file, and PyTorch is not installed here. {TRAIN_EXTRA}")
    import pickle

    import torch

    try:
        # weights_only: a pickle can run any code; this reads tensors and nothing else
        state = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            f"{path} holds more than tensors, perhaps a whole pickled model. "
            "Save its state dict instead: torch.save(model.state_dict(), 'mnist_cnn.pth')."
        ) from error
    except Exception as error:  # torch raises whatever it stumbles over: RuntimeError, EOFError, KeyError, …
        raise CheckpointError(f"{path} is not a whole PyTorch file.") from error
    if not isinstance(state, Mapping) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise CheckpointError(
            f"{path} is a PyTorch file, but not a state dict. "
            "Save one with torch.save(model.state_dict(), 'mnist_cnn.pth')."
        )
    return {
        str(key): (value.float() if value.is_floating_point() else value).detach().contiguous().numpy()
        for key, value in state.items()
    }


def _list(keys: list[str]) -> str:
    shown = ", ".join(keys[:4])
    return f"{shown}{' and more' if len(keys) > 4 else ''} {'is' if len(keys) == 1 else 'are'}"


def _by(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) or "a single number"
