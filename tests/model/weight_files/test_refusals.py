"""Files that are not usable weights: each is refused with a sentence that says what it is and what to do."""

import io
import pickle
import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from model.inference.engines import GRAPH
from model.weight_files.decode import MAX_BYTES, decode
from model.weight_files.errors import WeightFileError
from tests.model.test_network import lesson
from tests.model.weight_files.files import archive, parts, safetensors, saved, state_dict

SAVE = r"torch\.save\(model\.state_dict\(\), 'mnist_cnn\.pth'\)"
WHOLE = (
    rf"^is a whole pickled model \(torch\.nn\.\S+\), whose code is never run\. Save its state dict instead: {SAVE}\.$"
)
CUT_OFF = r"^is incomplete: its end is missing\. Copy or download it again"
OLD = {"_use_new_zipfile_serialization": False}
OTHER_NAMES = [f"{layer}.{kind}" for layer in ("conv1", "conv2", "fc1", "fc2") for kind in ("weight", "bias")]


def script() -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings():  # TorchScript is deprecated
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(nn.Sequential(nn.Linear(2, 2))), file)
    return file.getvalue()


def npz() -> bytes:
    file = io.BytesIO()
    np.savez(file, weight=np.ones(2), bias=np.ones(2))
    return file.getvalue()


def changed(key: str, values: torch.Tensor) -> bytes:
    return saved({**state_dict(), key: values})


def quantised() -> torch.Tensor:
    with warnings.catch_warnings():  # quantised tensors are deprecated
        warnings.simplefilter("ignore")
        return torch.quantize_per_tensor(torch.ones(10), 0.1, 0, torch.qint8)


def onnx_model() -> bytes:
    content: bytes = onnx.helper.make_model(onnx.GraphProto()).SerializeToString()
    return content


def with_a_value(value: float) -> bytes:
    bias = torch.zeros(10, dtype=torch.float64)
    bias[3] = value
    return changed("classifier.3.bias", bias)


def encoded(dtype: str, size: int) -> bytes:
    return safetensors({"a": {"dtype": dtype, "shape": [1], "data_offsets": [0, size]}}, bytes(size))


WEIGHTS = {"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}
REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", r"^is empty\. Save or copy it again\.$"),
    "text": (lambda: b"these are not weights", rf"^is not a file of weights\. .*{SAVE}"),
    "a whole model": (lambda: saved(nn.Sequential(nn.Linear(2, 2))), WHOLE),
    "a whole model in the old format": (lambda: saved(nn.Sequential(nn.Linear(2, 2)), **OLD), WHOLE),
    "a whole model in a checkpoint": (lambda: saved({"model": nn.Linear(2, 2)}), WHOLE),
    "TorchScript": (script, r"^is a TorchScript program\. .*torch\.jit\.load\('FILE'\)\.state_dict\(\)"),
    "an .npz": (npz, rf"^is an archive of NumPy arrays \(\.npz\)\. Save the state dict .*{SAVE}"),
    "an .npy": (lambda: b"\x93NUMPY\x01\x00v\x00", "^is a single NumPy array"),
    "an .h5": (lambda: b"\x89HDF\r\n\x1a\n" + bytes(100), "^is an HDF5 file, as Keras saves it"),
    "a .keras": (lambda: archive({"metadata.json": b"{}", "model.weights.h5": b""}), "^is a Keras model"),
    "ONNX": (GRAPH.read_bytes, "^is an ONNX model"),
    "ONNX of another program": (onnx_model, "^is an ONNX model"),
    "a .pt2": (lambda: archive({"a/archive_format": b"pt2", "a/data.pkl": b""}), r"^is a program that torch\.export"),
    "a .tflite": (lambda: b"\x1c\0\0\0TFL3", "^is a TensorFlow Lite model"),
    "a .gguf": (lambda: b"GGUF\x03\0\0\0", "^is a GGUF file"),
    "a zipped file": (lambda: archive({"a/mnist_cnn.pth": b""}), "^is a zip archive. Unpack it .* mnist_cnn.pth"),
    "another archive": (lambda: archive({"a/b.xml": b""}), "^is a zip archive, but not one that PyTorch saved"),
    "gzip": (lambda: b"\x1f\x8b\x08\0", "^is a compressed archive. Unpack it"),
    "a Git LFS pointer": (lambda: b"version https://git-lfs.github.com/spec/v1\noid", "^is a Git LFS pointer"),
    "a web page": (lambda: b"\n<!DOCTYPE html><html>", "^is a web page"),
    "a plain pickle": (lambda: pickle.dumps({"a": 1}), "^is a Python pickle, which could run any program"),
    "a list": (lambda: saved([1, 2]), rf"^is a PyTorch file, but not a state dict\. Save its .*: {SAVE}"),
    "no tensors": (lambda: saved({"epoch": 3}), "^is a PyTorch file, but not a state dict"),
    "an empty dictionary": (lambda: saved({}), "^is a PyTorch file, but not a state dict"),
    "one tensor": (lambda: saved(torch.zeros(3)), "^is a PyTorch file, but not a state dict"),
    "a NumPy array in a pickle": (lambda: saved({"a": np.zeros(2)}), r"^contains more than tensors: numpy\.\S+, which"),
    "quantised": (lambda: changed("classifier.3.bias", quantised()), "^contains quantised weights. Save .* before"),
    "sparse": (lambda: changed("a", torch.ones(10).to_sparse()), r"^contains sparse tensors\. .*to_dense"),
    "whole numbers": (
        lambda: changed("classifier.3.bias", torch.ones(10).long()),
        r"^has int64 numbers in classifier\.3\.bias",
    ),
    "F8": (lambda: encoded("F8_E4M3", 1), "^has F8_E4M3 values in a. Save the weights as float32"),
    "complex": (lambda: encoded("C64", 8), "^has C64 values in a"),
    "NaN": (lambda: with_a_value(np.nan), r"^has values in classifier\.3\.bias that are not finite .* Train again"),
    "infinity": (lambda: with_a_value(-np.inf), r"^has values in classifier\.3\.bias that are not finite"),
    "too large for float32": (lambda: with_a_value(1e300), r"^has values in classifier\.3\.bias that are not finite"),
    "cut off": (lambda: saved(state_dict())[:-1000], CUT_OFF),
    "cut off in the old format": (lambda: saved(state_dict(), **OLD)[:-1], "^is damaged. Copy or download it again"),
    "cut-off numbers": (lambda: safetensors(WEIGHTS, bytes(15)), CUT_OFF),
    "a cut-off header": (lambda: safetensors(WEIGHTS, bytes(16))[:30], CUT_OFF),
    "numbers nobody needs": (lambda: safetensors(WEIGHTS, bytes(17)), "^is a damaged safetensors file"),
    "a header that is not JSON": (lambda: safetensors(b"{}{}{}{}"), "^is a damaged safetensors file"),
    "metadata that is not text": (lambda: safetensors({"__metadata__": {"a": 1}}), "^is a damaged safetensors file"),
    "no header": (lambda: safetensors({}), "^is not the lesson's network: it lacks features"),
    "a missing storage": (
        lambda: archive({name: data for name, data in parts(saved(state_dict())).items() if "data/3" not in name}),
        "^is damaged",
    ),
    "too large": (lambda: bytes(MAX_BYTES + 1), "^contains far more than this network, whose 225,034 weights take"),
    "other names": (
        lambda: saved(dict(zip(OTHER_NAMES, state_dict().values(), strict=True))),
        r"^has the lesson's layers under other names\. Rename them .*: conv1\.weight to features\.0\.weight, .*"
        r"fc2\.bias to classifier\.3\.bias\.$",
    ),
    "another architecture": (
        lambda: saved(nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10)).state_dict()),
        r"^is not the lesson's network: 1\.weight is 64×784 instead of 128×784",
    ),
    "another architecture with other names": (
        lambda: saved({"conv1.weight": torch.zeros(6, 1, 5, 5), "conv1.bias": torch.zeros(6), "scale": torch.ones(())}),
        r"^is not the lesson's network: it lacks features\.0\.weight \(32×1×3×3\), .*; it has conv1\.weight "
        r"\(6×1×5×5\), conv1\.bias \(6\), scale \(a single number\), which the lesson's network does not have\. Use",
    ),
    "one missing": (
        lambda: saved(dict(list(state_dict().items())[1:])),
        r"^is not the lesson's network: it lacks features\.0\.weight \(32×1×3×3\)\. Use the lesson's layers",
    ),
    "one too many": (
        lambda: saved({**state_dict(), "extra": torch.zeros(3)}),
        r"^is not the lesson's network: it has extra \(3\), which the lesson's network does not have\.",
    ),
    "another size": (
        lambda: changed("classifier.3.bias", torch.zeros(5, 2)),
        r"^is not the lesson's network: classifier\.3\.bias is 5×2 instead of 10\. Use .* the same sizes\.$",
    ),
    "many tensors": (lambda: saved({f"{i}": torch.zeros(1) for i in range(99)}), r"7 \(1\) and 91 more, which"),
    "two prefixes": (
        lambda: saved({("module." if "bias" in key else "net.") + key: values for key, values in state_dict().items()}),
        r"^has the lesson's layers under other names\. Rename them .*: module\.features\.0\.bias to features\.0\.bias",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_the_sentence_says_what_the_file_is_and_what_to_do(kind: str) -> None:
    make, words = REFUSED[kind]
    with pytest.raises(WeightFileError) as error:
        decode(make())
    assert re.search(words, error.value.reason), error.value.reason
    assert error.value.reason.endswith(".")
    assert str(error.value) == f"The file {error.value.reason}"


@pytest.mark.parametrize("name", ["line\nbreak", "\x1b[31mred", "\u202ereversed", "\ud800", "x" * 10_000])
def test_names_from_a_file_are_shown_as_one_short_printable_line(name: str) -> None:
    values: Any = torch.zeros(1)
    for content in (saved({name: values}), saved({f"{name}.features.0.bias": values}), pickle_of(name)):
        with pytest.raises(WeightFileError) as error:
            decode(content)
        assert error.value.reason.isprintable()
        assert len(error.value.reason) < 600


def pickle_of(name: str) -> bytes:
    """A file whose pickle refers to a Python object with this name."""
    text = name.encode(errors="surrogatepass")
    files = parts(saved([]))
    files["archive/data.pkl"] = b"\x80\x04X" + len(text).to_bytes(4, "little") + text + b"X\x01\x00\x00\x00a\x93."
    return archive(files)


def test_the_lessons_network_itself_is_not_refused() -> None:
    assert decode(saved(lesson().state_dict())).network == "cnn"
