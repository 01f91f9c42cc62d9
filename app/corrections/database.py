"""Corrections in a PostgreSQL database, which the services of several machines share.

Each call is a transaction. When `add` returns, the database has the correction on its disk. Deleted corrections
disappear from the table at once; the database overwrites them later, and its backups may still have them.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    Double,
    Identity,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    create_engine,
    delete,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.corrections.interface import BusyError, FullError, UnavailableError
from app.corrections.rows import Correction, Row, correction_of, row_of, valid_rows

CONNECTIONS = 4  # connections of each process: one for each thread that uses the store
CONNECT_SECONDS = 5
BUSY_SECONDS = 10  # how long a call waits for another one's lock
_LOCK = 0x496E6B6C  # "Inkl": the lock under which the table is created
_BATCH = 100  # rows that the snapshot reads at a time

# The columns are those of the SQLite file (app/corrections/store.py), which describes them.
_TABLE = Table(
    "corrections",
    MetaData(),
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("day", Text, nullable=False),
    Column("label", SmallInteger),
    Column("digit", SmallInteger),
    Column("probabilities", LargeBinary, nullable=False),
    Column("verdict", Text),
    Column("familiarity", Double),
    Column("model", Text, nullable=False),
    Column("prepare", Text, nullable=False),
    Column("points", LargeBinary),
    Column("lengths", LargeBinary),
    Column("pen", Double),
    Column("width", Double),
    Column("height", Double),
    Column("picture", LargeBinary),
    CheckConstraint("(points IS NULL) <> (picture IS NULL)"),
)
_ROWS = select(*(_TABLE.c[name] for name in Row._fields))
_COUNT = select(func.count()).select_from(_TABLE)
# The SQLSTATE codes by which errors are told apart: https://www.postgresql.org/docs/current/errcodes-appendix.html
_LOCKED = ("55P03", "57014", "40001", "40P01")
_FULL = ("53100",)


class DatabaseStore:
    """A `Store` in the database at a URL such as postgresql://user:password@host/inkling."""

    def __init__(self, url: str, limit: int) -> None:
        self.limit = limit
        self.file_name: str | None = None
        parsed = make_url(url).set(drivername="postgresql+psycopg")
        self._name = parsed.render_as_string(hide_password=True)
        self._engine = create_engine(
            parsed,
            pool_size=CONNECTIONS,
            max_overflow=0,
            pool_timeout=BUSY_SECONDS,
            pool_pre_ping=True,  # a connection may have ended with the database
            hide_parameters=True,  # errors must not contain drawings
            connect_args={
                "connect_timeout": CONNECT_SECONDS,
                "options": f"-c lock_timeout={BUSY_SECONDS}s -c statement_timeout={3 * BUSY_SECONDS}s",
            },
        )

    def __str__(self) -> str:
        return f"The database {self._name}"

    def check(self) -> None:
        """Create the table if it does not exist, and test that it can be written."""
        with self._transaction() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            _TABLE.metadata.create_all(connection)
            self._lock(connection)

    def add(self, correction: Correction) -> bool:
        """Save a correction. Returns False, and changes nothing, if its id is saved already. May raise FullError."""
        values = dict(zip(Row._fields, row_of(correction), strict=True))
        values["model"] = correction.model.replace("\0", "\ufffd")  # PostgreSQL stores no NUL in text
        with self._transaction() as connection:
            self._lock(connection)
            if connection.execute(select(_TABLE.c.id).where(_TABLE.c.id == values["id"])).first():
                return False
            if connection.execute(_COUNT).scalar_one() >= self.limit:
                raise FullError
            connection.execute(insert(_TABLE).values(values))
            return True

    def remove(self, id_: uuid.UUID) -> bool:
        """Delete the correction with this id. Returns whether it existed."""
        with self._transaction() as connection:
            return connection.execute(delete(_TABLE).where(_TABLE.c.id == str(id_))).rowcount > 0

    def clear(self) -> int:
        """Delete all corrections. Returns how many there were."""
        with self._transaction() as connection:
            return connection.execute(delete(_TABLE)).rowcount

    def page(self, start: int, size: int) -> tuple[list[Correction], int]:
        """At most `size` corrections, newest first, from index `start`; and the number of all corrections."""
        with self._transaction("REPEATABLE READ") as connection:
            rows = connection.execute(_ROWS.order_by(_TABLE.c.number.desc()).limit(size).offset(start)).all()
            total = connection.execute(_COUNT).scalar_one()
        return [correction_of(row) for row in valid_rows(rows)], total

    @contextmanager
    def snapshot(self) -> Iterator[Callable[[], Iterator[Row]]]:
        """A function that reads all rows, oldest first. Each call reads the same rows, even if others are added or
        deleted meanwhile."""
        with self._transaction("REPEATABLE READ") as connection:

            def rows() -> Iterator[Row]:
                query = _ROWS.order_by(_TABLE.c.number)
                return valid_rows(connection.execute(query, execution_options={"yield_per": _BATCH}))

            yield rows

    def close(self) -> None:
        """Close all connections to the database."""
        self._engine.dispose()

    def _lock(self, connection: Connection) -> None:
        # Other processes can read meanwhile, but not add, so the limit holds for all processes together.
        connection.execute(text("LOCK TABLE corrections IN SHARE ROW EXCLUSIVE MODE"))

    @contextmanager
    def _transaction(self, isolation: str = "READ COMMITTED") -> Iterator[Connection]:
        try:
            with self._engine.connect().execution_options(isolation_level=isolation) as connection, connection.begin():
                yield connection
        except SQLAlchemyError as error:
            raise self._translated(error) from error

    def _translated(self, error: SQLAlchemyError) -> Exception:
        if isinstance(error, PoolTimeoutError):
            return BusyError()
        state = getattr(error.orig, "sqlstate", None) if isinstance(error, DBAPIError) else None
        if state in _LOCKED:
            return BusyError()
        if state in _FULL:
            return FullError()
        reason = type(error.orig if isinstance(error, DBAPIError) else error).__name__
        return UnavailableError(f"{self} cannot be used ({reason}).")
