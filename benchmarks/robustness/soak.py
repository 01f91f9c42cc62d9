"""Load for a long time: does the memory grow, do requests fail, and does the latency drift?

    make soak                              ten minutes at 80 % of the measured capacity
    make soak ARGS="--seconds 20"          a trial run
    make soak ARGS="--plot soak.png"       another file for the graph; the default is runs/soak.png

An open loop sends a mix of what the page sends while somebody draws, and of images. The exit status is 1 if a target is
missed.
"""

import argparse
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import client, drawings, open_loop, servers
from benchmarks.classes import classroom
from benchmarks.client import LoadError, Request
from benchmarks.report import Report, machine_facts

SECONDS = 600.0
SHARE = 0.8  # of the capacity
CONNECTIONS = 30
WINDOWS = 20  # parts of the run whose latencies are compared
MOST_GROWTH, MOST_DRIFT, MOST_LOST = 0.05, 0.25, 0.0
_FRAMES = 240  # different requests of each connection
_SAMPLE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Soak:
    """The result of a run.

    `p99` has the 99th percentile of the latency in ms in each of WINDOWS parts of the run. `memory` has the times in
    seconds and the resident memory in 10⁶ bytes, float64 (2, samples).
    """

    capacity: float
    rate: float
    scheduled: int
    lost: int
    p99: list[float]
    memory: NDArray[np.float64]

    @property
    def drift(self) -> float:
        """The share by which the p99 is higher in the last third than in the first."""
        third = len(self.p99) // 3
        return float(np.median(self.p99[-third:]) / np.median(self.p99[:third])) - 1

    @property
    def growth(self) -> float:
        """The share by which the memory is larger in the last tenth than in the second and third tenths. The first
        tenth is for warming up."""
        times, megabytes = self.memory
        share = times / times[-1]
        return float(np.median(megabytes[share > 0.9]) / np.median(megabytes[(share > 0.1) & (share < 0.3)])) - 1


def requests() -> list[list[Request]]:
    """For each connection, different requests. Every tenth connection sends images."""
    drawn = classroom.requests(CONNECTIONS, _FRAMES)
    images = [drawings.as_canvas(strokes) for _, strokes in drawings.drawings(20)]
    target = "/feature-maps?dtype=uint8&stages=true"
    uploads = [Request("POST", target, image, "image/png", classroom.ACCEPT) for image in images]
    return [uploads * (_FRAMES // len(uploads)) if i % 10 == 9 else own for i, own in enumerate(drawn)]


def measure(seconds: float) -> Soak:
    """Start the service, measure its capacity, and keep it under load for `seconds`. Raises LoadError."""
    own = requests()
    mixed = [own[i % CONNECTIONS][i % _FRAMES] for i in range(CONNECTIONS * _FRAMES)]
    with servers.inkling() as server:
        capacity = client.measure(server.port, mixed, CONNECTIONS, max(1.0, min(5.0, seconds / 10))).rate
        rate = SHARE * capacity
        interval = CONNECTIONS / rate
        turns = max(WINDOWS, round(seconds / interval))
        plan = [(sequence * (turns // _FRAMES + 1))[:turns] for sequence in own]
        with _memory(server) as samples:
            outcome = open_loop.run(server.port, plan, interval)
    if not outcome.answered:
        raise LoadError("no request was answered")
    times, latencies, _ = np.array(outcome.answered).T
    windows = np.minimum(times / (turns * interval + open_loop.START) * WINDOWS, WINDOWS - 1).astype(int)
    p99 = [float(np.percentile(latencies[windows == i], 99)) * 1e3 for i in range(WINDOWS) if (windows == i).any()]
    return Soak(capacity, rate, outcome.scheduled, outcome.lost, p99, np.array(samples).T)


@contextmanager
def _memory(server: servers.Server) -> Iterator[list[tuple[float, float]]]:
    """Record the time and the resident memory of the server until the block ends."""
    samples: list[tuple[float, float]] = []
    ended = threading.Event()

    def record() -> None:
        started = time.perf_counter()
        while not ended.wait(_SAMPLE_SECONDS):
            samples.append((time.perf_counter() - started, server.megabytes))

    thread = threading.Thread(target=record)
    thread.start()
    try:
        yield samples
    finally:
        ended.set()
        thread.join()


def plot(soak: Soak, file: Path) -> None:
    """Draw the p99 and the memory over time, as a PNG."""
    from matplotlib.figure import Figure

    times, megabytes = soak.memory
    figure = Figure(figsize=(8, 5), dpi=120, layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True)
    middles = (np.arange(len(soak.p99)) + 0.5) * times[-1] / len(soak.p99)
    upper.plot(middles, soak.p99, marker="o", markersize=3, color="#2f6db3")
    upper.set_ylabel("p99 in ms")
    upper.set_title(f"{soak.rate:.0f} requests per second, {SHARE:.0%} of the capacity; {soak.lost} lost")
    lower.plot(times, megabytes, color="#b35c00")
    lower.set_ylabel("Resident memory in MB")
    lower.set_xlabel("Seconds")
    for axes, most in ((upper, max(soak.p99)), (lower, megabytes.max())):
        axes.set_ylim(0, 1.2 * most)
        axes.grid(alpha=0.3)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, format="png", metadata={"Software": None})


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and plot. Returns 0; 1 if a target is missed or the service failed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.robustness.soak", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--seconds", type=float, default=SECONDS, help="length of the run (default: %(default)g)")
    parser.add_argument("--plot", type=Path, default=Path("runs/soak.png"), help="the graph (default: %(default)s)")
    options = parser.parse_args(arguments)
    print(f"{options.seconds:g} s at {SHARE:.0%} of the capacity …", flush=True)
    try:
        soak = measure(options.seconds)
    except LoadError as error:
        print(f"Stopped: {error}", file=sys.stderr)
        return 1
    report = Report(machine_facts())
    memory = soak.memory[1]
    print(f"Capacity {soak.capacity:.0f} requests/s; sent {soak.rate:.0f}/s, {soak.scheduled:,} in all")
    print(f"Lost: {soak.lost}", end="   ")
    print(report.target("lost", soak.lost, MOST_LOST))
    print(f"p99 {np.median(soak.p99):.1f} ms, from {min(soak.p99):.1f} to {max(soak.p99):.1f};", end=" ")
    print(f"drift {soak.drift:+.1%}", end="   ")
    print(report.target("drift of p99", soak.drift, MOST_DRIFT))
    print(f"Memory {memory[0]:.0f} MB, at the end {memory[-1]:.0f} MB; growth {soak.growth:+.1%}", end="   ")
    print(report.target("growth of memory", soak.growth, MOST_GROWTH))
    plot(soak, options.plot)
    print(f"The graph is in {options.plot}.")
    return 0 if all(target["met"] for target in report.targets) else 1


if __name__ == "__main__":
    sys.exit(main())
