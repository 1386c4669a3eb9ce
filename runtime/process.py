"""What one process holds of the runtime: its store, its feed, its waiting callers, perhaps a host.

`current` gives the process that was started here; the synchronous services work without one, through the
database alone, and leave the ringing to the hints of the queue.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from django.conf import settings

from connectors import egress, secrets
from connectors import services as connections
from runtime import memory, queue, tracing
from runtime.executor import Executor, OperationExecutor
from runtime.feed import Feed
from runtime.host import projection, report
from runtime.host.loop import Host, Limits, SystemClock
from runtime.host.plans import Plans
from runtime.host.upkeep import UpkeepThread
from runtime.host.waiting import Waiting
from runtime.store import codec
from runtime.store.database import DatabaseStore
from runtime.store.payloads import Payloads
from runtime.wire import ARRIVALS, INBOX, ROWS, RUNS, RedisWire

log = logging.getLogger(__name__)

Kind = Literal["embedded", "worker", "scheduler", "web"]
# Hints over the wire are prompt; those of the queue are the second way, and cost much more.
HINT_SECONDS, SPARE_HINT_SECONDS = 0.02, 0.2
# The writer gives the interpreter back after every statement; a busy loop would keep it 5 ms each time.
SWITCH_SECONDS = 0.0005
# Threads past their time limit, before the process asks to be replaced.
MOST_ABANDONED = 8
HINTED = ("runs", "polling")

_current: Process | None = None


def current() -> Process | None:
    return _current


class NotStarted(RuntimeError):
    """The runtime of this process was not started: call `runtime.process.start` on the server's loop
    first.
    """

    def __init__(self) -> None:
        super().__init__(type(self).__doc__)


def require() -> Process:
    if _current is None:
        raise NotStarted
    return _current


def seals(tenant: UUID) -> tuple[codec.Seal, codec.Seal]:
    """How rows and payloads of a tenant are sealed and opened."""
    return (
        lambda data: secrets.seal(tenant, data, purpose="payload"),
        lambda data: secrets.open_(tenant, data, purpose="payload"),
    )


class Process:
    def __init__(
        self,
        kind: Kind,
        *,
        executor: Executor | None = None,
        limits: Limits | None = None,
        queues: frozenset[str] | None = None,
    ) -> None:
        """`queues`: what its host serves, of `queue.QUEUES`; None for all."""
        self.kind: Kind = kind
        self.queues = queues
        self.replace: Callable[[], None] | None = None  # asks whoever watches us for a fresh process
        self.store = DatabaseStore()
        self.payloads = Payloads(self.store, seals)
        self.plans = Plans(self.store)
        self.wire: RedisWire | None = None  # made on the loop
        self.feed = Feed()
        self.waiting = Waiting(self.store, self.payloads)
        self.host: Host | None = None
        self.upkeep: UpkeepThread | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self._executor = executor
        self._limits = limits
        self._hinting = self._hint_again = False
        self._hints = ThreadPoolExecutor(1, thread_name_prefix="millrace-hints")
        self.beside: Any = None  # stopped with this process, before the host drains

    async def start(self) -> None:
        global _current
        self.loop = asyncio.get_running_loop()
        sys.setswitchinterval(SWITCH_SECONDS)
        memory.keep_few_arenas()
        tracing.begin()
        await self.store.open()
        if self.kind != "embedded" and settings.REDIS_URL:
            self.wire = RedisWire(settings.REDIS_URL, [ROWS] if self.kind == "web" else [ARRIVALS])
            self.feed = Feed(self.wire)
        await self.feed.open()
        self.feed.on_ring(self.waiting.heard)
        if self.kind != "web":
            self.host = self._make_host()
            self.store.report = self.report
            self.store.sweep_age = lambda: self.host.watch.sweep_age if self.host else None
            if self.queues is not None or not self.host.carries:
                self.host.elsewhere = self._elsewhere
            await self.host.start()
            if self.queues is None or "maintenance" in self.queues:
                self.upkeep = UpkeepThread(
                    self.store.writer, self.host.id, settings.RETENTION_DAYS, settings.RETENTION_RUNS
                )
                self.upkeep.start()
            if self.wire is not None and self.host.carries:
                served = [queue for queue in HINTED if self.queues is None or queue in self.queues]
                self.wire.listen(served, self.host.has_room, self._hinted)
        _current = self

    def _make_host(self) -> Host:
        if self._executor is None:
            self._executor = OperationExecutor(
                network=egress.egress_for,
                connections=connections.DatabaseConnections(),
                folders=connections.tenant_folder,
                quota=settings.FILES_QUOTA,
            )
        if isinstance(self._executor, OperationExecutor):
            self._executor.on_abandoned = self._abandoned
        return Host(
            self.store,
            self._executor,
            clock=SystemClock(self.store.clock.now),
            plans=self.plans,
            payloads=self.payloads,
            feed=self.feed,
            answers=self.waiting,
            seals=seals,
            kind=self.kind,
            limits=self._limits,
            callback_base=settings.PUBLIC_URL or f"http://{settings.LISTEN_HOST}:{settings.LISTEN_PORT}",
            summarise=projection.summary_bytes,
            queues=self.queues,
        )

    def _abandoned(self, count: int) -> None:
        """Threads that do not end hold memory and places for ever; only a fresh process is rid of them."""
        if count < MOST_ABANDONED:
            return
        if self.replace is None:
            log.error("%d operations go on past their time limit: restart this process", count)
            return
        log.error("%d operations go on past their time limit: this process drains and is replaced", count)
        replace, self.replace = self.replace, None
        replace()

    def report(self) -> dict[str, Any]:
        """The figures of this process, plain JSON."""
        if self.host is None:
            return report.of_writer(self.store.writer)
        abandoned = self._executor.abandoned if isinstance(self._executor, OperationExecutor) else 0
        removed = self.upkeep.removed if self.upkeep is not None else {}
        return {**report.of_host(self.host, self.store.writer, abandoned), "removed": dict(removed)}

    async def stop(self, grace: float | None = None) -> None:
        """Drain: take nothing new, let effects end for `grace` seconds, hand over the rest."""
        global _current
        if _current is self:
            _current = None
        if self.beside is not None:
            await asyncio.to_thread(self.beside.stop)
        if self.upkeep is not None:
            await self.upkeep.stop()
        if self.host is not None:
            await self.host.stop((5.0 if self.kind == "embedded" else 30.0) if grace is None else grace)
        await self.feed.close()
        await self.store.close()
        if isinstance(self._executor, OperationExecutor):
            await self._executor.close()
            await egress.close_all()
        self._hints.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(tracing.end)

    # -- ringing

    def _hinted(self, what: bytes) -> None:
        assert self.host is not None
        self.host.ring(runs=what != INBOX)

    def hint(self, *, runs: bool = True) -> None:
        """On the loop: something waits for whoever has room, in the inbox alone or (`runs`) a run as well.
        A hint may be lost; hosts also look every second.
        """
        if self.host is not None and self.host.carries and self.queues is None:
            self.host.ring(runs=runs)
            return
        if self.wire is not None:
            self.wire.hint("runs", RUNS if runs else INBOX)
        if self._hinting:
            self._hint_again = True
        elif not settings.EMBEDDED:
            self._hinting = True
            assert self.loop is not None
            self.loop.run_in_executor(self._hints, _send_hint)
            prompt = self.wire is not None and self.wire.up
            self.loop.call_later(SPARE_HINT_SECONDS if prompt else HINT_SECONDS, self._rested)

    def _elsewhere(self) -> None:
        """The clock of this host has put something into the inbox that others may have to take."""
        self.hint(runs=False)
        if self.wire is not None:
            self.wire.hint("polling", INBOX)

    def _rested(self) -> None:
        """What was to be told meanwhile is told now: the hint before may have been heard too early for it."""
        self._hinting = False
        if self._hint_again:
            self._hint_again = False
            self.hint()

    def ring_from_thread(self) -> None:
        """From any thread: look for ready rows and runs."""
        if self.loop is not None and not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.hint)

    def wake_from_thread(self, run: UUID) -> None:
        """From any thread: something arrived for this run."""
        if self.loop is not None and not self.loop.is_closed():
            self.loop.call_soon_threadsafe(lambda: self.feed.wake([run]))


def now() -> datetime:
    """What time it is for the runtime, in whatever process."""
    process = current()
    return process.store.clock.now() if process is not None else datetime.now(UTC)


def ring_hosts() -> None:
    """After a commit of synchronous code, in whatever process."""
    process = current()
    if process is not None:
        process.ring_from_thread()
    elif not settings.EMBEDDED:
        threading.Thread(target=_send_hint, daemon=True).start()


def _send_hint() -> None:
    try:
        queue.send_hint()
    except Exception as error:
        log.warning("The queue does not take hints (%s); hosts look every second meanwhile", error)
