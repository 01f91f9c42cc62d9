"""The tables and ratios of the comparison."""

from benchmarks.peers import results
from benchmarks.peers.rounds import Load, Run, Start

FACTS = {
    "date": "1 May 2030",
    "processor": "A processor",
    "cores": 2,
    "system": "Linux",
    "python": "3.11",
    "seconds": 3.0,
    "command": "make bench-peers",
    "versions": {"fastapi": "1.0"},
}


def run() -> Run:
    """Two rounds; the machine is half as fast in the second. Gradio is 20 times as slow as Inkling in both."""
    loads = []
    for turn, speed in ((1, 1.0), (2, 0.5)):
        for name, rate in (("inkling, PNG", 2000.0), ("inkling, strokes", 3000.0), ("gradio", 100.0)):
            for connections in (1, 8, 64):
                loads.append(Load(turn, name, connections, rate * speed, 1.0, 2.0, 1e6 / rate / speed))  # noqa: PERF401
    starts = [Start(turn, key, 2.0, 100.0, 1, []) for turn in (1, 2) for key in ("inkling", "gradio")]
    starts.append(Start(1, "tutorial", 3.0, 200.0, 1, ["0.0.0.0:8080"]))
    return Run(loads, starts, {"triton": "could not be installed: no wheel"})


def test_ratios_are_taken_within_a_round() -> None:
    loads = run().loads
    del loads[loads.index(next(load for load in loads if load.round == 2 and load.name == "gradio"))]
    assert results.ratio(loads, "inkling, PNG", "gradio", 1) == 20
    rows = {(row.name, row.connections): row for row in results.rows(loads)}
    assert rows["gradio", 1].rounds == 1
    assert rows["gradio", 8].rate == 75
    assert rows["gradio", 8].ratio == rows["gradio", 8].cpu_ratio == 20
    assert rows["inkling, PNG", 8].ratio == 1


def test_a_missed_target_is_reported_as_missed() -> None:
    found = {(what, base): met for what, base, _, _, met in results.targets(run())}
    assert found["× gradio, 8 connections", "inkling, PNG"] is False
    assert found["× gradio, 8 connections", "inkling, strokes"] is True
    assert found["memory, MB", "inkling"] is True
    assert found["first answer, s", "inkling"] is False
    assert "**missed**" in results.target_table(run())


def test_the_document_has_all_figures_and_names_what_is_missing_or_reachable() -> None:
    text = results.document(FACTS, run())
    assert "| gradio | 75 | 20.00 | 1.00 | 2.00 | 15,000 | 20.00 |" in text
    assert "- **triton** – could not be installed: no wheel" in text
    assert "**tutorial** (0.0.0.0)" in text
    assert "- gradio: gradio " in text
    assert "2 rounds, 3 s for each figure" in text
    assert text.index("| inkling, strokes | 2,250") < text.index("| inkling, PNG | 1,500") < text.index("| gradio | 75")


def test_a_run_can_be_written_and_read_again() -> None:
    assert results.from_json(results.to_json(FACTS, run())) == run()
