"""Weights of runs and uploads answer by name, and any weights can be put into service."""

import io
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import torch
from fastapi.testclient import TestClient
from numpy.typing import NDArray

from app.main import create_app
from app.network.library import MAX_UPLOADS
from app.settings import Settings
from model import checkpoint
from model.epochs import read_epoch
from model.inference.classifier import Classifier
from model.layers import NetworkName
from model.preprocess.pipeline import from_strokes
from model.runs.directory import EpochResult, RunFolder, RunRecord
from model.runs.settings import RunSettings

STROKES = [[[30.0, 40.0], [110.0, 40.0], [60.0, 150.0]]]
SEVEN = {"strokes": STROKES}
Tensors = dict[str, NDArray[np.float32]]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    settings = Settings(engine="onnx", address="127.0.0.1", runs=tmp_path_factory.mktemp("runs"))
    with TestClient(create_app(settings), base_url="http://127.0.0.1") as client:
        yield client


@pytest.fixture(scope="module")
def runs(client: TestClient) -> Path:
    folder: Path = client.app.state.settings.runs  # type: ignore[attr-defined]
    return folder


def add_run(runs: Path, name: str, epochs: int = 3, network: NetworkName = "cnn") -> None:
    """A run whose epochs are those of the shipped run."""
    folder = RunFolder(runs / name)
    folder.path.mkdir()
    for epoch in range(epochs):
        shipped = read_epoch(epoch)
        checkpoint.write(folder.weights(epoch), shipped.tensors, {"name": f"{name}-{epoch}"})
    results = tuple(EpochResult(epoch, 1.0 - epoch / 10, 0.1 + epoch / 10) for epoch in range(epochs))
    folder.write(
        RunRecord(
            name, replace(RunSettings.of_recipe(), network=network), f"2026-11-29T18:00:0{len(name) % 10}+00:00",
            "stopped", epochs_done=epochs - 1, results=results,
        )
    )  # fmt: skip


def numbers(answer: dict[str, object]) -> NDArray[np.float32]:
    return np.array(answer["probabilities"], np.float32)


def expected(epoch: int) -> NDArray[np.float32]:
    (found,) = Classifier(read_epoch(epoch), "onnx").predict([from_strokes(STROKES)])
    return found.probabilities


def pth(tensors: Tensors) -> bytes:
    file = io.BytesIO()
    torch.save({key: torch.from_numpy(values) for key, values in tensors.items()}, file)
    return file.getvalue()


def test_runs_answer_by_name_and_epoch_while_they_grow(client: TestClient, runs: Path) -> None:
    add_run(runs, "mine-1")
    for name, epoch in (("mine-1", 2), ("mine-1:0", 0), ("mine-1:1", 1)):
        found = client.post(f"/predict?weights={name}", json=SEVEN).json()
        np.testing.assert_allclose(numbers(found), expected(epoch), atol=1e-3)
        assert found["model"].startswith(f"mine-1-{epoch}-")
        assert found["familiarity"] is None
    for unknown in ("mine-1:3", "mine-1:01", "mine-1:", "mine-2", "mine-1:x", "../mine-1"):
        assert client.post("/predict", params={"weights": unknown}, json=SEVEN).status_code == 404
    folder = RunFolder(runs / "mine-1")
    checkpoint.write(folder.weights(3), read_epoch(3).tensors, {"name": "mine-1-3"})
    folder.write(replace(folder.read(), epochs_done=3))
    assert client.post("/predict?weights=mine-1", json=SEVEN).json()["model"].startswith("mine-1-3-")
    # Another run in the same folder
    checkpoint.write(folder.weights(0), read_epoch(4).tensors, {"name": "other"})
    assert client.post("/predict?weights=mine-1:0", json=SEVEN).json()["model"].startswith("other-")


def test_the_list_has_runs_with_their_epochs(client: TestClient, runs: Path) -> None:
    add_run(runs, "older")
    add_run(runs, "newest-9")
    add_run(runs, "dense-1", network="dense")
    found = {each["name"]: each for each in client.get("/weights").json()["weights"] if each["origin"] == "run"}
    names = list(found)
    assert names.index("newest-9") < names.index("older")
    assert "dense-1" not in found
    assert [(each["name"], each["accuracy"]) for each in found["older"]["epochs"]] == [
        ("older:0", 0.1), ("older:1", 0.2), ("older:2", pytest.approx(0.3)),
    ]  # fmt: skip
    assert found["older"]["model"] == client.get("/model?weights=older").json()["model"]


def test_an_upload_answers_by_the_digits_of_its_hash(client: TestClient, tensors: Tensors) -> None:
    for content, name in ((pth(tensors), "mnist_cnn"), (safetensors.numpy.save(tensors, {"name": "own"}), "own")):
        response = client.post("/weights?name=mnist_cnn", content=content)
        assert response.status_code == 201
        made = response.json()
        assert (made["origin"], made["model"]) == ("upload", f"{name}-{made['sha256'][:8]}")
        assert made["name"] == f"upload:{made['sha256'][:8]}"
        found = client.post("/predict", params={"weights": made["name"]}, json=SEVEN).json()
        assert found["model"] == made["model"]
        weights = safetensors.numpy.load(client.get("/model/weights", params={"weights": made["name"]}).content)
        assert all((weights[key] == values).all() for key, values in tensors.items())
        assert made["name"] in [each["name"] for each in client.get("/weights").json()["weights"]]
        assert client.post("/weights?name=mnist_cnn", content=content).json() == made


def test_files_that_do_not_fit_are_explained(client: TestClient, tensors: Tensors) -> None:
    lacking = {key: values for key, values in tensors.items() if key != "classifier.3.bias"}
    other = tensors | {"features.0.weight": tensors["features.0.weight"][:16]}
    renamed = {key.replace("features", "layers"): values for key, values in tensors.items()}
    for content, words in (
        (pth(lacking), "it lacks classifier.3.bias (10)"),
        (
            pth(lacking | {"extra": np.zeros(3, np.float32)}),
            "it has extra (3), which the lesson's network does not",
        ),
        (pth(other), "features.0.weight is 16×1×3×3 instead of 32×1×3×3"),
        (pth(renamed), "Rename them before you save: layers.0.weight to features.0.weight"),
        (b"hello", "is not a file of weights"),
    ):
        response = client.post("/weights", content=content)
        assert (response.status_code, response.json()["type"]) == (422, "/problems/unusable-weights")
        assert words in response.json()["detail"]
    for content, problem in ((bytes(2 * 2**20 + 1), "body-too-large"), (b"", "unreadable-body")):
        assert client.post("/weights", content=content).json()["type"] == f"/problems/{problem}"


def test_a_form_with_a_file_of_weights_is_told_to_send_the_file_itself(client: TestClient, tensors: Tensors) -> None:
    response = client.post("/weights", files={"file": ("mnist_cnn.pth", pth(tensors))})
    assert (response.status_code, response.json()["type"]) == (415, "/problems/unsupported-type")
    assert "not in a form" in response.json()["detail"]
    assert response.headers["Accept"] == "application/octet-stream"


def test_the_least_recently_used_upload_is_deleted(client: TestClient, runs: Path, tensors: Tensors) -> None:
    shutil.rmtree(runs / ".uploads", ignore_errors=True)
    made = []
    for number in range(MAX_UPLOADS + 2):
        tensors["classifier.3.bias"][0] = number
        made.append(client.post("/weights", content=safetensors.numpy.save(tensors)).json()["name"])
        file = runs / ".uploads" / f"{made[-1].removeprefix('upload:')}.safetensors"
        os.utime(file, (1_000_000 + number, 1_000_000 + number))
        if number == MAX_UPLOADS - 1:  # now the first one is the most recently used
            assert client.post("/predict", params={"weights": made[0]}, json=SEVEN).status_code == 200
    statuses = [client.post("/predict", params={"weights": name}, json=SEVEN).status_code for name in made]
    assert statuses == [200, 404, 404] + [200] * (MAX_UPLOADS - 1)


def test_a_snapshot_of_a_run_answers_until_it_is_deleted(client: TestClient, runs: Path) -> None:
    add_run(runs, "brief-1")
    for batch, epoch in ((16, 0), (32, 1)):
        file = runs / "brief-1" / f"snapshot-2-{batch}.safetensors"
        shutil.copy(runs / "brief-1" / f"epoch-{epoch:02}.safetensors", file)
        found = client.post("/predict", params={"weights": f"brief-1:2-{batch}"}, json=SEVEN).json()
        expected = client.post("/predict", params={"weights": f"brief-1:{epoch}"}, json=SEVEN).json()
        assert found["probabilities"] == expected["probabilities"]
        file.unlink()
        gone = client.post("/predict", params={"weights": f"brief-1:2-{batch}"}, json=SEVEN)
        assert (gone.status_code, gone.json()["type"]) == (404, "/problems/unknown-weights")
    for name in ("brief-1:2-016", "brief-1:2-", "brief-1:-1", "brief-1:02-16", "brief-1:2-16-1", "brief-1:2-٣"):
        assert client.post("/predict", params={"weights": name}, json=SEVEN).status_code == 404, name


def test_any_weights_can_be_put_into_service_and_taken_out(client: TestClient, runs: Path) -> None:
    add_run(runs, "good-1")
    first = client.get("/model").json()["model"]
    for name in ("lesson:2", "good-1", "good-1:1"):
        served = client.put("/weights/served", json={"name": name}).json()
        assert served["origin"] == "served"
        assert served["model"] == client.get("/model", params={"weights": name}).json()["model"]
        assert client.get("/model").json()["model"] == client.post("/predict", json=SEVEN).json()["model"]
        assert client.get("/model").json()["model"] == served["model"] != first
        assert client.get("/model/evaluation").status_code == 404
        assert f'model="{served["model"]}"' in client.get("/metrics").text
    assert client.delete("/runs/good-1").json()["type"] == "/problems/weights-in-service"
    assert client.put("/weights/served", json={"name": "nobody"}).status_code == 404
    edited = client.put("/weights/served", json={"name": "lesson~conv1_7_off"})
    assert (edited.status_code, edited.json()["detail"]) == (404, "Weights with edits cannot be put into service.")
    shutil.copy(runs / "good-1" / "epoch-01.safetensors", runs / "good-1" / "snapshot-2-16.safetensors")
    snapshot = client.put("/weights/served", json={"name": "good-1:2-16"})
    assert (snapshot.status_code, snapshot.json()["detail"].partition(".")[0]) == (404, "These weights will be deleted")
    assert client.put("/weights/served", json={}).json()["type"] == "/problems/invalid-weights-name"
    assert client.get("/model").json()["model"] == served["model"]
    assert client.put("/weights/served", json={"name": "robust"}).json()["model"] == first
    client.put("/weights/served", json={"name": "lesson"})
    assert client.delete("/weights/served").json()["model"] == client.get("/model").json()["model"] == first
    assert client.delete("/runs/good-1").status_code == 204
    assert client.get("/model/evaluation").status_code == 200


def test_pages_of_other_sites_cannot_change_weights(client: TestClient) -> None:
    for method, path in (
        ("POST", "/weights"), ("PUT", "/weights/served"), ("DELETE", "/weights/served"), ("DELETE", "/weights/robust"),
    ):  # fmt: skip
        response = client.request(method, path, headers={"Sec-Fetch-Site": "cross-site"})
        assert (response.status_code, response.json()["type"]) == (403, "/problems/foreign-request")
