"""Reads what `torch.save` has written: the zip format of PyTorch 1.6 and later, and the format before it."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np

from model.weight_files.archives import open_archive
from model.weight_files.errors import WeightFileError
from model.weight_files.refusals import DAMAGED
from model.weight_files.torch_pickle import Array, simple_key, unpickle

_OLD_MAGIC_NUMBER = b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19"  # the first object of a file in the old format


def is_old_format(content: bytes) -> bool:
    """Whether the content has the format of PyTorch before 1.6."""
    return content.startswith(b"\x80") and _OLD_MAGIC_NUMBER in content[:32]


def load(content: bytes, tensor: Callable[[Array], Any] = lambda values: values) -> Any:
    """The object in the file, in which `tensor(array)` takes the place of each tensor. The array has the tensor's
    strides and type.

    Raises WeightFileError if the file contains objects other than tensors and plain data, or is damaged or too large.
    """
    try:
        return _load_old(content, tensor) if is_old_format(content) else _load_zip(content, tensor)
    except WeightFileError:
        raise
    except Exception as error:  # a damaged file can raise almost any exception
        raise WeightFileError(DAMAGED) from error


def _load_zip(content: bytes, tensor: Callable[[Array], Any]) -> Any:
    """The zip archive has the pickle `data.pkl`, and a file for each storage: the numbers of one or more tensors."""
    archive = open_archive(content)
    (program,) = (file for file in archive.infolist() if file.filename.endswith("/data.pkl"))
    folder = program.filename.removesuffix("data.pkl")
    big_endian = f"{folder}byteorder" in archive.namelist() and archive.read(f"{folder}byteorder") == b"big"
    storages: dict[str | int, Array] = {}

    def storage(_: str, dtype: np.dtype[Any], key: str, _device: str, count: int) -> Array:
        if simple_key(key) not in storages:
            numbers = bytearray(archive.read(f"{folder}data/{key}"))
            storages[key] = np.frombuffer(numbers, dtype.newbyteorder("S") if big_endian else dtype, count)
        return storages[key]

    return unpickle(io.BytesIO(archive.read(program)), storage, tensor)


def _load_old(content: bytes, tensor: Callable[[Array], Any]) -> Any:
    """Five pickles: a magic number, a version, the system, the object, the keys of the storages. Then their values.

    Each storage is preceded by the number of its elements, in eight bytes.
    """
    file = io.BytesIO(content)
    storages: dict[str | int, Array] = {}

    def storage(_: str, dtype: np.dtype[Any], key: str, _device: str, count: int, _view: None = None) -> Array:
        if simple_key(key) not in storages:
            if count * dtype.itemsize + sum(values.nbytes for values in storages.values()) > len(content):
                raise ValueError("the values of the storages are missing")
            storages[key] = np.empty(count, dtype)
        return storages[key]

    _, _, system, loaded, keys = (unpickle(file, storage, tensor) for _ in range(5))
    if not system["little_endian"]:
        raise ValueError("the file was written on a big-endian machine")
    for key in keys:
        values = storages[simple_key(key)]
        count = int.from_bytes(file.read(8), "little")
        values[:] = np.frombuffer(file.read(values.nbytes), values.dtype, count)
    if storages.keys() - set(keys):
        raise ValueError("a storage is missing")
    return loaded
