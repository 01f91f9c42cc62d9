"""The protocol class of the service passes uvicorn's own tests of HTTP."""

import re
import subprocess
import sys

from tests import ROOT


def test_uvicorns_tests_pass_with_the_services_protocol() -> None:
    command = [sys.executable, "-m", "tools.uvicorn_tests", "--run"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) > 60
