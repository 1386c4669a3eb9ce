"""One transaction of the writer: everything that gathered since the last, in an order that keeps each
promise.

First what was taken from the inbox is settled, then runs are inserted, then their journal rows (guarded by
epoch), and only for the rows that went in what depends on them: ends, releases, timers, arrivals,
payloads, summaries.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from runtime import RELEASE
from runtime.store import admission
from runtime.store.clock import id_at
from runtime.store.records import Append, ArrivalRow, InboxRow, Intake, PayloadRow, RunRow, Verdict
from runtime.store.sessions import Session

_INBOX = (
    "runtime_inbox (id, tenant_id, workflow_id, version_id, trigger, kind, state, detail, runs, record, "
    "client_tracking_id, dedupe_key, answer_by, source_run, parent_run, parent_action, actor, "
    "request_id, received_at, "
    "ready_at, attempts, owner)"
)
_RUN = (
    "runtime_run (id, tenant_id, workflow_id, version_id, status, trigger, origin, "
    "client_tracking_id, inbox, "
    "source_run, parent_run, parent_action, actor, request_id, started_at, ended_at, code, error, "
    "first_failed_action, owner, epoch, ready_at, answer_by, answered_seq)"
)
_ONCE = "ON CONFLICT DO NOTHING"


def put_inbox(session: Session, rows: Sequence[InboxRow]) -> None:
    """Rows that are there already are left alone, so a repeated delivery changes nothing."""
    session.insert(
        _INBOX,
        [
            (
                row.id, row.tenant, row.workflow, row.version, row.trigger, row.kind, "new", "", 0,
                row.record,
                row.client_tracking_id, row.dedupe_key, row.answer_by, row.source_run, row.parent_run,
                row.parent_action, row.actor, row.request_id, row.received_at, row.ready_at,
                row.attempts, row.owner,
            )
            for row in rows
        ],
        _ONCE,
    )  # fmt: skip
    payloads = [(row.tenant, payload) for row in rows for payload in row.payloads]
    if payloads:
        # Kept alive by the run it will become, which has the row's id.
        uses = {(row.id, payload.hash, row.tenant) for row in rows for payload in row.payloads}
        _put_payloads(session, payloads, uses, rows[0].received_at)
    held = sorted({(row.id, used, row.tenant) for row in rows for used in row.uses})
    session.insert("runtime_payloaduse (run_id, hash, tenant_id)", held, _ONCE)


def put_arrivals(session: Session, rows: Sequence[ArrivalRow], now: datetime) -> list[bool]:
    """Each arrival with its run's `ready_at`; False where the run has ended or never was."""
    verdicts = []
    for row in sorted(rows, key=lambda row: row.run):
        # Always a later moment than the one seen before, so a release that compares it cannot miss this
        # arrival.
        seen = session.all(
            f"SELECT ready_at FROM runtime_run WHERE id = ? AND ended_at IS NULL {session.for_update()}",
            (row.run,),
        )
        verdicts.append(bool(seen))
        if not seen:
            continue
        before = session.time(seen[0][0])
        at = max(now, before + timedelta(microseconds=1)) if before else now
        session.execute("UPDATE runtime_run SET ready_at = ? WHERE id = ?", (at, row.run))
        _insert_arrivals(session, [row], now)
    return verdicts


def _insert_arrivals(session: Session, rows: Sequence[ArrivalRow], now: datetime) -> None:
    session.insert(
        "runtime_arrival (id, tenant_id, run_id, kind, key, payload, actor, request_id, at)",
        [
            (row.id, row.tenant, row.run, row.kind, row.key, row.payload, row.actor, row.request_id, now)
            for row in rows
        ],
        _ONCE,
    )


def settle(session: Session, intakes: Sequence[Intake], now: datetime) -> list[bool]:
    """Close inbox rows that their taker still holds; False for the others."""
    clause, ids = session.ids("id", [intake.id for intake in intakes])
    held = {
        (session.uuid(row[0]), session.uuid(row[1]), row[2])
        for row in session.all(
            f"SELECT id, owner, attempts FROM runtime_inbox WHERE {clause} AND state = 'new' "
            f"ORDER BY id {session.for_update()}",
            ids,
        )
    }
    verdicts = [(intake.id, intake.worker, intake.attempts) in held for intake in intakes]
    groups: dict[tuple[str, str, int], list[UUID]] = {}
    room = admission.Room()
    for intake, verdict in zip(intakes, verdicts, strict=True):
        if not verdict:
            continue
        admission.admit(session, intake, room, now)
        if intake.state == "new":
            session.execute(
                "UPDATE runtime_inbox SET owner = NULL, ready_at = ?, detail = ?, waits_for = ? WHERE id = ?",
                (intake.ready_at or now, intake.detail, intake.waits_for, intake.id),
            )
        else:
            groups.setdefault((intake.state, intake.detail, len(intake.runs)), []).append(intake.id)
    for intake in intakes:
        if intake.duplicate_of is not None:
            session.execute(
                "UPDATE runtime_inbox SET duplicate_of = ? WHERE id = ?", (intake.duplicate_of, intake.id)
            )
    for (state, detail, runs), group in groups.items():
        clause, ids = session.ids("id", group)
        # Whoever carries the record on has a copy; a row that came to nothing keeps it for redrive.
        carried = runs or state in admission.CARRIED_ON
        record = ", record = ?" if carried else ""
        session.execute(
            f"UPDATE runtime_inbox SET state = ?, detail = ?, runs = ?, owner = NULL{record} WHERE {clause}",
            [state, detail, runs, *([b""] if carried else []), *ids],
        )
    settled = [intake for intake, verdict in zip(intakes, verdicts, strict=True) if verdict]
    put_inbox(session, [row for intake in settled for row in intake.inbox])
    put_arrivals(session, [row for intake in settled for row in intake.arrivals], now)
    limits = [limit for intake in settled for limit in (intake.slots, *intake.limits) if limit]
    admission.wake(session, limits, now, room)
    return verdicts


def write(session: Session, appends: Sequence[Append], now: datetime) -> list[Verdict]:
    """Journal rows and what depends on them."""
    starting = [append for append in appends if append.start is not None]
    session.insert(_RUN, [_run_values(append.start, append) for append in starting if append.start], _ONCE)
    verdicts = session.accepted(
        [(row.run, row.seq, row.tenant, row.epoch, row.at, RELEASE, row.stored_events()) for row in appends]
    )
    kept = [append for append, verdict in zip(appends, verdicts, strict=True) if verdict]
    _write_payloads(session, kept, now)
    _write_waits(session, kept, now)
    _write_outgoing(session, kept, now)
    summaries = {append.run: append for append in kept if append.summary is not None}
    session.insert(
        "runtime_summary (run_id, tenant_id, seq, data)",
        [(append.run, append.tenant, append.seq, append.summary) for append in summaries.values()],
        "ON CONFLICT (run_id) DO UPDATE SET seq = excluded.seq, data = excluded.data",
    )
    released = _write_ends(session, kept)
    admission.wake(
        session, [limit for append in kept for limit in (append.frees, *append.limits) if limit], now
    )
    return [
        Verdict.REFUSED if not verdict else Verdict.RELEASED if id(append) in released else Verdict.KEPT
        for append, verdict in zip(appends, verdicts, strict=True)
    ]


def _run_values(run: RunRow | None, append: Append) -> tuple[object, ...]:
    assert run is not None
    change = append.change
    owner = None if append.ended or append.release else run.owner
    return (
        run.id, run.tenant, run.workflow, run.version, change.status if change else run.status, run.trigger,
        run.origin, run.client_tracking_id, run.inbox, run.source_run, run.parent_run,
        run.parent_action, run.actor,
        run.request_id, run.started_at, change.ended_at if change else None, change.code if change else "",
        change.error if change else "", change.first_failed_action if change else "", owner, run.epoch,
        run.ready_at,
        run.answer_by, change.answered_seq if change else None,
    )  # fmt: skip


def _write_ends(session: Session, kept: Sequence[Append]) -> set[int]:
    """Status, end and ownership of runs, in run order so that two processes never wait for each other."""
    released: set[int] = set()
    for append in sorted(kept, key=lambda append: append.run):
        if append.start is not None:
            if append.ended or append.release:
                released.add(id(append))
            continue
        change = append.change
        if change is not None:
            session.execute(
                "UPDATE runtime_run SET status = ?, ended_at = ?, code = ?, error = ?, "
                "first_failed_action = ?, "
                "answered_seq = COALESCE(?, answered_seq) WHERE id = ?",
                (
                    change.status, change.ended_at, change.code, change.error, change.first_failed_action,
                    change.answered_seq, append.run,
                ),
            )  # fmt: skip
        if append.ended:
            session.execute(
                "UPDATE runtime_run SET owner = NULL, ready_at = NULL WHERE id = ?", (append.run,)
            )
            for table in ("runtime_timer", "runtime_arrival", "runtime_callback"):
                session.execute(f"DELETE FROM {table} WHERE run_id = ?", (append.run,))
            released.add(id(append))
        elif append.release and release(session, append.run, append.epoch, append.seen_ready_at):
            released.add(id(append))
    return released


def release(session: Session, run: UUID, epoch: int, seen: datetime | None) -> bool:
    """Give a run back unless something has arrived since `ready_at` was `seen`."""
    same, parameters = ("ready_at = ?", [seen]) if seen else ("ready_at IS NULL", [])
    return (
        session.execute(
            f"UPDATE runtime_run SET owner = NULL, ready_at = NULL WHERE id = ? AND epoch = ? AND {same}",
            [run, epoch, *parameters],
        )
        == 1
    )


def _put_payloads(
    session: Session,
    payloads: Iterable[tuple[UUID, PayloadRow]],
    uses: set[tuple[UUID, str, UUID]],
    now: datetime,
) -> None:
    """Content by tenant and hash, and which run uses it; writing a known one renews `touched_at`."""
    rows = {
        (tenant, row.hash): (tenant, row.hash, row.size, row.kind, row.sealed, row.place, row.content, now)
        for tenant, row in payloads
    }
    session.insert(
        "runtime_payload (tenant_id, hash, size, kind, sealed, place, content, touched_at)",
        [rows[key] for key in sorted(rows)],
        "ON CONFLICT (tenant_id, hash) DO UPDATE SET touched_at = excluded.touched_at",
    )
    session.insert("runtime_payloaduse (run_id, hash, tenant_id)", sorted(uses), _ONCE)


def _write_payloads(session: Session, kept: Sequence[Append], now: datetime) -> None:
    payloads = [(append.tenant, row) for append in kept for row in append.payloads]
    uses = {(append.run, used, append.tenant) for append in kept for used in append.uses}
    _put_payloads(session, payloads, uses, now)


def _write_waits(session: Session, kept: Sequence[Append], now: datetime) -> None:
    """Timers and callbacks. Several rows of one run may start and cancel the same timer: the last word
    counts.
    """
    final: dict[tuple[UUID, str], tuple[object, ...] | None] = {}
    cancelled: set[tuple[UUID, str]] = set()
    for append in kept:
        for key in append.cancelled_timers:
            final[append.run, key] = None
            cancelled.add((append.run, key))
        for key, due in append.timers:
            final[append.run, key] = (id_at(append.at), append.tenant, append.run, key, due)
    session.many("DELETE FROM runtime_timer WHERE run_id = ? AND key = ?", sorted(cancelled))
    session.insert(
        "runtime_timer (id, tenant_id, run_id, key, due_at)", [row for row in final.values() if row], _ONCE
    )
    session.insert(
        "runtime_callback (run_id, token, tenant_id, action)",
        [(append.run, token, append.tenant, action) for append in kept for token, action in append.callbacks],
        _ONCE,
    )
    consumed = [arrival for append in kept for arrival in append.consumed]
    if consumed:
        clause, ids = session.ids("id", consumed)
        session.execute(f"DELETE FROM runtime_arrival WHERE {clause}", ids)


def _write_outgoing(session: Session, kept: Sequence[Append], now: datetime) -> None:
    """What one run sends to others: children it starts, answers to its parent."""
    put_inbox(session, [row for append in kept for row in append.inbox])
    put_arrivals(session, [row for append in kept for row in append.arrivals], now)
