"""Recognises files that are not usable weights, and says what each is and what to do."""

import re
from collections.abc import Collection
from typing import NamedTuple

from model.weight_files.errors import one_line

SAVE = "torch.save(model.state_dict(), 'mnist_cnn.pth')"
SAVE_STATE_DICT = f"Save its state dict instead: {SAVE}."
SAVE_PYTORCH_WEIGHTS = f"Save the state dict of a PyTorch model instead: {SAVE}."
EMPTY = "is empty. Save or copy it again."
DAMAGED = f"is damaged. Copy or download it again, or save it again: {SAVE}."
CUT_OFF = f"is incomplete: its end is missing. Copy or download it again, or save it again: {SAVE}."
TOO_MUCH = f"contains far more than this network, whose 225,034 weights take 0.9 MB. {SAVE_STATE_DICT}"
NOT_WEIGHTS = f"is not a file of weights. Use a .safetensors file, or save a state dict with PyTorch: {SAVE}."
NOT_A_STATE_DICT = f"is a PyTorch file, but not a state dict. {SAVE_STATE_DICT}"
PLAIN_PICKLE = f"is a Python pickle, which could run any program, so it is not opened. {SAVE_STATE_DICT}"


class Format(NamedTuple):
    """A file format that is recognised but not read."""

    start: bytes  # a regular expression for the first bytes
    reason: str


FORMATS = (
    Format(rb"\x89HDF\r\n\x1a\n", f"is an HDF5 file, as Keras saves it. {SAVE_PYTORCH_WEIGHTS}"),
    # An ONNX model begins with its version; then comes the name of the program that wrote it, the domain, or the graph.
    Format(rb"\x08[\x01-\x1f][\x10\x12\x1a\x22\x3a\x42]", f"is an ONNX model. {SAVE_PYTORCH_WEIGHTS}"),
    Format(rb"....TFL3", f"is a TensorFlow Lite model. {SAVE_PYTORCH_WEIGHTS}"),
    Format(rb"\x93NUMPY", f"is a single NumPy array. {SAVE_PYTORCH_WEIGHTS}"),
    Format(rb"GGUF", f"is a GGUF file, which contains a language model. {SAVE_PYTORCH_WEIGHTS}"),
    Format(
        rb"\x1f\x8b|BZh|\xfd7zXZ|7z\xbc\xaf|Rar!|\x28\xb5\x2f\xfd",
        "is a compressed archive. Unpack it and use the file inside.",
    ),
    Format(rb"version https://git-lfs", "is a Git LFS pointer, not the weights. Fetch them: git lfs pull."),
    Format(rb"\s*<(?i:!doctype|html|\?xml)", "is a web page. Download the file itself, not the page about it."),
)


def known_format(content: bytes) -> str | None:
    """Why a file in one of FORMATS cannot be used; None if it has none of these formats."""
    return next((found.reason for found in FORMATS if re.match(found.start, content[:64], re.DOTALL)), None)


def archive_without_state_dict(names: Collection[str]) -> str | None:
    """Why a zip archive of files with these names cannot be used; None if PyTorch may have saved a state dict in it."""
    files = {name.rpartition("/")[2] for name in names}
    if "constants.pkl" in files or any("/code/" in name for name in names):
        return (
            "is a TorchScript program. Save its state dict instead: "
            "torch.save(torch.jit.load('FILE').state_dict(), 'mnist_cnn.pth')."
        )
    if "archive_format" in files or "serialized_exported_program.json" in files:
        return f"is a program that torch.export saved. {SAVE_STATE_DICT}"
    if "data.pkl" in files:
        return None
    if files and all(name.endswith(".npy") for name in files):
        return f"is an archive of NumPy arrays (.npz). {SAVE_PYTORCH_WEIGHTS}"
    if "model.weights.h5" in files:
        return f"is a Keras model. {SAVE_PYTORCH_WEIGHTS}"
    inside = sorted(name for name in files if name.endswith((".pth", ".pt", ".ckpt", ".bin", ".safetensors")))
    if inside:
        return f"is a zip archive. Unpack it and use the file inside, {one_line(inside[0])}."
    return f"is a zip archive, but not one that PyTorch saved. {SAVE_PYTORCH_WEIGHTS}"


def reason_to_refuse(python_object: str, pickle: bytes) -> str:
    """Why a pickle that refers to a Python object, given as "module name", is not read."""
    module, _, name = python_object.partition(" ")
    found = one_line(f"{module}.{name}")
    if "sparse" in name:
        return (
            "contains sparse tensors. Save dense ones: "
            "torch.save({k: v.to_dense() for k, v in model.state_dict().items()}, 'mnist_cnn.pth')."
        )
    if b"_rebuild_qtensor" in pickle or b"torch\nQ" in pickle or b"torch\nqint" in pickle:
        return f"contains quantised weights. Save the state dict before the model is quantised: {SAVE}."
    if b"torch.nn.modules" in pickle:
        return f"is a whole pickled model ({found}), whose code is never run. {SAVE_STATE_DICT}"
    return f"contains more than tensors: {found}, which is never run. {SAVE_STATE_DICT}"
