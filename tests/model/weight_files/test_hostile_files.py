"""Files that are made to do harm: nothing in them is executed, and they need neither much memory nor much time."""

import os
import pickle
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.weight_files.decode import Decoded, decode
from model.weight_files.errors import WeightFileError
from tests import ROOT
from tests.model.weight_files.files import archive, parts, safetensors, saved, state_dict, with_pickle

GOOD = {
    "zip": saved(state_dict()),
    "old": saved(state_dict(), _use_new_zipfile_serialization=False),
}
MARKER = Path("executed")


class Evil:
    """A pickle that would run a program when it is read."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return os.system, (f"touch {MARKER}",)


PROGRAM = f"touch {MARKER}".encode()
HARMFUL = {
    **{f"protocol {protocol}": pickle.dumps({"a": Evil()}, protocol) for protocol in range(6)},
    "a call": b"cos\nsystem\n(S'" + PROGRAM + b"'\ntR.",
    "an instance": b"(S'" + PROGRAM + b"'\nios\nsystem\n.",
    "an object": b"(cos\nsystem\nS'" + PROGRAM + b"'\no.",
    "a new object": b"\x80\x02cbuiltins\neval\nU\x01a\x85\x81.",
    "a function in a known module": b"\x80\x02ctorch\nload\nU\x01a\x85R.",
    "a function reached through a known class": b"\x80\x04\x8c\x0bcollections\x8c\x14OrderedDict.fromkeys\x93(tR.",
    "attributes of a known function": b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}X\x08\x00\x00\x00__code__NsbR.",
    "an extension": b"\x80\x02\x82\x01.",
    "a persistent text": b"P0\n.",
}


@pytest.mark.parametrize("kind", HARMFUL)
def test_no_code_in_a_pickle_is_run(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    program = HARMFUL[kind]
    old = saved({}, _use_new_zipfile_serialization=False)
    for content in (with_pickle(program), program, old[: old.index(b"}q\x00.")] + program):
        with pytest.raises(WeightFileError):
            decode(content)
    assert not MARKER.exists()


def test_the_pickles_would_run_a_program_if_python_read_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for kind in ("protocol 0", "protocol 5", "a call", "an instance", "an object"):
        pickle.loads(HARMFUL[kind])
        assert MARKER.exists()
        MARKER.unlink()


def tensor(size: str, stride: str, offset: str = "K\x00", storage: str = "X\x01\x00\x00\x000") -> bytes:
    """A pickle of one tensor of a storage of eight numbers."""
    return (
        f"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\n{storage}X\x03\x00\x00"
        f"\x00cpuK\x08tQ{offset}{size}{stride}\x89NtR."
    ).encode("latin-1")


def test_a_tensor_of_the_whole_storage_is_read_so_the_next_tests_test_something() -> None:
    with pytest.raises(WeightFileError, match="not a state dict"):
        decode(with_pickle(tensor("K\x02K\x04\x86", "K\x04K\x01\x86"), **{"0": bytes(32)}))


BIG = "\x8a\x08" + (2**62).to_bytes(8, "little").decode("latin-1")  # 2⁶²: four times this is 0 in 64-bit arithmetic
OUTSIDE = {
    "larger than its storage": tensor("K\x09\x85", "K\x01\x85"),
    "after its storage": tensor("K\x01\x85", "K\x01\x85", "K\x08"),
    "before its storage": tensor("K\x01\x85", "K\x01\x85", "J\xff\xff\xff\xff"),
    "backwards": tensor("K\x02\x85", "J\xff\xff\xff\xff\x85", "K\x01"),
    "a negative size": tensor("J\xff\xff\xff\xff\x85", "K\x01\x85"),
    "a stride that overflows": tensor("K\x05\x85", BIG + "\x85"),
    "a size that overflows": tensor(BIG + BIG + "\x86", "K\x00K\x00\x86"),
    "the same number a billion times": tensor("J\x00\xca\x9a\x3b\x85", "K\x00\x85"),
    "sizes and strides of other lengths": tensor("K\x02\x85", "K\x01K\x01\x86"),
    "a storage outside the archive": tensor("K\x01\x85", "K\x01\x85", storage="X\x0c\x00\x00\x00../../secret"),
    "a storage that is a list": tensor("K\x01\x85", "K\x01\x85", storage="]"),
}


@pytest.mark.parametrize("kind", OUTSIDE)
def test_a_tensor_outside_its_storage_is_refused(kind: str) -> None:
    with pytest.raises(WeightFileError, match="is damaged"):
        decode(with_pickle(OUTSIDE[kind], **{"0": bytes(32)}))


def bomb(files: int, size: int, compression: int) -> bytes:
    content = parts(saved(state_dict())) | {f"archive/data/{1000 + i}": bytes(size) for i in range(files)}
    return archive(content, compression)


def many_entries(count: int) -> bytes:
    """An archive whose directory has many entries for the same file."""
    small = archive({"a/data.pkl": b"N."})
    start = small.index(b"PK\x01\x02")
    end = small.index(b"PK\x05\x06")
    directory = small[start:end] * count
    return (
        small[:start]
        + directory
        + b"PK\x05\x06"
        + struct.pack("<HHHHIIH", 0, 0, 65535, 65535, len(directory), start, 0)
    )


DEEP = 200_000
EXPENSIVE: dict[str, Callable[[], bytes]] = {
    "a zip bomb": lambda: bomb(14, 10_000_000, zipfile.ZIP_DEFLATED),
    "a zip bomb of another kind": lambda: bomb(14, 10_000_000, zipfile.ZIP_BZIP2),
    "an archive of many files": lambda: many_entries(300_000),
    "a long pickle": lambda: with_pickle(b"\x80\x02" + b"}" * 20_000_000 + b"."),
    "a long pickle of the old format": lambda: GOOD["old"][:40] + b"}" * 20_000_000,
    "a pickle that is nested deeply": lambda: with_pickle(b"\x80\x02)" + b"\x85" * DEEP + b"."),
    "a key that is nested deeply": lambda: with_pickle(b"\x80\x02})" + b"\x85" * DEEP + b"K\x01s."),
    "a storage's key that is nested deeply": lambda: with_pickle(
        tensor("K\x01\x85", "K\x01\x85", storage=")" + "\x85" * DEEP)
    ),
    "a memo of two billion objects": lambda: with_pickle(b"\x80\x02}r\xff\xff\xff\x7f."),
    "a text of four billion letters": lambda: with_pickle(b"\x80\x02X\xff\xff\xff\xff."),
    "bytes of any length": lambda: with_pickle(b"\x80\x05\x96" + b"\xff" * 7 + b"\x7f."),
    "metadata that is nested deeply": lambda: safetensors(
        b'{"__metadata__":' + b'{"a":' * DEEP + b"1" + b"}" * DEEP + b"}"
    ),
    "a header of 30 MB": lambda: safetensors(b'{"a":"' + b"x" * 30_000_000 + b'"}'),
    "a header of many tensors": lambda: safetensors(
        {f"{i}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for i in range(16_000)}
    ),
}  # fmt: skip


# Reads each file in a process of its own, which is forked from one that has imported everything. Prints the status of
# that process, and what reading the file took.
READ_EACH = """
import os, resource, sys
from pathlib import Path
from model.weight_files.decode import decode
from model.weight_files.errors import WeightFileError
for name in sys.argv[1:]:
    if (child := os.fork()) == 0:
        content = Path(name).read_bytes()
        before = resource.getrusage(resource.RUSAGE_SELF)
        try:
            decode(content)
        except WeightFileError:
            after = resource.getrusage(resource.RUSAGE_SELF)
            print(after.ru_utime - before.ru_utime, (after.ru_maxrss - before.ru_maxrss) / 1024, flush=True)
            os._exit(0)
        os._exit(1)
    print(os.waitpid(child, 0)[1], flush=True)
"""


def test_expensive_files_are_refused_fast_and_with_little_memory(tmp_path: Path) -> None:
    files = [tmp_path / str(number) for number in range(len(EXPENSIVE))]
    for file, content in zip(files, EXPENSIVE.values(), strict=True):
        file.write_bytes(content())
    command = [sys.executable, "-c", READ_EACH, *map(str, files)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    lines = iter(done.stdout.splitlines())
    for kind in EXPENSIVE:
        seconds, _, megabytes = next(lines).partition(" ")
        assert megabytes, f"{kind} is not refused: {done.stderr[-500:]}"
        assert float(seconds) < 2, kind
        assert float(megabytes) < 120, kind
        assert next(lines) == "0", f"{kind}: {done.stderr[-500:]}"


# ---------------------------------------------------------------- random files

PICKLE = parts(GOOD["zip"])["archive/data.pkl"]


def is_decoded_or_refused(content: bytes) -> None:
    reason = "."
    try:
        assert isinstance(decode(content), Decoded)
    except WeightFileError as error:
        reason = error.reason
    assert reason.endswith(".")
    assert reason.isprintable()


def damaged(whole: bytes, changes: list[tuple[float, bytes, int]]) -> bytes:
    content = bytearray(whole)
    for place, new, replaced in changes:
        start = int(place * len(content))
        content[start : start + replaced] = new
    return bytes(content)


CHANGES = st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=6), st.integers(0, 8)), min_size=1, max_size=4)
INSTRUCTIONS = st.sampled_from([bytes([code]) for code in b"()]}tlusaebRQ0.N\x85\x86\x87\x88\x89\x93\x94\x81"])
NAMES = st.sampled_from([
    b"ctorch._utils\n_rebuild_tensor_v2\n", b"ctorch\nFloatStorage\n", b"ccollections\nOrderedDict\n",
])  # fmt: skip
ARGUMENTS = st.sampled_from(
    [b"K\x00", b"K\x01", b"K\x08", b"J\xff\xff\xff\xff", b"X\x01\x00\x00\x000", b"q\x00", b"h\x00", b"G" + bytes(8)]
)


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=200), st.sampled_from([b"", b"PK\x03\x04", b"\x80\x02", GOOD["old"][:40], b"\0\0\0\0\0\0\0\0{"])
)
def test_random_bytes_are_refused_with_a_sentence(content: bytes, start: bytes) -> None:
    is_decoded_or_refused(start + content)


@settings(max_examples=200, deadline=None)
@given(CHANGES)
def test_a_damaged_pickle_is_decoded_or_refused_with_a_sentence(changes: list[tuple[float, bytes, int]]) -> None:
    is_decoded_or_refused(with_pickle(damaged(PICKLE, changes), **{"0": bytes(1152)}))
    is_decoded_or_refused(damaged(GOOD["old"][:3000], changes))


@settings(max_examples=300, deadline=None)
@given(st.lists(INSTRUCTIONS | NAMES | ARGUMENTS, max_size=40))
def test_any_program_is_decoded_or_refused_with_a_sentence(instructions: list[bytes]) -> None:
    is_decoded_or_refused(with_pickle(b"\x80\x02" + b"".join(instructions) + b".", **{"0": bytes(32)}))


@settings(max_examples=60, deadline=None)
@given(CHANGES, st.sampled_from(sorted(GOOD)))
def test_a_damaged_file_is_decoded_or_refused_with_a_sentence(
    changes: list[tuple[float, bytes, int]], kind: str
) -> None:
    is_decoded_or_refused(damaged(GOOD[kind], changes))


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 0.999), st.sampled_from(sorted(GOOD)))
def test_a_file_that_was_cut_off_is_refused(share: float, kind: str) -> None:
    with pytest.raises(WeightFileError):
        decode(GOOD[kind][: int(share * len(GOOD[kind]))])
