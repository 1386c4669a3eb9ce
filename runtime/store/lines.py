"""Who is in line at a connection that somebody has limited: statements over one session."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from runtime.store.records import ConnectionCall, ConnectionLimit, RunLimit
from runtime.store.sessions import Session

_LIMITS = (
    "SELECT id, tenant_id, name, most_at_once, most_per_minute FROM connectors_connection "
    "WHERE most_at_once IS NOT NULL OR most_per_minute IS NOT NULL"
)


def connection_limits(session: Session) -> list[ConnectionLimit]:
    return [
        ConnectionLimit(
            UUID(str(session.uuid(row[0]))), UUID(str(session.uuid(row[1]))), row[2], row[3], row[4]
        )
        for row in session.all(_LIMITS)
    ]


def run_limits(session: Session) -> list[RunLimit]:
    """Of workflows before those of tenants, which is the order in which a run needs room."""
    rows = session.all(
        "SELECT tenant_id, workflow_id, runs FROM runtime_runlimit ORDER BY workflow_id IS NULL, id"
    )
    return [RunLimit(UUID(str(session.uuid(row[0]))), session.uuid(row[1]), row[2]) for row in rows]


def enter_connection(session: Session, call: ConnectionCall) -> float | None:
    """One after another for a connection, so that two processes never both find its last place."""
    connection = call.limit.connection
    session.lock([f"connection/{connection.hex}"])
    now = session.now()
    found = session.all("SELECT not_before, begun_at FROM runtime_connectioncall WHERE id = ?", (call.id,))
    if found:
        due, begun = session.time(found[0][0]), found[0][1]
        if begun is not None:
            return None
    else:
        due = _reserve(session, call.limit, now)
        session.insert(
            "runtime_connectioncall (id, tenant_id, connection, run_id, action, worker, since, not_before)",
            [(call.id, call.limit.tenant, connection, call.run, call.action, call.worker, now, due)],
            "ON CONFLICT DO NOTHING",
        )
    if due is not None and due > now:
        return (due - now) / timedelta(seconds=1)
    if call.limit.most_at_once is not None:
        # Whoever waits for a moment of its own is not in line for a place yet.
        begun, ahead = session.all(
            "SELECT count(begun_at), count(CASE WHEN begun_at IS NULL AND id < ? AND (not_before IS NULL OR "
            "not_before <= ?) THEN 1 END) FROM runtime_connectioncall WHERE connection = ?",
            (call.id, now, connection),
        )[0]
        if begun + ahead >= call.limit.most_at_once:
            return 0.0
    session.execute("UPDATE runtime_connectioncall SET begun_at = ? WHERE id = ?", (now, call.id))
    return None


def _reserve(session: Session, limit: ConnectionLimit, now: datetime) -> datetime | None:
    """The moment of a call: evenly spread, so that no minute ever has more than were allowed."""
    if limit.most_per_minute is None:
        return None
    found = session.all(
        "SELECT next_at FROM runtime_connectionpace WHERE connection = ?", (limit.connection,)
    )
    free = session.time(found[0][0]) if found else None
    due = now if free is None else max(now, free)
    session.execute(
        "INSERT INTO runtime_connectionpace (connection, tenant_id, next_at) VALUES (?, ?, ?) "
        "ON CONFLICT (connection) DO UPDATE SET next_at = excluded.next_at",
        (limit.connection, limit.tenant, due + timedelta(minutes=1) / limit.most_per_minute),
    )
    return due


def leave_connection(session: Session, call: UUID) -> None:
    session.execute("DELETE FROM runtime_connectioncall WHERE id = ?", (call,))
