"""Writes and reads recordings. index.json lists the responses; the name of a file in bodies/ is its SHA-256."""

import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

from tools.behaviour.requests import corrections, drawings_routes, other_routes, raw
from tools.behaviour.requests.calls import Call
from tools.behaviour.sending import Exchange, Reply, Sender
from tools.behaviour.servers import running

_AT_ONCE = 8  # the number of slow requests sent in parallel


def record(folder: Path, source: Path, url: str | None = None) -> int:
    """Record all requests and return how many.

    If `url` is given, send to this running server only the requests that need the default settings, and record these.
    """
    if url:
        return save(folder, _plain(url))
    with tempfile.TemporaryDirectory(prefix="behaviour-") as scratch:
        damaged = Path(scratch) / "damaged.sqlite"
        damaged.write_bytes(b"SQLite format 3\0" + b"\xff" * 4096)
        return save(folder, _all(source, Path(scratch) / "corrections.sqlite", damaged))


Recorded = tuple[Call, Exchange]


def _all(source: Path, file: Path, damaged: Path) -> Iterator[Recorded]:
    collecting = {"INKLING_COLLECT": "1", "INKLING_COLLECT_FILE": str(file)}
    with running(source) as url:
        yield from _plain(url)
    most = {"INKLING_COLLECT_MOST": str(corrections.MOST)}
    with running(source, settings=collecting | most) as url:
        yield from send(url, corrections.calls())
    with running(source, settings=collecting | {"INKLING_COLLECT_FILE": str(damaged)}) as url:
        yield from send(url, corrections.damaged_calls())
    with running(source, "--weights", "lesson") as url:
        yield from send(url, other_routes.lesson_weights_calls())


def _plain(url: str) -> Iterator[Recorded]:
    yield from send(url, drawings_routes.calls())
    yield from send(url, raw.calls())
    yield from send(url, corrections.off_calls())
    slow = list(raw.slow_calls())
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        yield from zip(slow, threads.map(Sender(url).send, slow), strict=True)
    yield from send(url, other_routes.calls())


def send(url: str, calls: Iterable[Call]) -> Iterator[Recorded]:
    """Send the requests one after another, and yield each with its responses."""
    sender = Sender(url)
    try:
        for call in calls:
            yield call, sender.send(call)
    finally:
        sender.close()


def save(folder: Path, recorded: Iterable[Recorded]) -> int:
    """Write a recording into a new or empty folder, and return the number of requests.

    Raises ValueError if two requests have the same name.
    """
    bodies = folder / "bodies"
    bodies.mkdir(parents=True, exist_ok=True)
    index: dict[str, Any] = {}
    for call, exchange in recorded:
        if call.name in index:
            raise ValueError(f"Two requests are called {call.name!r}.")
        replies = []
        for reply in exchange.replies:
            name = sha256(reply.body).hexdigest()
            (bodies / name).write_bytes(reply.body)
            replies.append({"status": reply.status, "headers": reply.headers, "body": name})
        index[call.name] = {"request": call.line, "replies": replies, "closed": exchange.closed}
    (folder / "index.json").write_text(json.dumps(index, indent=1, ensure_ascii=False), encoding="utf-8")
    return len(index)


def load(folder: Path) -> dict[str, tuple[str, Exchange]]:
    """Read a recording: for each name of a request, the request as one line of text and its responses."""
    index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    return {name: (entry["request"], _exchange(folder, entry)) for name, entry in index.items()}


def _exchange(folder: Path, entry: dict[str, Any]) -> Exchange:
    replies: Sequence[dict[str, Any]] = entry["replies"]
    found = [
        Reply(reply["status"], [(name, value) for name, value in reply["headers"]],
              (folder / "bodies" / reply["body"]).read_bytes())
        for reply in replies
    ]  # fmt: skip
    return Exchange(found, entry["closed"])
