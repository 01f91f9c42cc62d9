"""Corrections in one SQLite file: the drawing, the prediction, the correct label and the day.

Any SQLite program can open the file; _SCHEMA below describes its columns. Every call opens its own connection: if the
file was replaced or deleted in the meantime, the call uses the new file or creates one, and writes nothing to the old
one. When `add` returns, the correction is on the disk: write-ahead log, synchronous=FULL, a transaction for each call.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from app.corrections import reserve
from app.corrections.interface import BusyError, FullError, UnavailableError
from app.corrections.rows import Correction, Row, correction_of, row_of, valid_rows

if TYPE_CHECKING:  # sqlite3 is loaded only if saving corrections is enabled
    import sqlite3

BUSY_SECONDS = 10.0  # how long a call waits for another process's write lock
# The file may grow to this many bytes for each correction that the limit allows. A drawing of 100 points needs 1 KiB.
BYTES_EACH = 8 * 1024
_MIN_BYTES = 1024 * 1024
_PAGE = 4096  # bytes
_APPLICATION = 0x496E6B6C  # "Inkl": marks the file as this program's
_VERSION = 1

_SCHEMA = """
CREATE TABLE corrections (
    number INTEGER PRIMARY KEY,    -- ascending in the order of arrival
    id TEXT NOT NULL UNIQUE,       -- the client's UUID
    day TEXT NOT NULL,             -- the day in UTC: 2030-12-31
    label INTEGER,                 -- the correct digit; NULL if it is not a digit
    digit INTEGER,                 -- the predicted digit; NULL for a blank drawing
    probabilities BLOB NOT NULL,   -- ten float32, little-endian
    verdict TEXT,
    familiarity REAL,
    model TEXT NOT NULL,           -- the weights that made the prediction
    prepare TEXT NOT NULL,         -- the preprocessing mode
    points BLOB,                   -- float32 pairs x, y, little-endian; NULL for an image
    lengths BLOB,                  -- int32, little-endian, the number of points of each stroke
    pen REAL,
    width REAL,                    -- of the canvas
    height REAL,
    picture BLOB,                  -- 28×28 bytes, white ink on black; NULL for strokes
    CHECK ((points IS NULL) <> (picture IS NULL))
)
"""


_COLUMNS = ", ".join(Row._fields)


class CorrectionStore:
    """The corrections in one file, which threads and processes can use at the same time.

    Every method may raise UnavailableError or BusyError. Damaged rows, for example of a file that another program has
    changed, are counted but not returned.
    """

    def __init__(self, file: Path, limit: int) -> None:
        self.file = file.absolute()  # SQLite would open a database in memory for the name ":memory:"
        self.limit = limit
        self.file_name: str | None = file.name
        self._checked = False  # whether this process has run SQLite's quick_check on the file

    def __str__(self) -> str:
        return str(self.file)

    def check(self) -> None:
        """Create the file if it does not exist, check its integrity, and test that it can be written."""
        with self._connected() as connection, _transaction(connection):
            # Test that the file can be written: set the version to the value that it already has.
            connection.execute(f"PRAGMA user_version = {_VERSION}")
        reserve.keep(self.file)

    def add(self, correction: Correction) -> bool:
        """Save a correction. Returns False, and changes nothing, if its id is saved already. May raise FullError."""
        with self._connected() as connection, _transaction(connection):
            if connection.execute("SELECT 1 FROM corrections WHERE id = ?", (str(correction.id),)).fetchone():
                return False
            if _count(connection) >= self.limit:
                raise FullError
            marks = ", ".join("?" * (_COLUMNS.count(",") + 1))
            connection.execute(f"INSERT INTO corrections ({_COLUMNS}) VALUES ({marks})", row_of(correction))  # noqa: S608
            return True

    def remove(self, id_: uuid.UUID) -> bool:
        """Delete the correction with this id. Returns whether it existed. May raise FullError."""
        return self._delete("WHERE id = ?", (str(id_),)) > 0

    def clear(self) -> int:
        """Delete all corrections. Returns how many there were. May raise FullError."""
        return self._delete("")

    def page(self, start: int, size: int) -> tuple[list[Correction], int]:
        """At most `size` corrections, newest first, from index `start`; and the number of all corrections."""
        with self._connected() as connection, _transaction(connection, "DEFERRED"):
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM corrections ORDER BY number DESC LIMIT ? OFFSET ?",  # noqa: S608
                (size, start),
            )
            return [correction_of(row) for row in valid_rows(rows)], _count(connection)

    @contextmanager
    def snapshot(self) -> "Iterator[Callable[[], Iterator[Row]]]":
        """A function that reads all rows, oldest first. Each call reads the same rows, even if others are added or
        deleted meanwhile."""
        with self._connected() as connection, _transaction(connection, "DEFERRED"):
            query = f"SELECT {_COLUMNS} FROM corrections ORDER BY number"  # noqa: S608
            yield lambda: valid_rows(connection.execute(query))

    def close(self) -> None:
        """Do nothing: each call closes its own connection."""

    def _delete(self, condition: str, values: tuple[str, ...] = ()) -> int:
        try:
            return self._delete_at_once(f"DELETE FROM corrections {condition}", values)  # noqa: S608
        except FullError:
            if not reserve.release(self.file):
                raise
        # The log needs as much space as the rows that are deleted, so delete one after another.
        one = f"DELETE FROM corrections WHERE number = (SELECT min(number) FROM corrections {condition})"  # noqa: S608
        deleted = 0
        try:
            while self._delete_at_once(one, values):
                deleted += 1
        finally:
            reserve.keep(self.file)
        return deleted

    def _delete_at_once(self, statement: str, values: tuple[str, ...]) -> int:
        with self._connected() as connection:
            with _transaction(connection):
                deleted = connection.execute(statement, values).rowcount
            # secure_delete overwrites deleted content in the file; truncating the log removes the content from the log.
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            return deleted

    @contextmanager
    def _connected(self) -> "Iterator[sqlite3.Connection]":
        import sqlite3

        try:
            connection = sqlite3.connect(self.file, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
            connection.text_factory = _text
            try:
                self._open(connection)
                yield connection
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise _translated(error, self.file) from error

    def _open(self, connection: "sqlite3.Connection") -> None:
        """Configure a connection; create the table if the file is empty. Raises UnavailableError for other files."""
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON").fetchall()
        with _transaction(connection, "DEFERRED"):  # one snapshot, because another connection may be creating the table
            recognised = _recognised(connection, self.file)
        if not recognised:
            _use_write_ahead_log(connection)
            with _transaction(connection):
                if not _recognised(connection, self.file):  # another connection may have created the table
                    connection.execute(_SCHEMA)
                    connection.execute(f"PRAGMA application_id = {_APPLICATION}")
                    connection.execute(f"PRAGMA user_version = {_VERSION}")
        if not self._checked:
            if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise UnavailableError(f"{self.file} is damaged.")
            self._checked = True
        pages = max(_MIN_BYTES, self.limit * BYTES_EACH) // _PAGE
        connection.execute(f"PRAGMA max_page_count = {pages}").fetchall()


def _recognised(connection: "sqlite3.Connection", file: Path) -> bool:
    """Whether the file is a corrections database; False if it is empty. Raises UnavailableError for other files."""
    mark, version = _pragma(connection, "application_id"), _pragma(connection, "user_version")
    if mark == _APPLICATION and version != _VERSION:
        raise UnavailableError(f"{file} was written by another version of this program.")
    if mark == _APPLICATION:
        return True
    if mark or version or connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise UnavailableError(f"{file} is another program's database.")
    return False


def _use_write_ahead_log(connection: "sqlite3.Connection") -> None:
    """Use SQLite's write-ahead log, so that reads and writes can run at the same time. The file stores the setting.

    On some network drives, or while another process creates the file, this is impossible. SQLite then keeps its
    rollback journal, which is as safe but slower.
    """
    import sqlite3

    with suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA journal_mode = WAL").fetchall()


@contextmanager
def _transaction(
    connection: "sqlite3.Connection", kind: Literal["IMMEDIATE", "DEFERRED"] = "IMMEDIATE"
) -> Iterator[None]:
    # IMMEDIATE takes the write lock at once. A transaction that starts with a read could not wait for the lock later.
    # DEFERRED is for transactions that only read: all statements see the same snapshot.
    connection.execute(f"BEGIN {kind}")
    try:
        yield
    except BaseException:
        if connection.in_transaction:  # SQLite has already rolled back if the disk is full
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _text(content: bytes) -> str:
    return content.decode(errors="replace")  # a damaged row should not make the others unreadable


def _pragma(connection: "sqlite3.Connection", name: str) -> int:
    value: int = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value


def _count(connection: "sqlite3.Connection") -> int:
    count: int = connection.execute("SELECT count(*) FROM corrections").fetchone()[0]
    return count


def _translated(error: "sqlite3.Error", file: Path) -> Exception:
    import sqlite3

    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the primary error code; the other bits are details
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return BusyError()
    if code == sqlite3.SQLITE_FULL:
        return FullError()
    reasons: dict[int, str] = {
        sqlite3.SQLITE_CANTOPEN: "cannot be opened",
        sqlite3.SQLITE_READONLY: "cannot be written",
        sqlite3.SQLITE_PERM: "cannot be written",
        sqlite3.SQLITE_NOTADB: "is not a SQLite database",
        sqlite3.SQLITE_CORRUPT: "is damaged",
    }
    return UnavailableError(f"{file} {reasons.get(code, 'cannot be used')} ({error}).")
