"""What is removed when its time has come: finished runs with all that is theirs, arrivals that have ended,
and payloads that nobody uses. Statements over one session.

Nothing here takes a lock that the hot path waits for: runs are locked with SKIP LOCKED, only finished ones
are looked at, and a transaction removes a handful. A run goes with its journal, summary, inbox row and
payload uses in one commit; whoever deletes a use renews `touched_at` of its payload, so that a payload is
swept an hour after its last use at the earliest. Whoever is about to store a reference to it has that hour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from runtime.store.sessions import Row, Session

# An orphan is a payload without a use that was written or touched longer ago than this.
ORPHAN_AGE = timedelta(hours=1)
# What hosts leave in the inbox for themselves (polls, subscriptions) and came to nothing is of no interest
# for long.
INWARD_AGE = timedelta(days=1)
WORKER_AGE = timedelta(days=7)
KEY_GRACE = timedelta(days=1)
# Rows of one run's journal that one transaction removes.
JOURNAL_SLICE = 500
_LOOKED_AT = 500
# A content that no row names: its row may still be on its way, so it is given a day.
UNNAMED_AGE = timedelta(days=1)
_NIL = UUID(int=0)
_INWARD = "('poll', 'subscribe', 'unsubscribe')"
_TROUBLE = "('rejected', 'quarantined')"


@dataclass(frozen=True, slots=True)
class Rule:
    """How long the finished runs of a workflow are kept since their end (None: for ever), and how many of
    them (0: all).
    """

    age: timedelta | None
    runs: int = 0


def rule_of(days: int, runs: int) -> Rule:
    """From settings, where 0 means no limit."""
    return Rule(timedelta(days=days) if days else None, runs)


@dataclass(frozen=True, slots=True)
class Kept:
    """The rule of one workflow."""

    tenant: UUID
    workflow: UUID
    rule: Rule


@dataclass(slots=True)
class Look:
    """One stretch of a workflow's runs or arrivals: what may go, and where to look next (None: the end)."""

    ids: list[UUID]
    following: UUID | None


def rules(session: Session, days: int, runs: int) -> list[Kept]:
    """For every workflow, also deleted ones: its own setting, else its tenant's, else the installation's."""
    found = session.all(
        "SELECT w.tenant_id, w.id, COALESCE(o.days, t.days), COALESCE(o.runs, t.runs) "
        "FROM workflows_workflow w "
        "LEFT JOIN runtime_retention o ON o.tenant_id = w.tenant_id AND o.workflow_id = w.id "
        "LEFT JOIN runtime_retention t ON t.tenant_id = w.tenant_id AND t.workflow_id IS NULL ORDER BY w.id"
    )
    return [
        Kept(
            session.uuid(row[0]) or _NIL,
            session.uuid(row[1]) or _NIL,
            rule_of(days if row[2] is None else row[2], runs if row[3] is None else row[3]),
        )
        for row in found
    ]


def moment_id(moment: datetime) -> UUID:
    """The smallest UUIDv7 of a moment: ids before it are older."""
    return UUID(int=max(0, int(moment.timestamp() * 1000)) << 80)


def oldest_kept(session: Session, workflow: UUID, runs: int) -> UUID | None:
    """The oldest of the newest `runs` runs; None when there are no more than that."""
    found = session.all(
        "SELECT id FROM runtime_run WHERE workflow_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?",
        (workflow, runs - 1),
    )
    return session.uuid(found[0][0]) if found else None


def old_runs(
    session: Session, workflow: UUID, after: UUID, until: UUID, ended_before: datetime | None
) -> Look:
    """Finished runs with ids between, those that ended before a moment where one is given."""
    rows = session.all(
        "SELECT id, ended_at FROM runtime_run WHERE workflow_id = ? AND id > ? AND id < ? "
        "ORDER BY id LIMIT ?",
        (workflow, after, until, _LOOKED_AT),
    )
    ids = []
    for row in rows:
        ended = session.time(row[1])
        if ended is not None and (ended_before is None or ended < ended_before):
            ids.append(session.uuid(row[0]) or _NIL)
    return Look(ids, _last(session, rows))


def old_arrivals(session: Session, workflow: UUID, after: UUID, until: UUID, inward_until: UUID) -> Look:
    """Arrivals that have ended and whose run is gone or never was. Those of hosts themselves go sooner."""
    rows = session.all(
        "SELECT i.id, i.state, i.owner, "
        f"i.kind IN {_INWARD} AND i.state NOT IN {_TROUBLE}, "
        "EXISTS (SELECT 1 FROM runtime_run r WHERE r.id = i.id) "
        "FROM runtime_inbox i WHERE i.workflow_id = ? AND i.id > ? AND i.id < ? ORDER BY i.id LIMIT ?",
        (workflow, after, max(until, inward_until), _LOOKED_AT),
    )
    ids = []
    for row in rows:
        arrival = session.uuid(row[0]) or _NIL
        if (
            row[1] != "new"
            and row[2] is None
            and not row[4]
            and arrival < (inward_until if row[3] else until)
        ):
            ids.append(arrival)
    return Look(ids, _last(session, rows))


def _last(session: Session, rows: Sequence[Row]) -> UUID | None:
    return session.uuid(rows[-1][0]) if len(rows) == _LOOKED_AT else None


def long_journals(session: Session, runs: Sequence[UUID]) -> list[tuple[UUID, int]]:
    """Those of the runs whose journal is too long for one transaction, with the number of their last row."""
    clause, ids = session.ids("run_id", runs)
    rows = session.all(f"SELECT run_id, max(seq) FROM runtime_journalrow WHERE {clause} GROUP BY run_id", ids)
    return [(session.uuid(row[0]) or _NIL, row[1]) for row in rows if row[1] > JOURNAL_SLICE]


def delete_rows_from(session: Session, run: UUID, seq: int) -> None:
    """The end of the journal of a finished run: the run itself goes last, so a crash leaves nothing
    behind.
    """
    session.execute(
        "DELETE FROM runtime_journalrow WHERE run_id = ? AND seq >= ? "
        "AND EXISTS (SELECT 1 FROM runtime_run r WHERE r.id = ? AND r.ended_at IS NOT NULL)",
        (run, seq, run),
    )


def delete_runs(session: Session, runs: Sequence[UUID], now: datetime) -> int:
    """Finished runs with journal, summary, arrival and payload uses; how many. One transaction.

    A run whose parent has not ended stays: its answer may still be on its way, and refer to its payloads.
    """
    clause, ids = session.ids("r.id", runs)
    rows = session.all(
        f"SELECT r.id FROM runtime_run r WHERE {clause} AND r.ended_at IS NOT NULL AND r.owner IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM runtime_run p WHERE p.id = r.parent_run AND p.ended_at IS NULL) "
        f"ORDER BY r.id {session.skip_locked_of('r')}",
        ids,
    )
    gone = [value for row in rows if (value := session.uuid(row[0]))]
    if not gone:
        return 0
    _delete_uses(session, gone, now)
    clause, ids = session.ids("run_id", gone)
    for table in (
        "journalrow",
        "snapshot",
        "summary",
        "hold",
        "timer",
        "arrival",
        "callback",
        "connectioncall",
    ):
        session.execute(f"DELETE FROM runtime_{table} WHERE {clause}", ids)
    clause, ids = session.ids("id", gone)
    session.execute(f"DELETE FROM runtime_inbox WHERE {clause} AND state <> 'new'", ids)
    session.execute(f"DELETE FROM runtime_run WHERE {clause}", ids)
    return len(gone)


def delete_arrivals(session: Session, arrivals: Sequence[UUID], now: datetime) -> int:
    """Arrivals that have ended, with the payloads they held; how many. One transaction."""
    clause, ids = session.ids("id", arrivals)
    rows = session.all(
        f"SELECT id FROM runtime_inbox WHERE {clause} AND state <> 'new' AND owner IS NULL "
        f"ORDER BY id {session.skip_locked()}",
        ids,
    )
    gone = [value for row in rows if (value := session.uuid(row[0]))]
    # A message that still waits in its batch is found by the arrival it came in.
    clause, ids = session.ids("id", gone)
    waiting = session.all(f"SELECT id FROM runtime_batchmessage WHERE {clause}", ids) if gone else []
    gone = [value for value in gone if value not in {session.uuid(row[0]) for row in waiting}]
    if not gone:
        return 0
    _delete_uses(session, gone, now)
    clause, ids = session.ids("id", gone)
    return session.execute(f"DELETE FROM runtime_inbox WHERE {clause}", ids)


def _delete_uses(session: Session, owners: Sequence[UUID], now: datetime) -> None:
    clause, ids = session.ids("run_id", owners)
    uses = session.all(
        f"SELECT DISTINCT tenant_id, hash FROM runtime_payloaduse WHERE {clause} ORDER BY 1, 2", ids
    )
    session.many(
        "UPDATE runtime_payload SET touched_at = ? WHERE tenant_id = ? AND hash = ?",
        [(now, row[0], row[1]) for row in uses],
    )
    if uses:
        session.execute(f"DELETE FROM runtime_payloaduse WHERE {clause}", ids)


# -- payloads and small things


@dataclass(slots=True)
class Orphans:
    """One stretch of payloads by the moment they were touched: those without a use, and where to look
    next.
    """

    keys: list[tuple[UUID, str]]
    bytes: int
    following: datetime | None


def orphans(session: Session, after: datetime, until: datetime) -> Orphans:
    rows = session.all(
        "SELECT p.tenant_id, p.hash, p.size, p.touched_at, EXISTS "
        "(SELECT 1 FROM runtime_payloaduse u WHERE u.tenant_id = p.tenant_id AND u.hash = p.hash) "
        "FROM runtime_payload p WHERE p.touched_at >= ? AND p.touched_at < ? ORDER BY p.touched_at LIMIT ?",
        (after, until, _LOOKED_AT),
    )
    found = [row for row in rows if not row[4]]
    following = session.time(rows[-1][3]) if len(rows) == _LOOKED_AT else None
    if following is not None and following == session.time(rows[0][3]):
        following += timedelta(microseconds=1)  # a whole stretch of one moment: the rest at the next look
    return Orphans(
        [(session.uuid(row[0]) or _NIL, row[1]) for row in found], sum(row[2] for row in found), following
    )


@dataclass(slots=True)
class Swept:
    """How many payloads went, and the keys of contents that lie elsewhere and go after the commit."""

    number: int
    places: list[str]


def delete_payloads(session: Session, keys: Sequence[tuple[UUID, str]], until: datetime) -> Swept:
    """Payloads that still have no use and were not touched since. One transaction.

    A writer that stores one of them at this moment either waits for us and puts its own row in, or we wait
    for it and find the row touched: both are one statement each on the same row.
    """
    gone = [
        row[0]
        for tenant, content_hash in sorted(keys)
        for row in session.all(
            "DELETE FROM runtime_payload WHERE tenant_id = ? AND hash = ? AND touched_at < ? AND NOT EXISTS "
            "(SELECT 1 FROM runtime_payloaduse u WHERE u.tenant_id = ? AND u.hash = ?) RETURNING place",
            (tenant, content_hash, until, tenant, content_hash),
        )
    ]
    return Swept(len(gone), [place for place in gone if place])


def unnamed(session: Session, places: Sequence[str]) -> list[str]:
    """Those keys that no payload names."""
    marks = ",".join("?" * len(places))
    rows = session.all(f"SELECT place FROM runtime_payload WHERE place <> '' AND place IN ({marks})", places)
    named = {row[0] for row in rows}
    return [place for place in places if place not in named]


def delete_expired_keys(session: Session, now: datetime, limit: int = 500) -> int:
    """Deduplication keys whose time has been over for a day: what arrived within it may still wait."""
    now -= KEY_GRACE
    rows = session.all(
        "SELECT workflow_id, trigger, key FROM runtime_dedupekey WHERE expires_at <= ? "
        f"ORDER BY expires_at LIMIT ? {session.skip_locked()}",
        (now, limit),
    )
    session.many(
        "DELETE FROM runtime_dedupekey WHERE workflow_id = ? AND trigger = ? AND key = ? AND expires_at <= ?",
        [(row[0], row[1], row[2], now) for row in rows],
    )
    return len(rows)


def delete_stopped_workers(session: Session) -> int:
    """Processes that ended a week ago: until then `/metrics` and people may ask what became of them."""
    return session.execute(
        f"DELETE FROM runtime_worker WHERE stopped_at < {session.clock(-WORKER_AGE.total_seconds())}"
    )


# -- whose turn it is


def claim_chore(session: Session, name: str, owner: UUID, lease: float) -> bool:
    """Whether this process does the chore now. Others leave it alone for `lease` seconds."""
    session.execute(
        f"INSERT INTO runtime_chore (name, due_at, found) VALUES (?, {session.clock()}, '{{}}') "
        "ON CONFLICT DO NOTHING",
        (name,),
    )
    return (
        session.execute(
            f"UPDATE runtime_chore SET owner = ?, due_at = {session.clock(lease)} "
            f"WHERE name = ? AND due_at <= {session.clock()}",
            (owner, name),
        )
        == 1
    )


def renew_chore(session: Session, name: str, owner: UUID, seconds: float) -> bool:
    """Keep the chore for so long; False when it was taken over."""
    return (
        session.execute(
            f"UPDATE runtime_chore SET due_at = {session.clock(seconds)} WHERE name = ? AND owner = ?",
            (name, owner),
        )
        == 1
    )


def finish_chore(session: Session, name: str, owner: UUID, seconds: float, found: str) -> None:
    """Done: what was found, for metrics and the doctor, and due again in so many seconds."""
    session.execute(
        f"UPDATE runtime_chore SET due_at = {session.clock(seconds)}, owner = NULL, "
        f"finished_at = {session.clock()}, found = ? WHERE name = ? AND owner = ?",
        (found, name, owner),
    )
