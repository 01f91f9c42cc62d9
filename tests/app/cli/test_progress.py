"""The line of progress of commands that take a while."""

import io

import pytest

from app.cli.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_shown_after_two_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("app.cli.progress.time.monotonic", lambda: clock[0])
    pipe, terminal = io.StringIO(), Terminal()
    with Progress(pipe) as to_pipe, Progress(terminal) as to_terminal:
        for second in (0, 1.9, 2.1, 3, 12.2):
            clock[0] = second
            to_pipe(f"at {second}")
            to_terminal(f"at {second}")
    assert pipe.getvalue() == "at 2.1\nat 12.2\n"
    assert terminal.getvalue() == "".join(f"\r\x1b[K{what}" for what in ("at 2.1", "at 3", "at 12.2", ""))
