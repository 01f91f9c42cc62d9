"""The benchmark of the page's response times in a browser."""

import re
import subprocess
import sys

import pytest

from benchmarks.pages import browser
from benchmarks.pages.browser import Response
from tests import ROOT


def browser_benchmark(*arguments: str, before: str = "pass") -> str:
    """The output of the benchmark. It runs in a new process, because a process can run Playwright only once."""
    script = f"import sys; from benchmarks.pages import browser; {before}; sys.exit(browser.main({list(arguments)}))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_browser_benchmark_prints_its_figures_with_their_targets() -> None:
    lines = browser_benchmark("--count", "1").splitlines()
    number = r"\d+\.\d ms"
    for name, target in (
        ("pointer move to all maps repainted", 50),
        ("hover to preview painted", 16),
        ("pin to calculation", 50),
        ("epoch slider to all maps repainted", 100),
        ("tab to first paint of the experiment", 100),
        ("slider: factor of a filter to the answer", 50),
        ("slider: steps to the taught network", 50),
    ):
        row = rf"{name} +1 +{number} +{number} +target ≤ {target} ms: (met|MISSED)"
        assert any(re.fullmatch(row, line) for line in lines), lines


def test_the_browser_benchmark_reports_a_missing_browser(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    output = browser_benchmark(before="browser.find = lambda: '/there/is/none'")
    assert output.startswith("The browser is not measured: there is no Chromium that starts.")
    monkeypatch.setattr(browser, "find_spec", lambda _: None)
    assert browser.main([]) == 0
    output = capsys.readouterr().out
    assert output == "The browser is not measured: Playwright is not installed; make bench installs it.\n"


def test_a_target_without_a_measurement_is_not_met() -> None:
    assert str(Response("a thing", "its-measure", 50, [])).endswith("not measured: the page left no its-measure")
    assert str(Response("a thing", "its-measure", 50, [49.0, 50.0, 90.0])).endswith("target ≤ 50 ms: met")
    assert str(Response("a thing", "its-measure", 50, [49.0, 51.0, 90.0])).endswith("target ≤ 50 ms: MISSED")
    assert Response("a thing", "its-measure", 50, [float(ms) for ms in range(1, 101)]).p95 == 95
