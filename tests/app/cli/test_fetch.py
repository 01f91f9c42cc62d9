"""`inkling fetch` only verifies existing files, and prints an error as one sentence."""

from pathlib import Path

import pytest

from app.cli.__main__ import main
from model.data import mnist


def test_existing_files_are_verified(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetch", "--data", str(data_dir)]) == 0
    assert capsys.readouterr().out == f"MNIST is in {mnist.raw(data_dir)}; its four files are verified.\n"


def test_a_failed_download_is_an_error_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: Path) -> bool:
        raise mnist.DatasetError("MNIST could not be downloaded.")

    monkeypatch.setattr(mnist, "fetch", fail)
    assert main(["fetch", "--data", str(tmp_path)]) == 1
    assert capsys.readouterr().err == "inkling: MNIST could not be downloaded.\n"
