"""What is decided together with the end of an inbox row: free slots, keys seen before, whether its trigger
is still armed, and whether a batch is full. Statements over one session.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from runtime.store.records import Append, BatchMessage, DueTrigger, InboxRow, Intake, RunLimit, Slots
from runtime.store.sessions import Session

# Ends after which somebody else has what the row carried.
CARRIED_ON = ("split", "batched", "subscribed", "unsubscribed")
# A row that waits for a slot is woken by the run that frees it; this is for a run lost by a fault of ours.
_LOOK_AGAIN = timedelta(seconds=60)
_ONCE = "ON CONFLICT DO NOTHING"
# Of callers looked through for one of the same workflow; calls are not nested as deep.
_DEEPEST = 100


@dataclass(slots=True)
class Room:
    """What one commit knows of limits: runs that were active before it, those it starts, and arrivals whose
    end it has decided and not written yet. By the key of a limit.
    """

    active: dict[str, int] = field(default_factory=dict)
    started: Counter[str] = field(default_factory=Counter)
    settled: defaultdict[str, set[UUID]] = field(default_factory=lambda: defaultdict(set))


def locks(request: Intake | Append) -> Iterable[str]:
    """The names of what a request decides about, see `Session.lock`."""
    if isinstance(request, Append):
        if request.frees is not None:
            yield request.frees.key
        yield from (limit.key for limit in request.limits)
        return
    if request.slots is not None:
        yield request.slots.key
    yield from (limit.key for limit in request.limits)
    if request.row is not None:
        for key in request.keys:
            yield f"{request.row.workflow.hex}/{request.row.trigger}/{key.text}"
    if request.message is not None and request.row is not None:
        yield f"{request.row.workflow.hex}/{request.row.trigger}"


def admit(session: Session, intake: Intake, room: Room, now: datetime) -> None:
    """Change how the row ends where what is known only now says so."""
    if intake.state == "new":
        return
    if intake.runs and not _finds_room(session, intake, room, now):
        return
    if intake.keys and (intake.runs or intake.inbox):
        _claim_keys(session, intake)
    change = intake.change
    if change is not None and not _remember(session, intake, now):
        intake.nothing("skipped", "The trigger was switched off or replaced meanwhile.")
        intake.inbox = change.instead
    if intake.message is not None:
        _put_message(session, intake, intake.message, now)
    for key in _keys(intake):
        room.started[key] += len(intake.runs)
        room.settled[key].add(intake.id)
    if intake.runs and intake.row is not None and intake.row.kind == "release":
        session.execute("DELETE FROM runtime_batchmessage WHERE release = ?", (intake.id,))


def _keys(intake: Intake) -> list[str]:
    return [limit.key for limit in (intake.slots, *intake.limits) if limit is not None]


# -- slots of triggers, and limits of workflows and tenants


def _active(session: Session, limit: Slots | RunLimit, room: Room) -> int:
    """Nobody else starts or ends one of them while this commit holds the limit's lock (`locks`)."""
    if limit.key not in room.active:
        room.active[limit.key] = _count_active(session, limit)
    return room.active[limit.key] + room.started[limit.key]


def _count_active(session: Session, limit: Slots | RunLimit) -> int:
    if isinstance(limit, Slots):
        rows = session.all(
            "SELECT count(*) FROM runtime_run WHERE workflow_id = ? AND trigger = ? AND ended_at IS NULL",
            (limit.workflow, limit.trigger),
        )
        return int(rows[0][0])
    place, value = ("workflow_id", limit.workflow) if limit.workflow else ("tenant_id", limit.tenant)
    # No further than it matters: thousands of runs may wait for something under a lower limit.
    rows = session.all(
        f"SELECT count(*) FROM (SELECT 1 AS one FROM runtime_run WHERE {place} = ? AND ended_at IS NULL "
        "LIMIT ?) a",
        (value, limit.most),
    )
    return int(rows[0][0])


def _finds_room(session: Session, intake: Intake, room: Room, now: datetime) -> bool:
    slots = intake.slots
    if slots is not None and slots.alone:
        if _active(session, slots, room):
            intake.nothing("skipped", "A run of this trigger was active (SingleInstance).")
            return False
    elif slots is not None and (
        _active(session, slots, room) >= slots.most or _is_older_waiting(session, intake, slots, room)
    ):
        _put_off(intake, "trigger", slots.most, now)
        return False
    for limit in intake.limits:
        if _is_called_from_within(session, intake, limit):
            continue
        if _active(session, limit, room) >= limit.most or _is_older_waiting(session, intake, limit, room):
            _put_off(intake, limit.level, limit.most, now)
            return False
    return True


def _put_off(intake: Intake, whose: str, most: int, now: datetime) -> None:
    intake.nothing("new", waits_until(whose, most))
    intake.waits_for = whose
    age = now - intake.row.received_at if intake.row else _LOOK_AGAIN
    intake.ready_at = now + max(_LOOK_AGAIN, age)


def waits_until(whose: str, most: int) -> str:
    """Of a run that a limit of its trigger, workflow or tenant holds."""
    of = "organisation" if whose == "tenant" else whose
    room = f"fewer than {most} runs of this {of} are" if most > 1 else f"no other run of this {of} is"
    return f"Waits until {room} active."


def _is_older_waiting(session: Session, intake: Intake, limit: Slots | RunLimit, room: Room) -> bool:
    """First come, first served: also when a newer row is looked at first."""
    where, of = _waiting(limit)
    settled = room.settled[limit.key]
    rows = session.all(
        f"SELECT id FROM runtime_inbox WHERE {where} AND id < ? "
        "AND kind NOT IN ('poll', 'subscribe', 'unsubscribe') ORDER BY id LIMIT ?",
        (*of, intake.id, len(settled) + 1),
    )
    return any(session.uuid(row[0]) not in settled for row in rows)


def _is_called_from_within(session: Session, intake: Intake, limit: RunLimit) -> bool:
    """A run whose caller holds a place of the limit until it ends: were it to wait for one, both might wait
    for ever. It counts, and begins all the same.
    """
    row = intake.row
    if row is None or row.parent_run is None or not row.parent_action:
        return False
    if limit.workflow is None:
        return True
    caller: UUID | None = row.parent_run
    for _ in range(_DEEPEST):
        found = session.all("SELECT workflow_id, parent_run FROM runtime_run WHERE id = ?", (caller,))
        if not found:
            return False
        if session.uuid(found[0][0]) == limit.workflow:
            return True
        caller = session.uuid(found[0][1])
        if caller is None:
            return False
    return True


def wake(
    session: Session, freed: Iterable[Slots | RunLimit], now: datetime, room: Room | None = None
) -> None:
    """As many waiting rows as there are free places now, the oldest first."""
    started = room.started if room else Counter[str]()
    for limit in sorted({limit.key: limit for limit in freed}.values(), key=lambda limit: limit.key):
        free = limit.most - _count_active(session, limit) - started[limit.key]
        if free > 0 and not (isinstance(limit, Slots) and limit.alone):
            rouse(session, limit, now, free)


def rouse(
    session: Session, limit: Slots | RunLimit, now: datetime, most: int, *, asleep: bool = False
) -> int:
    """Rows that wait for it are looked at again, the oldest first; how many. `asleep`: of those that are not
    about to be.
    """
    where, of = _waiting(limit)
    later, after = ("AND ready_at > ? ", (now,)) if asleep else ("", ())
    return session.execute(
        f"UPDATE runtime_inbox SET ready_at = ? WHERE id IN (SELECT id FROM runtime_inbox WHERE {where} "
        f"AND owner IS NULL {later}ORDER BY id LIMIT ?)",
        (now, *of, *after, most),
    )


def rouse_free(session: Session, now: datetime, most: int) -> int:
    """Rows whose limit was lifted while they slept."""
    return session.execute(
        "UPDATE runtime_inbox SET ready_at = ? WHERE id IN (SELECT i.id FROM runtime_inbox i "
        "WHERE i.state = 'new' AND NOT (i.waits_for = '') AND i.waits_for <> 'trigger' "
        "AND i.owner IS NULL AND i.ready_at > ? AND NOT EXISTS (SELECT 1 FROM runtime_runlimit l "
        "WHERE l.tenant_id = i.tenant_id AND (l.workflow_id = i.workflow_id AND i.waits_for = 'workflow' "
        "OR l.workflow_id IS NULL AND i.waits_for = 'tenant')) ORDER BY i.id LIMIT ?)",
        (now, now, most),
    )


def _waiting(limit: Slots | RunLimit) -> tuple[str, tuple[object, ...]]:
    """Which rows wait for it, or may; who waits for something else is passed by."""
    if isinstance(limit, Slots):
        where = "workflow_id = ? AND trigger = ? AND state = 'new' AND waits_for IN ('', 'trigger')"
        return where, (limit.workflow, limit.trigger)
    place, value = ("workflow_id", limit.workflow) if limit.workflow else ("tenant_id", limit.tenant)
    # The negation as the index has it: SQLite compares the words.
    return f"{place} = ? AND state = 'new' AND NOT (waits_for = '') AND waits_for = '{limit.level}'", (value,)


# -- keys


def _claim_keys(session: Session, intake: Intake) -> None:
    """All of its keys, or none where one is taken. Windows are compared with when an arrival came, not with
    when somebody had time for it: a restart in between must make no difference.
    """
    row = intake.row
    assert row is not None
    for key in intake.keys:
        where = (row.workflow, row.trigger, key.text)
        session.execute(
            "DELETE FROM runtime_dedupekey WHERE workflow_id = ? AND trigger = ? AND key = ? "
            "AND expires_at <= ?",
            (*where, row.received_at),
        )
        taken = session.execute(
            "INSERT INTO runtime_dedupekey (workflow_id, trigger, key, tenant_id, run, expires_at) "
            f"VALUES (?, ?, ?, ?, ?, ?) {_ONCE}",
            (*where, row.tenant, row.id, key.until),
        )
        if taken:
            continue
        found = session.all(
            "SELECT run FROM runtime_dedupekey WHERE workflow_id = ? AND trigger = ? AND key = ?", where
        )
        first = session.uuid(found[0][0]) if found else None
        if first == row.id:
            continue  # this very commit, repeated after a lost connection
        intake.nothing("deduplicated", key.why)
        intake.duplicate_of = first
        # Who comes with one of the keys that were free is sent to the first as well.
        session.many(
            "UPDATE runtime_dedupekey SET run = ? WHERE workflow_id = ? AND trigger = ? AND key = ?",
            [
                (first, row.workflow, row.trigger, other.text)
                for other in intake.keys[: intake.keys.index(key)]
            ],
        )
        return


# -- armed triggers


def _remember(session: Session, intake: Intake, now: datetime) -> bool:
    change, row = intake.change, intake.row
    assert change is not None
    assert row is not None
    fired = ", last_fired_at = ?" if intake.runs or intake.inbox else ""
    changed = session.execute(
        f"UPDATE runtime_triggerstate SET memory = ?, last_problem = ?{fired} "
        f"WHERE id = ? AND armed AND anchor = ?",
        [change.memory, change.problem, *([now] if fired else []), change.state, change.anchor],
    )
    if changed and change.next_due is not None:
        set_timers(session, change.state, row.tenant, [change.next_due])
    return changed == 1


def set_timers(session: Session, state: UUID, tenant: UUID, due: Sequence[datetime]) -> None:
    """Each moment once for a trigger."""
    session.insert(
        "runtime_timer (id, tenant_id, key, trigger_id, due_at)",
        [(uuid7(), tenant, "", state, at) for at in due],
        _ONCE,
    )


# -- batches


def _put_message(session: Session, intake: Intake, message: BatchMessage, now: datetime) -> None:
    """Store a message; with it the batch may be full, and is released."""
    row = intake.row
    assert row is not None
    session.insert(
        "runtime_batchmessage (id, tenant_id, workflow_id, trigger, batch, partition_name, message_id, "
        "content, size, at)",
        [
            (
                row.id, row.tenant, row.workflow, row.trigger, message.batch, message.partition,
                message.message_id, message.content, message.size, now,
            )
        ],
        _ONCE,
    )  # fmt: skip
    uses = [(row.id, used, row.tenant) for used in message.uses]
    session.insert("runtime_payloaduse (run_id, hash, tenant_id)", uses, _ONCE)
    count, size = session.all(
        "SELECT count(*), sum(size) FROM runtime_batchmessage WHERE workflow_id = ? AND trigger = ? "
        "AND batch = ? AND partition_name = ? AND release IS NULL",
        (row.workflow, row.trigger, message.batch, message.partition),
    )[0]
    intake.detail = f"Message {count} of partition '{message.partition}' in batch '{message.batch}'"
    if count >= message.most_messages or (size or 0) >= message.most_bytes:
        _release(session, row, message.batch, message.partition, now)


def release_all(session: Session, due: DueTrigger, batch_name: str, now: datetime) -> int:
    """Release what every partition of a batch holds; how many had something."""
    partitions = session.all(
        "SELECT DISTINCT partition_name FROM runtime_batchmessage WHERE workflow_id = ? AND trigger = ? "
        "AND batch = ? AND release IS NULL ORDER BY partition_name",
        (due.workflow, due.trigger, batch_name),
    )
    row = InboxRow(
        id=due.state, tenant=due.tenant, workflow=due.workflow, version=due.version, trigger=due.trigger,
        kind="release", record=b"", received_at=now, ready_at=now,
    )  # fmt: skip
    return sum(_release(session, row, batch_name, name, now) for (name,) in partitions)


def _release(session: Session, like: InboxRow, batch_name: str, partition: str, now: datetime) -> bool:
    """Assign the messages to a new inbox row, which starts the run; a message is assigned once."""
    release = uuid7()
    taken = session.execute(
        "UPDATE runtime_batchmessage SET release = ? WHERE workflow_id = ? AND trigger = ? AND batch = ? "
        "AND partition_name = ? AND release IS NULL",
        (release, like.workflow, like.trigger, batch_name, partition),
    )
    if not taken:
        return False
    session.execute(
        "INSERT INTO runtime_inbox (id, tenant_id, workflow_id, version_id, trigger, kind, state, detail, "
        "runs, record, client_tracking_id, dedupe_key, parent_action, actor, request_id, received_at, "
        "ready_at, attempts) VALUES (?, ?, ?, ?, ?, 'release', 'new', ?, 0, ?, '', '', '', '', '', ?, ?, 0)",
        (
            release, like.tenant, like.workflow, like.version, like.trigger, f"{batch_name}/{partition}", b"",
            now, now,
        ),
    )  # fmt: skip
    return True


def batch_of(session: Session, release: UUID) -> list[tuple[str, str, str, bytes]]:
    """What was assigned to a release row, oldest first: batch, partition, message id, packed content."""
    rows = session.all(
        "SELECT batch, partition_name, message_id, content FROM runtime_batchmessage WHERE release = ? "
        "ORDER BY at, id",
        (release,),
    )
    return [(row[0], row[1], row[2], bytes(row[3])) for row in rows]
