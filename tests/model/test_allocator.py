"""A process that trains keeps freed memory for its next step."""

import subprocess
import sys

from tests import ROOT

PROGRAM = """
import resource, sys
from model.allocator import keep_freed_memory
if sys.argv[1] == "yes":
    keep_freed_memory()
for _ in range(20):
    blocks = [b"x" * 8_000_000 for _ in range(4)]
    del blocks
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
"""


def page_faults(kept: str) -> int:
    done = subprocess.run([sys.executable, "-c", PROGRAM, kept], cwd=ROOT, capture_output=True, check=True)
    return int(done.stdout)


def test_freed_memory_is_used_again_without_page_faults() -> None:
    assert page_faults("yes") < page_faults("no") / 2
