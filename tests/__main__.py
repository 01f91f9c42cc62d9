"""Run the tests: python -m tests [pytest's options]. What measures time runs by itself, after all the rest.

Two at a time because a test of the page leaves one core idle half of the time, with one thread each for PyTorch, which
would otherwise wait for the other's; a test that measures how long something takes (its mark is `timing`) would measure
its neighbour too, and its figures are printed.
"""

import os
import subprocess
import sys

PARALLEL = ["-m", "not timing", "-n", "2", "--dist", "worksteal"], {"OMP_NUM_THREADS": "1"}
ALONE: tuple[list[str], dict[str, str]] = ["-m", "timing"], {}
NOTHING_SELECTED = 5  # pytest's status when no test matches, which is right for one of the two but not for both


def main(options: list[str]) -> int:
    """0 when all passed; else the first status of pytest's that says why not."""
    statuses = [
        subprocess.run(
            [sys.executable, "-m", "pytest", *part, *options], env=os.environ | environment, check=False
        ).returncode
        for part, environment in (PARALLEL, ALONE)
    ]
    bad = [status for status in statuses if status not in (0, NOTHING_SELECTED)]
    if bad:
        return bad[0]
    return NOTHING_SELECTED if set(statuses) == {NOTHING_SELECTED} else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
