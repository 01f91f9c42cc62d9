"""Reads weights from safetensors files and from the lesson's `.pth` files; writes safetensors files.

torch is imported only to read a `.pth` file, so the service loads its own weights without torch.
"""

import hashlib
import json
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from model import hints
from model.layers import NETWORKS, SIDE, NetworkName

WEIGHTS = Path(__file__).parent / "weights"
NAMES = ("robust", "lesson")  # weights that ship with the program
ROBUST, LESSON = (WEIGHTS / f"{name}.safetensors" for name in NAMES)
SHIPPED = ROBUST  # served by default
DENSE = WEIGHTS / "dense.safetensors"  # the lesson's dense network: evaluated for comparison, never served
MAX_BYTES = 32 * 1024 * 1024  # the network's weights take 0.9 MB; together with an optimiser's state, 2.7 MB
PIXEL_ORDER = "pixel_order"  # metadata key of weights that were trained on shuffled pixels


class CheckpointError(Exception):
    """The weights cannot be read or used. The message is a sentence that says why."""


@dataclass(frozen=True)
class Checkpoint:
    """A network's weights and their origin.

    tensors   float32 arrays with the keys and shapes of `model.layers.NETWORKS`
    metadata  the metadata of the safetensors file
    sha256    the SHA-256 of `content`, in hexadecimal
    content   the bytes of the safetensors file
    name      the name in the metadata; if there is none, the file's name without its suffix
    """

    tensors: dict[str, NDArray[np.float32]] = field(repr=False)
    metadata: dict[str, str]
    sha256: str
    content: bytes = field(repr=False)
    name: str

    @property
    def model(self) -> str:
        """How predictions name these weights: the name and the first eight digits of the hash."""
        return f"{self.name}-{self.sha256[:8]}"

    @property
    def network(self) -> NetworkName:
        """Which of the lesson's networks has these weights."""
        return _closest_network(self.tensors)

    @property
    def pixel_order(self) -> list[int] | None:
        """The permutation of the pixels of all training images; None if the pixels were not shuffled."""
        order = self.metadata.get(PIXEL_ORDER)
        return None if order is None else list(json.loads(order))


def find(name: str | Path) -> Path:
    """The path of weights: the shipped file for `robust`, `lesson` and `dense`; any other name is a path itself."""
    return WEIGHTS / f"{name}.safetensors" if str(name) in (*NAMES, DENSE.stem) else Path(name)


def read(path: str | Path, *, baselines: bool = False) -> Checkpoint:
    """Read weights from a `.safetensors` file or from a state dict as the lesson saves it (`.pth`, `.pt`).

    The format is detected from the first bytes, not from the name. Raises CheckpointError if the file cannot be used.
    The dense network and weights trained on shuffled pixels exist only for comparison: they are rejected with
    CheckpointError unless `baselines` is true.
    """
    path = Path(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CheckpointError(f"{path} is too large: this network's 225,034 weights take 0.9 MB.")
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
                f"{path} is not a complete safetensors file, nor a state dict that PyTorch saved."
            ) from error
        metadata = metadata_of(content)
    loaded = _checkpoint(tensors, metadata, content, path)
    _check_pixel_order(loaded, path)
    if not baselines and (reason := _reason_not_to_serve(loaded)):
        raise CheckpointError(
            f"{path} {reason} You can evaluate it: {hints.command('evaluate', '--weights', str(path))}"
        )
    return loaded


def write(path: str | Path, tensors: Mapping[str, NDArray[Any]], metadata: Mapping[str, str]) -> Checkpoint:
    """Write weights and metadata as a safetensors file, atomically. Equal arguments give equal bytes.

    Raises CheckpointError if the tensors are not those of a known network, OSError if the file cannot be written.
    """
    path = Path(path)
    checked = check(tensors, str(path))
    content = encode(checked, metadata)
    replace_file(path, content)
    return _checkpoint(checked, dict(metadata), content, path)


def check(tensors: Mapping[str, NDArray[Any]], source: str) -> dict[str, NDArray[np.float32]]:
    """The tensors as float32, in the order of their network's state dict.

    Raises CheckpointError if they are not those of a known network. The message names `source` and the first error.
    """
    parameters = NETWORKS[_closest_network(tensors)]
    missing = [key for key in parameters if key not in tensors]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        raise CheckpointError(f"{source} does not contain the lesson's network: {_names(missing)} {verb} missing.")
    extra = [key for key in tensors if key not in parameters]
    if extra:
        raise CheckpointError(f"{source} has tensors that the lesson's network does not have: {_names(extra)}.")
    checked = {}
    for key, shape in parameters.items():
        values = np.asarray(tensors[key])
        if values.shape != shape:
            raise CheckpointError(
                f"In {source}, {key} is {_by(values.shape)}; the lesson's network has {_by(shape)} there."
            )
        if not np.issubdtype(values.dtype, np.floating):
            raise CheckpointError(f"In {source}, {key} has {values.dtype} values; weights are floating-point.")
        with np.errstate(over="ignore"):  # a float64 too large for float32 becomes infinite and is rejected below
            values = np.ascontiguousarray(values, dtype=np.float32)
        if not np.isfinite(values).all():
            raise CheckpointError(f"In {source}, {key} has values that are not finite float32 numbers.")
        checked[key] = values
    return checked


def encode(tensors: Mapping[str, NDArray[np.float32]], metadata: Mapping[str, str]) -> bytes:
    """The bytes of a safetensors file: the header's length in eight bytes, the header as JSON, the numbers.

    The code is ours because the library writes the metadata in an order that differs from process to process. Here,
    equal weights give equal files.
    """
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    offset = 0
    for key, values in tensors.items():
        header[key] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [offset, offset + values.nbytes]}
        offset += values.nbytes
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # pad the header, so that the numbers start at a multiple of eight bytes
    return b"".join(
        [struct.pack("<Q", len(text)), text, *(values.astype("<f4").tobytes() for values in tensors.values())]
    )


def replace_file(path: str | Path, content: bytes) -> None:
    """Write a file atomically: readers see the old content or the new one, even after a power cut."""
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


def _closest_network(tensors: Mapping[str, object]) -> NetworkName:
    """The network whose state dict has the most keys in common with these tensors."""
    return max(NETWORKS, key=lambda name: len(NETWORKS[name].keys() & tensors.keys()))


def _reason_not_to_serve(checkpoint: Checkpoint) -> str | None:
    """Why the weights cannot be served: a sentence whose subject, the file, is left out. None if they can be served."""
    if checkpoint.network != "cnn":
        return "contains the dense network, which has no feature maps to show."
    if checkpoint.pixel_order is not None:
        return "was trained on images with shuffled pixels, so it cannot recognise ordinary drawings."
    return None


def _check_pixel_order(checkpoint: Checkpoint, path: Path) -> None:
    try:
        order = checkpoint.pixel_order
        valid = order is None or sorted(order) == list(range(SIDE * SIDE))
    except (ValueError, TypeError):
        valid = False
    if not valid:
        raise CheckpointError(f"In {path}, {PIXEL_ORDER} is not a permutation of the {SIDE * SIDE} pixels.")


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
    """The metadata of a safetensors file that the library has already validated."""
    (length,) = struct.unpack("<Q", content[:8])
    return dict(json.loads(content[8 : 8 + length]).get("__metadata__") or {})


def _read_state_dict(path: Path) -> dict[str, NDArray[Any]]:
    if find_spec("torch") is None:
        raise CheckpointError(
            f"{path} is a PyTorch file, and PyTorch is not installed here. {hints.install_for_training()}"
        )
    import pickle

    import torch

    try:
        # weights_only: an ordinary pickle can run any code; with this option, torch reads only tensors and containers
        state = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            f"{path} contains more than tensors, perhaps a whole pickled model. "
            "Save its state dict instead: torch.save(model.state_dict(), 'mnist_cnn.pth')."
        ) from error
    except Exception as error:  # torch raises many types of error: RuntimeError, EOFError, KeyError, …
        raise CheckpointError(f"{path} is not a complete PyTorch file.") from error
    if not isinstance(state, Mapping) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise CheckpointError(
            f"{path} is a PyTorch file, but not a state dict. "
            "Save one with torch.save(model.state_dict(), 'mnist_cnn.pth')."
        )
    return {
        str(key): (value.float() if value.is_floating_point() else value).detach().contiguous().numpy()
        for key, value in state.items()
    }


def _names(keys: list[str]) -> str:
    return ", ".join(keys[:4]) + (" and more" if len(keys) > 4 else "")


def _by(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) or "a single number"
