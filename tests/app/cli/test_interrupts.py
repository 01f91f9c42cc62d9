"""Ctrl-C ends every command without a traceback, even while it imports its modules."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.cli import interrupts
from tests import ROOT
from tests.support.servers import wait_until

COMMANDS = {
    "serve": ["serve", "--port", "0"],
    "serve with two workers": ["serve", "--port", "0", "--workers", "2"],
    "train": ["train", "--epochs", "1", "--out", "{folder}/run", "--data", "{data}"],
    "calibrate": ["calibrate", "--weights", "{folder}/none.safetensors", "--data", "{data}"],
    "evaluate": ["evaluate", "--data", "{data}"],
    "predict": ["predict", *["docs/seven.png"] * 200],
    "fetch": ["fetch", "--data", "{folder}/data"],
    "completion": ["completion", "bash"],
}


def has_started(process: "subprocess.Popen[str]") -> bool:
    """Whether the program runs. Python handles SIGINT when it starts, until the program's first lines change that.

    Python ignores SIGPIPE from its start.
    """
    try:
        status = Path(f"/proc/{process.pid}/status").read_text()
    except OSError:
        return False
    masks = dict(line.split(":\t") for line in status.splitlines() if line.startswith("Sig"))
    caught, ignored = (int(masks[name], 16) for name in ("SigCgt", "SigIgn"))
    return bool(ignored >> (signal.SIGPIPE - 1) & 1) and not caught >> (signal.SIGINT - 1) & 1


def interrupt(process: "subprocess.Popen[str]") -> str:
    """Press Ctrl-C until the command ends, as a user would. Returns its stderr."""
    for _ in range(3):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)  # a terminal sends Ctrl-C to all processes of the command
        try:
            return process.communicate(timeout=20)[1]
        except subprocess.TimeoutExpired:
            continue
    os.killpg(process.pid, signal.SIGKILL)  # otherwise the end of the block would wait for ever
    pytest.fail("Ctrl-C did not end the command")


@pytest.mark.parametrize("delay", [0.05, 0.5])
@pytest.mark.parametrize("name", COMMANDS)
def test_ctrl_c_in_the_first_second_leaves_no_traceback(
    name: str, delay: float, tmp_path: Path, data_dir: Path
) -> None:
    words = [word.format(folder=tmp_path, data=data_dir) for word in COMMANDS[name]]
    with subprocess.Popen(
        [sys.executable, "-m", "inkling", *words],
        cwd=ROOT,
        env=os.environ | {"PATH": "/nowhere", "no_proxy": "*"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert wait_until(lambda: has_started(process) or process.poll() is not None)
        time.sleep(delay)
        errors = interrupt(process)
    assert "Traceback" not in errors
    assert "KeyboardInterrupt" not in errors
    # The command has ended by itself, or with one of the two statuses that a shell shows as 130.
    assert process.returncode in (0, 1, 2, 130, -signal.SIGINT)


def test_in_a_block_of_raise_error_ctrl_c_is_an_exception() -> None:
    before = signal.getsignal(signal.SIGINT)
    with interrupts.end_process():
        assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL
        with pytest.raises(KeyboardInterrupt), interrupts.raise_error():
            signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL
    assert signal.getsignal(signal.SIGINT) is before


def test_a_caller_that_ignores_ctrl_c_is_respected() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interrupts.end_process(), interrupts.raise_error():
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
