"""The API for runs, without a process that trains."""

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from app.training import launcher
from model.runs.directory import EpochResult, RunFolder, RunRecord
from model.runs.event_log import EventLog
from model.runs.locks import held
from model.runs.settings import RunSettings

RECORD = RunRecord(
    "lesson-0001",
    RunSettings.of_recipe("lesson", epochs=1),
    "2026-11-29T18:00:00+00:00",
    "finished",
    epochs_done=1,
    results=(EpochResult(0, 2.3, 0.1), EpochResult(1, 0.1, 0.97, 0.2, 0.95)),
    files=("mnist_cnn.pth",),
)


def add_run(runs: Path, record: RunRecord = RECORD) -> RunFolder:
    folder = RunFolder(runs / record.id)
    folder.path.mkdir(parents=True)
    folder.write(record)
    log = EventLog(folder.events)
    for epoch in range(2):
        log.append("epoch", {"epoch": epoch})
    log.append("state", {"state": record.state, "message": None})
    log.close()
    return folder


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    settings = Settings(engine="onnx", address="127.0.0.1", runs=tmp_path_factory.mktemp("service") / "runs")
    with TestClient(create_app(settings), base_url="http://127.0.0.1") as client:
        yield client


@pytest.fixture
def runs(service: TestClient) -> Path:
    """The folder of runs, which is empty."""
    folder: Path = service.app.state.settings.runs  # type: ignore[attr-defined]
    shutil.rmtree(folder, ignore_errors=True)
    return folder


@pytest.fixture
def client(service: TestClient, runs: Path) -> TestClient:
    return service


def test_runs_are_listed_with_the_newest_first(client: TestClient, runs: Path) -> None:
    assert client.get("/runs").json() == {"training": None, "runs": []}
    add_run(runs)
    add_run(runs, replace(RECORD, id="mine", created="2026-11-29T19:00:00+00:00"))
    (runs / "no run").mkdir()
    (runs / "damaged").mkdir()
    (runs / "damaged" / "run.json").write_text("{")
    listed = client.get("/runs").json()["runs"]
    assert [each["id"] for each in listed] == ["mine", "lesson-0001"]
    assert client.get("/runs/lesson-0001").json() == listed[1]
    assert (listed[1]["accuracy"], listed[1]["weights"]) == (0.97, "lesson-0001")
    assert listed[1]["results"][1] == {
        "epoch": 1, "loss": 0.1, "accuracy": 0.97, "training_loss": 0.2, "training_accuracy": 0.95,
    }  # fmt: skip
    assert listed[1]["settings"]["epochs"] == 1


def test_a_run_with_the_name_of_shipped_weights_gets_a_name_of_its_own(client: TestClient, runs: Path) -> None:
    add_run(runs, replace(RECORD, id="run-lesson")).path.rename(runs / "lesson")
    assert [each["id"] for each in client.get("/runs").json()["runs"]] == ["run-lesson"]
    assert client.get("/runs/run-lesson").json()["weights"] == "run-lesson"
    assert client.get("/runs/lesson").status_code == 404


def test_unknown_runs_are_a_problem_on_every_route(client: TestClient) -> None:
    for response in (
        client.get("/runs/lesson-0009"),
        client.get("/runs/lesson-0009/events"),
        client.get("/runs/lesson-0009/files/mnist_cnn.pth"),
        client.get("/runs/..%2fsecret"),
        client.delete("/runs/lesson-0009"),
        client.post("/runs/lesson-0009/pause"),
        client.post("/runs/lesson-0009/stop"),
        client.post("/runs/lesson-0009/resume", json={}),
        client.post("/runs/lesson-0009/step", json={}),
    ):
        assert response.status_code == 404
        assert response.json()["type"] in ("/problems/unknown-run", "/problems/not-found")


def test_events_resume_after_the_last_one_that_arrived(client: TestClient, runs: Path) -> None:
    add_run(runs)

    def received(**headers: str) -> list[tuple[str, str, int]]:
        response = client.get("/runs/lesson-0001/events", headers=headers)
        assert response.headers["content-type"].startswith("text/event-stream")
        blocks = [
            dict(line.split(": ", 1) for line in block.splitlines()) for block in response.text.split("\n\n") if block
        ]
        assert blocks.pop(0) == {"retry": "2000"}  # milliseconds until a browser connects again
        return [(block["id"], block["event"], json.loads(block["data"])["seq"]) for block in blocks]

    everything = [("1", "epoch", 1), ("2", "epoch", 2), ("3", "state", 3)]
    assert received() == everything
    assert received(**{"Last-Event-ID": "2"}) == everything[2:]
    for nonsense in ("nonsense", "-1", "9" * 5000):
        assert received(**{"Last-Event-ID": nonsense}) == everything


def test_a_client_with_all_events_of_a_finished_run_is_told_to_stop_reconnecting(
    client: TestClient, runs: Path
) -> None:
    folder = add_run(runs)
    for last in ("3", "4"):
        answer = client.get("/runs/lesson-0001/events", headers={"Last-Event-ID": last})
        assert (answer.status_code, answer.content) == (204, b"")
    folder.write(replace(RECORD, state="failed"))  # it can be resumed
    assert client.get("/runs/lesson-0001/events", headers={"Last-Event-ID": "3"}).status_code == 200


def test_settings_are_checked_before_anything_starts(client: TestClient, runs: Path) -> None:
    for body, words in (
        ({"epochs": 0}, "epochs must be at least 1"),
        ({"batch": 5000}, "batch must be at most 4,096"),
        ({"learning_rate": 11}, "learning_rate must be at most 10"),
        ({"share": 0}, "share must be at least 0.001"),
        ({"augmented": 1.5}, "augmented must be at most 1"),
        ({"seed": -1}, "seed must be at least 0"),
        ({"recipe": "stew"}, "recipe must be lesson, fast, "),
        ({"optimiser": "magic"}, "optimiser must be adam or sgd"),
        ({"colour": "red"}, "is unknown; the fields are recipe, epochs"),
    ):
        response = client.post("/runs", json=body)
        assert (response.status_code, response.json()["type"]) == (422, "/problems/invalid-run")
        assert words in response.json()["detail"]
    assert not (runs).exists()


def test_commands_must_suit_the_state_of_the_run(client: TestClient, runs: Path) -> None:
    run = add_run(runs)
    for path, body in (("pause", None), ("stop", None), ("resume", {}), ("step", {"unit": "epoch"})):
        response = client.post(f"/runs/{run.id}/{path}", json=body)
        assert (response.status_code, response.json()["type"]) == (409, "/problems/wrong-state")
    for path, wrong in (("resume", '{"seconds_per_batch": -1}'), ("step", '{"unit": "year"}')):
        headers = {"Content-Type": "application/json"}
        response = client.post(f"/runs/{run.id}/{path}", content=wrong, headers=headers)
        assert (response.status_code, response.json()["type"]) == (422, "/problems/invalid-command")
    assert not run.commands.exists()


def test_a_run_without_a_process_is_interrupted_exactly_once(client: TestClient, runs: Path) -> None:
    run = add_run(runs, replace(RECORD, state="training"))
    with held(run.lock):
        assert client.get("/runs").json()["training"] == run.id
        assert client.post(f"/runs/{run.id}/pause").status_code == 202
        assert client.delete(f"/runs/{run.id}").json()["type"] == "/problems/wrong-state"
        assert run.commands.read_text().count("pause") == 1
    for _ in range(2):
        found = client.get(f"/runs/{run.id}").json()
        assert (found["state"], found["message"][:31]) == ("interrupted", "The training process ended unex")
    assert client.get("/runs").json()["training"] is None
    assert run.events.read_text().count("interrupted") == 1


def test_deleting_waits_until_the_process_of_an_ended_run_has_ended(client: TestClient, runs: Path) -> None:
    run = add_run(runs)
    locked = Event()

    def end_slowly() -> None:
        with held(run.lock):
            locked.set()
            time.sleep(0.5)

    process = Thread(target=end_slowly)
    process.start()
    locked.wait()
    assert client.delete(f"/runs/{run.id}").status_code == 204
    assert not run.path.exists()
    process.join()


def test_a_run_is_deleted_with_its_files(client: TestClient, runs: Path) -> None:
    run = add_run(runs)
    (run.path / "mnist_cnn.pth").write_bytes(b"weights")
    response = client.get(f"/runs/{run.id}/files/mnist_cnn.pth")
    assert response.content == b"weights"
    assert response.headers["content-disposition"] == 'attachment; filename="mnist_cnn.pth"'
    for name in ("run.json", "resume.pt", "..%2f..%2fsecret"):
        assert client.get(f"/runs/{run.id}/files/{name}").status_code == 404
    assert client.delete(f"/runs/{run.id}").status_code == 204
    assert client.get(f"/runs/{run.id}").status_code == 404
    assert list((runs).iterdir()) == []


def test_defaults_say_what_is_possible_and_how_data_get_there(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INKLING_DATA", str(tmp_path / "none"))
    found = client.get("/runs/defaults").json()
    assert (found["possible"], found["reason"], found["data"]) == (True, None, False)
    assert "A run downloads it first" in found["data_detail"]
    assert f"fetch --data {tmp_path / 'none'}" in found["data_detail"]
    assert found["limits"]["epochs"] == [1, 1000]
    assert found["recipes"]["lesson"]["batch"] == 64
    for preset in found["presets"]:
        for settings in preset["runs"]:
            assert RunSettings.from_json(settings).changes is not None
    monkeypatch.setattr(launcher, "find_spec", lambda name: None)
    found = client.get("/runs/defaults").json()
    assert (found["possible"], found["reason"]) == (False, "pytorch-missing")
    assert "PyTorch is not installed here" in found["detail"]
    response = client.post("/runs", json={})
    assert (response.status_code, response.json()["type"]) == (501, "/problems/training-unavailable")


def test_if_the_folder_of_runs_cannot_be_written_to_the_log_says_which(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    settings = Settings(engine="onnx", address="127.0.0.1", runs=tmp_path / "file" / "runs")
    with TestClient(create_app(settings), base_url="http://127.0.0.1") as client:
        answer = client.post("/runs", json={})
    assert (answer.status_code, answer.json()["type"]) == (507, "/problems/storage-unavailable")
    assert caplog.messages == [f"inkling: Runs cannot be saved in {settings.runs}: Not a directory."]
