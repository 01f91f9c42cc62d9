"""Decodes the content of a file of weights, whatever its format. This is a pure function of bytes."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.layers import NetworkName
from model.weight_files import safetensors_file, torch_files
from model.weight_files.errors import WeightFileError
from model.weight_files.refusals import EMPTY, NOT_WEIGHTS, PLAIN_PICKLE, TOO_MUCH, known_format
from model.weight_files.state_dicts import match, unwrap

MAX_BYTES = 32 * 1024 * 1024  # the network's weights take 0.9 MB; together with an optimiser's state, 2.7 MB
PYTORCH, SAFETENSORS = "PyTorch", "safetensors"


class Decoded(NamedTuple):
    """The weights in a file.

    format    PYTORCH or SAFETENSORS
    network   the network that the weights belong to
    tensors   float32, in the order of the network's state dict
    metadata  that of a safetensors file; otherwise empty
    content   a safetensors file with the tensors and the metadata; the given bytes if they are such a file already
    notes     how the file was understood, such as a prefix that was ignored: phrases to follow a colon
    """

    format: str
    network: NetworkName
    tensors: dict[str, NDArray[np.float32]]
    metadata: dict[str, str]
    content: bytes
    notes: tuple[str, ...]


def decode(content: bytes) -> Decoded:
    """The weights in the content of a file: safetensors, or what torch.save has written.

    Executes nothing in the content, and needs a bounded amount of memory. Raises WeightFileError if the content
    cannot be used.
    """
    if not content:
        raise WeightFileError(EMPTY)
    if len(content) > MAX_BYTES:
        raise WeightFileError(TOO_MUCH)
    if content.startswith(b"PK") or torch_files.is_old_format(content):
        state, notes = unwrap(torch_files.load(content))
        found = match(state)
        encoded = safetensors_file.encode(found.tensors, {})
        return Decoded(PYTORCH, found.network, found.tensors, {}, encoded, notes + found.notes)
    if safetensors_file.is_safetensors(content):
        tensors, metadata = safetensors_file.load(content)
        found = match(tensors)
        encoded = safetensors_file.encode(found.tensors, metadata) if found.notes else content
        return Decoded(SAFETENSORS, found.network, found.tensors, metadata, encoded, found.notes)
    if content.startswith(b"\x80"):
        raise WeightFileError(PLAIN_PICKLE)
    raise WeightFileError(known_format(content) or NOT_WEIGHTS)
