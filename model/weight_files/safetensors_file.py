"""Reads and writes safetensors files: the header's length in eight bytes, the header as JSON, the numbers."""

import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
import safetensors
from numpy.typing import NDArray

from model.weight_files.dtypes import BFLOAT16
from model.weight_files.errors import WeightFileError, one_line
from model.weight_files.refusals import CUT_OFF

MAX_HEADER = 1024 * 1024  # bytes; that of the shipped weights has about 4 kB
# The types of the format. Others, such as the eight-bit F8_E4M3, are for quantised weights.
_DTYPES: dict[str, np.dtype[Any]] = {
    "F64": np.dtype("<f8"), "F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "BF16": BFLOAT16, "BOOL": np.dtype("?"),
    "I64": np.dtype("<i8"), "I32": np.dtype("<i4"), "I16": np.dtype("<i2"), "I8": np.dtype("i1"), "U8": np.dtype("u1"),
}  # fmt: skip


def is_safetensors(content: bytes) -> bool:
    """Whether the content begins as a safetensors file does: with a length, and then a JSON object."""
    return len(content) > 8 and content[8:9] == b"{" and content[6:8] == b"\0\0"


def load(content: bytes) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """The tensors and the metadata of a file. Raises WeightFileError if the file is damaged."""
    if not is_safetensors(content):
        raise WeightFileError("is not a safetensors file. Copy or download it again.")
    (length,) = struct.unpack("<Q", content[:8])
    if length > MAX_HEADER:
        raise WeightFileError("is damaged: its header is too long. Copy or download it again.")
    try:
        found: list[tuple[str, dict[str, Any]]] = safetensors.deserialize(content)  # type: ignore[no-untyped-call]
        metadata = metadata_of(content)
        tensors = {name: _array(name, tensor) for name, tensor in found}
    except (safetensors.SafetensorError, ValueError, RecursionError) as error:
        if 8 + length > len(content) or _numbers_end(content[8 : 8 + length]) > len(content) - 8 - length:
            raise WeightFileError(CUT_OFF) from error
        raise WeightFileError("is a damaged safetensors file. Copy or download it again.") from error
    return tensors, metadata


def views(content: bytes) -> dict[str, NDArray[np.float32]]:
    """The float32 tensors of a valid file as read-only views of its bytes, without copying the numbers.

    Tensors of other types, and those that are not aligned to four bytes, are left out.
    """
    (length,) = struct.unpack("<Q", content[:8])
    found = {}
    for name, tensor in json.loads(content[8 : 8 + length]).items():
        if name != "__metadata__" and tensor["dtype"] == "F32":
            start, end = tensor["data_offsets"]
            values = np.frombuffer(content, np.dtype("<f4"), (end - start) // 4, 8 + length + start)
            if values.flags.aligned:
                found[name] = values.reshape(tensor["shape"])
    return found


def metadata_of(content: bytes) -> dict[str, str]:
    """The metadata of a safetensors file that the library has already validated."""
    (length,) = struct.unpack("<Q", content[:8])
    return dict(json.loads(content[8 : 8 + length]).get("__metadata__") or {})


def encode(tensors: Mapping[str, NDArray[np.float32]], metadata: Mapping[str, str]) -> bytes:
    """The bytes of a safetensors file with these float32 tensors.

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


def _array(name: str, tensor: Mapping[str, Any]) -> NDArray[Any]:
    """The numbers of a tensor. Raises ValueError if NumPy allows no such shape, for example one of 65 dimensions."""
    dtype = _DTYPES.get(tensor["dtype"])
    if dtype is None:
        raise WeightFileError(
            f"has {tensor['dtype']} values in {one_line(name)}. Save the weights as float32, before any quantisation."
        )
    return np.frombuffer(tensor["data"], dtype).reshape(tensor["shape"])


def _numbers_end(header: bytes) -> int:
    """The number of bytes after the header, as the header declares it; 0 if it is not valid JSON."""
    try:
        entries = json.loads(header)
        return max(int(entry["data_offsets"][1]) for name, entry in entries.items() if name != "__metadata__")
    except (ValueError, OverflowError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        return 0
