"""Who may train, upload and switch weights."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from app.access import changes_are_possible, is_loopback, pages_may_change
from app.main import create_app
from app.settings import Settings

TOKEN = "correct horse battery"
HERE = "http://127.0.0.1:8000"
OWN = Settings(engine="onnx", address="127.0.0.1")
OTHER_MACHINES = Settings(engine="onnx", address="0.0.0.0")
WITH_TOKEN = Settings(engine="onnx", address="0.0.0.0", admin_token=SecretStr(TOKEN), hosts=("digits.example",))
BEHIND_A_PROXY = Settings(engine="onnx", address="127.0.0.1", trusted_proxies=("127.0.0.1",))  # type: ignore[arg-type]
OFF = Settings(engine="onnx", address="127.0.0.1", training=False, admin_token=SecretStr(TOKEN))


def answer(settings: Settings, runs: Path, url: str = HERE, **headers: str) -> tuple[int, str]:
    """The status and the problem type of a request to delete a run that does not exist."""
    client = TestClient(create_app(settings.model_copy(update={"runs": runs})), base_url=url)
    response = client.delete(
        "/runs/lesson-0000", headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    if response.status_code == 401:
        assert response.headers["WWW-Authenticate"] == "Bearer"
    return response.status_code, response.json()["type"].removeprefix("/problems/")


ALLOWED = (404, "unknown-run")
REFUSED = (401, "unauthorised")


def test_a_service_that_listens_on_this_machine_only_needs_no_token(tmp_path: Path) -> None:
    assert answer(OWN, tmp_path) == ALLOWED
    assert answer(OWN, tmp_path, "http://localhost:8000") == ALLOWED
    assert answer(OWN, tmp_path, sec_fetch_site="same-origin") == ALLOWED
    assert answer(OWN, tmp_path, "http://rebound.example:8000") == (421, "unknown-host")


def test_a_request_with_two_host_headers_is_refused(tmp_path: Path) -> None:
    client = TestClient(create_app(OWN.model_copy(update={"runs": tmp_path})), base_url=HERE)
    for names in (("localhost", "rebound.example"), ("rebound.example", "localhost")):
        response = client.delete("/runs/lesson-0000", headers=[("Host", name) for name in names])
        assert response.status_code == 421


def test_other_machines_need_the_token(tmp_path: Path) -> None:
    assert answer(OTHER_MACHINES, tmp_path, authorization=f"Bearer {TOKEN}") == REFUSED
    assert answer(Settings(engine="onnx"), tmp_path) == REFUSED  # the address is not known
    assert answer(BEHIND_A_PROXY, tmp_path) == REFUSED
    assert answer(WITH_TOKEN, tmp_path) == REFUSED
    for wrong in ("Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x"):
        assert answer(WITH_TOKEN, tmp_path, authorization=wrong) == REFUSED
    assert answer(WITH_TOKEN, tmp_path, authorization=f"Bearer {TOKEN}") == ALLOWED
    assert answer(WITH_TOKEN, tmp_path, "https://digits.example", authorization=f"bearer {TOKEN}") == ALLOWED
    own_with_token = WITH_TOKEN.model_copy(update={"address": "127.0.0.1"})
    assert answer(own_with_token, tmp_path) == REFUSED


def test_the_refusal_says_what_to_do(tmp_path: Path) -> None:
    for settings, words in ((WITH_TOKEN, "Authorization: Bearer TOKEN"), (OTHER_MACHINES, "set INKLING_ADMIN_TOKEN")):
        client = TestClient(create_app(settings.model_copy(update={"runs": tmp_path})), base_url=HERE)
        detail = client.delete("/runs/lesson-0000").json()["detail"]
        assert words in detail
        assert TOKEN not in detail


@pytest.mark.parametrize("headers", [{"sec_fetch_site": "cross-site"}, {"origin": "https://evil.example"}])
def test_pages_of_other_sites_are_refused_even_with_the_token(headers: dict[str, str], tmp_path: Path) -> None:
    assert answer(OWN, tmp_path, **headers) == (403, "foreign-request")
    assert answer(WITH_TOKEN, tmp_path, authorization=f"Bearer {TOKEN}", **headers) == (403, "foreign-request")


def test_training_can_be_disabled(tmp_path: Path) -> None:
    assert answer(OFF, tmp_path, authorization=f"Bearer {TOKEN}") == (403, "changes-disabled")


def test_a_client_learns_whether_it_may_start_a_run(tmp_path: Path) -> None:
    def reason(settings: Settings, **headers: str) -> str | None:
        app = create_app(settings.model_copy(update={"runs": tmp_path}))
        found = TestClient(app, base_url=HERE).get("/runs/defaults", headers=headers).json()
        assert found["possible"] == (found["reason"] is None) == (found["detail"] is None)
        answer: str | None = found["reason"]
        return answer

    assert reason(OWN) is None
    assert [reason(each) for each in (OTHER_MACHINES, WITH_TOKEN, OFF)] == ["no-token", "token", "disabled"]
    assert reason(BEHIND_A_PROXY) == "no-token"
    assert reason(WITH_TOKEN, Authorization=f"Bearer {TOKEN}") is None


def test_settings_say_whether_changes_are_possible() -> None:
    assert [changes_are_possible(each) for each in (OWN, OTHER_MACHINES, WITH_TOKEN, OFF)] == [True, False, True, False]
    assert [pages_may_change(each) for each in (OWN, OTHER_MACHINES, WITH_TOKEN, OFF)] == [True, False, False, False]


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1", "localhost"])
def test_an_address_of_this_machine_only(address: str) -> None:
    assert is_loopback(address)
    assert changes_are_possible(OWN.model_copy(update={"address": address}))


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.0.2.1", "::ffff:192.0.2.1", "example", ""])
def test_an_address_that_other_machines_can_reach(address: str) -> None:
    assert not is_loopback(address)
    assert not changes_are_possible(OWN.model_copy(update={"address": address}))
