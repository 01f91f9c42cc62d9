"""`inkling predict` reads images and prints a table or JSON."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from app.cli import predict
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


def test_there_is_no_table_if_no_file_can_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.png").touch()
    assert main(["predict", str(tmp_path / "empty.png"), str(tmp_path / "missing.png")]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    empty, missing = printed.err.splitlines()
    assert empty.endswith("empty.png: The image file is empty.")
    assert "No such file" in missing


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


def png(image: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


def test_a_folder_stands_for_the_images_in_it(
    digits: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    digits[1].rename(tmp_path / "B.JPG")  # the format is detected from the content
    (tmp_path / "a.png").write_bytes(b"damaged")
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "folder.png").mkdir()
    assert main(["predict", str(tmp_path)]) == 1
    printed = capsys.readouterr()
    _, *rows = printed.out.splitlines()
    expected = [(tmp_path / "B.JPG", "2"), (digits[0], "7"), (digits[2], "1")]
    assert [tuple(row.split()[:2]) for row in rows] == [(str(path), digit) for path, digit in expected]
    assert printed.err.startswith(f"inkling: {tmp_path / 'a.png'}: ")
    assert printed.err.count("\n") == 1


def test_a_folder_without_images_is_an_error_and_does_not_stop_the_command(
    digits: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["predict", "--json", str(tmp_path / "empty"), str(digits[0])]) == 1
    answers = json.loads(capsys.readouterr().out)
    assert answers[0] == {
        "file": str(tmp_path / "empty"),
        "error": "contains no image (.png, .jpg, .jpeg, .webp).",
    }
    assert answers[1]["digit"] == 7


def test_a_hyphen_stands_for_standard_input(
    mnist_test: Mnist, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(png(mnist_test[0][0]))))
    assert main(["predict", "--json", "-"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)
    assert (answer["file"], answer["digit"]) == ("-", 7)
    assert main(["predict", "-"]) == 1  # the end of the input has been read
    assert "inkling: -: " in capsys.readouterr().err
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    assert main(["predict", "-"]) == 1
    assert "inkling: -: is the terminal. Pipe an image into the command." in capsys.readouterr().err


def test_a_file_that_never_ends_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(predict, "MOST_BYTES", 1 << 20)
    assert main(["predict", "/dev/zero"]) == 1
    assert capsys.readouterr().err == "inkling: /dev/zero: is larger than 1 MiB.\n"


def test_names_that_cannot_be_printed_stay_on_one_line(
    mnist_test: Mnist, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in (b"a\xff.png", b"b\nc.png", b"d\x1b[31m.png"):
        (tmp_path / os.fsdecode(name)).write_bytes(png(mnist_test[0][0]))
    assert main(["predict", str(tmp_path)]) == 0
    rows = capsys.readouterr().out.splitlines()[1:]
    assert [row.split()[0] for row in rows] == [
        f"{tmp_path}/{name}.png" for name in ("a\ufffd", "b\ufffdc", "d\ufffd[31m")
    ]
    assert main(["predict", "--json", str(tmp_path)]) == 0


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
    for options in (["--json"], []):
        command = [sys.executable, "-m", "app.cli", "predict", *options, str(path)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert "a\N{REPLACEMENT CHARACTER}b.png" in done.stdout


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
