"""The tables and ratios of the comparison."""

import math
from dataclasses import replace

from benchmarks.peers import results
from benchmarks.peers.rounds import Load, Run, Start

FACTS = {
    "date": "1 May 2030",
    "processor": "A processor",
    "cores": 2,
    "load": 0.1,
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
        for name, rate in (("Inkling, PNG", 2000.0), ("Inkling, strokes", 3000.0), ("Gradio", 100.0)):
            for connections in (1, 8, 64):
                loads.append(Load(turn, name, connections, rate * speed, 1.0, 2.0, 1e6 / rate / speed))  # noqa: PERF401
    starts = [Start(turn, key, 2.0, 100.0, 1, []) for turn in (1, 2) for key in ("inkling", "gradio")]
    starts.append(Start(1, "tutorial", 3.0, 200.0, 1, ["0.0.0.0:8080"]))
    return Run(loads, starts, {"triton": "could not be installed: no wheel"})


def test_ratios_are_taken_within_a_round() -> None:
    loads = run().loads
    del loads[loads.index(next(load for load in loads if load.round == 2 and load.name == "Gradio"))]
    assert results.ratio(loads, "Inkling, PNG", "Gradio", 1) == 20
    rows = {(row.name, row.connections): row for row in results.rows(loads)}
    assert rows["Gradio", 1].rounds == 1
    assert rows["Gradio", 8].rate == 75
    assert rows["Gradio", 8].ratio == rows["Gradio", 8].cpu_ratio == 20
    assert rows["Inkling, PNG", 8].ratio == 1


def test_a_round_too_short_to_count_processor_time_is_left_out_of_its_ratios() -> None:
    loads = [replace(load, cpu=0.0) if load.round == 1 and "PNG" in load.name else load for load in run().loads]
    assert results.ratio(loads, "Gradio", "Inkling, PNG", 1, "cpu") == 20
    loads = [replace(load, cpu=0.0) for load in loads]
    assert math.isnan(results.ratio(loads, "Gradio", "Inkling, PNG", 1, "cpu"))


def test_a_missed_target_is_reported_as_missed() -> None:
    table = results.target_table(run()).splitlines()
    assert table[2:] == [
        "| Inkling, PNG ÷ Gradio | ≥ 25 | **20.00 missed** | **20.00 missed** | **20.00 missed** |",
        "| Inkling, strokes ÷ Gradio | ≥ 25 | 30.00 | 30.00 | 30.00 |",
    ]
    own = results.own_targets(run().starts)
    assert "memory: 100 MB (target" in own
    assert "first answer: **2.00 s missed**" in own


def test_the_document_has_all_figures_and_names_what_is_missing_or_reachable() -> None:
    text = results.document(FACTS, run())
    assert "| Gradio | 75 | 20.00 | 1.00 | 2.00 | 15,000 | 20.00 |" in text
    assert "- **Triton, batching** – could not be installed: no wheel." in text
    assert "- **Ray Serve, batching** – not part of this run." in text
    assert "tutorial FastAPI + torch (0.0.0.0)" in text
    assert "- gradio: gradio " in text
    assert "2 rounds, 3 s for each figure" in text
    assert text.index("| Inkling, strokes | 2,250") < text.index("| Inkling, PNG | 1,500") < text.index("| Gradio | 75")


def test_a_run_can_be_written_and_read_again() -> None:
    assert results.from_json(results.to_json(FACTS, run())) == run()
