"""From an inbox row to its visible end: what is reserved, taken in turns, started, turned away or put off."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from runtime.engine.commands import Command
from runtime.executor import Executor
from runtime.feed import Ring
from runtime.host.active import ActiveRun
from runtime.host.plans import Planned
from runtime.shares import Turns
from runtime.store import codec
from runtime.store.records import Append, InboxRow, Intake, StoreClosed, TakenRow, Verdict
from runtime.triggers import intake as intakes
from runtime.triggers import outside
from runtime.triggers.entrance import Entrance, NeedsContent

if TYPE_CHECKING:
    from runtime.host.loop import Host

log = logging.getLogger(__name__)

# The share of the loop that runs nobody waits for get while arrivals pour in: 4 ms of every 10.
DRAIN_SECONDS = 0.004
REST_SECONDS = 0.006


class Reception:
    """The inbox rows of one host."""

    def __init__(self, host: Host, executor: Executor) -> None:
        self._host = host
        self._visitor = outside.Visitor(host.store, executor, host.unseal)
        self.offered: Counter[UUID] = Counter()  # rows that are ours and have not begun, by tenant
        # Of those the ones that have not come to an end yet, so that one which nobody has can be told.
        self.in_hand: set[TakenRow] = set()
        # Rows whose turn will come, with their definition where it had to be read first.
        self._queue: Turns[tuple[InboxRow, Planned | None]] = Turns()
        self._urgent: Turns[tuple[InboxRow, Planned | None]] = Turns()  # somebody waits for the answer
        self._hurrying = False
        self._received = 0  # since the last turn of the queue

    @property
    def waits(self) -> bool:
        """Whether rows wait for their turn."""
        return bool(self._queue)

    def reserve(self, tenant: UUID) -> UUID | None:
        """This host's id when it can take one more arrival at once, without an unfair look past the
        others.
        """
        carried = len(self._host.runs) + self.offered.total()
        # What a claim under way brings is not counted yet; together they have to leave places free.
        most = self._host.limits.runs // (8 if self._host.claiming else 4)
        if (
            self._host.stopping
            or not self._host.carries
            or carried >= self._host.limits.runs // 2
            or self._host.held[tenant] + self.offered[tenant] >= most
        ):
            return None
        self.offered[tenant] += 1
        return self._host.id

    def offer(self, row: InboxRow) -> None:
        """An inbox row that is committed with this host as its owner (see `reserve`)."""
        self._received += 1
        self.take(row)

    def take(self, row: InboxRow) -> None:
        self.in_hand.add(TakenRow(row.id, row.attempts))
        self._queue_up(row)

    def _queue_up(self, row: InboxRow, planned: Planned | None = None) -> None:
        """Somebody waits for the answer: now, or as soon as the loop has breathed. Nobody does: in turns that
        leave the loop time to accept more.
        """
        if row.answer_by is not None or row.parent_action:
            self._urgent.add(row.tenant, (row, planned))
            if not self._hurrying:
                self._hurrying = True
                self._hurry()
            return
        idle = not self._queue
        self._queue.add(row.tenant, (row, planned))
        if idle:
            asyncio.get_running_loop().call_soon(self._drain)

    def _hurry(self) -> None:
        """Begin what somebody waits for: what came first at once, a few milliseconds of the rest in each
        turn of the loop.
        """
        asyncio.get_running_loop().call_soon(self._hurry_on)
        self._begin_some(self._urgent)

    def _hurry_on(self) -> None:
        self._hurrying = bool(self._urgent) and not self._host.stopping
        if self._hurrying:
            self._hurry()

    def _begin_some(self, queue: Turns[tuple[InboxRow, Planned | None]]) -> None:
        deadline = time.perf_counter() + DRAIN_SECONDS
        while queue and not self._host.stopping:
            row, planned = queue.next()
            self.withdraw(row.tenant)
            if planned is None:
                self._open(row)
            else:
                self._enter(row, planned)
            if time.perf_counter() >= deadline:
                return

    def _drain(self) -> None:
        """Begin queued rows for a few milliseconds; while arrivals pour in, rest longer than that."""
        self._begin_some(self._queue)
        if self._host.backlog and len(self._queue) < self._host.limits.runs // 10:
            self._host.ring()
        if not self._queue or self._host.stopping:
            return
        received, self._received = self._received, 0
        loop = asyncio.get_running_loop()
        if received:
            loop.call_later(REST_SECONDS, self._drain)
        else:
            loop.call_soon(self._drain)

    def withdraw(self, tenant: UUID) -> None:
        """A row has begun, or a reserved one was not stored."""
        self.offered[tenant] -= 1
        if not self.offered[tenant]:
            del self.offered[tenant]

    def _open(self, row: InboxRow) -> None:
        if codec.is_sealed(row.record):
            try:
                row.record = codec.frame(codec.unwrap(row.record, self._host.unseal(row.tenant)))
            except Exception as error:  # its key is gone; the rows behind it have theirs
                self._host.spawn(self._reject(row, error))
                return
        planned = self._host.plans.ready(row.version)
        if row.kind in outside.KINDS:
            self._host.spawn(self._prepare(row))
        elif planned is None:
            self._begin_later(row, self._prepare(row))
        else:
            self._enter(row, planned)

    def _begin_later(self, row: InboxRow, work: Coroutine[Any, Any, None]) -> None:
        """Something has to be read first; its place stays taken meanwhile."""
        self.offered[row.tenant] += 1
        self._host.spawn(work).add_done_callback(lambda _: self.withdraw(row.tenant))

    async def _prepare(self, row: InboxRow) -> None:
        try:
            planned = await self._host.plans.get(row.version)
            if row.kind in outside.KINDS:
                closed = await self._visitor.visit(row, planned, self._host.clock.now)
                if closed is not None:
                    await self._close(row, closed.state, closed.detail, closed.ready_at)
                    return
        except StoreClosed:
            return
        except Exception as error:
            await self._reject(row, error)
            return
        # Hundreds may have waited for one definition: in turns, not all at once.
        self.offered[row.tenant] += 1
        self._queue_up(row, planned)

    def _enter(self, row: InboxRow, planned: Planned) -> None:
        """Start what the row asks for, or say why not."""
        try:
            limited = bool(self._host.crowding.of(row.tenant, row.workflow))
            plan = intakes.plan_intake(
                row, planned, self._host.payloads, self._host.clock.now(), limited=limited
            )
        except NeedsContent as needed:
            self._begin_later(row, self._fetch_and_enter(row, planned, needed))
            return
        except Exception as error:
            self._host.spawn(self._reject(row, error))
            return
        # The commit decides about slots; asking first spares the work of runs that would be turned away.
        if plan.slots is not None and plan.slots.alone:
            self._host.spawn(self._enter_alone(row, planned, plan))
        else:
            self._begin(row, planned, plan)

    async def _fetch_and_enter(self, row: InboxRow, planned: Planned, needed: NeedsContent) -> None:
        try:
            await self._host.payloads.fetch(row.tenant, needed.refs)
        except Exception as error:
            await self._reject(row, error)
            return
        self._enter(row, planned)

    async def _enter_alone(self, row: InboxRow, planned: Planned, plan: Entrance) -> None:
        try:
            active = await self._host.store.active_runs(row.workflow, row.trigger)
        except Exception as error:
            await self._reject(row, error)
            return
        if active:
            await self._close(row, "skipped", "A run of this trigger was active (SingleInstance).")
        else:
            self._begin(row, planned, plan)

    def _begin(self, row: InboxRow, planned: Planned, plan: Entrance) -> None:
        now = self._host.clock.now()
        intake = Intake(
            row.id, self._host.id, row.attempts, plan.state, plan.detail,
            keys=plan.keys, row=row, change=row.change, slots=plan.slots,
            message=plan.message, inbox=plan.inbox, limits=self._host.crowding.of(row.tenant, row.workflow),
        )  # fmt: skip
        if not plan.starts:
            intake.arrivals = intakes.told_to_parent(row, plan.state, plan.detail)
        begun: list[tuple[ActiveRun, Append, list[Command]]] = []
        try:
            for start in plan.starts:
                run = intakes.new_run(row, planned, start, self._host.id, self._host.callback_base)
                if run.id in self._host.runs:
                    # Taken away from us and taken again: what we wrote for it will be refused, so once more
                    # when that is out of memory.
                    self._host.spawn(self._close(row, "new", plan.detail, now + timedelta(seconds=1)))
                    return
                self._host.hold(run)
                append, commands = self._host.turn(run, now)
                begun.append((run, append, commands))
        except Exception as error:
            for run, _, _ in begun:
                self._host.forget(run)
            self._host.spawn(self._reject(row, error))
            return
        intake.runs = [append for _, append, _ in begun]
        answer = asyncio.ensure_future(self._host.store.finish(intake))
        answer.add_done_callback(lambda done: self._entered(done, intake, begun))

    def _entered(
        self,
        done: asyncio.Future[list[Verdict] | None],
        intake: Intake,
        begun: list[tuple[ActiveRun, Append, list[Command]]],
    ) -> None:
        if done.cancelled() or done.exception():
            self._refused(intake, begun, done.exception() if not done.cancelled() else None)
            return
        self.in_hand.discard(TakenRow(intake.id, intake.attempts))
        verdicts = done.result()
        if verdicts is not None:
            self._settled(intake)
        if not verdicts:
            for run, _, _ in begun:
                self._host.drop(run)
            return
        self._host.figures["started"] += len(begun)
        for (run, append, commands), verdict in zip(begun, verdicts, strict=True):
            self._host.written(run, append, commands, verdict)

    def _refused(self, intake: Intake, begun: list[Any], error: BaseException | None) -> None:
        for run, _, _ in begun:
            self._host.drop(run)
        if error and not isinstance(error, StoreClosed) and intake.row is not None:
            self._host.spawn(self._reject(intake.row, error))

    async def _close(self, row: InboxRow, state: str, detail: str, ready_at: datetime | None = None) -> None:
        planned = self._host.plans.ready(row.version)
        intake = Intake(
            row.id, self._host.id, row.attempts, state, detail, ready_at=ready_at, row=row,
            change=outside.lost(row, self._host.clock.now()),
            slots=planned.slots(row.trigger) if planned else None,
            limits=self._host.crowding.of(row.tenant, row.workflow),
            arrivals=intakes.told_to_parent(row, state, detail),
        )  # fmt: skip
        try:
            if await self._host.store.finish(intake) is not None:
                self._settled(intake)
        except StoreClosed:
            return
        finally:
            self.in_hand.discard(TakenRow(row.id, row.attempts))

    def _settled(self, intake: Intake) -> None:
        """The end of a row is written: tell who waits for it, and look at what it left to do."""
        if intake.change is not None and intake.change.next_due is not None:
            self._host.wake_timers(intake.change.next_due)
        if intake.inbox or intake.message is not None or intake.slots is not None or intake.limits:
            self._host.ring()
        if intake.arrivals:
            self._host.feed.wake([arrival.run for arrival in intake.arrivals])
        if intake.waits_for and intake.row is not None and not intake.row.waits:
            # For people it is a run now, which waits.
            self._host.feed.ring([Ring(intake.row.tenant, intake.row.workflow, intake.id, 0)])
        if intake.waits_for and intake.limits:
            # Judged by what somebody may have changed in the meantime.
            self._host.spawn(self._host.crowding.rouse_changed(intake.limits))
        if intake.state == "new" or intake.runs:
            return
        if self._host.answers:
            self._host.answers.ended(intake.id, intake.state, "", intake.detail)
        if intake.row is not None:
            row = intake.row
            self._host.feed.ring([Ring(row.tenant, row.workflow, row.id, 0, ended=True)])

    async def _reject(self, row: InboxRow, error: BaseException) -> None:
        """A row that cannot start: for good when the definition is at fault, later again when something
        else is.
        """
        if isinstance(error, StoreClosed):
            return
        detail = str(error) or type(error).__name__
        if intakes.is_final(error):
            await self._close(row, "rejected", detail)
            return
        log.warning("Inbox row %s could not start: %s", row.id, detail, exc_info=error)
        if row.attempts >= self._host.limits.attempts:
            await self._close(row, "quarantined", detail)
        else:
            later = self._host.clock.now() + timedelta(seconds=2**row.attempts)
            await self._close(row, "new", detail, later)
