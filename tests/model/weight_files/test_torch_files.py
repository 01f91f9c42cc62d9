"""Files of torch.save are read without PyTorch, and give the same numbers as PyTorch."""

import subprocess
import sys
import warnings
from collections import OrderedDict
from typing import Any

import numpy as np
import pytest
import torch

from model.weight_files import torch_files
from model.weight_files.decode import PYTORCH, decode
from model.weight_files.dtypes import to_float32
from tests import ROOT
from tests.model.test_network import lesson
from tests.model.weight_files.files import archive, parts, saved, state_dict

FORMATS = {"zip": {}, "old": {"_use_new_zipfile_serialization": False}}

FLOATS = (torch.float64, torch.float16, torch.bfloat16)
DTYPES = (*FLOATS, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool)


def same(ours: dict[str, Any], theirs: dict[str, torch.Tensor]) -> bool:
    return list(ours) == list(theirs) and all(
        ours[key].shape == tuple(values.shape)
        and np.array_equal(to_float32(ours[key]), values.detach().float().numpy())
        for key, values in theirs.items()
    )


@pytest.mark.parametrize("options", FORMATS.values(), ids=FORMATS)
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_state_dict_is_read_in_both_formats(options: dict[str, Any], protocol: int) -> None:
    state = state_dict()
    found = decode(saved(OrderedDict(state), pickle_protocol=protocol, **options))
    assert (found.format, found.network, found.notes, found.metadata) == (PYTORCH, "cnn", (), {})
    assert same(found.tensors, state)


@pytest.mark.parametrize("options", FORMATS.values(), ids=FORMATS)
def test_strided_shared_and_empty_tensors_come_out_right(options: dict[str, Any]) -> None:
    whole = torch.arange(24.0)
    tensors = {
        "transposed": whole.reshape(4, 6).T,
        "part": whole.reshape(4, 6)[1:3, ::2],
        "expanded": torch.tensor([1.0, 2.0])[:, None].expand(2, 5),
        "channels last": torch.arange(120.0).reshape(2, 3, 4, 5).to(memory_format=torch.channels_last),
        "one number": torch.tensor(5.0),
        "empty": torch.empty(0, 3),
        "part of a storage": whole[20:],
    }
    loaded = torch_files.load(saved(tensors, **options))
    assert same(loaded, tensors)
    assert np.shares_memory(loaded["transposed"], loaded["part of a storage"]), "a storage is read once"


@pytest.mark.parametrize("options", FORMATS.values(), ids=FORMATS)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_every_number_type_is_read(dtype: torch.dtype, options: dict[str, Any]) -> None:
    values = (torch.arange(12).reshape(3, 4).T - 5).to(dtype)
    assert same(torch_files.load(saved({"a": values}, **options)), {"a": values})


def test_numbers_of_a_big_endian_machine_are_read() -> None:
    state = state_dict()
    files = parts(saved(state))
    for name, data in files.items():
        if "/data/" in name:
            files[name] = np.frombuffer(data, "<f4").astype(">f4").tobytes()
        if name.endswith("byteorder"):
            files[name] = b"big"
    assert same(decode(archive(files)).tensors, state)


def test_a_compressed_archive_is_read() -> None:
    assert same(decode(archive(parts(saved(state_dict())), compression=8)).tensors, state_dict())


def test_parameters_and_tensors_that_need_gradients_are_read() -> None:
    network = lesson()
    assert same(decode(saved(dict(network.named_parameters()))).tensors, dict(network.state_dict()))


def test_plain_data_beside_the_tensors_is_read() -> None:
    value = {
        "epoch": 3,
        "loss": [0.5, None],
        "name": "größer",
        "best": (True, False, -1, 2**40),
        7: {},
        "tensor": torch.ones(2),
    }
    loaded = torch_files.load(saved(value))
    assert loaded.pop("tensor").tolist() == [1, 1]
    del value["tensor"]
    assert loaded == value


def test_the_numbers_can_be_changed_and_become_tensors_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loaded = torch_files.load(saved({"a": torch.arange(6.0).reshape(2, 3).T}), torch.from_numpy)
    assert torch.equal(loaded["a"], torch.arange(6.0).reshape(2, 3).T)
    assert loaded["a"].stride() == (1, 3)


WRAPPED: dict[str, tuple[Any, tuple[str, ...]]] = {
    "DataParallel": (lambda state: {f"module.{key}": state[key] for key in state}, ("“module.”",)),
    "compiled": (lambda state: {f"_orig_mod.{key}": state[key] for key in state}, ("“_orig_mod.”",)),
    "both": (lambda state: {f"module._orig_mod.{key}": state[key] for key in state}, ("“module._orig_mod.”",)),
    "a checkpoint": (lambda state: {"epoch": 5, "model_state_dict": state, "loss": 0.1}, ("“model_state_dict”",)),
    "Lightning": (
        lambda state: {"epoch": 5, "state_dict": {f"model.{key}": state[key] for key in state}, "callbacks": {}},
        ("“state_dict”", "“model.”"),
    ),
    "bfloat16": (lambda state: {key: state[key].bfloat16() for key in state}, ("bfloat16",)),
    "mixed": (
        lambda state: {key: state[key].half() if "bias" in key else state[key].double() for key in state},
        ("float64, float16",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRAPPED)
def test_wrapped_and_converted_weights_are_understood_and_a_note_says_so(kind: str) -> None:
    wrap, words = WRAPPED[kind]
    state = state_dict()
    found = decode(saved(wrap(state)))
    assert len(found.notes) == len(words)
    assert all(word in note for word, note in zip(words, found.notes, strict=True))
    expected = {key: found.tensors[key] for key in state}
    tolerance = 0.01 if kind in ("bfloat16", "mixed") else 0
    assert all(np.allclose(expected[key], state[key].numpy(), rtol=tolerance, atol=0) for key in state)


def test_reading_imports_no_pytorch_and_unpickles_nothing() -> None:
    script = """
import sys
forbidden = []
def watch(event, arguments):
    if event in ("pickle.find_class", "os.system", "subprocess.Popen", "exec", "compile") and reading:
        forbidden.append((event, arguments[:2]))
reading = False
sys.addaudithook(watch)
from model.weight_files.decode import decode
content = sys.stdin.buffer.read()
decode(content)  # imports what it needs
reading = True
found = decode(content)
print(len(found.tensors), forbidden, "torch" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], input=saved(state_dict()), cwd=ROOT, capture_output=True, check=True
    )
    assert done.stdout.decode() == "8 [] False\n"
