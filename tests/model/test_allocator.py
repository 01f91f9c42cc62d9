"""A process that trains keeps freed memory for its next step; garbage collections are rare where that is asked for."""

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

COLLECTIONS = """
import gc, sys
from model.allocator import collect_garbage_rarely
if sys.argv[1] == "yes":
    collect_garbage_rarely()
before = sum(each["collections"] for each in gc.get_stats())
objects = [[] for _ in range(40_000)]
print(sum(each["collections"] for each in gc.get_stats()) - before)
"""


def page_faults(kept: str) -> int:
    done = subprocess.run([sys.executable, "-c", PROGRAM, kept], cwd=ROOT, capture_output=True, check=True)
    return int(done.stdout)


def test_freed_memory_is_used_again_without_page_faults() -> None:
    assert page_faults("yes") < page_faults("no") / 2


def collections(rarely: str) -> int:
    done = subprocess.run([sys.executable, "-c", COLLECTIONS, rarely], cwd=ROOT, capture_output=True, check=True)
    return int(done.stdout)


def test_new_objects_lead_to_few_garbage_collections() -> None:
    assert collections("yes") == 0
    assert collections("no") > 10
