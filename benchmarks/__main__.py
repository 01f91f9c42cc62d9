"""Measure Inkling: what it serves, how fast it starts, how much memory it takes, and how fast it learns.

    make bench                                     everything, about five minutes
    .venv/bin/python -m benchmarks load lesson     only these parts
    .venv/bin/python -m benchmarks --quick         a glance: few and short rounds, figures that mean little
    .venv/bin/python -m benchmarks --json FILE     the figures, for a program

Everything runs on 127.0.0.1 in processes of their own, which are ended when their part is done. A figure with a
target has it beside it. The status is 1 if an answer was wrong or a server failed, not if a target was missed: how
fast a machine is, is not an error.
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import load, servers
from benchmarks.client import LoadError, Request

VERSIONS = ("fastapi", "starlette", "uvicorn", "uvloop", "httptools", "onnxruntime", "numpy", "pillow", "orjson")
# At 8 connections, to the empty route. What the design's prototype reached is what the service has to reach.
RATIOS = {
    "/predict strokes": 0.5,
    "/predict PNG 28×28": 0.5,
    "/feature-maps float32": 0.3,
    "/feature-maps uint8": 0.3,
}
READY, MEMORY, LESSON = 1.2, 150.0, 100.0  # seconds, 10⁶ bytes, times


@dataclass(slots=True)
class Report:
    """What was measured, as it is printed and as it is written with --json."""

    facts: dict[str, Any]
    figures: dict[str, Any] = field(default_factory=dict)
    targets: list[dict[str, Any]] = field(default_factory=list)

    def target(self, name: str, value: float, *, least: float | None = None, most: float | None = None) -> str:
        """Note a target and whether it is met; the words to print beside the figure."""
        met = (least is None or value >= least) and (most is None or value <= most)
        bound = f"≥ {least:g}" if least is not None else f"≤ {most:g}"
        self.targets.append({"name": name, "value": value, "least": least, "most": most, "met": met})
        return f"target {bound}: {'met' if met else 'MISSED'}"


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured."""

    rounds: int
    seconds: float
    starts: int
    lesson_rounds: int
    lesson_seconds: float
    lesson_connections: int
    pictures: int | None  # to train on; None for all


FULL = Effort(rounds=9, seconds=0.4, starts=9, lesson_rounds=5, lesson_seconds=2.0, lesson_connections=8, pictures=None)
QUICK = Effort(
    rounds=1, seconds=0.05, starts=1, lesson_rounds=1, lesson_seconds=0.1, lesson_connections=1, pictures=640
)


def measure_load(effort: Effort, report: Report) -> None:
    """Requests a second against an empty route, then the memory of the server that answered them."""
    cases = load.cases()
    with servers.bare("benchmarks.baselines.empty:app") as empty, servers.inkling() as inkling:
        pairs = [(empty, load.yardstick()), *((inkling, case) for case in cases)]
        for server, case in pairs:
            load.verify(server.port, case)
        seconds = len(load.CONNECTIONS) * len(pairs) * (effort.rounds + 0.25) * effort.seconds
        print(f"\nRequests a second; {effort.rounds} interleaved rounds of {effort.seconds} s, about {seconds:.0f} s …")
        progress = Progress(len(load.CONNECTIONS) * len(pairs) * effort.rounds)
        rows = []
        for connections in load.CONNECTIONS:
            rows += load.rounds(pairs, connections, effort.rounds, effort.seconds, progress.step)
        progress.clear()
        memory = inkling.megabytes
    print_rows(rows, report)
    print(f"\nResident memory of the service after that load: {memory:.0f} MB", end="   ")
    print(report.target("resident memory, MB", memory, most=MEMORY))
    report.figures |= {"load": [asdict(row) for row in rows], "memory_mb": memory}


def print_rows(rows: Sequence[load.Row], report: Report) -> None:
    """A table: medians over the rounds, with the ratio to the first row of the same number of connections.

    CPU is the server's processor time for one request.
    """
    print(f"\n{'':24}{'connections':>12}{'requests/s':>12}{'p50 ms':>9}{'p99 ms':>9}{'CPU µs':>9}{'ratio':>8}")
    for row in rows:
        least = RATIOS.get(row.name) if row.connections == 8 else None
        beside = report.target(f"{row.name} to the empty route", row.ratio, least=least) if least else ""
        cost = f"{row.p50 * 1e3:>9.2f}{row.p99 * 1e3:>9.2f}{row.cpu * 1e6:>9.0f}"
        print(f"{row.name:24}{row.connections:>12}{row.rate:>12,.0f}{cost}{row.ratio:>8.2f}   {beside}".rstrip())


def measure_start(effort: Effort, report: Report) -> None:
    """From the start of the service's process to the first 200 of /readyz."""
    print(f"\nStart to ready; {effort.starts} starts …")
    progress = Progress(effort.starts)
    seconds, memory = [], []
    for _ in range(effort.starts):
        with servers.inkling() as server:
            seconds.append(server.seconds)
            memory.append(server.megabytes)
        progress.step()
    progress.clear()
    middle = median(seconds)
    print(f"Ready after {middle:.2f} s (from {min(seconds):.2f} to {max(seconds):.2f})", end="   ")
    print(report.target("start to ready, s", middle, most=READY))
    print(f"Resident memory when ready: {median(memory):.0f} MB")
    report.figures |= {"ready_s": seconds, "memory_when_ready_mb": median(memory)}


def measure_lesson(effort: Effort, report: Report) -> None:
    """All feature maps as the page takes them, against the lesson's way of serving them."""
    if find_spec("torch") is None:
        raise LoadError("the lesson's way needs PyTorch; make bench installs it")
    thumbnails = load.thumbnails("/feature-maps")
    ours = load.thumbnails("/feature-maps?dtype=uint8", load.SAFETENSORS)
    uint8 = load.cases()[-1]
    typed = [Request("POST", "/feature-maps-typed", request.body, "image/png") for request in thumbnails]
    people, count, seconds = effort.lesson_connections, effort.lesson_rounds, effort.lesson_seconds
    print(f"\nAll feature maps of a 28×28 PNG, {people} connections; {count} rounds of {seconds} s …")
    with servers.bare("benchmarks.baselines.lesson_way:app") as lesson, servers.inkling() as inkling:
        pairs = [
            (lesson, load.Case("the lesson's way", thumbnails, json.loads)),
            (lesson, load.Case("… with a return type", typed, json.loads)),
            (inkling, load.Case("Inkling, uint8", ours, uint8.check)),
        ]
        for server, case in pairs:
            load.verify(server.port, case)
        progress = Progress(len(pairs) * count)
        rows = load.rounds(pairs, people, count, seconds, progress.step)
        progress.clear()
    for row in rows:
        beside = report.target("uint8 maps to the lesson's way", row.ratio, least=LESSON) if row is rows[-1] else ""
        print(f"{row.name:24}{row.rate:>12,.1f} requests/s{row.ratio:>10.1f} ×   {beside}".rstrip())
    report.figures["lesson"] = [asdict(row) for row in rows]


def measure_training(effort: Effort, report: Report) -> None:
    """One epoch both ways."""
    from benchmarks import training  # not before it is wanted: it brings PyTorch
    from model.data.mnist import DatasetError

    print("\nOne epoch of training …", flush=True)
    try:
        training.main([] if effort.pictures is None else ["--images", str(effort.pictures)])
    except DatasetError as error:
        raise LoadError(str(error)) from error
    report.figures["training"] = "printed by benchmarks.training"


def measure_browser(_effort: Effort, report: Report) -> None:
    """From a move of the pen to the maps on the screen."""
    if find_spec("benchmarks.browser") is None:
        print("\nThe browser is not measured: there is no benchmarks/browser.py.")
        return
    print("\nFrom a move of the pen to all maps repainted, in a browser …", flush=True)
    import_module("benchmarks.browser").main([])
    report.figures["browser"] = "printed by benchmarks.browser"


PARTS: dict[str, Callable[[Effort, Report], None]] = {
    "load": measure_load,
    "start": measure_start,
    "lesson": measure_lesson,
    "training": measure_training,
    "browser": measure_browser,
}


class Progress:
    """A count that is overwritten, on a terminal; nothing elsewhere."""

    def __init__(self, total: int) -> None:
        self.total, self.done = total, 0

    def step(self) -> None:
        """One more is done."""
        self.done += 1
        if sys.stderr.isatty():
            print(f"\r{self.done}/{self.total}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Take the count away."""
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def facts() -> dict[str, Any]:
    """What a reader must know of the machine to make sense of the figures."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "processor": processor(),
        "cores": cores,
        "load": os.getloadavg()[0],
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in VERSIONS},
    }


def processor() -> str:
    """The processor's name, as well as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the parts named, or all; 0, or 1 where an answer was wrong or a server failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; default: all")
    parser.add_argument("--quick", action="store_true", help="few and short rounds: does it run?")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to a file too")
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    report = Report(facts())
    machine = report.facts
    print(f"{machine['processor']}, {machine['cores']} cores; {machine['system']}; Python {machine['python']}")
    print(", ".join(f"{name} {number}" for name, number in machine["versions"].items()))
    effort = QUICK if chosen.quick else FULL
    if chosen.quick:
        print("--quick: this shows that all of it runs; the figures mean little.")
    elif machine["load"] > machine["cores"] / 4:
        print(
            f"Other work is going on here (load {machine['load']:.1f}): the figures will be worse than they could be."
        )
    try:
        for part in chosen.parts or PARTS:
            PARTS[part](effort, report)
    except LoadError as error:
        print(f"\nStopped: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    missed = [target["name"] for target in report.targets if not target["met"]]
    print(
        f"\n{len(report.targets) - len(missed)} of {len(report.targets)} targets met"
        + (f"; missed: {', '.join(missed)}" if missed else "")
    )
    if chosen.json:
        chosen.json.write_text(json.dumps(asdict(report), indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
