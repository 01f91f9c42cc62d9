"""The command `python -m benchmarks`."""

import json
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from benchmarks import __main__ as benchmarks
from benchmarks import load, servers


@pytest.fixture
def one_service(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let all parts measure the same service, because each start takes a second."""
    with servers.inkling() as service:
        monkeypatch.setattr(servers, "inkling", lambda: nullcontext(service))
        yield


@pytest.mark.usefixtures("one_service")
def test_all_serving_figures_are_measured_and_only_absolute_figures_have_targets(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "figures.json"
    status = benchmarks.main(
        ["class", "growing-class", "load", "weights", "start", "lesson", "lab", "--quick", "--json", str(file)]
    )
    printed = capfd.readouterr()
    assert status == 0, printed.err
    report = json.loads(file.read_text())
    figures = report["figures"]
    measured = {(row["name"], row["connections"]) for row in figures["load"]}
    cases = [load.empty_case(), *load.plain_cases(), *load.cases()]
    assert measured == {(case.name, connections) for case in cases for connections in (1, 8, 64)}
    assert all(row["rate"] > 0 and 0 < row["p50"] <= row["p99"] for row in figures["load"])
    compared = {row["name"] for row in figures["load"] if row["plain_ratio"] is not None}
    assert compared == {case.name for case in load.cases() if case.plain}
    assert figures["livez"]["p99_ms"] > 0
    assert figures["class"]["scheduled"] == 5 * 15
    assert [each["students"] for each in figures["growing class"]] == [2, 4]
    assert 0 < figures["class"]["p50_ms"] <= figures["class"]["p99_ms"] <= figures["class"]["max_ms"]
    assert [(each["path"], each["connections"]) for each in figures["weights"]] == [
        (path, connections) for path in ("/predict", "/feature-maps") for connections in (1, 8)
    ]
    # The system counts processor time in steps of 10 ms, so that of a short round may be 0.
    assert all(each["time"] > 0 and each["cpu"] >= 0 for each in figures["weights"])
    assert 0 < figures["lab"]["forward"] < figures["lab"]["gradient"] < figures["lab"]["accuracy"]
    assert [target["most"] for target in report["targets"]] == [16, 0, 150, *[1.2] * 4, 1.2, 5, 0.5]
    assert printed.out.count("target ") == len(report["targets"])
