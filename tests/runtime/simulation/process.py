"""A process that can die: a host whose ways out all end with it."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from runtime.engine.events import Outcome
from runtime.executor import Call
from runtime.feed import Feed, Ring
from runtime.host.loop import Host, Limits
from runtime.store.memory import MemoryStore
from runtime.store.records import Append, InboxRow, Intake, TakenRow, Verdict
from tests.runtime.simulation.loop import Crash, current

if TYPE_CHECKING:
    from tests.runtime.simulation.world import World

READS = frozenset(
    {"journal", "history", "arrivals", "owned", "end_of", "payload", "version", "find_version", "active_runs", "batch_of",
     "unsettled", "connection_limits", "run_limits"}
)  # fmt: skip


class Link:
    """One process's way to the store: reads take a while, writes keep their order and share commits.

    A commit is all or nothing. The process may die before it, or after it and before it knows.
    """

    keeps_snapshots = False

    def __init__(self, process: Process, store: MemoryStore, chance: random.Random) -> None:
        self._process = process
        self._store = store
        self._chance = chance
        self._queue: deque[tuple[Callable[[], Any], asyncio.Future[Any]]] = deque()
        self._pump: asyncio.Task[None] | None = None

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        async def read(*arguments: Any) -> Any:
            await self._while()
            found = await method(*arguments)
            await self._while()
            return found

        async def write(*arguments: Any) -> Any:
            return await self._write(lambda: method(*arguments))

        return read if name in READS else write

    async def taken(self, worker: UUID) -> list[TakenRow]:
        """At once: it comes every few seconds, and would only make the interesting moments rarer."""
        return await self._store.taken(worker)

    async def open(self) -> None: ...
    async def close(self) -> None: ...

    def append(self, row: Append) -> asyncio.Future[Verdict]:
        return self._write(lambda: self._store.append(row), lambda verdict: self._written([row], [verdict]))

    def finish(self, intake: Intake) -> asyncio.Future[list[Verdict] | None]:
        return self._write(
            lambda: self._store.finish(intake), lambda verdicts: self._written(intake.runs, verdicts or [])
        )

    def _written(self, rows: Iterable[Append], verdicts: Iterable[Verdict]) -> None:
        for row, verdict in zip(rows, verdicts, strict=False):  # none when the whole was refused
            if verdict is not Verdict.REFUSED and row.events:
                self._process.world.committed(row)

    def _write(
        self, work: Callable[[], Any], then: Callable[[Any], None] | None = None
    ) -> asyncio.Future[Any]:
        answer = asyncio.get_running_loop().create_future()

        async def apply() -> Any:
            result = await work()
            if then is not None:
                then(result)
            return result

        self._queue.append((apply, answer))
        if self._pump is None or self._pump.done():
            self._pump = asyncio.get_running_loop().create_task(self._commit())
            self._process.tasks.append(self._pump)
        return answer

    async def _commit(self) -> None:
        while self._queue:
            await self._while()
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), self._chance.randint(1, 8)))]
            self._process.passes("batch.before_commit")
            results = [await self._outcome(work) for work, _ in batch]  # nothing waits: this is one moment
            self._process.passes("journal.committed")
            await self._while()
            for (_, answer), (result, error) in zip(batch, results, strict=True):
                if answer.done():
                    continue
                if error is not None:
                    answer.set_exception(error)
                else:
                    answer.set_result(result)

    @staticmethod
    async def _outcome(work: Callable[[], Any]) -> tuple[Any, Exception | None]:
        try:
            return await work(), None
        except Exception as error:
            return None, error

    async def _while(self) -> None:
        """The time a question takes; a dead process gets no answer, and a paused one a late one."""
        chance = self._chance
        await asyncio.sleep(chance.choice((0.0, 0.0, chance.random() * 0.01, chance.random() * 0.5)))
        await self._process.breathe()


class Hints(Feed):
    """Bells between the processes of one world: lost, late, doubled."""

    def __init__(self, process: Process) -> None:
        super().__init__()
        self._process = process

    def wake(self, runs: Iterable[UUID]) -> None:
        found = list(runs)
        if self._process.is_alive:
            super().wake(found)
            self._process.world.hint(found)

    def ring(self, rings: Iterable[Ring]) -> None:
        """Nobody follows runs here."""


class Process:
    """A host under a name. Once `is_alive` is false, nothing it does reaches anybody."""

    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.number = number
        self.is_alive = True
        self.tasks: list[asyncio.Task[Any]] = []
        self._air = asyncio.Event()
        self._air.set()
        self._armed: tuple[str, int] | None = None
        self._chance = random.Random(f"{world.seed} process {number}")
        self.link = Link(self, world.store, self._chance)
        self.feed = Hints(self)
        self.host = Host(
            self.link, self, clock=world.clock, feed=self.feed, plans=world.plans,
            limits=Limits(runs=self._chance.choice((3, 500)), rows_ahead=self._chance.choice((1, 2, 16))),
        )  # fmt: skip

    async def start(self) -> None:
        current.set(self)
        await self.host.start()

    def arm(self, point: str, times: int) -> None:
        """Die when this point is passed for the `times`-th time from now."""
        self._armed = (point, times)

    def passes(self, point: str) -> None:
        if not self.is_alive:
            raise Crash
        if self._armed is not None and self._armed[0] == point:
            times = self._armed[1] - 1
            self._armed = (point, times)
            if times <= 0:
                self.world.died(self, point)
                raise Crash

    def die(self) -> None:
        """kill -9."""
        self.is_alive = False
        for task in [*self.host._tasks, *self.tasks]:
            task.cancel()

    def pause(self) -> None:
        self._air.clear()

    def wake_up(self) -> None:
        self._air.set()

    async def breathe(self) -> None:
        """Goes on while the process lives and runs."""
        await self._air.wait()
        if not self.is_alive:
            await asyncio.get_running_loop().create_future()

    # -- what the host is given

    async def execute(self, call: Call) -> Outcome:
        await self.breathe()
        if not self.is_alive:
            raise Crash
        outcome = self.world.called(self, call)
        chance = self._chance
        await asyncio.sleep(chance.choice((0.0, chance.random() * 0.1, chance.random() * 5)))
        await self.breathe()
        return outcome

    async def accept(self, row: InboxRow) -> None:
        """As `services.receive` does: the row is durable when this returns."""
        row.owner = self.host.reception.reserve(row.tenant) if self._chance.random() < 0.7 else None
        row.attempts = 1 if row.owner else 0
        self.passes("inbox.before")
        storing = asyncio.ensure_future(self._store(row))
        self.tasks.append(storing)
        await asyncio.shield(storing)
        self.world.accepted(row)

    async def _store(self, row: InboxRow) -> None:
        """Goes on when the caller has gone away."""
        await self.link.put_inbox([row])
        self.passes("inbox.committed")
        if row.owner:
            self.host.reception.offer(row)
        else:
            self.world.hint([])
