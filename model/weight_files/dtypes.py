"""The number types of weights: how bfloat16, which NumPy does not have, is represented and converted."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

BFLOAT16 = np.dtype([("bfloat16", "<u2")])  # the 16 bits as a field, so that no other type is confused with it


def is_floating(dtype: np.dtype[Any]) -> bool:
    """Whether numbers of this type can be weights."""
    return np.issubdtype(dtype, np.floating) or dtype.names == BFLOAT16.names


def dtype_name(dtype: np.dtype[Any]) -> str:
    """The usual name of the type: float64, bfloat16, int8, …"""
    return "bfloat16" if dtype.names == BFLOAT16.names else dtype.name


def to_float32(values: NDArray[Any]) -> NDArray[np.float32]:
    """The values as contiguous float32. Values that are too large for float32 become infinite."""
    if values.dtype.names == BFLOAT16.names:
        bits = np.ascontiguousarray(values["bfloat16"], np.uint32)
        return (bits << 16).view(np.float32)  # bfloat16 is the upper half of a float32
    with np.errstate(over="ignore"):
        return np.array(values, np.float32, order="C")
