"""The command `python -m benchmarks.peers`."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from benchmarks.peers import __main__ as peers
from benchmarks.peers import results
from benchmarks.peers.catalogue import Peer
from benchmarks.peers.rounds import Run, Schedule
from tests.benchmarks.peers.test_results import run as example


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], Schedule]]:
    """Replaces installing and measuring; returns the peers and the schedule of each call."""
    calls: list[tuple[list[str], Schedule]] = []

    def measure_all(chosen: Sequence[Peer], schedule: Schedule, run: Run, _: Callable[[str], None]) -> None:
        calls.append(([peer.key for peer in chosen], schedule))
        run.loads += example().loads
        run.starts += example().starts

    monkeypatch.setattr(peers, "install", lambda *_: None)
    monkeypatch.setattr(peers, "measure_all", measure_all)
    monkeypatch.setattr(peers, "FIGURES", tmp_path / "figures.json")
    return calls


def test_the_results_are_written_to_the_folder(
    tmp_path: Path, measured: list[tuple[list[str], Schedule]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert peers.main(["--only", "gradio", "--seconds", "2", "--out", str(tmp_path)]) == 0
    assert measured == [(["gradio"], Schedule(3, 2.0))]
    assert "gradio" in (tmp_path / "RESULTS.md").read_text()
    assert (tmp_path / "results.png").stat().st_size > 1000
    assert "Connections: 64" in capsys.readouterr().out


def test_rounds_can_be_added_to_the_last_results(tmp_path: Path, measured: list[tuple[list[str], Schedule]]) -> None:
    for arguments in ([], ["--add"]):
        peers.main(["--only", "gradio", "--quick", "--out", str(tmp_path), *arguments])
    assert len(measured) == 2
    run = results.from_json(json.loads((tmp_path / "figures.json").read_bytes()))
    assert len(run.loads) == 2 * len(example().loads)


def test_the_last_results_can_be_written_again(tmp_path: Path, measured: list[tuple[list[str], Schedule]]) -> None:
    assert peers.main(["--report", "--out", str(tmp_path)]) == 1
    peers.main(["--only", "gradio", "--out", str(tmp_path)])
    first = (tmp_path / "RESULTS.md").read_text()
    (tmp_path / "RESULTS.md").unlink()
    assert peers.main(["--report", "--out", str(tmp_path)]) == 0
    assert (tmp_path / "RESULTS.md").read_text() == first
    assert len(measured) == 1


def test_an_unknown_peer_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        peers.main(["--only", "nobody"])
    assert "unknown peer: nobody" in capsys.readouterr().err
