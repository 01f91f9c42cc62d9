"""The Makefile: its help, its options, and the end of `make serve`."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT
from tests.support.servers import PATIENCE, free_port, wait_until

TARGETS = {
    "help", "serve", "test", "cluster", "layout", "check", "format", "train", "fetch", "bench", "bench-peers", "soak",
    "fuzz", "clean",
}  # fmt: skip


# The environment without the variables of make. If make started these tests, it passed its settings on in them.
PROMPT = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}


def make(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments], cwd=folder, env=PROMPT, capture_output=True, text=True, timeout=120, check=False
    )


# Tests of the help and the options.


def test_make_alone_describes_each_target_in_one_line() -> None:
    lines = make().stdout.splitlines()
    described = {line.split()[1]: line.split(maxsplit=2)[2] for line in lines}
    assert set(described) == TARGETS
    assert all(len(text) > 10 for text in described.values())
    assert max(len(line) for line in lines) <= 120


def test_every_target_is_phony_so_that_a_file_of_that_name_does_not_hide_it() -> None:
    text = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert phony is not None
    assert set(phony[1].split()) == TARGETS == set(re.findall(r"^([a-z-]+):", text, re.MULTILINE))


def test_port_and_host_come_from_the_command_line_only() -> None:
    chosen = make("--dry-run", "serve", "PORT=8123", "HOST=0.0.0.0").stdout
    assert "--host 0.0.0.0 --port 8123" in chosen
    ignored = subprocess.run(
        ["make", "--dry-run", "serve"],
        cwd=ROOT,
        env=PROMPT | {"HOST": "x86_64-conda"},
        capture_output=True,
        text=True,
    )
    assert "--host 127.0.0.1 --port 8000" in ignored.stdout


@pytest.mark.parametrize(
    ("target", "extras"), [("serve", ""), ("fetch", ""), ("train", "train"), ("test", "train cluster dev")]
)
def test_a_target_installs_only_what_it_needs(target: str, extras: str) -> None:
    lines = make("--dry-run", target).stdout.splitlines()
    assert lines[0] == f"tools/environment.sh {extras}".strip()


def test_ci_runs_make_check_and_make_test() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    lines = [line for line in script.read_text().splitlines() if line and not line.startswith("#")]
    assert lines[:1] == ["set -euo pipefail"]
    assert lines[-3:] == ["export CI=true", "make check", "make test"]


# Tests of the end of `make serve`, in a checkout with a complete .venv.


@pytest.fixture
def ready(tmp_path: Path) -> Path:
    for name in ("inkling.py", "app", "model", "static", "templates", "Makefile"):
        (tmp_path / name).symlink_to(ROOT / name)
    does_nothing = tmp_path / "tools" / "environment.sh"
    python = tmp_path / ".venv" / "bin" / "python"
    for path, text in ((does_nothing, "#!/bin/sh\n"), (python, f'#!/bin/sh\nexec {sys.executable} "$@"\n')):
        path.parent.mkdir(parents=True)
        path.write_text(text)
        path.chmod(0o755)
    return tmp_path


def test_ctrl_c_ends_make_serve_at_once_and_without_an_error(ready: Path) -> None:
    log = ready / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["make", "serve", f"PORT={free_port()}"],
            cwd=ready,
            env=PROMPT,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    assert wait_until(lambda: b"http://127.0.0.1:" in log.read_bytes() or process.poll() is not None)
    os.killpg(process.pid, signal.SIGINT)  # a terminal sends Ctrl-C to make, the shell and the service
    process.wait(PATIENCE)
    assert log.read_text().splitlines()[0].startswith("Inkling is at http://127.0.0.1:")
    assert len(log.read_text().splitlines()) == 1


def test_a_port_in_use_is_named(ready: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        result = make("serve", f"PORT={port}", folder=ready)
    assert result.returncode != 0
    assert f"Cannot listen on 127.0.0.1:{port}" in result.stderr
    assert "make serve PORT=" in result.stderr
    assert "Traceback" not in result.stderr
