"""Progress: a bar that fits a narrow terminal, and lines of text where no bar can be drawn."""

import io
import re
import sys

import pytest

from app.cli import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


DETAILS = ("59904/60000 images", "12,345 images/s", "loss 0.0412")


def shown(monkeypatch: pytest.MonkeyPatch, **environment: str) -> str:
    """What a display writes to a terminal with these environment variables, during 80 epochs."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stream = Terminal()
    monkeypatch.setattr(sys, "stdout", stream)
    display = progress.Display()
    display.line("Recipe robust, seed 0")
    for epoch in range(1, 81):
        display.update(f"Epoch {epoch}/80", epoch / 80, 5999, DETAILS)
    display.stop()
    return stream.getvalue()


def rows(text: str) -> list[str]:
    """The rows on the screen: the text without escape sequences, split where the cursor moves."""
    return [row for row in re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "\r", text)) if row.strip()]


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_the_bar_fits_on_one_row(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, TERM="xterm", COLUMNS=str(width), NO_COLOR="1")
    last = [row for row in rows(text) if "Epoch 80/80" in row][-1]
    assert len(last.rstrip()) <= width
    assert "━" * 5 in last
    assert re.search(r"100% .*1:39:59 left *$", last)
    assert "…" not in last
    assert ("loss 0.0412" in last) == (width >= 60)
    assert ("12,345 images/s" in last) == (width >= 80)
    assert ("59904/60000 images" in last) == (width >= 200)


def test_a_dumb_terminal_gets_lines_of_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PLAIN_EVERY", 0.0)
    text = shown(monkeypatch, TERM="dumb", COLUMNS="80")
    assert "\x1b" not in text
    assert "\r" not in text
    lines = text.splitlines()
    assert lines[0] == "Recipe robust, seed 0"
    assert lines[-1] == "Epoch 80/80, 59904/60000 images, 12,345 images/s, loss 0.0412, 1:39:59 left"


def test_progress_is_shown_on_a_terminal_and_not_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for stream, expected in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stderr", stream)
        with progress.progress_line() as show:
            show("Measuring")
        assert ("Measuring" in stream.getvalue()) == expected


def test_a_dumb_terminal_shows_each_step_on_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with progress.progress_line() as show:
        show("Measuring")
        show("Drawing the plots")
    assert capsys.readouterr().err == "Measuring\nDrawing the plots\n"


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0:00"), (59.7, "1:00"), (3599, "59:59"), (3600, "1:00:00")])
def test_durations_are_written_as_on_a_clock(seconds: float, text: str) -> None:
    assert progress.clock(seconds) == text
