"""How each kind of topic becomes events: snapshot(n) + what these send = snapshot(m)."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from designer.live.topics import Topic
from designer.readers import Readers
from designer.workflows import drafts, inbox, runs
from runtime import process
from runtime import services as runtime

if TYPE_CHECKING:
    from designer.tenants.models import Tenant

log = logging.getLogger(__name__)

COALESCE = 0.05
RUNS_COALESCE = 0.1
ROWS_AT_ONCE = 2_000
# Events of a draft that are not edits come between two revisions: their seq is the revision and a
# small fraction,
# so that "newer than what I have" stays one comparison of numbers.
_FRACTION = 2.0**-20

Tell = Callable[[dict[str, Any]], Awaitable[None]]


class Follower(Protocol):
    topic: Topic

    def begin(self, since: int | None) -> None: ...

    async def hear(self, data: dict[str, Any]) -> None: ...

    def end(self) -> None: ...


def make(topic: Topic, tenant: Tenant, tell: Tell, readers: Readers) -> Follower:
    if topic.kind == "run":
        return RunFollower(topic, tenant, tell, readers)
    if topic.kind == "runs":
        return RunsFollower(topic, tenant, tell, readers)
    if topic.kind == "inbox":
        return InboxFollower(topic, tenant, tell, readers)
    if topic.kind == "draft":
        return DraftFollower(topic, tenant, tell, readers)
    return NewsFollower(topic, tenant, tell, readers)


class _Follower:
    def __init__(self, topic: Topic, tenant: Tenant, tell: Tell, readers: Readers) -> None:
        self.topic, self.tenant, self.tell, self.readers = topic, tenant, tell, readers
        self._task: asyncio.Task[None] | None = None

    @property
    def object_id(self) -> UUID:
        assert self.topic.object_id is not None
        return self.topic.object_id

    def begin(self, since: int | None) -> None:
        self._task = asyncio.create_task(self._guarded(since))

    async def _guarded(self, since: int | None) -> None:
        try:
            await self.follow(since)
        except asyncio.CancelledError:
            raise
        except Exception:
            # The client can always start again from a snapshot.
            log.exception("Following %s failed", self.topic.name)
            await self.tell({"type": "resync", "topic": self.topic.name})

    async def follow(self, since: int | None) -> None:
        raise NotImplementedError

    async def hear(self, data: dict[str, Any]) -> None:
        """Only topics that live in the channel layer hear anything."""

    def end(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def event(self, seq: float, data: dict[str, Any]) -> None:
        await self.tell({"type": "event", "topic": self.topic.name, "seq": seq, "data": data})

    async def subscribed(self, seq: float) -> None:
        await self.tell({"type": "subscribed", "topic": self.topic.name, "seq": seq})


class RunFollower(_Follower):
    """Statuses, never values; what happens within 50 ms is one event. A run that is promised and has not
    begun is waited for, as when it is fetched.
    """

    begun = False
    waits: dict[str, Any] = {}  # replaced, never changed
    held: runtime.Held | None = None  # as it was told last

    async def follow(self, since: int | None) -> None:
        try:
            await self._follow(since or 0)
        except runtime.RunNotFound:
            detail = "There is no such run here. If a call promised it, the inbox says what became of that."
            if self.begun:
                detail = "This run has been removed: it was kept as long as the retention settings say."
            await self.tell(
                {"type": "error", "topic": self.topic.name, "code": "TopicRefused", "detail": detail}
            )

    async def _follow(self, since: int) -> None:
        changes = await self._changes(since)
        if len(changes) > ROWS_AT_ONCE:
            await self.tell({"type": "resync", "topic": self.topic.name})
            since, changes = int(changes[-1]["seq"]), []
        await self.subscribed(since)
        seq = await self._send(since, changes)
        ended = bool(changes) and _has_ended(changes)
        told_at = 0.0
        async for rings in process.require().feed.follow(f"run:{self.object_id}"):
            if ended and not rings:
                continue  # nothing more comes by itself; a ring would still be heard
            # The first news at once; what follows within 50 ms of it comes together.
            if rings and (rest := told_at + COALESCE - time.monotonic()) > 0:
                await asyncio.sleep(rest)
            changes = await self._changes(seq)
            if changes:
                told_at = time.monotonic()
            seq = await self._send(seq, changes)
            ended = ended or _has_ended(changes)
            if not self.begun:
                await self._send_held(seq)
            elif not ended:
                await self._send_waits(seq)

    async def _send_held(self, seq: int) -> None:
        """It waits for a place: why, and how many are before it, whenever that changes."""
        held = await self.readers.read(
            partial(runtime.held_run, self.tenant.pk, self.object_id), self.tenant.pk
        )
        told = self.held and (self.held.reason, self.held.ahead)
        if held is not None and (held.reason, held.ahead) != told:
            self.held = held
            shown = {"status": held.run.status, "waitsFor": held.reason, "ahead": held.ahead}
            await self.event(seq, {"run": shown})

    async def _send_waits(self, seq: int) -> None:
        """What waits and why is no fact of the run, so it has no number: the whole of it, when it changes."""
        look = partial(runtime.run_waits, self.tenant.pk, self.object_id)
        waits = await self.readers.read(look, self.tenant.pk)
        if waits != self.waits:
            self.waits = waits
            await self.event(seq, {"waits": runs.shown_waits(waits)})

    async def _changes(self, since: int) -> list[dict[str, Any]]:
        found = await self.readers.read(partial(self._look, since), self.tenant.pk)
        self.begun = self.begun or found is not None
        return found or []

    def _look(self, since: int) -> list[dict[str, Any]] | None:
        """What is new; None while the run has not begun. Raises RunNotFound."""
        try:
            return runtime.run_changes(self.tenant.pk, self.object_id, since)
        except runtime.RunNotFound:
            if not self.begun and (
                runtime.is_promised(self.tenant.pk, self.object_id)
                or runtime.held_run(self.tenant.pk, self.object_id)
            ):
                return None
        # It may have begun between the two questions.
        return runtime.run_changes(self.tenant.pk, self.object_id, since)

    async def _send(self, seq: int, changes: list[dict[str, Any]]) -> int:
        if not changes:
            return seq
        data = merged(changes)
        if self.held is not None:
            # Whoever was shown it waiting learns that it has begun.
            self.held = None
            data["run"] = {"status": "Running", "waitsFor": None, "ahead": None, **data.get("run", {})}
        await self.event(int(changes[-1]["seq"]), data)
        return int(changes[-1]["seq"])


def _has_ended(changes: list[dict[str, Any]]) -> bool:
    return any((change.get("run") or {}).get("endedAt") for change in changes)


def merged(changes: list[dict[str, Any]]) -> dict[str, Any]:
    """The last word on each action, repetition and loop."""
    actions: dict[tuple[str, str], dict[str, Any]] = {}
    loops: dict[str, Any] = {}
    data: dict[str, Any] = {}
    for change in changes:
        for item in change.get("actions", ()):
            key = item["action"], str(item.get("repetition") or "")
            actions[key] = {**item, "repetition": key[1]}
        loops.update(change.get("loops") or {})
        if change.get("run"):
            data["run"] = {**data.get("run", {}), **change["run"]}
    data["actions"] = list(actions.values())
    if loops:
        data["loops"] = loops
    return data


class RunsFollower(_Follower):
    """Rows of the run list as they change. There is no replay: a reconnect reads the list again."""

    async def follow(self, since: int | None) -> None:
        seq = _clock(0)
        if since is not None:
            await self.tell({"type": "resync", "topic": self.topic.name})
        await self.subscribed(seq)
        where = f"workflow:{self.topic.object_id}" if self.topic.object_id else f"tenant:{self.tenant.pk}"
        async for rings in process.require().feed.follow(where):
            if not rings:
                continue
            await asyncio.sleep(RUNS_COALESCE)
            rows = await self.readers.read(
                partial(runs.rows, self.tenant, [ring.run for ring in rings]), self.tenant.pk
            )
            if rows:
                seq = _clock(seq)
                await self.event(seq, {"runs": rows})


class InboxFollower(_Follower):
    """Rows of the inbox list as arrivals come to their ends. No replay either."""

    async def follow(self, since: int | None) -> None:
        seq = _clock(0)
        if since is not None:
            await self.tell({"type": "resync", "topic": self.topic.name})
        await self.subscribed(seq)
        async for rings in process.require().feed.follow(f"inbox:{self.tenant.pk}"):
            if not rings:
                continue
            await asyncio.sleep(RUNS_COALESCE)
            rows = await self.readers.read(
                partial(inbox.rows, self.tenant, [ring.run for ring in rings]), self.tenant.pk
            )
            if rows:
                seq = _clock(seq)
                await self.event(seq, {"arrivals": rows})


class NewsFollower(_Follower):
    """What happens to the tenant's workflows as a whole: created, published, switched, deleted."""

    _seq = 0

    async def follow(self, since: int | None) -> None:
        if since is not None:
            await self.tell({"type": "resync", "topic": self.topic.name})
        self._seq = _clock(self._seq)
        await self.subscribed(self._seq)

    async def hear(self, data: dict[str, Any]) -> None:
        self._seq = _clock(self._seq)
        await self.event(self._seq, data)


class DraftFollower(_Follower):
    """Edits in order and without gaps, whatever order they are heard in; problems and presence
    between them.
    """

    def __init__(self, topic: Topic, tenant: Tenant, tell: Tell, readers: Readers) -> None:
        super().__init__(topic, tenant, tell, readers)
        self._revision: int | None = None
        self._between = 0
        self._turn = asyncio.Lock()
        self._early: list[dict[str, Any]] = []

    async def follow(self, since: int | None) -> None:
        async with self._turn:
            current = await self.readers.read(self._current, self.tenant.pk)
            if current is None:
                await self.tell({"type": "resync", "topic": self.topic.name})
                return
            start = since if since is not None and since <= current else current
            await self.subscribed(start)
            self._revision = start
            if start < current:
                await self._send_missing()
            early, self._early = self._early, []
        for data in early:
            await self.hear(data)

    def _current(self) -> int | None:
        return (
            self.tenant.workflows.filter(pk=self.object_id).values_list("draft_revision", flat=True).first()
        )

    async def hear(self, data: dict[str, Any]) -> None:
        async with self._turn:
            if self._revision is None:
                self._early.append(data)
            elif data.get("kind") != "edits":
                self._between += 1
                await self.event(self._revision + self._between * _FRACTION, data)
            elif data["revision"] == self._revision + 1:
                await self._send_edit(data)
            elif data["revision"] > self._revision:
                await self._send_missing()

    async def _send_edit(self, data: dict[str, Any]) -> None:
        self._revision, self._between = data["revision"], 0
        await self.event(data["revision"], data)

    async def _send_missing(self) -> None:
        for data in await self.readers.read(self._missing, self.tenant.pk):
            await self._send_edit(data)

    def _missing(self) -> list[dict[str, Any]]:
        workflow = self.tenant.workflows.filter(pk=self.object_id).first()
        if workflow is None or self._revision is None:
            return []
        return [
            {"kind": "edits", **drafts.wire_edit(edit)}
            for edit in drafts.edits_since(workflow, self._revision)
        ]


def _clock(last: int) -> int:
    """Milliseconds that never stand still: comparable after a reconnect to another process."""
    return max(last + 1, int(time.time() * 1000))
