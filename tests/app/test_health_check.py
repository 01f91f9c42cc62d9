"""The image's health check asks the port that is served, however it was chosen."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app import health_check
from tests import ROOT
from tests.support.servers import free_port, wait_until


@contextmanager
def serving(*options: str, command: str = "{python} -m inkling serve {options}") -> Iterator[int]:
    """Start a service and wait for its first line. Yields the id of the process."""
    words = shlex.split(command.format(python=shlex.quote(sys.executable), options=shlex.join(options)))
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Inkling is at")
        try:
            yield process.pid
        finally:
            os.killpg(process.pid, signal.SIGTERM)


def is_healthy(pid: int) -> bool:
    return health_check.main(["--pid", str(pid)]) == 0


@pytest.mark.parametrize(
    "options",
    [("--host", "0.0.0.0", "--po={free}"), ("--port", "0", "--workers", "2")],
    ids=["all addresses", "two workers"],
)
def test_the_port_that_is_served_is_asked(options: tuple[str, ...]) -> None:
    with serving(*(option.format(free=free_port()) for option in options)) as pid:
        assert wait_until(lambda: is_healthy(pid))


def test_a_service_that_an_init_process_started_is_found() -> None:
    with serving("--port", "0", command="sh -c '{python} -m inkling serve {options} & wait'") as pid:
        assert wait_until(lambda: is_healthy(pid))


def test_a_process_that_does_not_listen_is_unhealthy(capsys: pytest.CaptureFixture[str]) -> None:
    with subprocess.Popen([shutil.which("sleep") or "sleep", "60"]) as process:
        assert not is_healthy(process.pid)
        process.kill()
    assert capsys.readouterr().out == "No port is open.\n"


def test_a_port_that_does_not_answer_or_is_not_ready_is_unhealthy(capsys: pytest.CaptureFixture[str]) -> None:
    script = """
import http.server
class Busy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_error(503)
with http.server.HTTPServer(("127.0.0.1", 0), Busy) as server:
    print(server.server_port, flush=True)
    server.serve_forever()
"""
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        assert not is_healthy(process.pid)
        process.kill()
    assert capsys.readouterr().out == f"127.0.0.1:{port}: 503\n"


def test_the_check_imports_neither_the_service_nor_numpy() -> None:
    script = "import sys, json, app.health_check; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"numpy", "fastapi", "pydantic", "app.settings"} & set(json.loads(done.stdout))
