"""What the host and its store say to each other. Ids are UUIDs, times aware UTC, values already encoded as
bytes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Literal, Protocol
from uuid import UUID

from runtime.language.values import Json
from runtime.store import codec


@dataclass(slots=True)
class PayloadRow:
    hash: str
    size: int
    kind: str
    content: bytes
    sealed: bool = False
    place: str = ""  # the key of the content where it lies outside the row: see `places`


@dataclass(slots=True)
class InboxRow:
    """What reached a trigger, see `models.Inbox`. `record` is packed by `codec.pack_value`."""

    id: UUID
    tenant: UUID
    workflow: UUID
    version: UUID
    trigger: str
    kind: str
    record: bytes
    received_at: datetime
    ready_at: datetime
    client_tracking_id: str = ""
    dedupe_key: str = ""
    answer_by: datetime | None = None
    source_run: UUID | None = None
    parent_run: UUID | None = None
    parent_action: str = ""
    actor: str = ""
    request_id: str = ""
    owner: UUID | None = None
    attempts: int = 0
    waits: bool = False  # a limit of runs has put it back before
    payloads: list[PayloadRow] = field(default_factory=list)
    uses: list[str] = field(default_factory=list)  # payloads of somebody else that the record refers to
    # Known only while a host works on the row: what its trigger remembers once the row has ended.
    change: TriggerChange | None = None


@dataclass(slots=True)
class TriggerChange:
    """What an armed trigger remembers from now on, and when it is due again.

    It holds only while the trigger is armed as it was at `anchor`. Otherwise the row ends as skipped, starts
    nothing, and `instead` is put into the inbox: what undoes what was done outside.
    """

    state: UUID
    anchor: datetime
    memory: bytes
    next_due: datetime | None = None
    problem: str = ""
    instead: list[InboxRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Slots:
    """How many runs of one trigger may be active together (reference 5.13). `alone`: SingleInstance."""

    workflow: UUID
    trigger: str
    most: int
    alone: bool = False

    @property
    def key(self) -> str:
        return f"{self.workflow.hex}/{self.trigger}"


@dataclass(frozen=True, slots=True)
class RunLimit:
    """How many runs of a workflow, or of a tenant (`workflow` None), somebody lets be active together."""

    tenant: UUID
    workflow: UUID | None
    most: int

    @property
    def key(self) -> str:
        return f"runs/{(self.workflow or self.tenant).hex}"

    @property
    def level(self) -> str:
        """As `models.Inbox.waits_for` names it."""
        return "workflow" if self.workflow else "tenant"


@dataclass(frozen=True, slots=True)
class BatchMessage:
    """A message for a Batch trigger (reference 5.10); the criteria are those of its batch."""

    batch: str
    partition: str
    message_id: str
    content: bytes
    size: int
    uses: tuple[str, ...]
    most_messages: int
    most_bytes: int


@dataclass(slots=True)
class RunRow:
    """A run as it is inserted. `epoch` is the number of times its inbox row was taken, so no two takers
    share one.
    """

    id: UUID
    tenant: UUID
    workflow: UUID
    version: UUID
    trigger: str
    origin: str
    started_at: datetime
    owner: UUID
    epoch: int
    inbox: UUID | None = None
    status: str = "Running"
    client_tracking_id: str = ""
    source_run: UUID | None = None
    parent_run: UUID | None = None
    parent_action: str = ""
    actor: str = ""
    request_id: str = ""
    answer_by: datetime | None = None
    ready_at: datetime | None = None


@dataclass(slots=True)
class RunChange:
    """The columns of a run that a row changes; all of them are written together."""

    status: str
    ended_at: datetime | None = None
    code: str = ""
    error: str = ""
    first_failed_action: str = ""
    answered_seq: int | None = None


@dataclass(slots=True)
class ClaimedRun:
    """A run this worker owns from now on, under `epoch`. `ready_at` is what a release will compare with."""

    id: UUID
    tenant: UUID
    workflow: UUID
    version: UUID
    status: str
    epoch: int
    ready_at: datetime | None
    parent_run: UUID | None
    parent_action: str
    client_tracking_id: str
    answer_by: datetime | None
    answered_seq: int | None
    first_failed_action: str


@dataclass(slots=True)
class JournalEntry:
    seq: int
    at: datetime
    events: bytes


@dataclass(slots=True)
class SnapshotRow:
    """The state of a run after journal row `seq`, packed, standing for so many events."""

    seq: int
    events: int
    data: bytes


@dataclass(slots=True)
class ArrivalRow:
    """`kind` callback, timer, child, cancel or expired; `key` unique per run and kind."""

    id: UUID
    tenant: UUID
    run: UUID
    kind: str
    key: str
    payload: bytes = b""
    actor: str = ""
    request_id: str = ""


@dataclass(slots=True)
class HoldRow:
    """Why an action waits, see `models.Hold`; `action` is an address within the run."""

    run: UUID
    tenant: UUID
    action: str
    reason: str
    until: datetime | None = None
    written: bool = False  # or about to be


class Verdict(Enum):
    """What came of an append."""

    REFUSED = "refused"  # somebody else owns the run, or it exists already: forget it
    KEPT = "kept"  # written, still owned
    RELEASED = "released"  # written, and nobody owns it now


@dataclass(slots=True)
class Append:
    """One journal row of one run, and everything that becomes true together with it.

    `events` are packed; who stores them wraps them (`stored_events`), which is work for the writer's thread.
    """

    run: UUID
    tenant: UUID
    epoch: int
    seq: int
    at: datetime
    events: bytes
    seal: codec.Seal | None = None
    start: RunRow | None = None
    change: RunChange | None = None
    summary: bytes | None = None
    # Give the run back unless something arrived since `seen_ready_at`. A finished run is always given back.
    release: bool = False
    seen_ready_at: datetime | None = None
    consumed: list[UUID] = field(default_factory=list)
    timers: list[tuple[str, datetime]] = field(default_factory=list)
    cancelled_timers: list[str] = field(default_factory=list)
    callbacks: list[tuple[str, str]] = field(default_factory=list)  # token, action
    payloads: list[PayloadRow] = field(default_factory=list)
    uses: list[str] = field(default_factory=list)
    arrivals: list[ArrivalRow] = field(default_factory=list)
    inbox: list[InboxRow] = field(default_factory=list)
    frees: Slots | None = None  # the run was the last holder of a slot
    limits: tuple[RunLimit, ...] = ()  # of these it frees a place

    def stored_events(self) -> bytes:
        return codec.wrap(self.events, self.seal)

    @property
    def ended(self) -> bool:
        return self.change is not None and self.change.ended_at is not None


@dataclass(frozen=True, slots=True)
class ConnectionLimit:
    """What somebody has set for a connection of a tenant; None: no limit of that kind."""

    connection: UUID
    tenant: UUID
    name: str
    most_at_once: int | None
    most_per_minute: int | None


@dataclass(frozen=True, slots=True)
class ConnectionCall:
    """See `models.ConnectionCall`; `action` is an address within the run."""

    id: UUID
    limit: ConnectionLimit
    run: UUID
    action: str
    worker: UUID


@dataclass(frozen=True, slots=True)
class Key:
    """What tells that two arrivals of a trigger are one event, and until when. `why` is for people."""

    text: str
    until: datetime
    why: str


@dataclass(slots=True)
class Intake:
    """The visible end of an inbox row, with the first rows of the runs it starts.

    `state` as `models.Inbox.STATES`; "new" puts it back until `ready_at`. Refused as a whole unless this
    worker still holds the row. Where it starts something, its `keys` are claimed; when one of them is taken,
    the state becomes deduplicated, `duplicate_of` says by which arrival, and no run starts.
    """

    id: UUID
    worker: UUID
    attempts: int
    state: str
    detail: str = ""
    ready_at: datetime | None = None
    keys: list[Key] = field(default_factory=list)
    duplicate_of: UUID | None = None
    row: InboxRow | None = None
    runs: list[Append] = field(default_factory=list)
    change: TriggerChange | None = None
    slots: Slots | None = None
    limits: tuple[RunLimit, ...] = ()  # what it starts takes places of these
    waits_for: str = ""  # whose limit put it back, see `models.Inbox.waits_for`
    message: BatchMessage | None = None
    inbox: list[InboxRow] = field(default_factory=list)  # what it is taken apart into
    arrivals: list[ArrivalRow] = field(default_factory=list)  # whom its end is told

    def nothing(self, state: str, detail: str) -> None:
        """It starts no run after all."""
        self.state, self.detail, self.runs, self.inbox = state, detail, [], []


@dataclass(slots=True)
class DueTrigger:
    """An armed trigger whose timer is due: what it needs to say when it wants to be called again."""

    state: UUID
    tenant: UUID
    workflow: UUID
    version: UUID
    trigger: str
    text: str
    anchor: datetime
    memory: bytes
    last_fired_at: datetime | None
    due_at: datetime
    parameters: str = "{}"


@dataclass(slots=True)
class Fired:
    """What a due trigger does: inbox rows now, its next timers, and what it remembers."""

    inbox: list[InboxRow]
    next_due: list[datetime]
    memory: bytes
    problem: str = ""
    releases: list[str] = field(default_factory=list)  # batches whose messages are released now


Schedule = Callable[[DueTrigger, datetime], Fired]


@dataclass(frozen=True, slots=True)
class ClockStep:
    """A clock that was set back `by` so much; None: nobody saw when, but rows were made more than `margin`
    from now. `everything`: no other machine has put timers down, so those made before count as well.
    `is_relative(definition, key, trigger)` tells a length of time from a moment of the wall clock.
    """

    by: timedelta | None
    margin: timedelta
    everything: bool
    is_relative: Callable[[str, str, str], bool]


@dataclass(slots=True)
class Swept:
    """What one look at the clock found."""

    runs: list[UUID]  # runs that became ready
    inbox: int  # inbox rows that were made
    next_due: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True)
class OwnedRun:
    """A run this worker owns by the database's word."""

    id: UUID
    epoch: int
    ready_at: datetime | None


@dataclass(frozen=True, slots=True, order=True)
class TakenRow:
    """A row of the inbox in a worker's hands; `attempts` tells this time from others."""

    id: UUID
    attempts: int


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How far a run is, for somebody who waits for its answer. `state` is that of its inbox row; `answer` are
    the events of the journal row that holds its response.
    """

    state: str
    detail: str
    status: str = ""
    code: str = ""
    error: str = ""
    ended: bool = False
    answer: bytes | None = None


@dataclass(slots=True)
class VersionText:
    """What a plan is compiled from."""

    id: UUID
    tenant: UUID
    workflow: UUID
    workflow_name: str
    tenant_slug: str
    number: int | None
    text: str
    parameters: str


class StoreClosed(Exception):
    """The process is stopping; nothing more is written."""


@dataclass(frozen=True, slots=True)
class Kinds:
    """Rows of the inbox of these kinds, or (`others`) of all but these."""

    names: frozenset[str]
    others: bool = False

    def __contains__(self, kind: object) -> bool:
        return (kind in self.names) is not self.others


class Store(Protocol):
    """The database is the truth; every method that writes answers after the commit."""

    # Whether long runs get snapshots, and threads may be used to make them.
    keeps_snapshots: bool

    async def open(self) -> None: ...
    async def close(self) -> None: ...

    # -- what comes in
    async def put_inbox(self, rows: Sequence[InboxRow]) -> None: ...
    async def put_within(self, row: InboxRow, slots: Slots, waiting: int) -> bool: ...
    async def put_arrival(self, row: ArrivalRow) -> bool: ...
    async def take_callback(self, run: UUID, token: str, row: ArrivalRow) -> bool: ...

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
        """Ready rows nobody has taken, of these kinds alone; None: of any."""

    async def claim(
        self, worker: UUID, limit: int, held: Mapping[UUID, int], now: datetime, slots: int = 0
    ) -> list[ClaimedRun]: ...
    def finish(self, intake: Intake) -> Awaitable[list[Verdict] | None]: ...
    def append(self, row: Append) -> Awaitable[Verdict]: ...
    async def release(self, run: UUID, epoch: int, seen_ready_at: datetime | None) -> bool: ...
    async def hold(self, row: HoldRow) -> None: ...
    async def unhold(self, run: UUID, action: str) -> None: ...
    async def connection_limits(self) -> list[ConnectionLimit]: ...
    async def run_limits(self) -> list[RunLimit]: ...
    async def rouse(self, limit: RunLimit | None, most: int) -> int:
        """Arrivals that wait for the limit (None: for one that is gone), the oldest first, are looked at
        again; how many.
        """

    async def enter_connection(self, call: ConnectionCall) -> float | None:
        """None: it may begin. Else seconds until its moment comes; 0: when another has ended."""

    async def leave_connection(self, call: UUID) -> None: ...
    async def abandon(self, run: UUID, epoch: int, worker: UUID) -> None: ...
    async def put_back(self, worker: UUID, rows: Sequence[TakenRow]) -> int:
        """To the inbox, where they still are this worker's."""

    # -- what a host reads
    async def journal(self, run: UUID, after: int = 0) -> list[JournalEntry]: ...
    async def history(self, run: UUID, schema: str) -> tuple[SnapshotRow | None, list[JournalEntry]]: ...
    def put_snapshot(self, tenant: UUID, run: UUID, schema: str, row: SnapshotRow) -> Awaitable[Any]: ...
    async def arrivals(self, run: UUID) -> tuple[list[ArrivalRow], datetime | None]: ...
    async def owned(self, worker: UUID) -> list[OwnedRun]: ...
    async def taken(self, worker: UUID) -> list[TakenRow]:
        """Rows of the inbox that are this worker's and have not come to their end."""

    async def end_of(self, run: UUID) -> RunEnd | None: ...
    async def payload(self, tenant: UUID, content_hash: str) -> bytes | None: ...
    async def keep_body(
        self, tenant: UUID, body: bytes, way: Literal["json", "text", "bytes"], content_type: str | None
    ) -> tuple[Json, PayloadRow] | None: ...
    async def payload_text(self, tenant: UUID, content_hash: str) -> bytes | bytearray | None: ...
    async def version(self, version: UUID) -> VersionText | None: ...
    async def find_version(self, tenant: UUID, workflow: str) -> VersionText | None: ...
    async def active_runs(self, workflow: UUID, trigger: str) -> int: ...
    async def batch_of(self, release: UUID) -> list[tuple[str, str, str, bytes]]: ...
    async def unsettled(self, row: InboxRow, kinds: Sequence[str]) -> int: ...

    # -- the clock
    async def fire(self, now: datetime, schedule: Schedule, limit: int) -> Swept: ...
    async def register(self, worker: UUID, kind: str) -> None: ...
    async def retire(self, worker: UUID) -> None: ...
    async def bury(self) -> int: ...
    async def adopt(self) -> int: ...
    async def set_back(self, now: datetime, step: ClockStep) -> int: ...
    async def bury_processes(self, survivor: UUID) -> int: ...
