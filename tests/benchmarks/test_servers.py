"""Starting the servers under test, and reading their figures."""

import sys

import psutil
import pytest

from benchmarks import servers
from benchmarks.client import LoadError


def test_children_that_outlive_a_server_are_ended_too() -> None:
    child = "import time; time.sleep(60)"
    # The system counts processor time in steps of 10 ms; the program is busy until the first one is counted.
    program = f"""
import os, subprocess, sys
while sum(os.times()[:2]) == 0:
    pass
subprocess.Popen([sys.executable, "-c", {child!r}]).wait()
"""
    ready: list[psutil.Process] = []

    def started() -> bool:
        ready[:] = [each for each in psutil.Process().children(recursive=True) if child in each.cmdline()[-1:]]
        return bool(ready)

    with servers.started([sys.executable, "-c", program], 0, started, {}) as server:
        assert server.processes == 2
        assert server.proportional_megabytes > 1
        assert server.cpu_seconds > 0
    assert not ready[0].is_running()


def test_a_server_that_ends_at_once_is_an_error() -> None:
    with (
        pytest.raises(LoadError, match="ended with 3 before it was ready"),
        servers.started([sys.executable, "-c", "raise SystemExit(3)"], 0, lambda: False, {}),
    ):
        pass
