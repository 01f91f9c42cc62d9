"""Reads what `torch.save` of PyTorch 1.6 and later writes, without PyTorch and without executing anything.

The file is a zip archive. Its `data.pkl` is a pickle, which is a program for a stack machine; each storage, the numbers
of one or more tensors, is a file of its own. `pickletools` splits the program into instructions. Those that build
numbers, texts, lists, dictionaries and tensors are carried out here. The name of anything else in Python is refused, so
nothing is imported or called on behalf of the file.
"""

import pickletools
from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.weight_files.archives import MAX_UNPACKED, open_archive
from model.weight_files.dtypes import BFLOAT16
from model.weight_files.errors import WeightFileError
from model.weight_files.refusals import DAMAGED, TOO_MUCH, reason_to_refuse

Array = NDArray[Any]

MAX_PROGRAM = 256 * 1024  # bytes of data.pkl; that of a checkpoint with an optimiser's state has about 10 kB
STORAGES: dict[str, np.dtype[Any]] = {
    "torch FloatStorage": np.dtype("<f4"), "torch DoubleStorage": np.dtype("<f8"),
    "torch HalfStorage": np.dtype("<f2"), "torch BFloat16Storage": BFLOAT16,
    "torch LongStorage": np.dtype("<i8"), "torch IntStorage": np.dtype("<i4"), "torch ShortStorage": np.dtype("<i2"),
    "torch CharStorage": np.dtype("i1"), "torch ByteStorage": np.dtype("u1"), "torch BoolStorage": np.dtype("?"),
}  # fmt: skip
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_VALUES = {"BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE"}


def load(content: bytes, tensor: Callable[[Array], Any] = lambda values: values) -> Any:
    """The object in the file, with `tensor(array)` for each tensor. The array has the tensor's strides and type.

    Raises WeightFileError if the file has other objects than tensors and plain data, or is damaged or too large.
    """
    archive = open_archive(content)
    try:
        (program,) = (file for file in archive.infolist() if file.filename.endswith("/data.pkl"))
        if program.file_size > MAX_PROGRAM:
            raise WeightFileError(TOO_MUCH)
        folder = program.filename.removesuffix("data.pkl")
        big_endian = f"{folder}byteorder" in archive.namelist() and archive.read(f"{folder}byteorder") == b"big"
        storages: dict[str | int, Array] = {}  # several tensors can share a storage

        def storage(_: str, dtype: np.dtype[Any], key: str, _device: str, count: int) -> Array:
            if _key(key) not in storages:
                numbers = bytearray(archive.read(f"{folder}data/{key}"))
                storages[key] = np.frombuffer(numbers, dtype.newbyteorder("S") if big_endian else dtype, count)
            return storages[key]

        return _run(archive.read(program), storage, tensor)
    except WeightFileError:
        raise
    except Exception as error:  # a damaged file can raise almost any exception
        raise WeightFileError(DAMAGED) from error


def _run(program: bytes, storage: Callable[..., Array], tensor: Callable[[Array], Any]) -> Any:
    """Carry out the instructions of a pickle. All functions that it can call are in `known`."""
    known: dict[str, Any] = {
        **STORAGES,
        "collections OrderedDict": lambda: {},  # noqa: PIE807 -- no arguments, whose keys `dict` would hash
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

    for instruction, argument, _ in pickletools.genops(program):
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
                stack[-1].update({_key(key): value for key, value in zip(items[::2], items[1::2], strict=True)})
            case "BINPUT" | "LONG_BINPUT" | "MEMOIZE":
                memo[len(memo) if argument is None else argument] = stack[-1]
            case "BINGET" | "LONG_BINGET":
                stack.append(memo[int(argument or 0)])
            case "GLOBAL" | "STACK_GLOBAL":
                python_object = argument or " ".join(pop(2))
                if python_object not in known:
                    raise WeightFileError(reason_to_refuse(python_object, program))
                stack.append(known[python_object])
            case "BINPERSID":
                stack.append(storage(*stack.pop()))
            case "REDUCE":
                function, arguments = pop(2)
                stack.append(function(*arguments))
            case "BUILD":
                pop(1)  # attributes: those of a state dict are the versions of its modules
            case other:
                raise ValueError(f"PyTorch does not write {other}")
    raise ValueError("the pickle has no end")


def _key(key: Any) -> str | int:
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
