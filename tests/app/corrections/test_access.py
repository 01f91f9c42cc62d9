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
    ):
        assert problem(answer) == (403, "foreign-request")
    assert len(saved(file)) == 1
