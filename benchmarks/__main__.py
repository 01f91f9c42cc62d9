"""Measure Inkling: a class of students, requests per second, start-up time, memory, training, and pages in a browser.

    make bench                                     everything; takes about a quarter of an hour
    make bench ARGS=class                          only the class of 30 students
    make bench ARGS=growing-class                  classes of 30 to 240 students, until the service falls behind
    make bench ARGS=lab                            a gradient, and the accuracy of edited weights
    make bench ARGS=lighthouse                     Lighthouse on every page; it is installed from npm
    .venv/bin/python -m benchmarks load lesson     only the parts `load` and `lesson`
    .venv/bin/python -m benchmarks overload --seconds 60
    .venv/bin/python -m benchmarks --quick         fewer and shorter rounds: a trial run with inaccurate figures
    .venv/bin/python -m benchmarks --json FILE     also write the figures to a file

Each server runs on 127.0.0.1 in a process of its own and is stopped after its part. If a figure has a target, the
target is printed after it. The exit status is 1 if a response was wrong or a server failed. A missed target is not an
error, because a slow machine can cause it.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from benchmarks.client import LoadError
from benchmarks.effort import FULL, QUICK
from benchmarks.parts import ONLY_BY_NAME, PARTS
from benchmarks.report import Report, machine_facts


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the named parts, or all parts. Returns 0, or 1 if a response was wrong or a server failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; default: all but lighthouse")
    parser.add_argument("--quick", action="store_true", help="few and short rounds, to see that it runs")
    parser.add_argument("--seconds", type=float, help="length of each class and of overload (default: 20 and 10)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to a file")
    options = parser.parse_args(arguments)
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"unknown part: {', '.join(sorted(unknown))}; the parts are {', '.join(PARTS)}")
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    report = Report(machine_facts())
    machine = report.facts
    print(f"{machine['processor']}, {machine['cores']} cores; {machine['system']}; Python {machine['python']}")
    print(", ".join(f"{name} {number}" for name, number in machine["versions"].items()))
    if options.quick:
        print("--quick: this only shows that everything runs; the figures mean little.")
    elif machine["load"] > machine["cores"] / 4:
        print(f"Other programs are using this machine (load {machine['load']:.1f}), so the figures are too low.")
    effort = QUICK if options.quick else FULL
    if options.seconds is not None:
        effort = replace(effort, class_seconds=options.seconds, overload_seconds=options.seconds)
    try:
        for part in options.parts or (name for name in PARTS if name not in ONLY_BY_NAME):
            PARTS[part](effort, report)
    except LoadError as error:
        print(f"\nStopped: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if report.targets:
        print(f"\n{report.summary()}")
    if options.json:
        options.json.write_text(json.dumps(asdict(report), indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
