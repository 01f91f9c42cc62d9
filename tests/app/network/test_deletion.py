"""DELETE /weights/{name} throws an upload away: its file, its names, and what the service keeps in memory."""

import errno
import gc
import json
import os
import threading
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from app.main import create_app
from app.network import library
from app.network.weight_sets import WeightSets
from app.settings import Settings
from model import checkpoint
from model.epochs import read_epoch
from model.runs.directory import RunFolder, RunRecord
from model.runs.settings import RunSettings
from model.weight_files.safetensors_file import encode
from tests.support.servers import LiveServer, has_been_read, wait_until

SEVEN = {"strokes": [[[30, 40], [110, 40], [60, 150]]]}
GONE = (404, "unknown-weights")


def own(number: int) -> bytes:
    """A file of weights, another one for each number."""
    tensors = dict(read_epoch(2).tensors)
    tensors["classifier.3.bias"] = tensors["classifier.3.bias"] + np.float32(number)
    return encode(tensors, {"name": f"own-{number}"})


@dataclass
class Server:
    """The service in this process, with the folder of its runs."""

    client: TestClient
    runs: Path

    def upload(self, number: int = 0) -> str:
        """The name of new weights."""
        name: str = self.client.post("/weights", content=own(number)).json()["name"]
        return name

    def file(self, name: str) -> Path:
        return self.runs / ".uploads" / f"{name.removeprefix('upload:')}.safetensors"

    def delete(self, name: str, **headers: str) -> tuple[int, str]:
        """The status, and the type of the problem."""
        answer = self.client.delete(f"/weights/{name}", headers=headers)
        return answer.status_code, "" if answer.status_code == 204 else answer.json()["type"].removeprefix("/problems/")

    def names(self) -> list[str]:
        return [each["name"] for each in self.client.get("/weights").json()["weights"]]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    settings = Settings(engine="onnx", address="127.0.0.1", runs=tmp_path)
    with TestClient(create_app(settings), base_url="http://127.0.0.1") as client:
        yield Server(client, tmp_path)


def test_an_upload_is_thrown_away(server: Server) -> None:
    name, other = server.upload(1), server.upload(2)
    assert server.client.post("/predict", params={"weights": name}, json=SEVEN).status_code == 200
    assert server.delete(name) == (204, "")
    assert not server.file(name).exists()
    assert server.file(other).exists()
    assert server.names() == ["served", "robust", "lesson", other]
    for method, path in (("POST", "/predict"), ("POST", "/feature-maps"), ("GET", "/model"), ("GET", "/model/weights")):
        for edits in ("", "~conv1_7_off"):
            body = SEVEN if method == "POST" else None
            answer = server.client.request(method, path, params={"weights": f"{name}{edits}"}, json=body)
            assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-weights")
            assert "somebody deleted them" in answer.json()["detail"]
    assert server.client.put("/weights/served", json={"name": name}).status_code == 404
    assert server.delete(name) == GONE
    assert server.upload(1) == name  # the same file can be uploaded again
    assert server.client.post("/predict", params={"weights": name}, json=SEVEN).status_code == 200


def test_weights_in_service_must_be_taken_out_first(server: Server) -> None:
    name = server.upload()
    server.client.put("/weights/served", json={"name": name})
    assert server.delete(name) == (409, "weights-in-service")
    assert server.file(name).exists()
    server.client.put("/weights/served", json={"name": "robust"})
    assert server.delete(name) == (204, "")


def test_served_is_not_taken_for_the_name_of_an_upload(server: Server) -> None:
    first = server.client.get("/model").json()["model"]
    server.client.put("/weights/served", json={"name": server.upload()})
    answer = server.client.delete("/weights/served")
    assert (answer.status_code, answer.json()["model"]) == (200, first)
    assert server.client.put("/weights/served", json={"name": "lesson"}).status_code == 200
    answer = server.client.get("/weights/served")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "DELETE, PUT")


def test_only_uploads_can_be_deleted(server: Server) -> None:
    folder = RunFolder(server.runs / "mine-1")
    folder.path.mkdir()
    checkpoint.write(folder.weights(0), read_epoch(0).tensors, {"name": "mine-1-0"})
    folder.write(RunRecord("mine-1", RunSettings.of_recipe(), "2026-11-29T18:00:00+00:00", "stopped", epochs_done=0))
    for name in ("robust", "lesson", "lesson:3", "mine-1", "mine-1:0"):
        answer = server.client.delete(f"/weights/{name}")
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/not-an-upload"), name
        assert "DELETE /runs/{id}" in answer.json()["detail"]
    assert folder.weights(0).exists()
    name = server.upload()
    for unknown in ("nobody", "upload:", "upload:1a2b3c4d", "upload:../robust", "mine-1:7", f"{name}~conv1_7_off"):
        assert server.client.delete(f"/weights/{unknown}").status_code == 404, unknown
    assert server.file(name).exists()
    assert server.client.get("/problems/not-an-upload").status_code == 200


def test_the_memory_is_freed_in_the_worker_that_deletes_and_in_the_others(server: Server, tmp_path: Path) -> None:
    settings = Settings(engine="onnx", address="127.0.0.1", runs=tmp_path)
    with TestClient(create_app(settings), base_url="http://127.0.0.1") as other:
        name = server.upload()
        kept: list[weakref.ref[Any]] = []
        for client in (server.client, other):
            sets: WeightSets = client.app.state.weight_sets  # type: ignore[attr-defined]
            for edits in ("", "~conv1_7_off"):
                client.post("/predict", params={"weights": f"{name}{edits}"}, json=SEVEN)
                found = client.portal.call(sets.find, f"{name}{edits}")  # type: ignore[union-attr]
                kept.append(weakref.ref(found))
            client.get("/weights")
            del found
        assert all(each() is not None for each in kept)
        assert server.delete(name) == (204, "")
        gc.collect()
        assert [each() is None for each in kept] == [True, True, False, False]
        other.get("/weights")
        gc.collect()
        assert [each() is None for each in kept] == [True] * 4


def test_only_those_who_may_upload_may_delete(tmp_path: Path) -> None:
    token = "correct horse battery"
    settings = Settings(engine="onnx", address="0.0.0.0", runs=tmp_path, admin_token=SecretStr(token))
    with TestClient(create_app(settings), base_url="http://127.0.0.1") as client:
        bearer = {"Authorization": f"Bearer {token}"}
        name = client.post("/weights", content=own(0), headers=bearer).json()["name"]
        server = Server(client, tmp_path)
        assert server.delete(name) == (401, "unauthorised")
        assert server.delete("upload:1a2b3c4d") == (401, "unauthorised")  # it does not say what there is
        assert server.delete(name, **bearer, **{"Sec-Fetch-Site": "cross-site"}) == (403, "foreign-request")
        assert server.file(name).exists()
        assert server.delete(name, **bearer) == (204, "")
    off = settings.model_copy(update={"training": False})
    with TestClient(create_app(off)) as client:
        assert Server(client, tmp_path).delete(name, **bearer) == (403, "changes-disabled")


def test_a_full_disk_can_be_emptied(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    name = server.upload(1)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for written in ("write", "fsync", "replace", "utime"):
        monkeypatch.setattr(os, written, full)
    monkeypatch.setattr(library, "replace_file", full)
    assert server.client.post("/weights", content=own(2)).json()["type"] == "/problems/storage-unavailable"
    assert server.delete(name) == (204, "")
    assert not server.file(name).exists()


def test_a_file_that_cannot_be_deleted_stays_and_answers(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    name = server.upload()

    def read_only(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", read_only)
        assert server.delete(name) == (507, "storage-unavailable")
    assert server.client.post("/predict", params={"weights": name}, json=SEVEN).status_code == 200


def test_all_workers_forget_an_upload_and_answer_the_requests_that_have_begun(tmp_path: Path) -> None:
    live = LiveServer("--workers", "2", "--engine", "onnx", runs=tmp_path)
    live.start()
    try:
        name = httpx2.post(f"{live.url}/weights", content=own(3)).json()["name"]
        stop = threading.Event()
        short: list[httpx2.Response] = []

        def ask() -> None:
            while not stop.is_set():
                short.append(httpx2.post(f"{live.url}/predict", params={"weights": name}, json=SEVEN))

        clients = [threading.Thread(target=ask) for _ in range(3)]
        for thread in clients:
            thread.start()
        long = HTTPConnection(live.url.removeprefix("http://"), timeout=120)
        long.request("GET", f"/lab/attack/accuracy?weights={name}&method=iterated")  # a second or more, in parts
        before = len(short)
        # These requests came later, so the long one has begun, unless its worker has not run since.
        assert wait_until(lambda: len(short) > before + 10 and has_been_read(live.port))
        assert httpx2.delete(f"{live.url}/weights/{name}").status_code == 204
        for _ in range(20):  # each time over a new connection, so both workers answer
            assert httpx2.post(f"{live.url}/predict", params={"weights": name}, json=SEVEN).status_code == 404
        stop.set()
        for thread in clients:
            thread.join()
        assert {each.status_code for each in short} <= {200, 404}
        statuses = [each.status_code for each in short]
        assert statuses.count(200) > 10
        with long.getresponse() as response:
            assert response.status == 200
            assert json.loads(response.read())["digits"] == 500
        long.close()
        assert list((tmp_path / ".uploads").iterdir()) == []
        assert httpx2.delete(f"{live.url}/weights/{name}").status_code == 404
    finally:
        live.stop()
