"""Partitions on PostgreSQL: what a time's runs have left goes by dropping a table (`millrace partition`).

Every per-run table whose rows stay is range-partitioned by the run's id, whose first 48 bits are its time.
All have the same borders, so a range of time is one table of each. A range whose every run and arrival has
had its time is dropped; one with a run that goes on stays, and retention removes rows from it as it does
without partitions.

Nobody waits for any of it: tables are made apart and attached, and detached CONCURRENTLY, which need a lock
that readers and writers share. (For the latter there must be no default partition, so ranges are made ahead.)
Detaching begins with the arrivals and runs, which are looked at once more when nobody can reach them any
longer. A table that is there and not attached is therefore always one that is on its way out: whoever comes
next goes on with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

from runtime.store import retention
from runtime.store.retention import Kept, Rule
from runtime.store.sessions import Row, Session, open_session
from runtime.store.upkeep import Hands

# The order in which they are detached: first what decides.
TABLES = {
    "runtime_inbox": "id",
    "runtime_run": "id",
    "runtime_journalrow": "run_id",
    "runtime_snapshot": "run_id",
    "runtime_summary": "run_id",
    "runtime_payloaduse": "run_id",
}
_SHORT_LIVED = (
    "runtime_timer",
    "runtime_arrival",
    "runtime_callback",
    "runtime_hold",
    "runtime_connectioncall",
)
# Ranges made ahead, and at least for how long: a machine may be switched off over a weekend.
AHEAD, AHEAD_AT_LEAST = 4, timedelta(days=4)
_MARGIN = timedelta(hours=2)
# Waits for whoever still reads; what is not finished by then is finished at the next round.
PATIENCE_SECONDS = 60
_TOUCHED_AT_ONCE = 500
_LOCK = 0x70617274  # "part"


@dataclass(frozen=True, slots=True)
class Part:
    """A range of time, from and until in milliseconds."""

    start: int
    end: int

    @property
    def range(self) -> tuple[UUID, UUID]:
        return UUID(int=self.start << 80), UUID(int=self.end << 80)

    def of(self, table: str) -> str:
        return f"{table}_p{self.start:012x}"

    @property
    def until(self) -> datetime:
        return datetime.fromtimestamp(self.end / 1000, UTC)

    def bounds(self) -> str:
        first, last = self.range
        begin = f"'{first}'" if self.start else "MINVALUE"
        return f"FROM ({begin}) TO ('{last}')"


def is_partitioned(session: Session) -> bool:
    """Whether all tables are; never on SQLite."""
    if not session.skip_locked():
        return False
    names = list(TABLES)
    rows = session.all(
        "SELECT count(*) FROM pg_class WHERE oid = ANY(?::regclass[]) AND relkind = 'p'", (names,)
    )
    return bool(rows[0][0] == len(TABLES))


def parts(session: Session, table: str = "runtime_run") -> list[Part]:
    """The attached ranges, the oldest first."""
    rows = session.all(
        "SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i JOIN pg_class c "
        "ON c.oid = i.inhrelid WHERE i.inhparent = ?::regclass AND NOT i.inhdetachpending",
        (table,),
    )
    return sorted((_part(row) for row in rows), key=lambda part: part.start)


def _part(row: Row) -> Part:
    end = re.findall(r"TO \('([0-9a-f-]{36})'\)", row[1])
    return Part(int(row[0][-12:], 16), UUID(end[0]).int >> 80)


def period(found: Sequence[Part]) -> timedelta:
    """As long as the newest."""
    return timedelta(milliseconds=found[-1].end - found[-1].start)


def spare(session: Session) -> timedelta:
    """How much longer what is over stays, to go with its range rather than row by row."""
    return period(parts(session)) if is_partitioned(session) else timedelta(0)


def extend_if_divided(now: datetime) -> None:
    """For a process that starts: nothing can be written where no range is."""
    session = open_session()
    try:
        if is_partitioned(session):
            extend(session, now)
    finally:
        session.close()


# -- from one table to many


def convert(session: Session, every: timedelta, now: datetime) -> None:
    """Each table becomes the first range of a partitioned one; its rows are read once and not written.

    `session` commits each statement. Writers wait for the exchange of two names, not for the reading.
    """
    border = _border(session, every, now)
    for table, column in TABLES.items():
        if not _is_parent(session, table):
            _prove(session, table, column, border)
            _exchange(session, table, column, Part(0, border))
    extend(session, now, every)


def _is_parent(session: Session, table: str) -> bool:
    return bool(session.all("SELECT 1 FROM pg_class WHERE oid = ?::regclass AND relkind = 'p'", (table,)))


def _border(session: Session, every: timedelta, now: datetime) -> int:
    """Where the first range ends: what an interrupted attempt said, or the next but near future."""
    for table in TABLES:
        if _is_parent(session, table):
            return parts(session, table)[0].end
        rows = session.all(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE conrelid = ?::regclass AND conname = ?",
            (table, f"{table}_border"),
        )
        if rows:
            return UUID(re.findall(r"'([0-9a-f-]{36})'", rows[0][0])[0]).int >> 80
    return _next(now + _MARGIN, every)


def _next(moment: datetime, every: timedelta) -> int:
    """The first border after a moment; borders are whole multiples since 1970."""
    length = int(every.total_seconds() * 1000)
    return (int(moment.timestamp() * 1000) // length + 1) * length


def _prove(session: Session, table: str, column: str, border: int) -> None:
    """That all ids lie before the border, read while everything goes on: so attaching need not look."""
    name = f"{table}_border"
    if not session.all("SELECT 1 FROM pg_constraint WHERE conname = ?", (name,)):
        session.execute("SET lock_timeout = '2s'")
        session.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} "
            f"CHECK ({column} < '{UUID(int=border << 80)}') NOT VALID"
        )
    session.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


def _exchange(session: Session, table: str, column: str, first: Part) -> None:
    constraints = session.all(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = ?::regclass "
        "AND contype IN ('p', 'u')",
        (table,),
    )
    indexes = session.all(
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = ?",
        (table,),
    )
    held = {row[0] for row in constraints}
    old = first.of(table)
    work = [
        "SET LOCAL lock_timeout = '2s'",
        f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE",
        f"ALTER TABLE {table} RENAME TO {old}",
        *[f"ALTER INDEX {row[0]} RENAME TO {row[0][:58]}_p0" for row in indexes],
        f"CREATE TABLE {table} (LIKE {old} INCLUDING DEFAULTS INCLUDING STORAGE) "
        f"PARTITION BY RANGE ({column})",
        *[f"ALTER TABLE {table} ADD CONSTRAINT {row[0]} {row[1]}" for row in constraints],
        *[row[1] for row in indexes if row[0] not in held],
        f"ALTER TABLE {table} ATTACH PARTITION {old} FOR VALUES {first.bounds()}",
        f"ALTER TABLE {old} DROP CONSTRAINT {table}_border",
    ]
    _together(session, work)


def _together(session: Session, statements: Iterable[str]) -> None:
    session.execute("BEGIN")
    try:
        for statement in statements:
            session.execute(statement)
    except BaseException:
        session.execute("ROLLBACK")
        raise
    session.execute("COMMIT")


# -- making ranges ahead


def extend(session: Session, now: datetime, every: timedelta | None = None) -> int:
    """Make the ranges of the coming time; how many there were to make. `session` commits each statement."""
    made = 0
    for table in TABLES:
        found = parts(session, table)
        length = every or period(found)
        goal = int((now + max(AHEAD * length, AHEAD_AT_LEAST)).timestamp() * 1000)
        end = found[-1].end
        while end < goal:
            # After a time in which nobody was there, one range covers it all.
            part = Part(end, max(end + int(length.total_seconds() * 1000), _next(now, length)))
            _attach_new(session, table, part)
            end = part.end
            made += 1
    return made


def _attach_new(session: Session, table: str, part: Part) -> None:
    new = part.of(table)
    _together(
        session,
        [
            f"SELECT pg_advisory_xact_lock({_LOCK})",
            f"CREATE TABLE IF NOT EXISTS {new} (LIKE {table} INCLUDING DEFAULTS INCLUDING STORAGE "
            "INCLUDING INDEXES)",
            f"DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_inherits WHERE inhrelid = '{new}'::regclass) THEN "
            f"ALTER TABLE {table} ATTACH PARTITION {new} FOR VALUES {part.bounds()}; END IF; END $$",
        ],
    )


# -- dropping


class Dropping:
    """One round. `session` commits each statement; `hands` changes rows."""

    def __init__(self, hands: Hands, session: Session, now: datetime) -> None:
        self._hands, self._session, self._now = hands, session, now
        self.dropped: list[Part] = []

    def execute(self, kept: Iterable[Kept], otherwise: Rule) -> None:
        """`otherwise` is the rule for runs of workflows that are gone."""
        rules = {rule.workflow: rule.rule for rule in kept}
        self._session.execute(f"SET statement_timeout = '{PATIENCE_SECONDS}s'")
        try:
            self._finalize()
            for part in self._leaving():
                self._remove(part)
            for part in parts(self._session):
                if part.until < self._now and self._is_over(part, rules, otherwise):
                    self._touch_payloads(part)
                    self._remove(part)
        finally:
            self._session.execute("RESET statement_timeout")

    def _finalize(self) -> None:
        rows = self._session.all(
            "SELECT i.inhparent::regclass::text, i.inhrelid::regclass::text FROM pg_inherits i "
            "WHERE i.inhdetachpending AND i.inhparent = ANY(?::regclass[])",
            (list(TABLES),),
        )
        for parent, child in rows:
            self._session.execute(f"ALTER TABLE {parent} DETACH PARTITION {child} FINALIZE")

    def _leaving(self) -> list[Part]:
        """Ranges of which a table is there and not attached."""
        rows = self._session.all(
            "SELECT c.relname FROM pg_class c WHERE c.relkind = 'r' AND c.relname ~ ? AND NOT EXISTS "
            "(SELECT 1 FROM pg_inherits i WHERE i.inhrelid = c.oid) "
            "AND c.relnamespace = current_schema()::regnamespace",
            (f"^({'|'.join(TABLES)})_p[0-9a-f]{{12}}$",),
        )
        starts = sorted({int(row[0][-12:], 16) for row in rows})
        borders = sorted(
            {part.start for table in TABLES for part in parts(self._session, table)} | set(starts)
        )
        return [Part(start, borders[borders.index(start) + 1]) for start in starts]

    def _is_over(self, part: Part, rules: dict[UUID, Rule], otherwise: Rule) -> bool:
        if self._goes_on(part):
            return False
        for workflow, ended in self._ask(
            f"SELECT workflow_id, max(ended_at) FROM {part.of('runtime_run')} GROUP BY 1"
        ):
            if not self._had_its_time(part, workflow, ended, rules.get(workflow, otherwise)):
                return False
        alone = self._ask(
            f"SELECT DISTINCT i.workflow_id FROM {part.of('runtime_inbox')} i WHERE NOT EXISTS "
            f"(SELECT 1 FROM {part.of('runtime_run')} r WHERE r.id = i.id)"
        )
        ages = [rules.get(row[0], otherwise).age for row in alone]
        return all(age is not None and part.until < self._now - age for age in ages)

    def _had_its_time(self, part: Part, workflow: UUID, ended: datetime, rule: Rule) -> bool:
        if rule.age is not None and ended < self._now - rule.age:
            return True
        if not rule.runs:
            return False
        oldest = retention.oldest_kept(self._session, workflow, rule.runs)
        return oldest is not None and oldest >= part.range[1]

    def _goes_on(self, part: Part) -> bool:
        """Whether anything in it is not over, by its own tables, attached or not."""
        runs, inbox = part.of("runtime_run"), part.of("runtime_inbox")
        return bool(
            self._ask(f"SELECT 1 FROM {runs} WHERE ended_at IS NULL LIMIT 1")
            or self._ask(f"SELECT 1 FROM {inbox} WHERE state = 'new' LIMIT 1")
            or self._ask("SELECT 1 FROM runtime_batchmessage WHERE id >= ? AND id < ? LIMIT 1", *part.range)
            or self._ask(
                f"SELECT 1 FROM {runs} c JOIN runtime_run p ON p.id = c.parent_run "
                "WHERE p.ended_at IS NULL LIMIT 1"
            )
        )

    def _ask(self, sql: str, *given: object) -> list[Row]:
        return self._session.all(sql, given)

    def _touch_payloads(self, part: Part) -> None:
        """Their sweeping begins an hour from now, as after every use that goes."""
        after = part.range[0], ""
        while rows := self._session.all(
            f"SELECT run_id, hash, tenant_id FROM {part.of('runtime_payloaduse')} "
            f"WHERE (run_id, hash) > (?, ?) ORDER BY run_id, hash LIMIT {_TOUCHED_AT_ONCE}",
            after,
        ):
            keys = sorted({(row[2], row[1]) for row in rows})
            self._hands.change(partial(_touch, keys=keys, now=self._now))
            self._hands.rest(0.02)
            after = rows[-1][0], rows[-1][1]

    def _remove(self, part: Part) -> None:
        for table in ("runtime_inbox", "runtime_run"):
            self._detach(table, part)
        if self._goes_on(part):
            for table in ("runtime_inbox", "runtime_run"):
                self._session.execute(
                    f"ALTER TABLE {table} ATTACH PARTITION {part.of(table)} FOR VALUES {part.bounds()}"
                )
            return
        for table in TABLES:
            self._detach(table, part)
        _together(self._session, [f"DROP TABLE IF EXISTS {part.of(table)}" for table in TABLES])
        for table in _SHORT_LIVED:
            self._hands.change(partial(_delete_range, table=table, part=part))
        self.dropped.append(part)

    def _detach(self, table: str, part: Part) -> None:
        if part in parts(self._session, table):
            self._session.execute(f"ALTER TABLE {table} DETACH PARTITION {part.of(table)} CONCURRENTLY")


def _touch(session: Session, keys: Sequence[tuple[UUID, str]], now: datetime) -> None:
    session.many(
        "UPDATE runtime_payload SET touched_at = ? WHERE tenant_id = ? AND hash = ?",
        [(now, *key) for key in keys],
    )


def _delete_range(session: Session, table: str, part: Part) -> None:
    session.execute(f"DELETE FROM {table} WHERE run_id >= ? AND run_id < ?", part.range)
