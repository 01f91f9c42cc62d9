"""A lock is free as soon as the process that held it has ended."""

import subprocess
import sys
from pathlib import Path

import pytest

from model.runs.locks import LockedError, held, is_held
from tests import ROOT

HOLD = """
import sys, time
from pathlib import Path
from model.runs.locks import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_lock_is_free_after_its_owner_was_killed(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    assert not is_held(path)
    assert not path.exists()
    owner = subprocess.Popen([sys.executable, "-c", HOLD, path], cwd=ROOT, stdout=subprocess.PIPE)
    assert owner.stdout is not None
    assert owner.stdout.readline() == b"held\n"
    assert is_held(path)
    with pytest.raises(LockedError), held(path, 0):
        pass
    owner.kill()
    owner.communicate()
    assert not is_held(path)
    with held(path, 0):
        assert is_held(path)  # also within one process
