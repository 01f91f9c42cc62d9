"""Builds files of weights, and files that only look like them."""

import io
import json
import struct
import zipfile
from typing import Any

import torch

from tests.model.test_network import lesson


def saved(value: object, **options: Any) -> bytes:
    """What torch.save writes for a value."""
    file = io.BytesIO()
    torch.save(value, file, **options)
    return file.getvalue()


def state_dict() -> dict[str, torch.Tensor]:
    """The state dict of an untrained network, always the same."""
    torch.manual_seed(3)
    return dict(lesson().state_dict())


def archive(files: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """A zip archive of these files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as written:
        for name, data in files.items():
            written.writestr(name, data)
    return content.getvalue()


def with_pickle(pickle: bytes, **files: bytes) -> bytes:
    """A file of PyTorch's zip format with this pickle, and with storages called `data/…`."""
    return archive({"a/data.pkl": pickle, "a/version": b"3\n"} | {f"a/data/{key}": data for key, data in files.items()})


def parts(content: bytes) -> dict[str, bytes]:
    """The files in an archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def safetensors(header: object, numbers: bytes = b"") -> bytes:
    """A safetensors file with this header, which may be wrong."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + numbers
