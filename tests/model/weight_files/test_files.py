"""Paths that cannot be read are refused before anything is read."""

import os
from pathlib import Path

import pytest

from model import checkpoint
from model.checkpoint import CheckpointError
from model.weight_files import files
from model.weight_files.decode import MAX_BYTES
from model.weight_files.errors import WeightFileError


def test_paths_that_cannot_be_read_are_refused_and_named(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    os.mkfifo(tmp_path / "pipe")
    for path, words in (
        (tmp_path / "nothing.pth", r"nothing\.pth does not exist\. Check its name"),
        (tmp_path, r"is a folder\. Give the path of a file"),
        (tmp_path / "pipe", "is not an ordinary file"),
        (Path("/dev/zero"), "/dev/zero is not an ordinary file"),
        (tmp_path / "loop", r"cannot be read: .*\. Check its path"),
        (tmp_path / ("x" * 300), r"x{100}\S* cannot be read: File name too long"),
        (tmp_path / "a\nb\udcff", "a b\N{REPLACEMENT CHARACTER} does not exist"),
    ):
        with pytest.raises(CheckpointError, match=words):
            checkpoint.read(path)


def test_a_file_without_permission_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret.pth").write_bytes(b"PK")

    def denied(*_: object) -> None:  # root may read any file
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(CheckpointError, match=r"secret\.pth cannot be read by this user\. Change its permissions"):
        checkpoint.read(tmp_path / "secret.pth")


def test_a_file_of_3_gb_is_refused_without_reading_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "huge.pth").open("wb") as file:
        file.truncate(3_000_000_000)
    monkeypatch.setattr(Path, "open", None)
    with pytest.raises(CheckpointError, match=r"huge\.pth has 3,000 MB\. It contains far more than this network"):
        checkpoint.read(tmp_path / "huge.pth")


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "growing").write_bytes(b"")
    small = (tmp_path / "growing").stat()
    (tmp_path / "growing").write_bytes(bytes(MAX_BYTES + 1))
    monkeypatch.setattr(Path, "stat", lambda _: small)
    with pytest.raises(WeightFileError, match="far more than this network"):
        files.read_file(tmp_path / "growing")
