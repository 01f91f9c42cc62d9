"""The mistakes in an evaluation come as pictures, and what older versions wrote is read as well."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray

from app.cli import evaluate as evaluating_cli
from app.cli.__main__ import main
from app.main import create_app
from app.settings import Settings
from model import checkpoint
from model.checkpoint import NAMES, find
from model.data import mnist
from model.inference.calibration import read as read_calibration
from model.inference.engines import OnnxEngine
from model.layers import MEAN, STD

Mnist = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def beside(name: str) -> Path:
    return find(name).with_suffix(".evaluation.json")


@pytest.mark.parametrize("name", NAMES)
def test_the_shipped_mistakes_are_pictures_of_the_test_set_and_what_is_answered_to_them(
    name: str, mnist_test: Mnist
) -> None:
    measured = json.loads(beside(name).read_text(encoding="utf-8"))
    mistakes = measured["mistakes"]
    assert len(mistakes) == min(evaluating_cli.MISTAKES, measured["pictures"] - measured["correct"])
    places = [mistake["index"] for mistake in mistakes]
    pictures, labels = (part[places] for part in mnist_test)
    assert np.array_equal([mistake["picture"] for mistake in mistakes], pictures)
    assert np.array_equal([mistake["label"] for mistake in mistakes], labels)
    weights = checkpoint.read(find(name))
    calibration = read_calibration(find(name), weights)
    assert calibration is not None
    engine = OnnxEngine(weights, calibration.temperature)
    inputs = ((pictures.astype(np.float32) / 255 - MEAN) / STD)[:, None].astype(np.float32)
    (expected,) = engine.run(inputs, ["probabilities"])
    given = np.array([mistake["probabilities"] for mistake in mistakes])
    assert np.allclose(given, expected, atol=1e-4)
    assert np.array_equal(given.argmax(1), [mistake["answer"] for mistake in mistakes])
    assert np.allclose(given.max(1), [mistake["confidence"] for mistake in mistakes], atol=1e-6)
    assert all(mistake["answer"] != mistake["label"] for mistake in mistakes)


def test_the_service_gives_them_and_the_page_with_the_pad_does_not_carry_them() -> None:
    with TestClient(create_app(Settings(weights=find("lesson")))) as client:
        served = client.get("/model/evaluation").json()["mistakes"]
        page = client.get("/").text
    assert served == json.loads(beside("lesson").read_text(encoding="utf-8"))["mistakes"]
    assert '"picture"' not in page


@pytest.mark.parametrize("kind", ["without pictures", "without mistakes"])
def test_an_evaluation_of_an_older_version_is_read(kind: str, tmp_path: Path) -> None:
    shutil.copyfile(find("lesson"), tmp_path / "mine.safetensors")
    report: dict[str, Any] = json.loads(beside("lesson").read_text(encoding="utf-8"))
    if kind == "without mistakes":
        del report["mistakes"]
    for mistake in report.get("mistakes", []):
        del mistake["picture"], mistake["probabilities"]
    (tmp_path / "mine.evaluation.json").write_text(json.dumps(report))
    with TestClient(create_app(Settings(weights=tmp_path / "mine.safetensors"))) as client:
        answer = client.get("/model/evaluation")
    assert answer.status_code == 200
    mistakes = answer.json()["mistakes"]
    if kind == "without mistakes":
        assert mistakes == []
    else:
        assert [mistake["index"] for mistake in mistakes] == [mistake["index"] for mistake in report["mistakes"]]
        assert {(mistake["picture"], mistake["probabilities"]) for mistake in mistakes} == {(None, None)}


def test_the_command_writes_each_row_of_a_picture_on_a_line_of_its_own(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    few = mnist.load(data_dir)[1].first(400)
    monkeypatch.setattr(mnist, "load", lambda data=None, device="cpu": (few, few))
    assert main(["evaluate", "--device", "cpu", "--weights", "dense", "--json"]) == 0
    said = capsys.readouterr().out
    report = json.loads(said)
    wrong = report["pictures"] - report["correct"]
    assert 0 < wrong < 20
    assert len(report["mistakes"]) == wrong
    for mistake in report["mistakes"]:
        picture = few.images[mistake["index"]].tolist()
        assert mistake["picture"] == picture
        assert "\n".join(f"        {json.dumps(row)}," for row in picture[:27]) in said
        assert sum(mistake["probabilities"]) == pytest.approx(1, abs=1e-6)
    assert len(said.splitlines()) < 400 + 40 * wrong


def test_only_lists_of_numbers_are_drawn_together() -> None:
    report = {"a": [[1, -2.5, 1e-05], []], "b": ["[\n  1,\n  2\n]", None], "c": [{"d": [3]}], "e": [None, 1]}
    written = evaluating_cli._to_text(report)
    assert json.loads(written) == report
    assert "[1, -2.5, 1e-05]" in written
    assert '"d": [3]' in written
