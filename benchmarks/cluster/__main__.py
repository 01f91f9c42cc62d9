"""Measures Inkling on Ray Serve beside `inkling serve`, and calculates what a million drawings a minute need.

.venv/bin/python -m benchmarks.cluster               everything; takes some minutes
.venv/bin/python -m benchmarks.cluster --quick       short rounds and a small simulation: a trial run
"""

import argparse
import sys
from collections.abc import Sequence

from benchmarks.cluster import autoscaler, needs, rates
from benchmarks.report import machine_facts


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, calculate and simulate, and print the tables. Returns 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="short rounds, to see that it runs")
    options = parser.parse_args(arguments)
    machine = machine_facts()
    print(f"{machine['processor']}, {machine['cores']} cores, load {machine['load']:.1f}; Python {machine['python']}\n")
    measured = rates.measure_rates(1, 0.5, (1, 16)) if options.quick else rates.measure_rates(3, 3.0)
    print(rates.table(measured))
    plain, costs = rates.costs(measured)
    print(f"\n{needs.table(costs, plain)}")
    print(f"\n{autoscaler.table(costs, 0.02 if options.quick else 0.2)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
