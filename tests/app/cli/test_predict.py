"""The command line: pictures in, a table or JSON out, and help that helps."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from app.cli.__main__ import main

Mnist = tuple[NDArray[np.uint8], NDArray[np.uint8]]


@pytest.fixture
def digits(tmp_path: Path, mnist_test: Mnist) -> list[Path]:
    paths = [tmp_path / f"digit{i}.png" for i in range(3)]
    for path, picture in zip(paths, mnist_test[0], strict=False):
        Image.fromarray(picture).save(path)
    return paths


def test_predict_prints_a_table(digits: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "--engine", "onnx", *map(str, digits)]) == 0
    heading, *rows = capsys.readouterr().out.splitlines()
    assert heading.split() == ["file", "digit", "confidence", "second", "verdict"]
    assert [row.split()[:2] for row in rows] == [[str(path), digit] for path, digit in zip(digits, "721", strict=True)]
    assert all(row.endswith("  digit") for row in rows)


def test_predict_says_why_something_is_no_digit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.fromarray(np.pad(np.full((24, 24), 255, np.uint8), 8)).save(tmp_path / "square.png")
    assert main(["predict", str(tmp_path / "square.png")]) == 0
    assert "not a digit – It's a filled blot" in capsys.readouterr().out


def test_predict_prints_json_with_all_that_the_api_says(digits: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "--json", *map(str, digits)]) == 0
    answers = json.loads(capsys.readouterr().out)
    assert [answer["digit"] for answer in answers] == [7, 2, 1]
    assert list(answers[0]) == [
        "file", "digit", "confidence", "probabilities", "verdict", "reasons", "familiarity", "model",
    ]  # fmt: skip


def test_predict_goes_on_after_a_file_it_cannot_read(
    digits: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    files = [str(tmp_path / "missing.png"), str(tmp_path / "notes.txt"), str(digits[0])]
    assert main(["predict", "--json", *files]) == 1
    shown = capsys.readouterr()
    answers = json.loads(shown.out)
    assert ["error" in answer for answer in answers] == [True, True, False]
    assert shown.err.count("\n") == 2
    assert "No such file" in shown.err


def test_predict_says_when_a_picture_is_blank(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.new("L", (40, 40), 255).save(tmp_path / "white.png")
    assert main(["predict", str(tmp_path / "white.png")]) == 0
    assert "blank" in capsys.readouterr().out


def test_predict_without_weights_says_so(digits: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "--weights", "nowhere.safetensors", str(digits[0])]) == 2
    assert capsys.readouterr().err == "inkling: There is no file nowhere.safetensors.\n"


@pytest.mark.parametrize("command", ["serve", "train", "calibrate", "evaluate", "predict", "fetch"])
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([command, "--help"])
    assert left.value.code == 0
    assert f"usage: inkling {command}" in capsys.readouterr().out


def test_an_unknown_command_is_refused_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["dream"])
    assert left.value.code == 2
    assert "invalid choice" in capsys.readouterr().err
