"""Runs the tests: python -m tests [options of pytest]

The whole suite takes two passes of pytest. The first pass runs three tests at a time, because a browser test uses a
core only half of the time and the suite should be fast on two cores. In this pass, PyTorch uses one thread per test, so
that the tests do not compete for the cores.
The second pass runs the tests that measure time (with the mark `timing`) one by one, because a test that runs in
parallel would slow them down. It only collects the files that contain the mark, which saves several seconds.

The tests of a cluster (with the mark `cluster`) take minutes. `make cluster` runs them.

If the options select tests (a file, a folder, `-k`, `-m`, `--lf`), a single pass runs these tests one by one, because a
second process would have to collect the tests again. With `-n 2`, a selection is run in two passes, too.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

PARALLEL = ["-m", "not timing and not cluster", "-n", "3", "--dist", "worksteal"], {"OMP_NUM_THREADS": "1"}
FOLDER = Path(__file__).parent
TIMING_FILES = [
    str(path) for path in sorted(FOLDER.rglob("test_*.py")) if "pytest.mark.timing" in path.read_text("utf-8")
]
ALONE: tuple[list[str], dict[str, str]] = ["-m", "timing", *TIMING_FILES], {}
SELECTION: tuple[list[str], dict[str, str]] = [], {}
NOTHING_SELECTED = 5  # pytest's exit status if no test matches, which is not an error in one of two passes


def selects_tests(options: list[str]) -> bool:
    """Whether the options select tests and do not set the number of processes."""
    if any(option.startswith(("-n", "--numprocesses")) for option in options):
        return False
    return any(
        option.startswith(("-k", "-m", "--lf", "--last-failed", "--sw", "--stepwise"))
        or Path(option.partition("::")[0]).exists()
        for option in options
    )


def main(options: list[str]) -> int:
    """Run the tests. Returns 0 if all tests passed, otherwise the exit status of the first pass that failed."""
    # Python keeps compiled modules even if the environment forbids it. The tests start hundreds of processes, and each
    # would compile all modules again.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    passes = (SELECTION,) if selects_tests(options) else (PARALLEL, ALONE)
    statuses = [
        subprocess.run(
            [sys.executable, "-m", "pytest", *arguments, *options], env=inherited | environment, check=False
        ).returncode
        for arguments, environment in passes
    ]
    failures = [status for status in statuses if status not in (0, NOTHING_SELECTED)]
    if failures:
        return failures[0]
    return NOTHING_SELECTED if set(statuses) == {NOTHING_SELECTED} else 0


if __name__ == "__main__":
    # A command that a shell starts in the background ignores Ctrl-C, and so would the programs that the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main(sys.argv[1:]))
