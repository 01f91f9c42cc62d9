"""What people said about answers, kept in one SQLite file: the drawing, the answer, the right label, the day.

The file opens with any SQLite; _SCHEMA below says what is in it. Every call has a connection of its own, so that a
file that was moved, mended or deleted meanwhile is found as it is now, and nothing is written into one that no longer
has a name. What `add` returned from is on the disk: write-ahead log, synchronous=FULL, one transaction a call.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from model.layers import SIDE
from model.preprocess.modes import Prepare
from model.preprocess.rasterise import Strokes

if TYPE_CHECKING:  # only a service that keeps drawings loads SQLite
    import sqlite3

BUSY_SECONDS = 10.0  # how long a call waits for another process's write
BYTES_EACH = 8 * 1024  # on average; a drawing of 100 points takes one
_LEAST_BYTES = 1024 * 1024
_PAGE = 4096  # bytes
_APPLICATION = 0x496E6B6C  # "Inkl": what tells this file from another program's
_VERSION = 1

_SCHEMA = """
CREATE TABLE corrections (
    number INTEGER PRIMARY KEY,    -- in the order they came
    id TEXT NOT NULL UNIQUE,       -- the sender's UUID
    day TEXT NOT NULL,             -- when, in UTC, and no more exactly: 2030-12-31
    label INTEGER,                 -- what it is: 0 to 9, NULL for no digit
    digit INTEGER,                 -- what the network read; NULL for a blank drawing
    probabilities BLOB NOT NULL,   -- ten float32, little-endian
    verdict TEXT,
    familiarity REAL,
    model TEXT NOT NULL,           -- the weights that answered
    prepare TEXT NOT NULL,         -- mnist, resize or none
    points BLOB,                   -- float32 pairs x, y, little-endian; NULL for a picture
    lengths BLOB,                  -- int32, how many of the points each stroke has
    pen REAL,
    width REAL,                    -- of the canvas
    height REAL,
    picture BLOB,                  -- 28×28 bytes, white ink on black; NULL for strokes
    CHECK ((points IS NULL) <> (picture IS NULL))
)
"""
_COLUMNS = (
    "id, day, label, digit, probabilities, verdict, familiarity, model, prepare, points, lengths, pen, width, height, "
    "picture"
)


class UnavailableError(Exception):
    """The file cannot be read or written; the message is a sentence for the service's log."""


class BusyError(Exception):
    """Others have been writing for so long that this call gave up. Nothing of it was kept."""


class FullError(Exception):
    """As much is kept as may be, or the disk is full. Nothing of this call was kept."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A drawing, what the network said of it and what it is.

    drawing        strokes, or the 28×28 picture as uint8, white ink on black
    label          0 to 9; None for no digit
    digit          what the network read; None for a blank drawing
    probabilities  float32 (10,)
    day            ISO, in UTC
    """

    id: uuid.UUID
    drawing: Strokes | NDArray[np.uint8]
    label: int | None
    digit: int | None
    probabilities: NDArray[np.float32]
    model: str
    prepare: Prepare = "mnist"
    verdict: str | None = None
    familiarity: float | None = None
    day: str = ""


class Corrections:
    """The file. Safe to use from several threads and processes at once; every call may raise UnavailableError or
    BusyError."""

    def __init__(self, file: Path, most: int) -> None:
        self.file = file
        self.most = most
        self._whole = False  # whether this process has looked through the file

    def check(self) -> None:
        """Make the file if there is none, look through it once, and see that it can be written."""
        with self._connected() as connection, _transaction(connection):
            connection.execute(f"PRAGMA user_version = {_VERSION}")  # what it is anyway

    def add(self, correction: Correction) -> bool:
        """Keep a correction; False when one with its id is kept already, which stays as it is. Raises FullError."""
        with self._connected() as connection, _transaction(connection):
            if connection.execute("SELECT 1 FROM corrections WHERE id = ?", (str(correction.id),)).fetchone():
                return False
            if _count(connection) >= self.most:
                raise FullError
            marks = ", ".join("?" * (_COLUMNS.count(",") + 1))
            connection.execute(f"INSERT INTO corrections ({_COLUMNS}) VALUES ({marks})", _row(correction))  # noqa: S608
            return True

    def remove(self, id_: uuid.UUID) -> bool:
        """Delete one; False when there is none with this id."""
        return self._delete("DELETE FROM corrections WHERE id = ?", (str(id_),)) > 0

    def clear(self) -> int:
        """Delete all; returns how many there were."""
        return self._delete("DELETE FROM corrections")

    def page(self, start: int, size: int) -> tuple[list[Correction], int]:
        """`size` corrections from the `start`-th on, newest first, and how many there are in all."""
        with self._connected() as connection, _transaction(connection, "DEFERRED"):
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM corrections ORDER BY number DESC LIMIT ? OFFSET ?",  # noqa: S608
                (size, start),
            )
            return [_correction(row) for row in rows], _count(connection)

    def all(self) -> list[Correction]:
        """Everything, oldest first."""
        with self._connected() as connection:
            rows = connection.execute(f"SELECT {_COLUMNS} FROM corrections ORDER BY number")  # noqa: S608
            return [_correction(row) for row in rows]

    def _delete(self, statement: str, values: tuple[str, ...] = ()) -> int:
        with self._connected() as connection:
            with _transaction(connection):
                deleted = connection.execute(statement, values).rowcount
            # Deleted content is overwritten in the file (secure_delete); let it not live on in the log either.
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            return deleted

    @contextmanager
    def _connected(self) -> "Iterator[sqlite3.Connection]":
        import sqlite3

        try:
            connection = sqlite3.connect(self.file, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
            try:
                self._open(connection)
                yield connection
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise _meaning(error, self.file) from error

    def _open(self, connection: "sqlite3.Connection") -> None:
        """Make the table where there is none; raises UnavailableError for a file that is not this program's."""
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON").fetchall()
        with _transaction(connection, "DEFERRED"):  # one moment: another connection may be making the table now
            recognised = _recognised(connection, self.file)
        if not recognised:
            _log_ahead(connection)
            with _transaction(connection):
                if not _recognised(connection, self.file):  # another may have been faster
                    connection.execute(_SCHEMA)
                    connection.execute(f"PRAGMA application_id = {_APPLICATION}")
                    connection.execute(f"PRAGMA user_version = {_VERSION}")
        if not self._whole:
            if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise UnavailableError(f"{self.file} is damaged.")
            self._whole = True
        pages = max(_LEAST_BYTES, self.most * BYTES_EACH) // _PAGE
        connection.execute(f"PRAGMA max_page_count = {pages}").fetchall()


def _recognised(connection: "sqlite3.Connection", file: Path) -> bool:
    """Whether the table is there; False for an empty file. Raises UnavailableError for anything else."""
    mark, version = _pragma(connection, "application_id"), _pragma(connection, "user_version")
    if mark == _APPLICATION and version != _VERSION:
        raise UnavailableError(f"{file} was written by another version of this program.")
    if mark == _APPLICATION:
        return True
    if mark or version or connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise UnavailableError(f"{file} is another program's database.")
    return False


def _log_ahead(connection: "sqlite3.Connection") -> None:
    """Let readers and a writer not wait for each other. The file remembers it.

    Where this cannot be, on some network drives or because two processes make the file in one moment, it keeps
    SQLite's other journal: as safe, and somewhat slower.
    """
    import sqlite3

    with suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA journal_mode = WAL").fetchall()


@contextmanager
def _transaction(
    connection: "sqlite3.Connection", kind: Literal["IMMEDIATE", "DEFERRED"] = "IMMEDIATE"
) -> Iterator[None]:
    # The write lock first: a transaction that reads and then wants to write cannot wait for another that wrote.
    # DEFERRED is for reading alone: all of it sees the file of one moment.
    connection.execute(f"BEGIN {kind}")
    try:
        yield
    except BaseException:
        if connection.in_transaction:  # SQLite itself has ended it where the disk was full
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _pragma(connection: "sqlite3.Connection", name: str) -> int:
    value: int = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value


def _count(connection: "sqlite3.Connection") -> int:
    count: int = connection.execute("SELECT count(*) FROM corrections").fetchone()[0]
    return count


def _meaning(error: "sqlite3.Error", file: Path) -> Exception:
    import sqlite3

    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest says more exactly what of it
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return BusyError()
    if code == sqlite3.SQLITE_FULL:
        return FullError()
    reasons: dict[int, str] = {
        sqlite3.SQLITE_CANTOPEN: "cannot be opened",
        sqlite3.SQLITE_READONLY: "cannot be written",
        sqlite3.SQLITE_PERM: "cannot be written",
        sqlite3.SQLITE_NOTADB: "is no SQLite database",
        sqlite3.SQLITE_CORRUPT: "is damaged",
    }
    return UnavailableError(f"{file} {reasons.get(code, 'cannot be used')} ({error}).")


def _row(correction: Correction) -> tuple[object, ...]:
    drawing = correction.drawing
    points = lengths = pen = picture = None
    width, height = None, None
    if isinstance(drawing, Strokes):
        points = np.array([point for line in drawing.lines for point in line], "<f4").tobytes()
        lengths = np.array([len(line) for line in drawing.lines], "<i4").tobytes()
        pen = drawing.pen
        width, height = drawing.canvas or (None, None)
    else:
        picture = drawing.tobytes()
    return (
        str(correction.id), correction.day or datetime.now(UTC).date().isoformat(), correction.label, correction.digit,
        correction.probabilities.astype("<f4").tobytes(), correction.verdict, correction.familiarity, correction.model,
        correction.prepare, points, lengths, pen, width, height, picture,
    )  # fmt: skip


def _correction(row: tuple[Any, ...]) -> Correction:
    (
        id_, day, label, digit, probabilities, verdict, familiarity, model, prepare,
        points, lengths, pen, width, height, picture,
    ) = row  # fmt: skip
    drawing: Strokes | NDArray[np.uint8]
    if picture is None:
        ends = np.frombuffer(lengths, "<i4").cumsum().tolist()
        flat = np.frombuffer(points, "<f4").reshape(-1, 2).tolist()
        canvas = None if width is None else (width, height)
        drawing = Strokes([flat[start:end] for start, end in pairwise([0, *ends])], pen, canvas)
    else:
        drawing = np.frombuffer(picture, np.uint8).reshape(SIDE, SIDE)
    return Correction(
        uuid.UUID(id_), drawing, label, digit, np.frombuffer(probabilities, "<f4"), model, prepare, verdict,
        familiarity, day,
    )  # fmt: skip
