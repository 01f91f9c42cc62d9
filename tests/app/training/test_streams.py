"""A worker sends the events of runs to a limited number of clients at once."""

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from time import sleep

import httpx2

from app.main import create_app
from app.settings import Settings
from app.training.streams import CHECK_SECONDS, Streams
from model.runs.event_log import EventLog
from model.runs.locks import held
from tests.app.connections.service import running_service
from tests.app.training.test_routes import RECORD, add_run
from tests.support.servers import PATIENCE, wait_until

QUIET_SECONDS = 12.0  # FastAPI sends a comment after 15 s without an event


def test_one_stream_too_many_is_told_when_to_try_again(tmp_path: Path) -> None:
    # Streams of a stopped run do not end, because it can be resumed.
    run = add_run(tmp_path, replace(RECORD, state="stopped"))
    app = create_app(Settings(engine="onnx", address="127.0.0.1", runs=tmp_path))
    app.state.streams = Streams(2)
    with running_service(app) as service, httpx2.Client(base_url=service.url) as client:
        path = f"/runs/{run.id}/events"
        assert client.get("/runs/nobody/events").status_code == 404  # a failed request takes no place
        with client.stream("GET", path) as one:
            with client.stream("GET", path) as two:
                assert [response.status_code for response in (one, two)] == [200, 200]
                refused = client.get(path)
                assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
                assert refused.json()["type"] == "/problems/overloaded"
                assert "watching training runs" in refused.json()["detail"]

            def is_free() -> bool:
                with client.stream("GET", path) as response:
                    return response.status_code == 200

            assert wait_until(is_free)  # the service has noticed that a client left
        for _ in range(4):  # a response to HEAD ends at once, and then its place is free
            assert wait_until(lambda: client.head(path).status_code == 200)


def test_a_stream_ends_when_the_process_has_written_its_last_event(tmp_path: Path) -> None:
    """The state in the record comes before the events that say so."""
    run = add_run(tmp_path, replace(RECORD, state="finished"))
    service = running_service(create_app(Settings(engine="onnx", address="127.0.0.1", runs=tmp_path)))
    with service as running, ExitStack() as process:
        process.enter_context(held(run.lock))
        with httpx2.stream("GET", f"{running.url}/runs/{run.id}/events", timeout=PATIENCE) as response:
            sleep(2 * CHECK_SECONDS)
            log = EventLog(run.events)
            log.append("finished", {"epoch": 1})
            log.close()
            process.close()
            assert "event: finished" in list(response.iter_lines())


def test_streams_end_when_the_service_stops(tmp_path: Path) -> None:
    run = add_run(tmp_path, replace(RECORD, state="stopped"))
    app = create_app(Settings(engine="onnx", address="127.0.0.1", runs=tmp_path))
    with (
        running_service(app) as service,
        httpx2.stream("GET", f"{service.url}/runs/{run.id}/events", timeout=QUIET_SECONDS) as response,
    ):
        lines = response.iter_lines()
        assert (next(lines), next(lines), next(lines)[:7]) == ("retry: 2000", "", "event: ")
        service.server.should_exit = True
        assert "data: " in "".join(lines)  # the stream is complete, which httpx checks


def test_a_stream_without_new_events_begins_at_once(tmp_path: Path) -> None:
    run = add_run(tmp_path, replace(RECORD, state="stopped"))
    headers = {"Last-Event-ID": "1000"}
    with running_service(create_app(Settings(engine="onnx", address="127.0.0.1", runs=tmp_path))) as service:
        address = f"{service.url}/runs/{run.id}/events"
        with httpx2.stream("GET", address, headers=headers, timeout=QUIET_SECONDS) as response:
            assert next(response.iter_lines()) == "retry: 2000"
