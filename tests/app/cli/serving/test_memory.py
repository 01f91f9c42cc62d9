"""The memory of large images is returned to the system."""

import subprocess
import sys

from tests import ROOT

PROGRAM = """
import sys, psutil
from app.cli.serving.memory import return_large_blocks
if sys.argv[1] == "yes":
    return_large_blocks()
blocks = [bytes(16_000_000) for _ in range(8)]  # glibc raises its threshold when the first one is freed
del blocks
blocks = [b"x" * 15_000_000 for _ in range(8)]
kept = b"x" * 500_000
del blocks
print(psutil.Process().memory_info().rss)
"""


def resident(adjusted: str) -> float:
    done = subprocess.run([sys.executable, "-c", PROGRAM, adjusted], cwd=ROOT, capture_output=True, check=True)
    return float(done.stdout) / 1e6


def test_freed_blocks_are_not_kept() -> None:
    assert resident("yes") < resident("no") - 50
