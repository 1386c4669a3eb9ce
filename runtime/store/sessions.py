"""One database connection as the store uses it: SQLite and PostgreSQL behind the same few methods.

Statements are written once, with `?`; what differs is how rows are locked, how many are written in one
call, and what a UUID and a time look like. On SQLite many rows go into one statement: every statement
gives up and takes back the interpreter's lock, which a busy loop makes expensive.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

import psycopg
from django.db import connections

Row = tuple[Any, ...]


class Session(Protocol):
    """Not safe to share between threads."""

    def begin(self) -> None: ...
    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def close(self) -> None: ...
    def all(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]: ...
    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int: ...
    def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None: ...
    def insert(self, into: str, rows: Sequence[Sequence[Any]], suffix: str = "") -> None: ...
    def ids(self, column: str, ids: Iterable[UUID]) -> tuple[str, list[Any]]: ...
    def accepted(self, rows: Sequence[Sequence[Any]]) -> list[bool]: ...
    def skip_locked(self) -> str: ...
    def skip_locked_of(self, alias: str) -> str: ...
    def for_update(self) -> str: ...
    def lock(self, names: Iterable[str]) -> None: ...
    def clock(self, offset: float = 0) -> str: ...
    def now(self) -> datetime: ...
    def time(self, value: Any) -> datetime | None: ...
    def uuid(self, value: Any) -> UUID | None: ...


# A process that is paused in the middle of a transaction holds its locks, and others would wait for it.
IDLE_SECONDS = 5.0
# A journal row is inserted only where its epoch still is the run's.
JOURNAL_COLUMNS = "run_id, seq, tenant_id, epoch, at, release, events"


class SqliteSession:
    """`synchronous=FULL` where commits must survive a power cut: the writer's connection."""

    def __init__(self, path: str, *, durable: bool) -> None:
        self._connection = sqlite3.connect(
            path, timeout=20, isolation_level=None, check_same_thread=False, cached_statements=512
        )
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={'FULL' if durable else 'NORMAL'}",
            "temp_store=MEMORY",
            "cache_size=-16000",
        ):
            self._connection.execute(f"PRAGMA {pragma}")

    def begin(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self._connection.execute("COMMIT")

    def rollback(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def close(self) -> None:
        self._connection.close()

    def all(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        return self._connection.execute(sql, _texts(parameters)).fetchall()

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        return self._connection.execute(sql, _texts(parameters)).rowcount

    def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        if len(rows) == 1:
            self._connection.execute(sql, _texts(rows[0]))
        elif rows:
            self._connection.executemany(sql, [_texts(row) for row in rows])

    def insert(self, into: str, rows: Sequence[Sequence[Any]], suffix: str = "") -> None:
        start, left = 0, len(rows)
        while left:
            # Powers of two keep the number of different statements, and so of prepared ones, small.
            size = min(64, 1 << (left.bit_length() - 1))
            chunk = rows[start : start + size]
            marks = "(" + ",".join("?" * len(chunk[0])) + ")"
            values = ",".join([marks] * size)
            self._connection.execute(
                f"INSERT INTO {into} VALUES {values} {suffix}",
                [text for row in chunk for text in _texts(row)],
            )
            start, left = start + size, left - size

    def ids(self, column: str, ids: Iterable[UUID]) -> tuple[str, list[Any]]:
        texts = [value.hex for value in ids] or [""]
        texts += [texts[-1]] * ((1 << (len(texts) - 1).bit_length()) - len(texts))
        return f"{column} IN ({','.join('?' * len(texts))})", texts

    def accepted(self, rows: Sequence[Sequence[Any]]) -> list[bool]:
        clause, texts = self.ids("id", {row[0] for row in rows})
        epochs: dict[str, int] = dict(self.all(f"SELECT id, epoch FROM runtime_run WHERE {clause}", texts))
        verdicts = [epochs.get(row[0].hex) == row[3] for row in rows]
        kept = [row for row, verdict in zip(rows, verdicts, strict=True) if verdict]
        # No two owners share an epoch, so a row that is there already is this one, from a commit whose
        # answer was lost.
        self.insert(f"runtime_journalrow ({JOURNAL_COLUMNS})", kept, "ON CONFLICT DO NOTHING")
        return verdicts

    def skip_locked(self) -> str:
        return ""

    def skip_locked_of(self, alias: str) -> str:
        return ""

    def for_update(self) -> str:
        return ""

    def lock(self, names: Iterable[str]) -> None:
        """Whoever writes has the whole database to himself."""

    def clock(self, offset: float = 0) -> str:
        # Six digits like every other time: they are compared as text.
        return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', '{offset:+} seconds')"

    def now(self) -> datetime:
        return datetime.now(UTC)

    def time(self, value: Any) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC)

    def uuid(self, value: Any) -> UUID | None:
        return None if value is None else UUID(hex=value)


def _texts(parameters: Sequence[Any]) -> list[Any]:
    """UUIDs and times as Django writes them to SQLite."""
    return [
        value.hex
        if type(value) is UUID
        else value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
        if type(value) is datetime
        else value
        for value in parameters
    ]


class PostgresSession:
    """Rows go through pipelined `executemany`, which costs one round trip however many there are."""

    def __init__(self, parameters: dict[str, Any], *, durable: bool) -> None:
        # Every commit is durable, unless the server was told otherwise; only the writer has transactions.
        self._connection = psycopg.connect(**parameters, autocommit=not durable)
        self._cursor = self._connection.cursor()
        if durable:
            self._cursor.execute(
                f"SET idle_in_transaction_session_timeout = {IDLE_SECONDS * 1000:.0f}".encode()
            )
            self._connection.commit()

    def begin(self) -> None:
        """psycopg begins with the first statement."""

    def commit(self) -> None:
        self._connection.commit()

    def rollback(self) -> None:
        self._connection.rollback()

    def close(self) -> None:
        self._connection.close()

    def all(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        self._cursor.execute(sql.replace("?", "%s"), parameters)
        return self._cursor.fetchall()

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        self._cursor.execute(sql.replace("?", "%s"), parameters)
        return self._cursor.rowcount

    def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        if len(rows) == 1:
            self._cursor.execute(sql.replace("?", "%s"), rows[0])
        elif rows:
            self._cursor.executemany(sql.replace("?", "%s"), rows)

    def insert(self, into: str, rows: Sequence[Sequence[Any]], suffix: str = "") -> None:
        if rows:
            marks = ",".join(["%s"] * len(rows[0]))
            self.many(f"INSERT INTO {into} VALUES ({marks}) {suffix}", rows)

    def ids(self, column: str, ids: Iterable[UUID]) -> tuple[str, list[Any]]:
        return f"{column} = ANY(?)", [list(ids)]

    def accepted(self, rows: Sequence[Sequence[Any]]) -> list[bool]:
        sql = (
            f"INSERT INTO runtime_journalrow ({JOURNAL_COLUMNS}) SELECT r.id, %s, %s, %s, %s, %s, %s "
            "FROM runtime_run r "
            "WHERE r.id = %s AND r.epoch = %s FOR SHARE ON CONFLICT DO NOTHING RETURNING seq"
        )
        cursor = self._cursor
        cursor.executemany(sql, [(*row[1:], row[0], row[3]) for row in rows], returning=True)
        verdicts = []
        while True:
            verdicts.append(cursor.rowcount == 1)
            if not cursor.nextset():
                break
        return [verdict or self._written_before(row) for verdict, row in zip(verdicts, rows, strict=True)]

    def _written_before(self, row: Sequence[Any]) -> bool:
        """No two owners share an epoch: such a row is this one, from a commit whose answer was lost."""
        return bool(
            self.all(
                "SELECT 1 FROM runtime_journalrow j JOIN runtime_run r ON r.id = j.run_id AND "
                "r.epoch = j.epoch "
                "WHERE j.run_id = ? AND j.seq = ? AND j.epoch = ?",
                (row[0], row[1], row[3]),
            )
        )

    def skip_locked(self) -> str:
        return "FOR UPDATE SKIP LOCKED"

    def skip_locked_of(self, alias: str) -> str:
        return f"FOR UPDATE OF {alias} SKIP LOCKED"

    def for_update(self) -> str:
        return "FOR UPDATE"

    def lock(self, names: Iterable[str]) -> None:
        """Until the end of the transaction. In one order, so that two processes never wait for each other."""
        for name in sorted(set(names)):
            number = int.from_bytes(
                hashlib.blake2b(name.encode(), digest_size=8).digest(), "big", signed=True
            )
            self._cursor.execute("SELECT pg_advisory_xact_lock(%s)", (number,))

    def clock(self, offset: float = 0) -> str:
        return f"(clock_timestamp() + interval '{offset} seconds')"

    def now(self) -> datetime:
        now: datetime = self.all("SELECT clock_timestamp()")[0][0]
        return now.astimezone(UTC)

    def time(self, value: Any) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def uuid(self, value: Any) -> UUID | None:
        return value  # type: ignore[no-any-return]


def open_session(*, durable: bool = False) -> Session:
    """A connection of its own to the default database of the settings."""
    wrapper = connections["default"]
    if wrapper.vendor == "sqlite":
        return SqliteSession(str(wrapper.settings_dict["NAME"]), durable=durable)
    parameters = wrapper.get_connection_params()
    for name in ("pool", "cursor_factory", "context", "prepare_threshold"):
        parameters.pop(name, None)
    return PostgresSession(parameters, durable=durable)


# What SQLite says of a file that others hold, of a disk that is full or broken, of a file or a folder that
# was made read-only.
_SQLITE_TROUBLE = "locked", "busy", "disk I/O", "is full", "readonly", "unable to open"


def connection_lost(error: Exception) -> bool:
    """Whether the database is at fault, and not the statement: then trying again, perhaps on a new
    connection, helps as soon as somebody has helped the database.
    """
    if isinstance(error, sqlite3.OperationalError):
        return any(word in str(error) for word in _SQLITE_TROUBLE)
    if isinstance(error, psycopg.errors.ProgramLimitExceeded):
        return False  # an OperationalError, but of this statement
    return isinstance(
        error,
        (
            psycopg.OperationalError,
            psycopg.InterfaceError,
            # A standby that is not promoted yet, or what a provider does when the disk is full.
            psycopg.errors.ReadOnlySqlTransaction,
            # We were paused; see IDLE_SECONDS.
            psycopg.errors.IdleInTransactionSessionTimeout,
        ),
    )
