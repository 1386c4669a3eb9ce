"""The store of `millrace run`, the simulator and many tests: everything in dictionaries, gone with the
process.

The same promises as the database's, checked by the same contract test; without threads, because nothing
here waits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from uuid_utils.compat import uuid7

from runtime.language.values import Json
from runtime.store.admission import waits_until
from runtime.store.records import (
    Append,
    ArrivalRow,
    BatchMessage,
    ClaimedRun,
    ClockStep,
    ConnectionCall,
    ConnectionLimit,
    DueTrigger,
    HoldRow,
    InboxRow,
    Intake,
    JournalEntry,
    Kinds,
    OwnedRun,
    PayloadRow,
    RunEnd,
    RunLimit,
    RunRow,
    Schedule,
    Slots,
    SnapshotRow,
    Swept,
    TakenRow,
    Verdict,
    VersionText,
)


@dataclass(slots=True)
class MemoryRun:
    """A run with everything that hangs on it."""

    row: RunRow
    owner: UUID | None
    epoch: int
    ready_at: datetime | None
    status: str = "Running"
    ended_at: datetime | None = None
    code: str = ""
    error: str = ""
    first_failed_action: str = ""
    answered_seq: int | None = None
    summary: bytes | None = None
    journal: list[JournalEntry] = field(default_factory=list)
    arrivals: dict[tuple[str, str], ArrivalRow] = field(default_factory=dict)
    timers: dict[str, datetime] = field(default_factory=dict)
    callbacks: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class MemoryInbox:
    row: InboxRow
    state: str = "new"
    detail: str = ""
    runs: int = 0


class MemoryStore:
    """See `records.Store`. `now` is the clock that the database's own would be."""

    keeps_snapshots = False

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self.runs: dict[UUID, MemoryRun] = {}
        self.inbox: dict[UUID, MemoryInbox] = {}
        self.payloads: dict[tuple[UUID, str], PayloadRow] = {}
        self.uses: set[tuple[UUID, str]] = set()
        self.versions: dict[UUID, VersionText] = {}
        self.keys: dict[tuple[UUID, str, str], tuple[datetime, UUID]] = {}
        self.triggers: dict[UUID, DueTrigger] = {}
        self.trigger_timers: set[tuple[UUID, datetime]] = set()
        self.batches: dict[tuple[UUID, str, str, str], list[BatchMessage]] = {}
        self.released: dict[UUID, list[BatchMessage]] = {}
        self.workers: dict[UUID, datetime] = {}

    async def open(self) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing to close."""

    # -- what comes in

    async def put_inbox(self, rows: Sequence[InboxRow]) -> None:
        for row in rows:
            self.inbox.setdefault(row.id, MemoryInbox(row))
            for payload in row.payloads:
                self.payloads.setdefault((row.tenant, payload.hash), payload)
                self.uses.add((row.id, payload.hash))

    async def put_within(self, row: InboxRow, slots: Slots, waiting: int) -> bool:
        queued = sum(
            (entry.row.workflow, entry.row.trigger, entry.state) == (slots.workflow, slots.trigger, "new")
            for entry in self.inbox.values()
        )
        if queued + self._active(slots.workflow, slots.trigger) >= slots.most + waiting:
            return False
        await self.put_inbox([row])
        return True

    async def put_arrival(self, row: ArrivalRow) -> bool:
        return self._arrive(row)

    def _arrive(self, row: ArrivalRow) -> bool:
        run = self.runs.get(row.run)
        if run is None or run.ended_at is not None:
            return False
        run.ready_at = (
            max(self._now(), run.ready_at + timedelta(microseconds=1)) if run.ready_at else self._now()
        )
        run.arrivals.setdefault((row.kind, row.key), row)
        return True

    async def take_callback(self, run: UUID, token: str, row: ArrivalRow) -> bool:
        found = self.runs.get(run)
        action = found.callbacks.pop(token, None) if found else None
        if found is None or action is None:
            return False
        return self._arrive(replace(row, key=f"{action}|{token}", tenant=found.row.tenant))

    # -- what a host takes and writes

    async def take_inbox(
        self,
        worker: UUID,
        limit: int,
        held: Mapping[UUID, int],
        now: datetime,
        slots: int = 0,
        kinds: Kinds | None = None,
    ) -> list[InboxRow]:
        ready = [
            entry
            for entry in self.inbox.values()
            if entry.state == "new"
            and entry.row.owner is None
            and entry.row.ready_at <= now
            and (kinds is None or entry.row.kind in kinds)
        ]
        taken = _in_turn(ready, limit, held, lambda entry: (entry.row.tenant, entry.row.ready_at))
        for entry in taken:
            entry.row = replace(entry.row, owner=worker, attempts=entry.row.attempts + 1)
        return [entry.row for entry in taken]

    async def claim(
        self, worker: UUID, limit: int, held: Mapping[UUID, int], now: datetime, slots: int = 0
    ) -> list[ClaimedRun]:
        ready = [run for run in self.runs.values() if run.owner is None and run.ready_at is not None]
        taken = _in_turn(ready, limit, held, lambda run: (run.row.tenant, run.ready_at or now))
        for run in taken:
            run.owner, run.epoch = worker, run.epoch + 1
        return [_claimed(run) for run in taken]

    async def finish(self, intake: Intake) -> list[Verdict] | None:
        entry = self.inbox.get(intake.id)
        if (
            entry is None
            or entry.state != "new"
            or (entry.row.owner, entry.row.attempts) != (intake.worker, intake.attempts)
        ):
            return None
        self._admit(entry, intake)
        entry.state, entry.detail, entry.runs = intake.state, intake.detail, len(intake.runs)
        entry.row = replace(entry.row, owner=None, ready_at=intake.ready_at or entry.row.ready_at)
        verdicts = [self._write(append) for append in intake.runs]
        await self.put_inbox(intake.inbox)
        for arrival in intake.arrivals:
            self._arrive(arrival)
        return verdicts

    def _admit(self, entry: MemoryInbox, intake: Intake) -> None:
        """Slots, keys and batches, as `admission` decides them; no trigger is armed here."""
        slots, row = intake.slots, entry.row
        if intake.runs and slots is not None:
            active = self._active(slots.workflow, slots.trigger)
            if active >= slots.most and slots.alone:
                intake.nothing("skipped", "A run of this trigger was active (SingleInstance).")
            elif active >= slots.most:
                intake.nothing("new", waits_until("trigger", slots.most))
                intake.ready_at = self._now() + timedelta(seconds=1)
                return
        for key in intake.keys if intake.runs or intake.inbox else ():
            place = (row.workflow, row.trigger, key.text)
            until, first = self.keys.get(place, (row.received_at, row.id))
            if until > row.received_at and first != row.id:
                intake.nothing("deduplicated", key.why)
                intake.duplicate_of = first
                break
            self.keys[place] = (key.until, row.id)
        if intake.message is not None:
            self._put_message(row, intake.message)

    def _put_message(self, row: InboxRow, message: BatchMessage) -> None:
        key = (row.workflow, row.trigger, message.batch, message.partition)
        held = self.batches.setdefault(key, [])
        held.append(message)
        if len(held) < message.most_messages and sum(one.size for one in held) < message.most_bytes:
            return
        del self.batches[key]
        release = replace(
            row, id=uuid7(), kind="release", record=b"", owner=None, attempts=0, parent_run=None,
            parent_action="", ready_at=self._now(),
        )  # fmt: skip
        self.released[release.id] = held
        self.inbox[release.id] = MemoryInbox(release)

    async def append(self, row: Append) -> Verdict:
        return self._write(row)

    def _write(self, append: Append) -> Verdict:
        start = append.start
        if start is not None and start.id not in self.runs:
            self.runs[start.id] = MemoryRun(start, start.owner, start.epoch, start.ready_at)
        run = self.runs.get(append.run)
        if run is None or run.epoch != append.epoch:
            return Verdict.REFUSED
        if not run.journal or run.journal[-1].seq < append.seq:
            run.journal.append(JournalEntry(append.seq, append.at, append.stored_events()))
        self._write_waits(run, append)
        for payload in append.payloads:
            self.payloads.setdefault((append.tenant, payload.hash), payload)
        self.uses.update((append.run, used) for used in append.uses)
        for row in append.inbox:
            self.inbox.setdefault(row.id, MemoryInbox(row))
        for arrival in append.arrivals:
            self._arrive(arrival)
        run.summary = append.summary or run.summary
        change = append.change
        if change is not None:
            run.status, run.ended_at, run.code = change.status, change.ended_at, change.code
            run.error, run.first_failed_action = change.error, change.first_failed_action
            run.answered_seq = change.answered_seq or run.answered_seq
        if append.ended:
            run.owner = run.ready_at = None
            run.timers, run.arrivals, run.callbacks = {}, {}, {}
            return Verdict.RELEASED
        if append.release and (append.start is not None or run.ready_at == append.seen_ready_at):
            run.owner = run.ready_at = None
            return Verdict.RELEASED
        return Verdict.KEPT

    def _write_waits(self, run: MemoryRun, append: Append) -> None:
        for key in append.cancelled_timers:
            run.timers.pop(key, None)
        for key, due in append.timers:
            run.timers.setdefault(key, due)
        run.callbacks.update(append.callbacks)
        consumed = set(append.consumed)
        run.arrivals = {key: row for key, row in run.arrivals.items() if row.id not in consumed}

    async def release(self, run: UUID, epoch: int, seen_ready_at: datetime | None) -> bool:
        found = self.runs.get(run)
        if found is None or found.epoch != epoch or found.ready_at != seen_ready_at:
            return False
        found.owner = found.ready_at = None
        return True

    async def abandon(self, run: UUID, epoch: int, worker: UUID) -> None:
        found = self.runs.get(run)
        if found and (found.epoch, found.owner) == (epoch, worker) and found.ended_at is None:
            found.owner, found.epoch, found.ready_at = None, epoch + 1, self._now()

    # -- what a host reads

    async def journal(self, run: UUID, after: int = 0) -> list[JournalEntry]:
        return [entry for entry in self.runs[run].journal if entry.seq > after] if run in self.runs else []

    async def history(self, run: UUID, schema: str) -> tuple[SnapshotRow | None, list[JournalEntry]]:
        return None, await self.journal(run)

    async def put_snapshot(self, tenant: UUID, run: UUID, schema: str, row: SnapshotRow) -> None:
        """What is in memory needs no shortcut."""

    async def arrivals(self, run: UUID) -> tuple[list[ArrivalRow], datetime | None]:
        found = self.runs.get(run)
        return (list(found.arrivals.values()), found.ready_at) if found else ([], None)

    async def owned(self, worker: UUID) -> list[OwnedRun]:
        return [
            OwnedRun(run.row.id, run.epoch, run.ready_at) for run in self.runs.values() if run.owner == worker
        ]

    async def taken(self, worker: UUID) -> list[TakenRow]:
        return [
            TakenRow(entry.row.id, entry.row.attempts)
            for entry in self.inbox.values()
            if entry.state == "new" and entry.row.owner == worker
        ]

    async def put_back(self, worker: UUID, rows: Sequence[TakenRow]) -> int:
        found = set(rows) & set(await self.taken(worker))
        for row in found:
            entry = self.inbox[row.id]
            entry.row = replace(entry.row, owner=None)
        return len(found)

    async def end_of(self, run: UUID) -> RunEnd | None:
        found, entry = self.runs.get(run), self.inbox.get(run)
        if found is not None:
            ended = found.ended_at is not None
            answer = next((entry.events for entry in found.journal if entry.seq == found.answered_seq), None)
            return RunEnd("started", "", found.status, found.code, found.error, ended, answer)
        return RunEnd(entry.state, entry.detail) if entry else None

    async def payload(self, tenant: UUID, content_hash: str) -> bytes | None:
        found = self.payloads.get((tenant, content_hash))
        return found.content if found else None

    async def keep_body(
        self, tenant: UUID, body: bytes, way: Literal["json", "text", "bytes"], content_type: str | None
    ) -> tuple[Json, PayloadRow] | None:
        return None

    async def payload_text(self, tenant: UUID, content_hash: str) -> bytes | None:
        return None  # nothing here is too big to hold twice

    async def version(self, version: UUID) -> VersionText | None:
        return self.versions.get(version)

    async def find_version(self, tenant: UUID, workflow: str) -> VersionText | None:
        for found in self.versions.values():
            if found.tenant == tenant and workflow.lower() in (
                found.workflow_name.lower(),
                str(found.workflow),
            ):
                return found
        return None

    async def active_runs(self, workflow: UUID, trigger: str) -> int:
        return self._active(workflow, trigger)

    def _active(self, workflow: UUID, trigger: str) -> int:
        return sum(
            run.row.workflow == workflow and run.row.trigger == trigger and run.ended_at is None
            for run in self.runs.values()
        )

    async def batch_of(self, release: UUID) -> list[tuple[str, str, str, bytes]]:
        return [
            (message.batch, message.partition, message.message_id, message.content)
            for message in self.released.get(release, [])
        ]

    async def unsettled(self, row: InboxRow, kinds: Sequence[str]) -> int:
        return sum(
            entry.state == "new"
            and entry.row.id < row.id
            and entry.row.kind in kinds
            and (entry.row.workflow, entry.row.trigger) == (row.workflow, row.trigger)
            for entry in self.inbox.values()
        )

    # -- the clock

    async def fire(self, now: datetime, schedule: Schedule, limit: int) -> Swept:
        due = sorted(
            (at, run.row.id, key) for run in self.runs.values() for key, at in run.timers.items() if at <= now
        )[:limit]
        for _, run_id, key in due:
            run = self.runs[run_id]
            del run.timers[key]
            self._arrive(ArrivalRow(uuid7(), run.row.tenant, run_id, "timer", key))
        made = 0
        for state, at in sorted(
            (pair for pair in self.trigger_timers if pair[1] <= now), key=lambda pair: pair[1]
        ):
            self.trigger_timers.discard((state, at))
            fired = schedule(replace(self.triggers[state], due_at=at), now)
            await self.put_inbox(fired.inbox)
            made += len(fired.inbox)
            self.triggers[state] = replace(self.triggers[state], memory=fired.memory)
            self.trigger_timers.update((state, following) for following in fired.next_due)
        following = [at for run in self.runs.values() for at in run.timers.values()]
        following += [at for _, at in self.trigger_timers]
        return Swept([run_id for _, run_id, _ in due], made, min(following, default=None), now)

    async def register(self, worker: UUID, kind: str) -> None:
        self.workers[worker] = self._now()

    async def retire(self, worker: UUID) -> None:
        self.workers.pop(worker, None)
        self._hand_over({worker})

    async def bury(self) -> int:
        """Nobody else shares this memory, so nobody dies; tests say who did (`kill`)."""
        return 0

    async def hold(self, row: HoldRow) -> None:
        """Nobody looks at runs in the making here."""

    async def unhold(self, run: UUID, action: str) -> None:
        """See `hold`."""

    async def connection_limits(self) -> list[ConnectionLimit]:
        return []

    async def run_limits(self) -> list[RunLimit]:
        return []

    async def rouse(self, limit: RunLimit | None, most: int) -> int:
        return 0

    async def enter_connection(self, call: ConnectionCall) -> float | None:
        return None

    async def leave_connection(self, call: UUID) -> None:
        """Nobody limits connections here."""

    async def adopt(self) -> int:
        return 0

    async def set_back(self, now: datetime, step: ClockStep) -> int:
        """Nobody sets the clock of a rehearsal back; the inbox alone is enough for its tests."""
        late = [
            entry
            for entry in self.inbox.values()
            if entry.state == "new" and entry.row.owner is None and entry.row.received_at > now
        ]
        for entry in late:
            entry.row = replace(entry.row, ready_at=now, received_at=now)
        return len(late)

    async def bury_processes(self, survivor: UUID) -> int:
        return 0

    def kill(self, worker: UUID) -> None:
        """For tests and the simulator: the worker is found dead now."""
        self.workers.pop(worker, None)
        self._hand_over({worker})

    def _hand_over(self, workers: set[UUID]) -> None:
        for run in self.runs.values():
            if run.owner in workers and run.ended_at is None:
                run.owner, run.epoch, run.ready_at = None, run.epoch + 1, self._now()
        for entry in self.inbox.values():
            if entry.row.owner in workers and entry.state == "new":
                entry.row = replace(entry.row, owner=None)


def _claimed(run: MemoryRun) -> ClaimedRun:
    row = run.row
    return ClaimedRun(
        id=row.id, tenant=row.tenant, workflow=row.workflow, version=row.version, status=run.status,
        epoch=run.epoch, ready_at=run.ready_at, parent_run=row.parent_run, parent_action=row.parent_action,
        client_tracking_id=row.client_tracking_id, answer_by=row.answer_by, answered_seq=run.answered_seq,
        first_failed_action=run.first_failed_action,
    )  # fmt: skip


def _in_turn(
    ready: Sequence[Any], limit: int, held: Mapping[UUID, int], key: Callable[[Any], tuple[UUID, datetime]]
) -> list[Any]:
    """The oldest of each tenant, tenants in turn."""
    queues: dict[UUID, list[Any]] = {}
    for entry in sorted(ready, key=lambda entry: key(entry)[1]):
        queues.setdefault(key(entry)[0], []).append(entry)
    counts = {tenant: held.get(tenant, 0) for tenant in queues}
    taken: list[Any] = []
    while queues and len(taken) < limit:
        tenant = min(queues, key=lambda tenant: counts[tenant])
        taken.append(queues[tenant].pop(0))
        counts[tenant] += 1
        if not queues[tenant]:
            del queues[tenant]
    return taken
