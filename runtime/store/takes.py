"""What a host takes from the database and reads from it: statements over one session."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from uuid_utils.compat import uuid7

from runtime.crashpoints import crash_point
from runtime.shares import most_for_one
from runtime.store import admission, batch
from runtime.store.clock import first_id, id_at, made_at
from runtime.store.heartbeat import Watched
from runtime.store.records import (
    ArrivalRow,
    ClaimedRun,
    ClockStep,
    DueTrigger,
    HoldRow,
    InboxRow,
    JournalEntry,
    Kinds,
    OwnedRun,
    RunEnd,
    Schedule,
    Slots,
    SnapshotRow,
    Swept,
    TakenRow,
    VersionText,
)
from runtime.store.sessions import Row, Session

Value = TypeVar("Value")

_READY_TENANTS = """
WITH RECURSIVE waiting(tenant) AS (
  SELECT (SELECT tenant_id FROM {table} WHERE {ready} ORDER BY tenant_id LIMIT 1)
  UNION ALL
  SELECT (
    SELECT tenant_id FROM {table} WHERE {ready} AND tenant_id > waiting.tenant ORDER BY tenant_id LIMIT 1
  )
  FROM waiting WHERE waiting.tenant IS NOT NULL
)
SELECT tenant FROM waiting WHERE tenant IS NOT NULL LIMIT 500
"""
# A run is never put off, so whose clock said when does not matter; an arrival may be.
_READY_RUN = "ready_at IS NOT NULL AND owner IS NULL"
_READY_INBOX = "state = 'new' AND owner IS NULL"


def fair_shares(tenants: Sequence[UUID], held: Mapping[UUID, int], limit: int, slots: int) -> dict[UUID, int]:
    """How many of `limit` places each waiting tenant gets: the one that holds least first, at most half of
    all slots for one while others wait. Some stay free for a tenant that comes later.
    """
    most = most_for_one(slots) if len(tenants) == 1 else slots // 2
    counts = {tenant: held.get(tenant, 0) for tenant in tenants}
    shares = dict.fromkeys(tenants, 0)
    for _ in range(limit):
        tenant = min(counts, key=lambda tenant: counts[tenant], default=None)
        if tenant is None:
            break
        if counts[tenant] >= most:
            del counts[tenant]
            continue
        counts[tenant] += 1
        shares[tenant] += 1
    return shares


def _pick(
    session: Session,
    table: str,
    ready: str,
    limit: int,
    held: Mapping[UUID, int],
    slots: int,
    now: datetime | None,
) -> list[UUID]:
    """Ids of ready rows, tenants in turn and the oldest first within one, locked where others take as
    well. What one tenant has no rows for goes to the others.
    """
    tenants = [
        tenant
        for row in session.all(_READY_TENANTS.format(table=table, ready=ready))
        if (tenant := session.uuid(row[0]))
    ]
    until = () if now is None else (now,)
    due = "AND ready_at <= ? " if until else ""
    slots = slots or limit + sum(held.values())
    picked: dict[UUID, list[UUID]] = {}
    while tenants and (left := limit - sum(map(len, picked.values()))) > 0:
        counts = {tenant: held.get(tenant, 0) + len(picked.get(tenant, ())) for tenant in tenants}
        shares = {
            tenant: share for tenant, share in fair_shares(tenants, counts, left, slots).items() if share
        }
        tenants = []
        for tenant, share in shares.items():
            wanted = len(picked.get(tenant, ())) + share
            rows = session.all(
                f"SELECT id FROM {table} WHERE tenant_id = ? AND {ready} {due}"
                f"ORDER BY ready_at LIMIT ? {session.skip_locked()}",
                (tenant, *until, wanted),
            )
            picked[tenant] = [value for row in rows if (value := session.uuid(row[0]))]
            if len(rows) == wanted:
                tenants.append(tenant)
    return [value for values in picked.values() for value in values]


def take_inbox(
    session: Session,
    worker: UUID,
    limit: int,
    held: Mapping[UUID, int],
    now: datetime,
    slots: int = 0,
    kinds: Kinds | None = None,
) -> list[InboxRow]:
    ready = _READY_INBOX
    if kinds is not None:
        # Names of ours, never of a caller's.
        names = ", ".join(f"'{name}'" for name in sorted(kinds.names) if name.isalpha())
        ready += f" AND kind {'NOT IN' if kinds.others else 'IN'} ({names})"
    picked = _pick(session, "runtime_inbox", ready, limit, held, slots, now)
    if not picked:
        return []
    clause, ids = session.ids("id", picked)
    rows = session.all(
        f"UPDATE runtime_inbox SET owner = ?, attempts = attempts + 1 WHERE {clause} "
        "RETURNING id, tenant_id, workflow_id, version_id, trigger, kind, record, received_at, ready_at, "
        "client_tracking_id, dedupe_key, answer_by, source_run, parent_run, parent_action, actor, "
        "request_id, attempts, waits_for",
        [worker, *ids],
    )
    return sorted((_inbox_row(session, row, worker) for row in rows), key=lambda row: row.id)


def _inbox_row(session: Session, row: Row, worker: UUID) -> InboxRow:
    uuid, time = session.uuid, session.time
    return InboxRow(
        id=_some(uuid(row[0])), tenant=_some(uuid(row[1])), workflow=_some(uuid(row[2])),
        version=_some(uuid(row[3])), trigger=row[4], kind=row[5], record=bytes(row[6]),
        received_at=_some(time(row[7])), ready_at=_some(time(row[8])), client_tracking_id=row[9],
        dedupe_key=row[10],
        answer_by=time(row[11]), source_run=uuid(row[12]), parent_run=uuid(row[13]), parent_action=row[14],
        actor=row[15], request_id=row[16], attempts=row[17], owner=worker, waits=bool(row[18]),
    )  # fmt: skip


def claim(
    session: Session, worker: UUID, limit: int, held: Mapping[UUID, int], now: datetime, slots: int = 0
) -> list[ClaimedRun]:
    picked = _pick(session, "runtime_run", _READY_RUN, limit, held, slots, None)
    if not picked:
        return []
    clause, ids = session.ids("id", picked)
    rows = session.all(
        f"UPDATE runtime_run SET owner = ?, epoch = epoch + 1 WHERE {clause} "
        "RETURNING id, tenant_id, workflow_id, version_id, status, epoch, ready_at, parent_run, "
        "parent_action, "
        "client_tracking_id, answer_by, answered_seq, first_failed_action",
        [worker, *ids],
    )
    uuid, time = session.uuid, session.time
    return [
        ClaimedRun(
            id=_some(uuid(row[0])), tenant=_some(uuid(row[1])), workflow=_some(uuid(row[2])),
            version=_some(uuid(row[3])), status=row[4], epoch=row[5], ready_at=time(row[6]),
            parent_run=uuid(row[7]),
            parent_action=row[8], client_tracking_id=row[9], answer_by=time(row[10]), answered_seq=row[11],
            first_failed_action=row[12],
        )
        for row in rows
    ]  # fmt: skip


def abandon(session: Session, run: UUID, epoch: int, worker: UUID) -> None:
    """Hand over a run whose append was refused, in case it is still ours; a higher epoch ends all doubt."""
    session.execute(
        f"UPDATE runtime_run SET owner = NULL, epoch = epoch + 1, ready_at = {session.clock()} "
        "WHERE id = ? AND epoch = ? AND owner = ? AND ended_at IS NULL",
        (run, epoch, worker),
    )


def hold(session: Session, row: HoldRow) -> None:
    session.execute(
        "INSERT INTO runtime_hold (run_id, action, tenant_id, reason, since, until) "
        f"VALUES (?, ?, ?, ?, {session.clock()}, ?) ON CONFLICT (run_id, action) DO UPDATE SET "
        "reason = excluded.reason, since = excluded.since, until = excluded.until",
        (row.run, row.action, row.tenant, row.reason, row.until),
    )


def unhold(session: Session, run: UUID, action: str) -> None:
    """It waits no longer; an empty action: nothing of the run does."""
    which, place = ("AND action = ?", (action,)) if action else ("", ())
    session.execute(f"DELETE FROM runtime_hold WHERE run_id = ? {which}", (run, *place))


def take_callback(session: Session, run: UUID, token: str, row: ArrivalRow) -> bool:
    """Use up a callback address. False when there is no such address or it was used."""
    found = session.all(
        "SELECT action, tenant_id FROM runtime_callback WHERE run_id = ? AND token = ?", (run, token)
    )
    if not found:
        return False
    session.execute("DELETE FROM runtime_callback WHERE run_id = ? AND token = ?", (run, token))
    row.key = f"{found[0][0]}|{token}"
    row.tenant = _some(session.uuid(found[0][1]))
    return batch.put_arrivals(session, [row], session.now())[0]


def journal(session: Session, run: UUID, after: int) -> list[JournalEntry]:
    rows = session.all(
        "SELECT seq, at, events FROM runtime_journalrow WHERE run_id = ? AND seq > ? ORDER BY seq",
        (run, after),
    )
    return [JournalEntry(row[0], _some(session.time(row[1])), bytes(row[2])) for row in rows]


def history(session: Session, run: UUID, schema: str) -> tuple[SnapshotRow | None, list[JournalEntry]]:
    """The newest snapshot that this release can read, and the rows since."""
    rows = session.all(
        "SELECT seq, events, data FROM runtime_snapshot WHERE run_id = ? AND schema = ?", (run, schema)
    )
    snapshot = SnapshotRow(rows[0][0], rows[0][1], bytes(rows[0][2])) if rows else None
    return snapshot, journal(session, run, snapshot.seq if snapshot else 0)


def put_snapshot(session: Session, tenant: UUID, run: UUID, schema: str, row: SnapshotRow) -> None:
    """Not for a run that is gone, and never an older one over a newer."""
    session.execute(
        "INSERT INTO runtime_snapshot (run_id, tenant_id, seq, events, schema, data) "
        "SELECT id, tenant_id, CAST(? AS integer), CAST(? AS integer), ?, ? FROM runtime_run "
        "WHERE id = ? AND tenant_id = ? ON CONFLICT (run_id) DO UPDATE SET seq = excluded.seq, "
        "events = excluded.events, schema = excluded.schema, data = excluded.data "
        "WHERE runtime_snapshot.seq < excluded.seq OR runtime_snapshot.schema <> excluded.schema",
        (row.seq, row.events, schema, row.data, run, tenant),
    )


def arrivals(session: Session, run: UUID) -> tuple[list[ArrivalRow], datetime | None]:
    """What waits for the run, oldest first, and its `ready_at`, read before them: it can only be too old."""
    ready = session.all("SELECT ready_at FROM runtime_run WHERE id = ?", (run,))
    rows = session.all(
        "SELECT id, tenant_id, kind, key, payload, actor FROM runtime_arrival WHERE run_id = ? ORDER "
        "BY at, id",
        (run,),
    )
    return [
        ArrivalRow(
            _some(session.uuid(row[0])),
            _some(session.uuid(row[1])),
            run,
            row[2],
            row[3],
            bytes(row[4]),
            row[5],
        )
        for row in rows
    ], (session.time(ready[0][0]) if ready else None)


def owned(session: Session, worker: UUID) -> list[OwnedRun]:
    rows = session.all("SELECT id, epoch, ready_at FROM runtime_run WHERE owner = ?", (worker,))
    return [OwnedRun(_some(session.uuid(row[0])), row[1], session.time(row[2])) for row in rows]


def taken(session: Session, worker: UUID) -> list[TakenRow]:
    rows = session.all("SELECT id, attempts FROM runtime_inbox WHERE owner = ? AND state = 'new'", (worker,))
    return [TakenRow(_some(session.uuid(row[0])), row[1]) for row in rows]


def put_back(session: Session, worker: UUID, rows: Sequence[TakenRow]) -> int:
    return sum(
        session.execute(
            "UPDATE runtime_inbox SET owner = NULL "
            "WHERE id = ? AND attempts = ? AND owner = ? AND state = 'new'",
            (row.id, row.attempts, worker),
        )
        for row in rows
    )


def end_of(session: Session, run: UUID) -> RunEnd | None:
    """For a run that has not started: its inbox row, which has the same id."""
    rows = session.all(
        "SELECT r.status, r.code, r.error, r.ended_at, j.events FROM runtime_run r "
        "LEFT JOIN runtime_journalrow j ON j.run_id = r.id AND j.seq = r.answered_seq WHERE r.id = ?",
        (run,),
    )
    if rows:
        status, code, error, ended_at, events = rows[0]
        answer = None if events is None else bytes(events)
        return RunEnd("started", "", status, code, error, ended_at is not None, answer)
    rows = session.all("SELECT state, detail FROM runtime_inbox WHERE id = ?", (run,))
    return RunEnd(*rows[0]) if rows else None


def payload(session: Session, tenant: UUID, content_hash: str) -> tuple[bytes, str] | None:
    """The content, or the key of the place where it lies."""
    rows = session.all(
        "SELECT content, place FROM runtime_payload WHERE tenant_id = ? AND hash = ?", (tenant, content_hash)
    )
    return (bytes(rows[0][0]), rows[0][1]) if rows else None


def payload_place(session: Session, tenant: UUID, content_hash: str) -> tuple[str, int] | None:
    """Key and size of a content that lies outside its row."""
    rows = session.all(
        "SELECT place, size FROM runtime_payload WHERE tenant_id = ? AND hash = ? AND place <> ''",
        (tenant, content_hash),
    )
    return (rows[0][0], rows[0][1]) if rows else None


_VERSION = (
    "SELECT v.id, v.tenant_id, v.workflow_id, w.name, t.slug, v.number, v.text, v.parameters FROM "
    "workflows_version v "
    "JOIN workflows_workflow w ON w.id = v.workflow_id JOIN tenants_tenant t ON t.id = v.tenant_id "
)


def version(session: Session, version_id: UUID) -> VersionText | None:
    return _version_text(session, session.all(_VERSION + "WHERE v.id = ?", (version_id,)))


def find_version(session: Session, tenant: UUID, workflow: str) -> VersionText | None:
    """The published version of an enabled workflow of the tenant, by slug, name or id."""
    where = "WHERE w.published_id = v.id AND v.tenant_id = ? AND w.enabled AND w.deleted_at IS NULL AND "
    try:
        found = session.all(_VERSION + where + "w.id = ?", (tenant, UUID(workflow)))
    except ValueError:
        found = session.all(
            _VERSION + where + "(lower(w.name) = lower(?) OR w.slug = lower(?))", (tenant, workflow, workflow)
        )
    return _version_text(session, found)


def _version_text(session: Session, rows: list[Row]) -> VersionText | None:
    if not rows:
        return None
    row = rows[0]
    return VersionText(
        _some(session.uuid(row[0])), _some(session.uuid(row[1])), _some(session.uuid(row[2])), *row[3:]
    )


def active_runs(session: Session, workflow: UUID, trigger: str) -> int:
    rows = session.all(
        "SELECT count(*) FROM runtime_run WHERE workflow_id = ? AND trigger = ? AND ended_at IS NULL",
        (workflow, trigger),
    )
    return int(rows[0][0])


def put_within(session: Session, row: InboxRow, slots: Slots, waiting: int) -> bool:
    """Store an arrival unless as many wait for a slot of its trigger as may (reference 5.13)."""
    session.lock([slots.key])
    queued = session.all(
        "SELECT count(*) FROM runtime_inbox WHERE workflow_id = ? AND trigger = ? AND state = 'new'",
        (slots.workflow, slots.trigger),
    )
    carried = int(queued[0][0]) + active_runs(session, slots.workflow, slots.trigger)
    if carried >= slots.most + waiting:
        return False
    batch.put_inbox(session, [row])
    return True


def unsettled(session: Session, row: InboxRow, kinds: Sequence[str]) -> int:
    """How many older rows of these kinds of the same trigger have not come to their end."""
    marks = ",".join("?" * len(kinds))
    rows = session.all(
        "SELECT count(*) FROM runtime_inbox WHERE workflow_id = ? AND trigger = ? AND state = 'new' "
        f"AND id < ? AND kind IN ({marks})",
        (row.workflow, row.trigger, row.id, *kinds),
    )
    return int(rows[0][0])


def fire(session: Session, now: datetime, schedule: Schedule, limit: int) -> Swept:
    """Turn due timers into arrivals and inbox rows, each exactly once."""
    runs = _fire_runs(session, now, limit)
    inbox = _fire_triggers(session, now, schedule, limit)
    if runs or inbox:
        crash_point("timer.fired")
    following = session.all("SELECT due_at FROM runtime_timer ORDER BY due_at LIMIT 1")
    return Swept(runs, inbox, session.time(following[0][0]) if following else None, now)


def _fire_runs(session: Session, now: datetime, limit: int) -> list[UUID]:
    due = session.all(
        "SELECT id, tenant_id, run_id, key FROM runtime_timer WHERE due_at <= ? AND run_id IS NOT NULL "
        f"ORDER BY due_at LIMIT ? {session.skip_locked()}",
        (now, limit),
    )
    if not due:
        return []
    clause, ids = session.ids("id", [_some(session.uuid(row[0])) for row in due])
    session.execute(f"DELETE FROM runtime_timer WHERE {clause}", ids)
    rows = [
        ArrivalRow(uuid7(), _some(session.uuid(row[1])), _some(session.uuid(row[2])), "timer", row[3])
        for row in due
    ]
    batch.put_arrivals(session, rows, now)
    return [row.run for row in rows]


def _fire_triggers(session: Session, now: datetime, schedule: Schedule, limit: int) -> int:
    due = session.all(
        "SELECT m.id, m.due_at, s.id, s.tenant_id, s.workflow_id, s.version_id, s.trigger, v.text, "
        "s.anchor, s.memory, s.last_fired_at, v.parameters FROM runtime_timer m "
        "JOIN runtime_triggerstate s ON s.id = m.trigger_id "
        "JOIN workflows_version v ON v.id = s.version_id WHERE m.due_at <= ? AND s.armed "
        f"ORDER BY m.due_at LIMIT ? {session.skip_locked_of('m')}",
        (now, limit),
    )
    made = 0
    for row in due:
        uuid, time = session.uuid, session.time
        # Read again: an earlier timer of the same trigger may have fired a moment ago.
        memory = session.all("SELECT memory FROM runtime_triggerstate WHERE id = ?", (_some(uuid(row[2])),))
        trigger = DueTrigger(
            state=_some(uuid(row[2])), tenant=_some(uuid(row[3])), workflow=_some(uuid(row[4])),
            version=_some(uuid(row[5])), trigger=row[6], text=row[7], anchor=_some(time(row[8])),
            memory=bytes(memory[0][0]), last_fired_at=time(row[10]), due_at=_some(time(row[1])),
            parameters=row[11],
        )  # fmt: skip
        fired = schedule(trigger, now)
        session.execute("DELETE FROM runtime_timer WHERE id = ?", (_some(uuid(row[0])),))
        batch.put_inbox(session, fired.inbox)
        released = sum(admission.release_all(session, trigger, name, now) for name in fired.releases)
        set_trigger_timers(session, trigger.state, trigger.tenant, fired.next_due)
        session.execute(
            "UPDATE runtime_triggerstate SET memory = ?, last_fired_at = ?, last_problem = ? WHERE id = ?",
            (
                fired.memory,
                now if fired.inbox or released else trigger.last_fired_at,
                fired.problem,
                trigger.state,
            ),
        )
        made += len(fired.inbox) + released
    return made


def set_trigger_timers(session: Session, state: UUID, tenant: UUID, due: Sequence[datetime]) -> None:
    admission.set_timers(session, state, tenant, due)


def retire(session: Session, worker: UUID) -> None:
    """A clean end: what is still owned is handed over at once."""
    session.execute(f"UPDATE runtime_worker SET stopped_at = {session.clock()} WHERE id = ?", (worker,))
    _hand_over(session, [worker], session.for_update())


def bury(session: Session, dead_seconds: float, watched: Watched) -> int:
    """Hand over what dead workers own; the number of workers found dead. See `runtime.store.heartbeat`."""
    rows = session.all(
        # A heartbeat of the future is from before the database's clock was set back, if ours are not: whoever
        # lives has written another since.
        "SELECT id FROM runtime_worker WHERE stopped_at IS NULL "
        f"AND (heartbeat_at < ? AND heartbeat_at < {session.clock(-dead_seconds)} "
        f"OR heartbeat_at > {session.clock(dead_seconds)}) AND ? <= {session.clock()} "
        f"{session.skip_locked()}",
        (watched.since, watched.until),
    )
    dead = [_some(session.uuid(row[0])) for row in rows]
    if not dead:
        return 0
    # A worker that was only paused comes back with its next heartbeat; its rows carry an older epoch by then.
    clause, ids = session.ids("id", dead)
    session.execute(f"UPDATE runtime_worker SET stopped_at = {session.clock()} WHERE {clause}", ids)
    _hand_over(session, dead, session.skip_locked())
    return len(dead)


def adopt(session: Session) -> int:
    """Hand over what is owned by nobody: a worker that was declared dead, woke, took something and died
    before its next heartbeat, or one whose row is gone. The number of runs and arrivals found.
    """
    found = [
        _some(session.uuid(row[0]))
        for row in session.all(
            "SELECT DISTINCT o.owner FROM (SELECT owner FROM runtime_run WHERE owner IS NOT NULL "
            "UNION SELECT owner FROM runtime_inbox WHERE state = 'new' AND owner IS NOT NULL "
            "UNION SELECT worker FROM runtime_connectioncall) o "
            "LEFT JOIN runtime_worker w ON w.id = o.owner WHERE w.id IS NULL OR w.stopped_at IS NOT NULL"
        )
    ]
    return _hand_over(session, found, session.skip_locked()) if found else 0


def set_back(session: Session, now: datetime, step: ClockStep) -> int:
    """The clock was set back: what came in its former future is ready now, not when that comes again, and
    who waits for a length of time does not wait for the step as well.
    """
    rows = session.execute(
        "UPDATE runtime_inbox SET ready_at = ?, received_at = ? "
        "WHERE state = 'new' AND owner IS NULL AND received_at > ?",
        (now, now, now + step.margin),
    )
    return rows + _bring_forward(session, now, step)


def _bring_forward(session: Session, now: datetime, step: ClockStep) -> int:
    """Timers say when they were made by their ids. One that is moved gets an id of the new time, so that the
    next host that notices the step leaves it alone.
    """
    oldest = UUID(int=0) if step.everything else first_id(now + step.margin)
    found = session.all(
        "SELECT m.id, m.key, m.due_at, COALESCE(r.version_id, s.version_id), s.trigger FROM runtime_timer m "
        "LEFT JOIN runtime_run r ON r.id = m.run_id LEFT JOIN runtime_triggerstate s ON s.id = m.trigger_id "
        f"WHERE m.id > ? {session.skip_locked_of('m')}",
        (oldest,),
    )
    texts: dict[UUID, str] = {}
    moved = []
    for row in found:
        timer, due, version_id = session.uuid(row[0]), _some(session.time(row[2])), session.uuid(row[3])
        if timer is None or version_id is None:
            continue
        if version_id not in texts:
            held = version(session, version_id)
            texts[version_id] = held.text if held else ""
        if not step.is_relative(texts[version_id], row[1], row[4] or ""):
            continue
        if step.by is not None:
            moved.append((max(now, due - step.by), id_at(now), timer))
        elif due - made_at(timer) >= timedelta(0):
            moved.append((now + (due - made_at(timer)), id_at(now), timer))
    session.many("UPDATE runtime_timer SET due_at = ?, id = ? WHERE id = ?", moved)
    return len(moved)


def bury_processes(session: Session, survivor: UUID, alive: Callable[[UUID, str, int], bool]) -> int:
    """Hand over what processes of this machine own that are gone, without waiting for their heartbeat to
    age.
    """
    rows = session.all(
        "SELECT id, machine, pid FROM runtime_worker WHERE stopped_at IS NULL AND id <> ?", (survivor,)
    )
    workers = [(_some(session.uuid(row[0])), row[1], row[2]) for row in rows]
    dead = [worker for worker, machine, pid in workers if not alive(worker, machine, pid)]
    for worker in dead:
        retire(session, worker)
    return len(dead)


def _hand_over(session: Session, workers: Sequence[UUID], lock: str) -> int:
    """What a dead worker has locked is left to a later look (`adopt`): it may be asleep in the middle of a
    commit, and whoever waited for it would sleep as well.
    """
    clause, ids = session.ids("owner", workers)
    runs = session.execute(
        f"UPDATE runtime_run SET owner = NULL, epoch = epoch + 1, ready_at = {session.clock()} "
        f"WHERE id IN (SELECT id FROM runtime_run WHERE {clause} AND ended_at IS NULL {lock})",
        ids,
    )
    rows = session.execute(
        "UPDATE runtime_inbox SET owner = NULL WHERE id IN "
        f"(SELECT id FROM runtime_inbox WHERE {clause} AND state = 'new' {lock})",
        ids,
    )
    clause, ids = session.ids("worker", workers)
    session.execute(
        "DELETE FROM runtime_connectioncall WHERE id IN "
        f"(SELECT id FROM runtime_connectioncall WHERE {clause} {lock})",
        ids,
    )
    return runs + rows


def backlog(session: Session, now: datetime) -> tuple[int, float]:
    """How many arrivals wait for a host, and the age of the oldest in seconds."""
    rows = session.all(
        "SELECT count(*), min(received_at) FROM runtime_inbox WHERE state = 'new' AND ready_at <= ?", (now,)
    )
    oldest = session.time(rows[0][1])
    return int(rows[0][0]), ((now - oldest) / timedelta(seconds=1) if oldest else 0.0)


def _some(value: Value | None) -> Value:
    assert value is not None
    return value
