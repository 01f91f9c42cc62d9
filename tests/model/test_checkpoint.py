"""Checkpoint files are written atomically, equal weights give equal bytes, and other files are refused."""

import hashlib
import io
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
import torch
from numpy.typing import NDArray

from model import checkpoint
from model.checkpoint import DENSE, CheckpointError
from model.layers import PARAMETERS
from model.weight_files.errors import WeightFileError
from tests.model.test_network import lesson
from tests.support.servers import PATIENCE

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


def test_the_content_of_a_file_is_read_as_the_file_is(tmp_path: Path) -> None:
    content = wrapped()
    (tmp_path / "mine.pth").write_bytes(content)
    from_file, from_bytes = checkpoint.read(tmp_path / "mine.pth"), checkpoint.from_bytes(content, "mine")
    assert from_file.sha256 == from_bytes.sha256
    assert from_file.model == from_bytes.model
    assert from_file.notes == (f"{tmp_path}/mine.pth: its names begin with “module.”, which is ignored.",)
    assert from_bytes.notes == ("Its names begin with “module.”, which is ignored.",)


def wrapped() -> bytes:
    file = io.BytesIO()
    torch.save({f"module.{key}": values for key, values in lesson().state_dict().items()}, file)
    return file.getvalue()


def test_content_that_cannot_be_served_is_refused() -> None:
    for content, words in ((b"", "^The file is empty"), (DENSE.read_bytes(), "^The file contains the dense network")):
        with pytest.raises(WeightFileError, match=words):
            checkpoint.from_bytes(content, "mine")


def test_weights_whose_outputs_could_become_infinite_are_refused(tensors: Tensors) -> None:
    large = {key: values * np.float32(1e5) for key, values in tensors.items()}
    with pytest.raises(WeightFileError, match="could become infinite"):
        checkpoint.from_bytes(safetensors.numpy.save(large), "mine")


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("цифры", "цифры"),
        ("a\nb\r\nSet-Cookie: c", "a b Set-Cookie: c"),
        (" \t", "mine"),
        ("\x00\x1b[31m\u202e\x7f", "�" * 2 + "[31m" + "�" * 2),
        ("x" * 100_000, "x" * 63 + "…"),
        ("\"<script>&'\\", "\"<script>&'\\"),
    ],
)
def test_a_name_is_one_short_line_of_printable_characters(
    name: str, expected: str, tmp_path: Path, tensors: Tensors
) -> None:
    checkpoint.write(tmp_path / "mine.safetensors", tensors, {"name": name})
    assert checkpoint.read(tmp_path / "mine.safetensors").name == expected


@pytest.mark.parametrize(("file", "expected"), [(b"a\xffb.pth", "a�b"), (b"\n.pth", "weights")])
def test_a_file_name_that_is_not_text_gives_a_printable_name(file: bytes, expected: str, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(file)
    path.write_bytes(wrapped())
    assert checkpoint.read(path).name == expected
    assert all(note.isprintable() for note in checkpoint.read(path).notes)


# ---------------------------------------------------------------- files that are not a checkpoint


def spoil(key: str, value: object) -> Callable[[Tensors], dict[str, Any]]:
    return lambda tensors: {**tensors, key: value}


NAN = np.full((10,), np.nan, np.float32)

WRONG_TENSORS: dict[str, tuple[Callable[[Tensors], dict[str, Any]], str]] = {
    "one missing": (lambda tensors: dict(list(tensors.items())[1:]), r"lacks features\.0\.weight"),
    "one too many": (spoil("extra", np.zeros(3, np.float32)), r"has extra \(3\)"),
    "a wrong shape": (spoil("classifier.3.bias", np.zeros((5, 2), np.float32)), r"classifier\.3\.bias is 5×2 instead"),
    "whole numbers": (spoil("classifier.3.bias", np.zeros(10, np.int64)), "int64"),
    "not a number": (spoil("classifier.3.bias", NAN), r"classifier\.3\.bias that are not finite"),
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


def test_threads_can_replace_a_file_at_the_same_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    together = Barrier(2, timeout=PATIENCE)
    fsync = os.fsync

    def wait_for_the_other(file: int) -> None:
        fsync(file)
        together.wait()

    monkeypatch.setattr(os, "fsync", wait_for_the_other)
    contents = [b"one" * 1000, b"two" * 1000]
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda content: checkpoint.replace_file(tmp_path / "a", content), contents))
    assert (tmp_path / "a").read_bytes() in contents
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_compact_weights_are_views_of_the_file_with_the_same_numbers(tmp_path: Path, tensors: Tensors) -> None:
    written = checkpoint.write(tmp_path / "a.safetensors", tensors, {"name": "a"})
    compact = written.compact()
    assert (compact.sha256, list(compact.tensors)) == (written.sha256, list(written.tensors))
    for key, values in compact.tensors.items():
        assert np.array_equal(values, written.tensors[key])
        assert not values.flags.owndata
        assert not values.flags.writeable
    # The numbers of a file with float16 values, or with a header of an odd length, cannot be used where they are.
    half = {key: values.astype(np.float16) for key, values in tensors.items()}
    for content in (safetensors.numpy.save(half), odd_header(written.content)):
        (tmp_path / "b.safetensors").write_bytes(content)
        other = checkpoint.read(tmp_path / "b.safetensors")
        assert all(values.flags.aligned for values in other.compact().tensors.values())
        assert list(other.compact().tensors) == list(other.tensors)


def odd_header(content: bytes) -> bytes:
    """The same safetensors file with one more space at the end of its header."""
    length = int.from_bytes(content[:8], "little")
    return (length + 1).to_bytes(8, "little") + content[8 : 8 + length] + b" " + content[8 + length :]
