"""Checkpoint files are written atomically, equal weights give equal bytes, and other files are refused."""

import hashlib
import os
import pickle
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
import torch
from numpy.typing import NDArray

from model import checkpoint
from model.checkpoint import CheckpointError
from model.layers import PARAMETERS
from tests.model.test_network import lesson

Tensors = dict[str, NDArray[np.float32]]


# ---------------------------------------------------------------- safetensors


def test_weights_are_read_as_they_were_written(tmp_path: Path, tensors: Tensors) -> None:
    written = checkpoint.write(tmp_path / "a.safetensors", tensors, {"name": "mine", "seed": "7", "note": "größer"})
    read = checkpoint.read(tmp_path / "a.safetensors")
    assert read.metadata == written.metadata == {"name": "mine", "seed": "7", "note": "größer"}
    assert list(read.tensors) == list(PARAMETERS)
    for key, values in tensors.items():
        assert read.tensors[key].dtype == np.float32
        assert np.array_equal(read.tensors[key], values)
    assert (read.sha256, read.content, read.name) == (written.sha256, written.content, written.name)


def test_the_hash_is_that_of_the_file_and_is_part_of_the_model_name(tmp_path: Path, tensors: Tensors) -> None:
    written = checkpoint.write(tmp_path / "a.safetensors", tensors, {"name": "mine"})
    content = (tmp_path / "a.safetensors").read_bytes()
    assert written.content == content
    assert written.sha256 == hashlib.sha256(content).hexdigest()
    assert written.model == f"mine-{written.sha256[:8]}"


def test_a_checkpoint_without_a_name_is_called_after_its_file(tmp_path: Path, tensors: Tensors) -> None:
    assert checkpoint.write(tmp_path / "mine.safetensors", tensors, {}).name == "mine"


def test_the_safetensors_library_reads_the_files(tmp_path: Path, tensors: Tensors) -> None:
    checkpoint.write(tmp_path / "a.safetensors", tensors, {"b": "2", "a": "1"})
    with safetensors.safe_open(tmp_path / "a.safetensors", framework="numpy") as file:
        assert file.metadata() == {"b": "2", "a": "1"}
        for key, values in tensors.items():
            assert np.array_equal(file.get_tensor(key), values)


def test_files_of_the_safetensors_library_are_read(tmp_path: Path, tensors: Tensors) -> None:
    safetensors.numpy.save_file(tensors, tmp_path / "a.safetensors", {"name": "theirs"})
    read = checkpoint.read(tmp_path / "a.safetensors")
    assert read.name == "theirs"
    assert all(np.array_equal(read.tensors[key], tensors[key]) for key in PARAMETERS)


def test_equal_weights_give_equal_files_in_every_process(tmp_path: Path, tensors: Tensors) -> None:
    metadata = {f"key {number}": str(number) for number in range(20)}
    here = checkpoint.write(tmp_path / "a.safetensors", tensors, metadata).sha256
    program = (
        "import sys; from model import checkpoint; a = checkpoint.read(sys.argv[1]);"
        "print(checkpoint.write(sys.argv[2], dict(reversed(a.tensors.items())), a.metadata).sha256)"
    )
    arguments = [sys.executable, "-c", program, str(tmp_path / "a.safetensors"), str(tmp_path / "b.safetensors")]
    there = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout.strip()
    assert there == here


def test_reading_the_shipped_weights_does_not_import_torch() -> None:
    program = (
        "import sys; from model import checkpoint; checkpoint.read(checkpoint.SHIPPED);"
        "sys.exit(any(name in sys.modules for name in ('torch', 'onnx', 'onnxruntime', 'torchvision')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


# ---------------------------------------------------------------- the lesson's own files


def test_a_state_dict_saved_in_the_lesson_is_read(tmp_path: Path) -> None:
    theirs = lesson()
    torch.save(theirs.state_dict(), tmp_path / "mnist_cnn.pth")
    read = checkpoint.read(tmp_path / "mnist_cnn.pth")
    assert read.name == "mnist_cnn"
    assert all(np.array_equal(read.tensors[key], values.numpy()) for key, values in theirs.state_dict().items())
    assert read.sha256 == hashlib.sha256(read.content).hexdigest()
    (tmp_path / "converted.safetensors").write_bytes(read.content)
    assert checkpoint.read(tmp_path / "converted.safetensors").sha256 == read.sha256


def test_the_hash_of_a_state_dict_depends_on_its_weights_and_not_on_its_name(tmp_path: Path) -> None:
    state = lesson().state_dict()
    torch.save(state, tmp_path / "one.pth")
    torch.save(state, tmp_path / "another.pt")
    one, another = checkpoint.read(tmp_path / "one.pth"), checkpoint.read(tmp_path / "another.pt")
    assert one.sha256 == another.sha256
    assert (one.name, another.name) == ("one", "another")


def test_a_state_dict_in_another_layout_or_precision_is_read_as_float32(tmp_path: Path) -> None:
    state = lesson().double().to(memory_format=torch.channels_last).state_dict()
    torch.save(state, tmp_path / "a.pth")
    read = checkpoint.read(tmp_path / "a.pth")
    for key, values in state.items():
        assert np.array_equal(read.tensors[key], values.float().numpy())
        assert read.tensors[key].flags.c_contiguous


def test_without_torch_a_state_dict_is_refused_and_the_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.save(lesson().state_dict(), tmp_path / "mnist_cnn.pth")
    monkeypatch.setattr(checkpoint, "find_spec", lambda _name: None)
    with pytest.raises(CheckpointError, match=r"PyTorch is not installed.*This command installs what is missing"):
        checkpoint.read(tmp_path / "mnist_cnn.pth")


class Evil:
    """A pickle that would create a file when it is read."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return Path.touch, (self.target,)


def test_no_code_in_a_pickle_is_run(tmp_path: Path) -> None:
    with (tmp_path / "evil.pth").open("wb") as file:
        torch.save({"features.0.weight": Evil(tmp_path / "run")}, file)
    (tmp_path / "bare.pth").write_bytes(pickle.dumps(Evil(tmp_path / "run")))
    for name in ("evil.pth", "bare.pth"):
        with pytest.raises(CheckpointError):
            checkpoint.read(tmp_path / name)
    assert not (tmp_path / "run").exists()


# ---------------------------------------------------------------- files that are not a checkpoint


def spoil(key: str, value: object) -> Callable[[Tensors], dict[str, Any]]:
    return lambda tensors: {**tensors, key: value}


NAN = np.full((10,), np.nan, np.float32)
HUGE = np.full((10,), 1e300, np.float64)

WRONG_TENSORS: dict[str, tuple[Callable[[Tensors], dict[str, Any]], str]] = {
    "one missing": (lambda tensors: dict(list(tensors.items())[1:]), "features.0.weight is missing"),
    "many missing": (lambda tensors: dict(list(tensors.items())[7:]), "and more are missing"),
    "one too many": (spoil("extra", np.zeros(3, np.float32)), "does not have: extra"),
    "a wrong shape": (spoil("classifier.3.bias", np.zeros((5, 2), np.float32)), "classifier.3.bias is 5×2.*has 10"),
    "whole numbers": (spoil("classifier.3.bias", np.zeros(10, np.int64)), "int64"),
    "not a number": (spoil("classifier.3.bias", NAN), "classifier.3.bias has values that are not finite"),
    "too large for float32": (spoil("classifier.3.bias", HUGE), "not finite"),
}


@pytest.mark.parametrize("kind", WRONG_TENSORS)
def test_wrong_tensors_are_refused_and_named(kind: str, tmp_path: Path, tensors: Tensors) -> None:
    change, words = WRONG_TENSORS[kind]
    wrong = change(tensors)
    safetensors.numpy.save_file(wrong, tmp_path / "a.safetensors")
    torch.save({key: torch.from_numpy(values) for key, values in wrong.items()}, tmp_path / "a.pth")
    attempts: list[Callable[[], object]] = [
        lambda: checkpoint.read(tmp_path / "a.safetensors"),
        lambda: checkpoint.read(tmp_path / "a.pth"),
        lambda: checkpoint.write(tmp_path / "b.safetensors", wrong, {}),
    ]
    for attempt in attempts:
        with pytest.raises(CheckpointError, match=words) as error:
            attempt()
        assert str(tmp_path) in str(error.value)
    assert not (tmp_path / "b.safetensors").exists()


def test_other_files_are_refused_with_a_sentence(tmp_path: Path, tensors: Tensors) -> None:
    content = checkpoint.encode(tensors, {})
    torch.save(lesson().state_dict(), tmp_path / "whole.pth")
    pth = (tmp_path / "whole.pth").read_bytes()
    files = {
        "empty": b"",
        "text": b"these are not weights",
        "cut off": content[:-1],
        "cut off in the header": content[:20],
        "an impossible header": struct.pack("<Q", 2**63) + content[8:],
        "a header that is not JSON": struct.pack("<Q", 8) + b"{}{}{}{}",
        "too long": content + b"\0",
        "a cut-off state dict": pth[: len(pth) // 2],
        "a bare pickle": pickle.dumps({"a": 1}),
        "zip.zip": b"PK\x03\x04 but not an archive",
        "a bfloat16.safetensors": struct.pack("<Q", 60)
        + b'{"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}'.ljust(60)
        + b"\0\0",
    }
    for name, wrong in files.items():
        (tmp_path / name).write_bytes(wrong)
        with pytest.raises(CheckpointError) as error:
            checkpoint.read(tmp_path / name)
        assert str(tmp_path / name) in str(error.value), name
        assert str(error.value).endswith("."), name


@pytest.mark.parametrize("value", [lesson(), [1, 2], {"epoch": 3}, torch.zeros(3)])
def test_for_other_objects_saved_by_torch_the_error_says_how_to_save_a_state_dict(
    value: object, tmp_path: Path
) -> None:
    torch.save(value, tmp_path / "model.pth")
    with pytest.raises(CheckpointError, match=r"torch\.save\(model\.state_dict\(\), 'mnist_cnn\.pth'\)"):
        checkpoint.read(tmp_path / "model.pth")


def test_a_missing_file_a_folder_and_a_huge_file_are_refused_and_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"There is no file .*nothing\.safetensors"):
        checkpoint.read(tmp_path / "nothing.safetensors")
    with pytest.raises(CheckpointError, match="cannot be read: Is a directory"):
        checkpoint.read(tmp_path)
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(checkpoint.MAX_BYTES + 1)
    with pytest.raises(CheckpointError, match="too large"):
        checkpoint.read(tmp_path / "huge")


# ---------------------------------------------------------------- atomic writes


def test_a_write_that_fails_leaves_only_the_old_file(
    tmp_path: Path, tensors: Tensors, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = checkpoint.write(tmp_path / "a.safetensors", tensors, {"name": "old"})

    def full(_file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        checkpoint.write(tmp_path / "a.safetensors", tensors, {"name": "new"})
    assert checkpoint.read(tmp_path / "a.safetensors").sha256 == old.sha256
    assert [path.name for path in tmp_path.iterdir()] == ["a.safetensors"]


def test_a_file_is_complete_at_every_moment_while_it_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint.replace_file(tmp_path / "a", b"old")
    seen = []
    fsync = os.fsync

    def look(file: int) -> None:
        fsync(file)
        seen.append((tmp_path / "a").read_bytes())

    monkeypatch.setattr(os, "fsync", look)
    checkpoint.replace_file(tmp_path / "a", b"new")
    assert seen == [b"old"]
    assert (tmp_path / "a").read_bytes() == b"new"
