"""Finds the size of a class at which the service falls behind, and what clients then get.

Each size is measured with a new service, in the same way as a class of 30 (`classroom`). The load generator shares the
cores with the service. If the generator itself is late, the row says more about the generator than about the service.
"""

from collections.abc import Sequence
from dataclasses import asdict

from benchmarks import servers
from benchmarks.classes import classroom
from benchmarks.classes.classroom import ClassResult
from benchmarks.report import Progress, Report

SIZES = (30, 60, 120, 240)
_LEGEND = (
    "p50 and p99 count from the scheduled time, the next two from the moment when a request was sent, which is late if "
    "its connection still waits for a response. The last column is the delay of the load generator."
)
GENERATOR_LATE_MS = 5.0  # a generator that is later than this is part of the reason for late responses


def measure(sizes: Sequence[int], seconds: float, report: Report) -> None:
    """Measure a class of each size for `seconds` seconds, print a table, and say at which size frames come late."""
    print(
        f"\nClasses of {', '.join(map(str, sizes))}, {classroom.RATE} /feature-maps a second each; "
        f"{seconds:g} s per size …",
        flush=True,
    )
    progress = Progress(len(sizes))
    results = []
    for students in sizes:
        with servers.inkling() as server:
            classroom.verify(server.port)
            results.append(classroom.measure(server, students, seconds))
        progress.step()
    progress.clear()
    print("\n".join([*table(results), _LEGEND, conclusion(results)]))
    report.figures["growing class"] = [asdict(result) for result in results]


def table(results: Sequence[ClassResult]) -> list[str]:
    """The lines of a table with a row for each class. Shares are of all frames that were scheduled.

    The first two latencies count from the scheduled time, the other two from the moment when a request was sent.
    """
    head = (
        "students",
        "frames/s",
        "answered",
        "503",
        "lost",
        "p50 ms",
        "p99 ms",
        "sent p99 ms",
        "503 p99 ms",
        "late ms",
    )
    rows = [
        (
            f"{each.students}",
            f"{each.scheduled_rate:,.0f}",
            f"{1 - each.lost / each.scheduled:.1%}",
            f"{each.refused / each.scheduled:.1%}",
            f"{(each.lost - each.refused) / each.scheduled:.1%}",
            f"{each.p50_ms:.1f}",
            f"{each.p99_ms:.1f}",
            f"{each.service_p99_ms:.1f}",
            f"{each.refusal_p99_ms:.1f}" if each.refused else "–",
            f"{each.generator_late_ms:.1f}",
        )
        for each in results
    ]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    return ["  ".join(f"{text:>{width}}" for text, width in zip(row, widths, strict=True)) for row in (head, *rows)]


def conclusion(results: Sequence[ClassResult]) -> str:
    """A sentence that says which classes are served in time, and what happens at the first size that is not."""
    served = True
    for result in results:
        served = result.lost == 0 and result.p99_ms <= classroom.TARGET_MS
        if not served:
            break
    if served:
        return f"Up to {result.students} students, no frame is lost and the p99 is at most {classroom.TARGET_MS:g} ms."
    others = result.lost - result.refused
    text = (
        f"At {result.students} students the service falls behind: the p99 is {result.p99_ms:.1f} ms after the "
        f"scheduled time and {result.service_p99_ms:.1f} ms after a request was sent, "
        f"{result.refused / result.scheduled:.1%} of the frames are refused with 503, "
        f"and {others / result.scheduled:.1%} are lost otherwise or were never sent."
    )
    if result.generator_late_ms > GENERATOR_LATE_MS:
        text += f" The load generator itself is {result.generator_late_ms:.0f} ms late, so it is part of the reason."
    return text
