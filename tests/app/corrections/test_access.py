"""Access to corrections is refused to other sites, and to everybody if saving is disabled."""

import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests import ROOT
from tests.app.corrections.helpers import OTHER_SITES, SAME_SITE, correction, problem, saved


def test_every_route_refuses_when_saving_is_disabled(disabled_client: TestClient) -> None:
    for answer in (
        disabled_client.post("/corrections", json=correction()),
        disabled_client.delete("/corrections"),
        disabled_client.delete(f"/corrections/{uuid.uuid4()}"),
        disabled_client.get("/corrections.npz"),
        disabled_client.post("/corrections/delete", headers=SAME_SITE),
        disabled_client.post(f"/corrections/{uuid.uuid4()}/delete", headers=SAME_SITE),
    ):
        assert problem(answer) == (403, "not-collecting")
        assert answer.json()["title"] == "This server does not save corrections"
    page = disabled_client.get("/corrections")
    assert page.status_code == 200
    assert "Saving corrections is disabled on this server." in page.text
    assert '"collects": false' in disabled_client.get("/").text


def test_sqlite_is_not_loaded_when_saving_is_disabled() -> None:
    script = """
import sys
from fastapi.testclient import TestClient
from app.main import create_app
with TestClient(create_app()) as client:
    for path in ("/", "/corrections", "/corrections.npz"):
        client.get(path)
print("sqlite3" in sys.modules)
"""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("INKLING_")}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


@pytest.mark.parametrize("headers", OTHER_SITES, ids=lambda headers: " ".join(headers.values()))
def test_pages_of_other_sites_cannot_change_corrections(
    client: TestClient, file: Path, headers: dict[str, str]
) -> None:
    sent = correction()
    client.post("/corrections", json=sent, headers=SAME_SITE)
    for answer in (
        client.post("/corrections", json=correction(), headers=headers),
        client.post("/corrections/delete", headers=headers),
        client.post(f"/corrections/{sent['id']}/delete", headers=headers),
        client.delete("/corrections", headers=headers),
        client.delete(f"/corrections/{sent['id']}", headers=headers),
        client.get("/corrections.npz", headers=headers),
    ):
        assert problem(answer) == (403, "foreign-request")
    assert len(saved(file)) == 1


OWN_NAMES = ["127.0.0.1", "127.0.0.1:8000", "localhost", "LOCALHOST:8000", "inkling.localhost", "[::1]", "[::1]:8000"]


@pytest.mark.parametrize("host", [*OWN_NAMES, "192.0.2.7:80", "digits.example", "Digits.Example:8000"])
def test_own_names_and_addresses_may_use_the_corrections(client: TestClient, host: str) -> None:
    headers = {"Host": host, "Sec-Fetch-Site": "same-origin"}
    assert client.post("/corrections", json=correction(), headers=headers).status_code == 201
    assert client.get("/corrections", headers=headers).status_code == 200
    assert client.get("/corrections.npz", headers=headers).status_code == 200
    assert client.delete("/corrections", headers=headers).status_code == 204


REBOUND = [
    "rebound.example", "rebound.example:8000", "localhost.rebound.example", "127.0.0.1.rebound.example", "notlocalhost",
    "localhost:8000@rebound.example", "digits.example.rebound.example", "", "[::1", "127.0.0.1.", "0x7f.1",
]  # fmt: skip


@pytest.mark.parametrize("host", REBOUND)
def test_a_name_that_was_rebound_to_this_machine_may_not_use_the_corrections(
    client: TestClient, file: Path, host: str
) -> None:
    sent = correction()
    client.post("/corrections", json=sent)
    headers = {"Host": host, "Sec-Fetch-Site": "same-origin", "Origin": f"http://{host}"}
    for answer in (
        client.post("/corrections", json=correction(), headers=headers),
        client.get("/corrections", headers=headers),
        client.get("/corrections.npz", headers=headers),
        client.post("/corrections/delete", headers=headers),
        client.post(f"/corrections/{sent['id']}/delete", headers=headers),
        client.delete("/corrections", headers=headers),
        client.delete(f"/corrections/{sent['id']}", headers=headers),
    ):
        assert problem(answer) == (421, "unknown-host")
    assert len(saved(file)) == 1
    assert client.get("/", headers=headers).status_code == 200


def test_every_route_of_corrections_checks_the_host(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    checked = [(path, method) for path in paths if "corrections" in path for method in paths[path]]
    assert len(checked) >= 5
    for path, method in checked:
        answer = client.request(method, path.format(id=uuid.uuid4()), headers={"Host": "rebound.example"})
        assert problem(answer) == (421, "unknown-host")
