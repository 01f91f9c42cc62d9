"""Runs the tests: python -m tests [options of pytest]

The whole suite takes two passes of pytest. The first runs two tests at a time, because a browser test leaves a core
idle half of the time; PyTorch then has one thread per test, so that the tests do not wait for each other's threads. The
second pass runs the tests that measure time (their mark is `timing`) one by one, because a neighbour would slow them
down.

If the options select tests (a file, a folder, `-k`, `-m`, `--lf`), one pass runs them one by one: starting a second
process and collecting the tests again would take longer than the tests. `-n 2` runs a large folder in two passes.
"""

import os
import subprocess
import sys
from pathlib import Path

PARALLEL = ["-m", "not timing", "-n", "2", "--dist", "worksteal"], {"OMP_NUM_THREADS": "1"}
ALONE: tuple[list[str], dict[str, str]] = ["-m", "timing"], {}
SELECTION: tuple[list[str], dict[str, str]] = [], {}
NOTHING_SELECTED = 5  # pytest's status if no test matches; one of the two passes may have none


def selects_tests(options: list[str]) -> bool:
    """Whether the options run only some of the tests, one by one."""
    if any(option.startswith(("-n", "--numprocesses")) for option in options):
        return False
    return any(
        option.startswith(("-k", "-m", "--lf", "--last-failed", "--sw", "--stepwise"))
        or Path(option.partition("::")[0]).exists()
        for option in options
    )


def main(options: list[str]) -> int:
    """Returns 0 if all tests passed, otherwise the first status of pytest that says why not."""
    passes = (SELECTION,) if selects_tests(options) else (PARALLEL, ALONE)
    statuses = [
        subprocess.run(
            [sys.executable, "-m", "pytest", *arguments, *options], env=os.environ | environment, check=False
        ).returncode
        for arguments, environment in passes
    ]
    failures = [status for status in statuses if status not in (0, NOTHING_SELECTED)]
    if failures:
        return failures[0]
    return NOTHING_SELECTED if set(statuses) == {NOTHING_SELECTED} else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
