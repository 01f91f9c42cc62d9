"""Builds the object that PyTorch has pickled, without PyTorch and without executing anything.

A pickle is a program for a stack machine. `pickletools` splits it into instructions, and those that build numbers,
texts, lists, dictionaries and tensors are carried out here. The name of anything else in Python is refused, so nothing
is imported or called on behalf of the file.
"""

import io
import pickletools
from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.weight_files.archives import MAX_UNPACKED
from model.weight_files.dtypes import BFLOAT16
from model.weight_files.errors import WeightFileError
from model.weight_files.refusals import TOO_MUCH, reason_to_refuse

Array = NDArray[Any]

MAX_PROGRAM = 256 * 1024  # bytes of a pickle; that of a checkpoint with an optimiser's state has about 10 kB
STORAGES: dict[str, np.dtype[Any]] = {
    "torch FloatStorage": np.dtype("<f4"), "torch DoubleStorage": np.dtype("<f8"),
    "torch HalfStorage": np.dtype("<f2"), "torch BFloat16Storage": BFLOAT16,
    "torch LongStorage": np.dtype("<i8"), "torch IntStorage": np.dtype("<i4"), "torch ShortStorage": np.dtype("<i2"),
    "torch CharStorage": np.dtype("i1"), "torch ByteStorage": np.dtype("u1"), "torch BoolStorage": np.dtype("?"),
}  # fmt: skip
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_VALUES = {"BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE"}


def unpickle(file: io.BytesIO, storage: Callable[..., Array], tensor: Callable[[Array], Any]) -> Any:
    """Carry out the instructions of the pickle that begins at the file's position. The only functions that it can call
    are those in `known`.

    `storage` returns the numbers of a storage, N, for the arguments that PyTorch saves for it: a constant, the number
    type, the key, the device, the count N. `tensor` makes a tensor from a view of these numbers, which has the tensor's
    shape, strides and type. Raises WeightFileError if the pickle refers to other Python objects, and any exception if
    it is damaged.
    """
    known: dict[str, Any] = {
        **STORAGES,
        "collections OrderedDict": lambda: {},  # noqa: PIE807 -- no arguments, whose keys `dict` would hash
        "torch._utils _rebuild_tensor": lambda *arguments: tensor(_view(*arguments)),
        "torch._utils _rebuild_tensor_v2": lambda *arguments: tensor(_view(*arguments)),
        "torch._utils _rebuild_parameter": lambda values, *_: values,
    }
    stack: list[Any] = []
    marks: list[int] = []
    memo: dict[int, Any] = {}

    def pop(count: int | None = None) -> list[Any]:
        start = marks.pop() if count is None else len(stack) - count
        stack[start:], items = [], stack[start:]
        return items

    end = file.tell() + MAX_PROGRAM
    for instruction, argument, position in pickletools.genops(file):
        if (position or 0) > end:
            raise WeightFileError(TOO_MUCH)
        match instruction.name:
            case "STOP":
                return stack.pop()
            case "PROTO" | "FRAME":
                pass
            case value if value in _VALUES:
                stack.append(argument)
            case constant if constant in _CONSTANTS:
                stack.append(_CONSTANTS[constant])
            case "EMPTY_DICT" | "EMPTY_LIST" | "EMPTY_TUPLE" as empty:
                stack.append({"EMPTY_DICT": {}, "EMPTY_LIST": [], "EMPTY_TUPLE": ()}[empty])
            case "MARK":
                marks.append(len(stack))
            case "TUPLE" | "TUPLE1" | "TUPLE2" | "TUPLE3" as name:
                stack.append(tuple(pop(int(name[5:]) if name[5:] else None)))
            case "APPEND" | "APPENDS" as name:
                items = pop(1 if name == "APPEND" else None)
                stack[-1].extend(items)
            case "SETITEM" | "SETITEMS" as name:
                items = pop(2 if name == "SETITEM" else None)
                stack[-1].update({simple_key(key): value for key, value in zip(items[::2], items[1::2], strict=True)})
            case "BINPUT" | "LONG_BINPUT" | "MEMOIZE":
                memo[len(memo) if argument is None else argument] = stack[-1]
            case "BINGET" | "LONG_BINGET":
                stack.append(memo[int(argument or 0)])
            case "GLOBAL" | "STACK_GLOBAL":
                python_object = argument or " ".join(pop(2))
                if python_object not in known:
                    raise WeightFileError(reason_to_refuse(python_object, file.getvalue()))
                stack.append(known[python_object])
            case "BINPERSID":
                stack.append(storage(*stack.pop()))
            case "REDUCE":
                function, arguments = pop(2)
                stack.append(function(*arguments))
            case "BUILD":
                pop(1)  # the object's attributes; in a state dict, they are only the versions of its modules
            case other:
                raise ValueError(f"PyTorch does not write {other}")
    raise ValueError("the pickle has no end")


def simple_key(key: Any) -> str | int:
    """The key. Raises TypeError if it has another type: hashing a deeply nested tuple can end the process."""
    if not isinstance(key, str | int):
        raise TypeError("a key is neither text nor a whole number")
    return key


def _view(values: Array, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any) -> Array:
    """The tensor whose element (i, j, …) is values[offset + i·stride[0] + j·stride[1] + …]."""
    last = offset + sum((length - 1) * step for length, step in zip(size, stride, strict=True))
    if min((offset, *size, *stride)) < 0 or prod(size) * values.itemsize > MAX_UNPACKED:
        raise ValueError("no tensor in the file can have this shape")
    if 0 not in size and last >= len(values):
        raise ValueError("the tensor is larger than its storage")
    return np.ndarray(size, values.dtype, values, offset * values.itemsize, [step * values.itemsize for step in stride])
