"""The report of a benchmark run: facts about the machine, figures, and targets."""

import os
import platform
import sys
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

PACKAGES = ("fastapi", "starlette", "uvicorn", "uvloop", "httptools", "onnxruntime", "numpy", "pillow", "orjson")


@dataclass(slots=True)
class Report:
    """The results of a run; `--json` writes them to a file."""

    facts: dict[str, Any]
    figures: dict[str, Any] = field(default_factory=dict)
    targets: list[dict[str, Any]] = field(default_factory=list)

    def target(self, name: str, value: float, most: float) -> str:
        """Record a target, which is met if `value` is at most `most`. Returns the text to print after the figure."""
        met = value <= most
        self.targets.append({"name": name, "value": value, "most": most, "met": met})
        return f"target ≤ {most:g}: {'met' if met else 'MISSED'}"

    def summary(self) -> str:
        """One line of text with the number of targets that were met and the names of those that were missed."""
        missed = [target["name"] for target in self.targets if not target["met"]]
        text = f"{len(self.targets) - len(missed)} of {len(self.targets)} targets met"
        return text + (f"; missed: {', '.join(missed)}" if missed else "")


class Progress:
    """A counter on stderr that is overwritten in place. It prints nothing if stderr is not a terminal."""

    def __init__(self, total: int) -> None:
        self.total, self.done = total, 0

    def step(self) -> None:
        """Increase the counter by one and print it."""
        self.done += 1
        if sys.stderr.isatty():
            print(f"\r{self.done}/{self.total}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Clear the line of the counter."""
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def machine_facts() -> dict[str, Any]:
    """The properties of the hardware and the software on which the figures depend."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "processor": _processor(),
        "cores": cores,
        "load": os.getloadavg()[0],
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
