"""Measures Inkling on Ray Serve beside `inkling serve`, and calculates what a million drawings a minute need.

.venv/bin/python -m benchmarks.cluster               everything; takes some minutes
.venv/bin/python -m benchmarks.cluster needs         only the calculation, from the recorded costs
.venv/bin/python -m benchmarks.cluster --quick       short rounds and a small simulation: a trial run
"""

import argparse
import sys
from collections.abc import Sequence

from benchmarks.cluster import autoscaler, needs, rates
from benchmarks.report import machine_facts

PARTS = ("rates", "needs", "simulation")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, calculate and simulate, and print the tables. Returns 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; default: all")
    parser.add_argument("--quick", action="store_true", help="short rounds, to see that it runs")
    options = parser.parse_args(arguments)
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"unknown part: {', '.join(sorted(unknown))}; the parts are {', '.join(PARTS)}")
    machine = machine_facts()
    print(f"{machine['processor']}, {machine['cores']} cores, load {machine['load']:.1f}; Python {machine['python']}")
    for part in options.parts or PARTS:
        if part == "rates":
            print(rates.table(rates.measure_rates(*((1, 0.5, (1, 16)) if options.quick else (3, 3.0)))))
        elif part == "needs":
            print(needs.table(needs.MEASURED, needs.PLAIN))
        else:
            print(autoscaler.table(needs.MEASURED, 0.02 if options.quick else 0.2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
