"""GET /model/evaluation, and the evaluation files that the service reads."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray

from app.cli import evaluate
from app.main import create_app
from app.network.evaluation import load_evaluations
from app.settings import Settings
from model import checkpoint
from model.checkpoint import NAMES, find
from model.epochs import read_epoch
from model.inference.calibration import read as read_calibration
from model.inference.engines import OnnxEngine
from model.layers import MEAN, STD

Mnist = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def evaluation_file(name: str) -> Path:
    return find(name).with_suffix(".evaluation.json")


@pytest.mark.parametrize("name", NAMES)
def test_the_shipped_mistakes_are_images_of_the_test_set_with_their_predictions(name: str, mnist_test: Mnist) -> None:
    measured = json.loads(evaluation_file(name).read_text(encoding="utf-8"))
    mistakes = measured["mistakes"]
    assert len(mistakes) == min(evaluate.MISTAKES, measured["pictures"] - measured["correct"])
    indices = [mistake["index"] for mistake in mistakes]
    images, labels = (part[indices] for part in mnist_test)
    assert np.array_equal([mistake["picture"] for mistake in mistakes], images)
    assert np.array_equal([mistake["label"] for mistake in mistakes], labels)
    weights = checkpoint.read(find(name))
    calibration = read_calibration(find(name), weights)
    assert calibration is not None
    engine = OnnxEngine(weights, calibration.temperature)
    inputs = ((images.astype(np.float32) / 255 - MEAN) / STD)[:, None].astype(np.float32)
    (expected,) = engine.run(inputs, ["probabilities"])
    probabilities = np.array([mistake["probabilities"] for mistake in mistakes])
    assert np.allclose(probabilities, expected, atol=1e-4)
    assert np.array_equal(probabilities.argmax(1), [mistake["answer"] for mistake in mistakes])
    assert np.allclose(probabilities.max(1), [mistake["confidence"] for mistake in mistakes], atol=1e-6)
    assert all(mistake["answer"] != mistake["label"] for mistake in mistakes)


def test_the_service_returns_the_mistakes_but_the_drawing_page_does_not_contain_them() -> None:
    with TestClient(create_app(Settings(weights=find("lesson")))) as client:
        served = client.get("/model/evaluation").json()["mistakes"]
        page = client.get("/").text
    assert served == json.loads(evaluation_file("lesson").read_text(encoding="utf-8"))["mistakes"]
    assert '"picture"' not in page


@pytest.mark.parametrize("kind", ["without pictures", "without mistakes"])
def test_an_evaluation_of_an_older_version_is_read(kind: str, tmp_path: Path) -> None:
    shutil.copyfile(find("lesson"), tmp_path / "mine.safetensors")
    report: dict[str, Any] = json.loads(evaluation_file("lesson").read_text(encoding="utf-8"))
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


def test_unevaluated_weights_have_no_evaluation(tmp_path: Path) -> None:
    (tmp_path / "mine.safetensors").write_bytes(read_epoch(3).content)
    with TestClient(create_app(Settings(weights=tmp_path / "mine.safetensors"))) as client:
        answer = client.get("/model/evaluation")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
    assert "inkling evaluate" in answer.json()["detail"]


def test_the_evaluation_of_other_weights_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "mine.safetensors").write_bytes(read_epoch(3).content)
    shutil.copyfile(evaluation_file("lesson"), tmp_path / "mine.evaluation.json")
    with TestClient(create_app(Settings(weights=tmp_path / "mine.safetensors"))) as client:
        assert client.get("/model/evaluation").status_code == 404


def test_the_evaluation_is_that_of_the_named_weights() -> None:
    with TestClient(create_app(Settings())) as client:
        for name in NAMES:
            assert client.get(f"/model/evaluation?weights={name}").json()["model"].startswith(f"{name}-")
        assert client.get("/model/evaluation?weights=lesson:3").json()["type"] == "/problems/not-found"
        assert client.get("/model/evaluation?weights=nothing").json()["type"] == "/problems/unknown-weights"


def test_other_weights_in_service_have_their_own_evaluation() -> None:
    settings = Settings(address="127.0.0.1")
    with TestClient(create_app(settings), base_url="http://127.0.0.1") as client:
        client.put("/weights/served", json={"name": "lesson"})
        assert client.get("/model/evaluation").json()["model"].startswith("lesson-")


def test_a_damaged_evaluation_is_ignored_and_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "mine.evaluation.json").write_text("{}")
    assert len(load_evaluations(tmp_path / "mine.safetensors")) == len(NAMES)
    assert "mine.evaluation.json cannot be read; it is ignored." in caplog.text
