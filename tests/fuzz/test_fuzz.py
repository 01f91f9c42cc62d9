"""The targets withstand altered and random input, for a moment; `make fuzz` takes longer."""

import re
import subprocess
import sys
from importlib.util import find_spec

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject, DrawFn

from tests import ROOT
from tests.fuzz.targets import TARGETS

# If a form ends inside a file, Starlette leaves the file to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:Unclosed file:ResourceWarning")
FUZZERS = ["atheris"] if find_spec("atheris") else []  # it exists for Linux only
PIECES = [b"", b"\0", b"\xff\xff\xff\xff", b"\x80\0\0\0", b"[", b"{", b'"', b"1e308", b"-1", b"null", b"\r\n"]


@st.composite
def altered(draw: DrawFn, seeds: list[bytes]) -> bytes:
    """A valid input of which some parts are replaced, repeated or left out."""
    content = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = min(start + draw(st.integers(0, 16)), len(content))
        piece = draw(st.sampled_from(PIECES) | st.binary(max_size=8) | st.just(content[start : start + 40]))
        content = content[:start] + piece + content[end:]
    return content


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_altered_input_is_read_or_refused(name: str, data: DataObject) -> None:
    target = TARGETS[name]
    target.run(data.draw(altered(target.seeds()) | st.binary(max_size=200)))


@pytest.mark.parametrize("fuzzer", FUZZERS)
def test_the_fuzzer_finds_no_crash_in_a_moment(fuzzer: str) -> None:
    command = [sys.executable, "-m", "tests.fuzz", "together", "--seconds", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert re.fullmatch(r"together: [1-9]\d+ inputs, no crash\n", done.stdout)
