"""The run host: takes what is ready, folds, reacts, journals, and carries out what was announced.

Theory of operation. Everything here happens on one loop. A run is owned by at most one host, under an
epoch that every claim raises; a row written under an older epoch is not inserted, and a host whose row
falls out forgets the run and executes none of its commands. What reaches a run comes through rows of the
store, so a run can be dropped from memory at any moment without loss. A command is carried out only after
the row that announces it is committed.

The host knows no WDL: it drives `react` and `fold` of the engine, a Store, an Executor and a Clock.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import EllipsisType
from typing import Any, Protocol
from uuid import UUID

from uuid_utils.compat import uuid7

from runtime import tracing
from runtime.crashpoints import crash_point
from runtime.engine.commands import Command, Respond
from runtime.engine.machine import commands_outstanding
from runtime.executor import Executor
from runtime.feed import Feed, Ring
from runtime.host.active import ActiveRun
from runtime.host.crowding import Crowding
from runtime.host.effects import Effects
from runtime.host.plans import Plans
from runtime.host.quotas import Quotas
from runtime.host.reception import Reception
from runtime.host.report import Watch
from runtime.host.snapshots import Snapshots
from runtime.host.sweeper import Sweeper
from runtime.queue import QUEUES
from runtime.shares import Turns
from runtime.store import codec
from runtime.store.payloads import PayloadLost, Payloads, Seals
from runtime.store.records import Append, ClaimedRun, Store, StoreClosed, Verdict
from runtime.triggers import outside
from runtime.triggers.arming import schedule

log = logging.getLogger(__name__)

# Longer than this without a look at the sockets, and callers and the writer's answers wait.
TURNS_SECONDS = 0.005
# Between looks for a value whose row is being written.
WRITING_SECONDS = 0.02


class Clock(Protocol):
    def now(self) -> datetime: ...

    async def wait(self, bell: asyncio.Event, until: datetime) -> None:
        """Until the bell rings, or the moment has come."""


def _local() -> datetime:
    return datetime.now(UTC)


class SystemClock:
    def __init__(self, told: Callable[[], datetime] = _local) -> None:
        """`told`: what time it is, where this machine's clock is not asked alone."""
        self._told = told

    def now(self) -> datetime:
        return self._told()

    async def wait(self, bell: asyncio.Event, until: datetime) -> None:
        seconds = (until - self.now()) / timedelta(seconds=1)
        if seconds > 0 and not bell.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await bell.wait()


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one process carries at a time."""

    runs: int = 500
    effects: int = 200
    rows_ahead: int = 16  # rows of one run that may wait for their commit
    attempts: int = 5  # of an inbox row before it is quarantined
    look_seconds: float = 1.0
    broken_seconds: float = 5.0  # before a run that made the engine fail is tried again
    timers_at_once: int = 500
    claimed_at_once: int = 100  # more would make arrivals wait for the writer


class Answers(Protocol):
    """Who waits for a Response in this process."""

    def answer(self, tenant: UUID, run: UUID, response: Respond) -> None: ...
    def ended(self, run: UUID, status: str, code: str, message: str) -> None: ...


class Host:
    """One per process. `serve` until `stop`."""

    def __init__(
        self,
        store: Store,
        executor: Executor,
        *,
        clock: Clock | None = None,
        plans: Plans | None = None,
        payloads: Payloads | None = None,
        feed: Feed | None = None,
        answers: Answers | None = None,
        seals: Seals | None = None,
        kind: str = "worker",
        limits: Limits | None = None,
        callback_base: str = "",
        summarise: Callable[[ActiveRun], bytes | None] | None = None,
        queues: frozenset[str] | None = None,
    ) -> None:
        """`queues`: what it takes, of `queue.QUEUES`; None for all. The clock is watched by every host."""
        self.id = uuid7()
        self.store = store
        self.clock = clock or SystemClock()
        self.plans = plans or Plans(store)
        self.payloads = payloads or Payloads(store, seals)
        self.feed = feed or Feed()
        self.answers = answers
        self.limits = limits or Limits()
        self.callback_base = callback_base
        self.runs: dict[UUID, ActiveRun] = {}
        self.held: Counter[UUID] = Counter()  # runs in memory by tenant
        self.figures: Counter[str] = Counter()
        self.watch = Watch()
        self._kind = kind
        self.queues = frozenset(QUEUES) if queues is None else queues
        self._runs = "runs" in self.queues
        self._inbox = None if queues is None or queues >= {"runs", "polling"} else outside.kinds(queues)
        # Rings who takes what this host's clock has put into the inbox and this host does not.
        self.elsewhere: Callable[[], None] | None = None
        self._seals = seals
        self._summarise = summarise
        self.quotas = Quotas(self)
        self.crowding = Crowding(self)
        self._effects = Effects(self, executor)
        self.snapshots = Snapshots(store, seals)
        self.reception = Reception(self, executor)
        self.backlog = self.claiming = False
        self._agenda: Turns[ActiveRun] = Turns()  # runs that have something to do
        self._turning = False
        self._bell = asyncio.Event()
        self._runs_ready = True
        self._timer_bell = asyncio.Event()
        self._next_due: datetime | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._rings: list[Ring] = []
        self.stopping = False

    # -- life

    async def start(self) -> None:
        await self.store.register(self.id, self._kind)
        await self.store.bury_processes(self.id)
        await self.quotas.refresh()
        await self.crowding.refresh()
        self.feed.on_wake(self._arrived)
        for work in (self._claims(), self._timers(), Sweeper(self).serve()):
            self.spawn(work)

    async def stop(self, grace: float) -> None:
        """Stop taking, let effects end, hand over the rest."""
        self.stopping = True
        self.ring()
        self._timer_bell.set()
        deadline = self.clock.now() + timedelta(seconds=grace)
        while self.is_busy and self.clock.now() < deadline:  # noqa: ASYNC110  # ends in many places
            await asyncio.sleep(0.02)
        for run in list(self.runs.values()):
            self.forget(run)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(StoreClosed):
            await self.store.retire(self.id)

    @property
    def is_busy(self) -> bool:
        """Whether something is computed, written or carried out, farewells to subscriptions included."""
        at_work = any(run.outstanding or run.unwritten or run.scheduled for run in self.runs.values())
        return at_work or bool(self._effects.farewells)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() and not isinstance(task.exception(), StoreClosed):
            log.error("A task of the host failed", exc_info=task.exception())

    # -- bells

    def ring(self, *, runs: bool = True) -> None:
        """Something may be ready: in the inbox, and unless it is known better a run as well."""
        self._runs_ready = self._runs_ready or runs
        self._bell.set()

    @property
    def carries(self) -> bool:
        """Whether this host takes from the inbox, and does not only watch the clock."""
        return self._kind != "scheduler" and (self._inbox is None or bool(self._inbox.names))

    @property
    def is_alone(self) -> bool:
        """Whether no other process shares the database."""
        return self._kind == "embedded"

    def has_room(self) -> bool:
        """For one more run than it holds or has been offered."""
        return not self.stopping and len(self.runs) + self.reception.offered.total() < self.limits.runs

    def _arrived(self, runs: list[UUID]) -> None:
        """Something arrived: for runs held here look at once, for the others a claim."""
        for run_id in runs:
            run = self.runs.get(run_id)
            if run is None:
                self.ring()
            elif not run.gone:
                self.spawn(self.look(run))

    # -- taking

    async def _claims(self) -> None:
        look, look_at = timedelta(seconds=self.limits.look_seconds), self.clock.now()
        while not self.stopping:
            # Rung for the inbox alone; a lost ring for a run is made good once a second all the same, also
            # when the clock was set back.
            now = self.clock.now()
            runs = self._runs_ready or not look_at - look <= now < look_at
            if runs:
                look_at = now + look
            self._runs_ready = False
            self._bell.clear()
            try:
                full = await self._claim(runs=runs)
            except StoreClosed:
                return
            except Exception:
                log.exception("Looking for ready runs failed; trying again in a second")
                full = True
            # More wait than there was room for: the queue rings when it has room again.
            self.backlog = full
            await self.clock.wait(self._bell, min(look_at, self.clock.now() + look))

    async def _claim(self, *, runs: bool) -> bool:
        room = self.limits.runs - len(self.runs) - self.reception.offered.total()
        if not self.carries:
            return False
        if room <= 0:
            self._runs_ready = self._runs_ready or runs
            return True
        room = min(room, self.limits.claimed_at_once)
        now, slots, held = self.clock.now(), self.limits.runs, self.held + self.reception.offered
        claimed: list[ClaimedRun] = []
        self.claiming = True
        try:
            if runs and self._runs:
                taken, claimed = await asyncio.gather(
                    self.store.take_inbox(self.id, room, held, now, slots, self._inbox),
                    self.store.claim(self.id, room, held, now, slots),
                )
            else:
                taken = await self.store.take_inbox(self.id, room, held, now, slots, self._inbox)
        finally:
            self.claiming = False
        if claimed:
            crash_point("claim.committed")
        self.reception.offered.update(row.tenant for row in taken)
        held.update([*(row.tenant for row in taken), *(run.tenant for run in claimed)])
        for row in taken:
            self.reception.take(row)
        for run in claimed:
            self.spawn(self._recover(run))
        # Of a tenant that holds all it may more can wait as well.
        return len(taken) + len(claimed) >= room or max(held.values(), default=0) >= slots // 2

    # -- runs in memory

    def hold(self, run: ActiveRun) -> None:
        self.runs[run.id] = run
        self.held[run.tenant] += 1

    def forget(self, run: ActiveRun) -> None:
        """Not ours any more, or over: nothing of it stays in memory."""
        if self.runs.get(run.id) is not run:
            return
        run.gone = True
        del self.runs[run.id]
        self.held[run.tenant] -= 1
        if not self.held[run.tenant]:
            del self.held[run.tenant]
        for task in list(run.effects.values()):
            task.cancel()

    def drop(self, run: ActiveRun) -> None:
        """A row was refused: somebody else owns the run. Should it still be ours after all, hand it over."""
        if run.gone:
            return
        self.figures["dropped"] += 1
        self.forget(run)
        self.spawn(self.store.abandon(run.id, run.epoch, self.id))

    async def _recover(self, claimed: ClaimedRun) -> None:
        """Read a run back: fold its journal, then whatever arrived, then what is still unanswered."""
        try:
            planned = await self.plans.get(claimed.version)
            state, seq, events, covered = await self.snapshots.read(claimed.tenant, claimed.id)
            rows, ready_at = await self.store.arrivals(claimed.id)
        except StoreClosed:
            return
        except Exception:
            log.exception("Run %s could not be read back; it will be tried again", claimed.id)
            await asyncio.sleep(self.limits.look_seconds)
            await self.store.abandon(claimed.id, claimed.epoch, self.id)
            return
        run = ActiveRun(
            claimed.id, claimed.tenant, claimed.workflow, planned, state, claimed.epoch, seq,
            seen_ready_at=ready_at, parent_run=claimed.parent_run, parent_action=claimed.parent_action,
            client_tracking_id=claimed.client_tracking_id, answer_by=claimed.answer_by,
            answered=state.response is not None, waited=True, events=events, covered=covered,
        )  # fmt: skip
        self.hold(run)
        for row in rows:
            run.arrive(row)
        commands = commands_outstanding(planned.plan, state)
        self._effects.resume(run, commands)
        run.more = True
        self.step(run)

    def step(self, run: ActiveRun) -> None:
        """Let the run go on at the next turn of the loop."""
        if run.scheduled or run.gone or run.loading or run.releasing:
            return
        run.scheduled = True
        self._agenda.add(run.tenant, run)
        if not self._turning:
            self._turning = True
            asyncio.get_running_loop().call_soon(self._turns)

    def _turns(self) -> None:
        """Runs that have something to do, tenants in turn; then news and answers come in before the next."""
        deadline = time.perf_counter() + TURNS_SECONDS
        try:
            while self._agenda:
                self._step(self._agenda.next())
                if time.perf_counter() >= deadline:
                    break
        finally:
            self._turning = bool(self._agenda)
            if self._turning:
                asyncio.get_running_loop().call_soon(self._turns)

    def _step(self, run: ActiveRun) -> None:
        run.scheduled = False
        if run.gone or run.loading or run.releasing or run.unwritten >= self.limits.rows_ahead:
            return
        try:
            append, commands = self.turn(run, self.clock.now())
        except Exception:
            self._broken(run)
            return
        if append.events or append.consumed:
            answer = asyncio.ensure_future(self.store.append(append))
            answer.add_done_callback(lambda done: self._appended(done, run, append, commands))
        elif run.idle:
            self.spawn(self._give_back(run))
        elif run.more or run.mailbox:
            self.step(run)  # the slice was over before it came to what is in the mailbox

    def turn(self, run: ActiveRun, now: datetime) -> tuple[Append, list[Command]]:
        """One slice, and the row it fills. Without anything new the row has no events and takes no number."""
        began = time.perf_counter()
        slice_ = run.advance(now, self.payloads)
        self.watch.turn(run.tenant, time.perf_counter() - began)
        if slice_.needed:
            run.loading = True
            self.spawn(self._load(run, slice_.needed))
        if not slice_.events and not slice_.consumed:
            return Append(run.id, run.tenant, run.epoch, run.seq, now, b""), []
        seal = self._seals(run.tenant)[0] if self._seals and run.planned.sealed else None
        append = run.journal(slice_, now, self.payloads, seal)
        if append.ended:
            append.limits = self.crowding.of(run.tenant, run.workflow)
        if tracing.active is not None:
            tracing.active.happened(run.id, run.about, slice_.events)
        # A run that is over in its first row needs no summary: reading that one row is as cheap.
        if self._summarise and (append.release or append.ended) and append.seq > 1:
            append.summary = self._summarise(run)
        run.unwritten += 1
        run.events += len(slice_.events)
        if run.more or run.mailbox:
            self.step(run)
        return append, slice_.commands

    def unseal(self, tenant: UUID) -> codec.Seal | None:
        return self._seals(tenant)[1] if self._seals else None

    def _broken(self, run: ActiveRun) -> None:
        """The engine raised, which it must not: let go of the run and try once more later, with what is
        stored.
        """
        log.exception("Run %s of workflow %s made the engine fail", run.id, run.workflow)
        self.figures["broken"] += 1
        self.forget(run)
        self.spawn(self._abandon_later(run))

    async def _abandon_later(self, run: ActiveRun) -> None:
        await asyncio.sleep(self.limits.broken_seconds)
        await self.store.abandon(run.id, run.epoch, self.id)

    async def _load(self, run: ActiveRun, refs: Any) -> None:
        while True:
            in_writing = run.unwritten > 0
            try:
                await self.payloads.fetch(run.tenant, refs)
                break
            except PayloadLost:
                if run.gone:
                    return
                if not in_writing:
                    self._broken(run)
                    return
                # Others pushed it out of memory before the row that brings it was durable.
                await asyncio.sleep(WRITING_SECONDS)
        run.loading = False
        self.step(run)

    def _appended(
        self, done: asyncio.Future[Verdict], run: ActiveRun, append: Append, commands: list[Command]
    ) -> None:
        if done.cancelled() or done.exception():
            if not done.cancelled() and not isinstance(done.exception(), StoreClosed):
                log.error("A row of run %s was refused", run.id, exc_info=done.exception())
            self.drop(run)
            return
        self.written(run, append, commands, done.result())

    def written(self, run: ActiveRun, append: Append, commands: list[Command], verdict: Verdict) -> None:
        """The row is durable: tell, carry out, and let go where nothing is left to do."""
        run.unwritten -= 1
        if verdict is Verdict.REFUSED:
            self.drop(run)
            return
        if append.ended:
            crash_point("run.ended")
            self.figures["ended"] += 1
            self.watch.run_ended(run.tenant, append.change.status if append.change else "")
        self._tell(run, append, commands)
        if not append.ended and self.snapshots.is_due(run):
            self.spawn(self.snapshots.make(run))
        if append.timers:
            self.wake_timers(min(due for _, due in append.timers))
        if append.inbox or append.frees is not None or append.limits:
            self.ring()
        if append.arrivals:
            self.feed.wake([arrival.run for arrival in append.arrivals])
        if (
            not run.gone
        ):  # else it was handed over while this row was being written, and its next owner does it
            self._effects.perform(run, commands)
        if verdict is Verdict.RELEASED:
            self.forget(run)
            if self.backlog and not self.reception.waits:
                self.ring()
        elif append.release:
            run.releasing = False
            self.spawn(self.look(run))
        elif run.more or run.mailbox:
            self.step(run)

    def _tell(self, run: ActiveRun, append: Append, commands: list[Command]) -> None:
        answered = append.change is not None and append.change.answered_seq is not None
        if self.answers:
            for command in commands:
                if type(command) is Respond:
                    self.answers.answer(run.tenant, run.id, command)
            if append.change is not None and append.ended:
                error = run.state.error or {}
                self.answers.ended(
                    run.id, append.change.status, append.change.code, str(error.get("message", ""))
                )
        ring = Ring(run.tenant, run.workflow, run.id, append.seq, answered, append.ended)
        if not self._rings:
            asyncio.get_running_loop().call_soon(self._ring_feed)
        self._rings.append(ring)

    def _ring_feed(self) -> None:
        rings, self._rings = self._rings, []
        self.feed.ring(rings)

    async def look(self, run: ActiveRun, since: datetime | EllipsisType | None = ...) -> None:
        """Read what arrived for a run held here, `since` a release that compared this moment was refused."""
        rows, ready_at = await self.store.arrivals(run.id)
        if run.gone:
            return
        if ready_at == since and not run.mailbox:
            self.drop(run)  # nothing arrived, so it was refused because the run is not ours any more
            return
        run.seen_ready_at = ready_at
        for row in rows:
            run.arrive(row)
        if run.mailbox:
            self.step(run)
        elif run.idle and not run.releasing and not run.unwritten:
            await self._give_back(run)

    async def _give_back(self, run: ActiveRun) -> None:
        """A run that only waits and has nothing to write."""
        if run.gone or run.releasing or run.state.ended is not None:
            return
        if not run.idle:  # something came in before this task began
            self.step(run)
            return
        run.releasing = True
        seen = run.seen_ready_at
        released = await self.store.release(run.id, run.epoch, seen)
        run.releasing = False
        if released:
            self.forget(run)
        elif not run.gone:
            await self.look(run, since=seen)

    # -- the clock

    def wake_timers(self, due: datetime) -> None:
        if self._next_due is None or due < self._next_due:
            self._next_due = due
            self._timer_bell.set()

    async def _timers(self) -> None:
        """Fire what is due: each second, and at the next moment known."""
        while not self.stopping:
            self._timer_bell.clear()
            now = self.clock.now()
            try:
                swept = await self.store.fire(now, schedule, self.limits.timers_at_once)
            except StoreClosed:
                return
            except Exception:
                log.exception("Looking for due timers failed; trying again in a second")
                await asyncio.sleep(self.limits.look_seconds)
                continue
            self.watch.swept("timers")
            self._next_due = swept.next_due
            if swept.runs:
                self.feed.wake(swept.runs)
            if swept.inbox:
                self.ring()
                if self.elsewhere is not None:
                    self.elsewhere()
            if swept.next_due is not None and swept.next_due <= now:
                continue
            # Not from `now`: had the clock been set back since, that would be a wait of the whole step.
            look = self.clock.now() + timedelta(seconds=self.limits.look_seconds)
            await self.clock.wait(self._timer_bell, min(look, swept.next_due or look))
