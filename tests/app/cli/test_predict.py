"""`inkling predict` reads images and prints a table or JSON."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from app.cli.__main__ import main
from tests import ROOT
from tests.model.weight_files.files import saved, state_dict

Mnist = tuple[NDArray[np.uint8], NDArray[np.uint8]]


@pytest.fixture
def digits(tmp_path: Path, mnist_test: Mnist) -> list[Path]:
    paths = [tmp_path / f"digit{i}.png" for i in range(3)]
    for path, image in zip(paths, mnist_test[0], strict=False):
        Image.fromarray(image).save(path)
    return paths


def test_the_command_prints_a_table(digits: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "--engine", "onnx", *map(str, digits)]) == 0
    heading, *rows = capsys.readouterr().out.splitlines()
    assert heading.split() == ["file", "digit", "confidence", "second", "verdict"]
    assert [row.split()[:2] for row in rows] == [[str(path), digit] for path, digit in zip(digits, "721", strict=True)]
    assert all(row.endswith("  digit") for row in rows)


def test_the_table_says_why_an_image_is_not_a_digit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.fromarray(np.pad(np.full((24, 24), 255, np.uint8), 8)).save(tmp_path / "square.png")
    assert main(["predict", str(tmp_path / "square.png")]) == 0
    assert "not a digit – It's a filled blot" in capsys.readouterr().out


def test_json_has_the_fields_of_the_api(digits: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "--json", *map(str, digits)]) == 0
    answers = json.loads(capsys.readouterr().out)
    assert [answer["digit"] for answer in answers] == [7, 2, 1]
    assert list(answers[0]) == [
        "file", "digit", "confidence", "probabilities", "verdict", "reasons", "familiarity", "model",
    ]  # fmt: skip


def test_an_unreadable_file_does_not_stop_the_command(
    digits: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    files = [str(tmp_path / "missing.png"), str(tmp_path / "notes.txt"), str(digits[0])]
    assert main(["predict", "--json", *files]) == 1
    printed = capsys.readouterr()
    answers = json.loads(printed.out)
    assert ["error" in answer for answer in answers] == [True, True, False]
    assert printed.err.count("\n") == 2
    assert "No such file" in printed.err


def test_a_blank_image_is_called_blank(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.new("L", (40, 40), 255).save(tmp_path / "white.png")
    assert main(["predict", str(tmp_path / "white.png")]) == 0
    assert "blank" in capsys.readouterr().out


def test_missing_weights_are_named(digits: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "--weights", "nowhere.safetensors", str(digits[0])]) == 2
    assert capsys.readouterr().err == "inkling: nowhere.safetensors does not exist. Check its name and its folder.\n"


def test_a_file_name_that_is_not_text_is_printed(digits: list[Path], tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"a\xffb.png")
    digits[0].rename(path)
    for options, words in ((["--json"], "a\N{REPLACEMENT CHARACTER}b.png"), ([], r"a\udcffb.png")):
        command = [sys.executable, "-m", "app.cli", "predict", *options, str(path)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert words in done.stdout


def test_notes_about_the_weights_do_not_disturb_the_json(
    digits: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.pth").write_bytes(saved({"state_dict": state_dict()}))
    assert main(["predict", "--json", "--weights", str(tmp_path / "mine.pth"), str(digits[0])]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)[0]["model"].startswith("mine-")
    assert (
        printed.err
        == f"inkling: {tmp_path}/mine.pth: its weights are in “state_dict”; everything else in it is ignored.\n"
    )
