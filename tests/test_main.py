"""`python -m tests` runs a selection of tests in one pass and the whole suite in two passes."""

import subprocess

import pytest

from tests import __main__ as runner


@pytest.mark.parametrize(
    "options",
    [
        ["-k", "strokes"],
        ["-kstrokes"],
        ["tests/tools", "-q"],
        ["tests/test_main.py::test_x"],
        ["-m", "timing"],
        ["--lf"],
    ],
)
def test_options_that_select_tests_take_one_pass(options: list[str]) -> None:
    assert runner.selects_tests(options)


@pytest.mark.parametrize("options", [[], ["-q"], ["-x", "--durations", "5"], ["tests/pages", "-n", "2"]])
def test_the_whole_suite_takes_two_passes(options: list[str]) -> None:
    assert not runner.selects_tests(options)


@pytest.mark.parametrize(
    ("options", "statuses", "expected"),
    [
        ([], [0, 0], 0),
        ([], [5, 0], 0),
        ([], [5, 5], 5),
        ([], [1, 0], 1),
        ([], [0, 1], 1),
        (["-k", "nothing"], [5], 5),
    ],
)
def test_the_status_says_whether_all_passes_succeeded(
    options: list[str], statuses: list[int], expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = list(statuses)
    done = subprocess.CompletedProcess[bytes]
    monkeypatch.setattr(subprocess, "run", lambda command, **_: done(command, left.pop(0)))
    assert runner.main(options) == expected
    assert left == []
