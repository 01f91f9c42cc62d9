"""Compares two recordings and sorts the differences into status and headers, values, and wording."""

import difflib
import math
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tools.behaviour import decoding
from tools.behaviour.recording import load
from tools.behaviour.sending import Exchange

TOLERANCE = 1e-4
_FLOAT16_TOLERANCE = 1e-3
_SHOWN = 6  # the most differences printed for one body and group
_WIDTH = 90  # the most characters printed of one value
_PROSE = frozenset(
    ("title", "detail", "reasons", "description", "summary", "what", "where", "page text", "schema names")
)
_GROUPS = ("status and headers", "values", "wording")
_LEVELS = "stages.pictures"  # the path in JSON of grey levels, which are integers from 0 to 255
_MISSING = "(nothing)"


class Difference(NamedTuple):
    """One difference between the responses to a request. `group` is an index into _GROUPS."""

    group: int
    where: str
    before: Any
    after: Any

    @property
    def text(self) -> str:
        """The difference as one line of text."""
        return f"{self.where}: {_short(self.before)} -> {_short(self.after)}"


def compare(before: Path, after: Path, most: int = _SHOWN) -> int:
    """Print the differences and a summary, with at most `most` differences in each group of a body.

    Returns 1 if a status, header or value differs, and 0 if only wording or nothing differs.
    """
    a, b = load(before), load(after)
    found: list[list[str]] = [[], [], []]
    for name in [*a, *(name for name in b if name not in a)]:
        if name not in a or name not in b:
            found[0].append(f"{name}: recorded only {'after' if name in b else 'before'}")
            continue
        for difference in exchange_differences(a[name][0], a[name][1], b[name][1], most):
            found[difference.group].append(f"{name}: {difference.text}")
    for title, lines in zip(_GROUPS, found, strict=True):
        if lines:
            print(f"== {title}", *lines, sep="\n")
    counts = ", ".join(f"{title}: {len(lines)}" for title, lines in zip(_GROUPS, found, strict=True))
    print(f"{len(a)} and {len(b)} requests. Differences: {counts}.")
    return 1 if found[0] or found[1] else 0


def exchange_differences(request: str, before: Exchange, after: Exchange, most: int) -> Iterator[Difference]:
    """Yield the differences between the responses to one request, at most `most` in each group of a body."""
    statuses = [[reply.status for reply in exchange.replies] for exchange in (before, after)]
    if statuses[0] != statuses[1]:
        yield Difference(0, "status", *statuses)
    if before.closed != after.closed:
        yield Difference(0, "closed", before.closed, after.closed)
    several = len(before.replies) > 1
    for number, (a, b) in enumerate(zip(before.replies, after.replies, strict=False), 1):
        prefix = f"reply {number}, " if several else ""
        first, second = decoding.headers(a, request), decoding.headers(b, request)
        for name in sorted(first.keys() | second.keys()):
            if first.get(name) != second.get(name):
                yield Difference(0, prefix + name, first.get(name, _MISSING), second.get(name, _MISSING))
        if a.body == b.body or a.status != b.status:
            continue
        differences = list(value_differences(decoding.body(a), decoding.body(b), ""))
        for group in (1, 2):
            of_group = [d for d in differences if d.group == group]
            yield from (d._replace(where=f"{prefix}{d.where or 'body'}") for d in of_group[:most])
            if len(of_group) > most:
                yield Difference(group, f"{prefix}and more in the body", len(of_group) - most, "not shown")


def value_differences(a: Any, b: Any, path: str, *, prose: bool = False) -> Iterator[Difference]:
    """Yield the differences between two decoded values.

    If `prose` is true, a difference between two strings belongs to the group "wording", otherwise to "values".
    """
    if isinstance(a, dict) and isinstance(b, dict):
        for key in [*a, *(key for key in b if key not in a)]:
            where = f"{path}.{key}" if path else str(key)
            if key not in a or key not in b:
                yield Difference(1, where, a.get(key, _MISSING), b.get(key, _MISSING))
            else:
                # A JSON schema can describe a field called "title"; then the value is an object and not prose.
                is_prose = key in _PROSE and not isinstance(a[key], dict)
                yield from value_differences(a[key], b[key], where, prose=is_prose)
    elif isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        yield from _array_differences(a, b, path)
    elif isinstance(a, list) and isinstance(b, list):
        if path in ("page text", "elements"):
            yield from _line_differences(a, b, path)
            return
        if len(a) != len(b):
            yield Difference(1, f"{path}, length", len(a), len(b))
        for i, (x, y) in enumerate(zip(a, b, strict=False)):
            yield from value_differences(x, y, f"{path}[{i}]", prose=prose)
    elif isinstance(a, str) and isinstance(b, str):
        if a != b:
            yield Difference(2 if prose else 1, path, a, b)
    elif not _same(a, b, 1.0 if _LEVELS in path and ".values" in path else TOLERANCE):
        yield Difference(1, path, a, b)


def _same(a: Any, b: Any, tolerance: float) -> bool:
    """Whether two values are equal. Numbers may differ by the tolerance. True and False do not count as numbers."""
    numbers = [isinstance(value, int | float) and not isinstance(value, bool) for value in (a, b)]
    if not all(numbers):
        return type(a) is type(b) and bool(a == b)
    return math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=tolerance) or (math.isnan(a) and math.isnan(b))


def _array_differences(a: "np.ndarray[Any, Any]", b: "np.ndarray[Any, Any]", path: str) -> Iterator[Difference]:
    if (a.dtype.kind, a.shape) != (b.dtype.kind, b.shape) or (a.dtype.kind == "f" and a.dtype != b.dtype):
        yield Difference(1, path, f"{a.dtype} {a.shape}", f"{b.dtype} {b.shape}")
        return
    if a.dtype.kind == "f":
        tolerance = _FLOAT16_TOLERANCE if a.dtype == np.float16 else TOLERANCE
        wrong = ~np.isclose(a.astype(float), b.astype(float), rtol=tolerance, atol=TOLERANCE, equal_nan=True)
    elif a.dtype == np.uint8:
        wrong = np.abs(a.astype(int) - b) > 1
    else:
        wrong = a != b
    if wrong.any():
        first = np.unravel_index(int(np.argmax(wrong)), a.shape)
        place = f"{path}{[int(i) for i in first]}, one of {int(wrong.sum()):,} of {a.size:,}"
        yield Difference(1, place, a[first].item(), b[first].item())


def _line_differences(a: list[str], b: list[str], path: str) -> Iterator[Difference]:
    """Yield the lines of a page that were removed, added or replaced; `path` is "page text" or "elements"."""
    group = 2 if path == "page text" else 1
    for tag, a0, a1, b0, b1 in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag != "equal":
            for x, y in zip_longest(a[a0:a1], b[b0:b1], fillvalue=_MISSING):
                yield Difference(group, path, x, y)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    text = " ".join(text.split())
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"
