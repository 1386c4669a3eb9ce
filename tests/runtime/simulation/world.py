"""A small world under one seed: two processes over one store, callers, an outside that answers, and bad luck.

What the seed decides: the definition, what operations answer and how long they take, when rows arrive and
where, which bells are lost or doubled, which process dies at which commit or crash point, which is paused
until it is declared dead and wakes again, which is stopped in good order. `World(seed).perform()` runs until
everything has ended and then checks the promises of the host.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis.internal.conjecture.data import ConjectureData
from uuid_utils.compat import uuid7

from runtime.engine import events as ev
from runtime.engine.events import Event, Outcome, address
from runtime.engine.state import RunState, fold
from runtime.executor import Call
from runtime.host.plans import Plans
from runtime.store import codec
from runtime.store.memory import MemoryRun, MemoryStore
from runtime.store.payloads import Payloads
from runtime.store.records import Append, ArrivalRow, InboxRow, VersionText
from tests.engine.driver import ok
from tests.engine.laws import check
from tests.engine.simulation import Simulation
from tests.engine.strategies import definitions, limited
from tests.runtime.simulation.loop import Crash, VirtualClock, VirtualLoop, current, determined
from tests.runtime.simulation.process import Process

TENANTS = (UUID(int=1), UUID(int=2))
POINTS = (
    "inbox.before", "inbox.committed", "batch.before_commit", "journal.committed", "effect.before", "effect.after",
    "claim.committed", "run.ended",
)  # fmt: skip
DEATH = 15.0  # seconds until a process that says nothing is declared dead
LONGEST = 4 * 3600.0  # of virtual time; every run is over long before
PADDING = "x" * 5000  # makes a value big enough to be kept apart

CHILD = {
    "definition": {
        "triggers": {"manual": {"type": "Request", "kind": "Http", "inputs": {}}},
        "actions": {
            "Ask": {"type": "Http", "inputs": {"method": "GET", "uri": "https://x.test"}},
            "Answer": {
                "type": "Response",
                "inputs": {"statusCode": 200, "body": {"n": 1}},
                "runAfter": {"Ask": ["Succeeded", "Failed", "TimedOut"]},
            },
        },
    }
}


class Broken(AssertionError):
    """A promise of the host is broken."""


@dataclass
class Made:
    """The definition of a seed. `is_steady`: its outcome does not depend on when things happen."""

    definition: dict[str, Any]
    is_steady: bool
    calls_children: bool = False


def make(seed: int) -> Made:
    chance = random.Random(f"{seed} definition")
    is_steady = chance.random() < 0.7
    data = ConjectureData(random=random.Random(seed))
    definition = data.draw(definitions() if is_steady else limited())
    made = Made(definition, is_steady)
    definition["triggers"] = {"manual": {"type": "Request", "kind": "Http", "inputs": {}}}
    for action in _every(definition["actions"]):
        if action["type"] == "Compose" and action["inputs"] == "@concat('a', 'b')" and chance.random() < 0.3:
            action["inputs"] = "@concat('a', triggerBody()?['n'])"
        elif action["type"] == "Agent" and chance.random() < 0.6:
            made.calls_children = True
            action |= {"type": "Workflow", "inputs": {"host": {"workflow": {"id": "child"}}, "body": {}}}
            if chance.random() < 0.2:
                action["operationOptions"] = "DisableAsyncPattern"
    return made


def _every(actions: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for action in actions.values():
        found.append(action)
        branches = [action, action.get("else"), action.get("default"), *(action.get("cases") or {}).values()]
        for branch in branches:
            found += _every((branch or {}).get("actions") or {})
    return found


@dataclass
class Calls:
    """Every call of one try: when, by which process, and when its row was committed."""

    at: list[tuple[float, int]] = field(default_factory=list)
    journaled: float | None = None


class World:
    """One simulation. `story` says what happened, for the one who reads a failure."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.chance = random.Random(f"{seed} world")
        self.loop = VirtualLoop()
        self.clock = VirtualClock(self.loop)
        self.store = MemoryStore(self.clock.now)
        self.plans = Plans(self.store)  # type: ignore[arg-type]
        self.processes: list[Process] = []
        self.calls: dict[tuple[str, str, int], Calls] = defaultdict(Calls)
        self.losses: list[tuple[float, int]] = []  # when a process lost what it owned
        self.rows: dict[UUID, InboxRow] = {}
        self.cancelled: set[UUID] = set()
        self.story: list[str] = []
        self.made = make(seed)
        self.failure: BaseException | None = None

    # -- what happens

    def perform(self) -> World:
        loop = self.loop
        asyncio.set_event_loop(loop)
        loop.set_exception_handler(self._exception)
        try:
            with determined(self.seed):
                loop.run_until_complete(self._bounded())
            if self.failure is not None:
                raise self.failure
            self.check()
        finally:
            for task in asyncio.all_tasks(loop):
                task.cancel()
            loop.run_until_complete(asyncio.sleep(0))
            loop.close()
            asyncio.set_event_loop(None)
        return self

    def _exception(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if not isinstance(error, asyncio.CancelledError) and error is not None:
            self.failure = self.failure or error

    def tell(self, text: str) -> None:
        self.story.append(f"{self.loop.time():9.3f} {text}")

    async def _bounded(self) -> None:
        try:
            async with asyncio.timeout(LONGEST):
                await self._live()
        except TimeoutError:
            raise Broken(self._stuck()) from None

    async def _live(self) -> None:
        document = {"definition": self.made.definition}
        for number, (name, given) in enumerate((("main", document), ("child", CHILD)), 10):
            for tenant in TENANTS:
                version = UUID(int=number * 10 + tenant.int)
                self.store.versions[version] = VersionText(
                    version, tenant, version, name, "t", 1, json.dumps(given), "{}"
                )
        for _ in range(2):
            await self._begin()
        chance = self.chance
        arrivals = [self._spawn(self._arrive(n)) for n in range(chance.randint(1, 4))]
        troubles = [self._spawn(self._trouble()) for _ in range(chance.choice((0, 1, 2, 4, 8)))]
        people = self._spawn(self._people())
        await asyncio.gather(*arrivals, *troubles)
        while not self._is_quiet():
            if self.failure is not None:
                break
            await asyncio.sleep(5)
        people.cancel()
        for process in self.processes:
            if process.is_alive:
                process.wake_up()
                process.die()

    def _spawn(self, work: Any) -> asyncio.Task[Any]:
        return self.loop.create_task(work)

    async def _begin(self) -> Process:
        process = Process(self, len(self.processes))
        self.processes.append(process)
        starting = self._spawn(process.start())
        process.tasks.append(starting)
        await asyncio.wait((starting,), timeout=60)  # it may die before it is up
        self.tell(f"process {process.number} starts as {process.host.id}")
        return process

    @property
    def alive(self) -> list[Process]:
        return [process for process in self.processes if process.is_alive]

    async def _arrive(self, number: int) -> None:
        await asyncio.sleep(self.chance.random() * 20)
        tenant = self.chance.choice(TENANTS)
        body = {"n": "1"} if self.chance.random() < 0.7 else {"n": "1", "padding": PADDING}
        while True:
            row = self._row(tenant, body)
            process = self.chance.choice(self.alive) if self.alive else None
            if process is not None:
                token = current.set(process)
                task = self._spawn(process.accept(row))
                process.tasks.append(task)
                current.reset(token)
                await asyncio.wait((task,), timeout=30)
                if task.done() and not task.cancelled():
                    if (error := task.exception()) is not None:
                        raise error
                    break
                task.cancel()
            await asyncio.sleep(2)  # a caller who got no answer tries again, as another arrival
        if self.chance.random() < 0.15:
            await asyncio.sleep(self.chance.random() * 10)
            await self._cancel(row)

    def _row(self, tenant: UUID, body: Any) -> InboxRow:
        now = self.clock.now()
        payloads = Payloads(self.store)  # type: ignore[arg-type]
        apart = payloads.keep_apart(tenant)
        record = {"outputs": apart.shrink({"headers": {}, "body": body})}
        version = UUID(int=100 + tenant.int)
        return InboxRow(
            self._id(), tenant, version, version, "manual", "webhook", codec.pack_value(record), now, now,
            answer_by=now + timedelta(minutes=2) if self.chance.random() < 0.3 else None, payloads=apart.rows,
        )  # fmt: skip

    def _id(self) -> UUID:
        from runtime.host.loop import uuid7 as determined_uuid7

        return determined_uuid7()

    async def _cancel(self, row: InboxRow) -> None:
        self.cancelled.add(row.id)
        self.tell(f"somebody cancels {row.id}")
        arrival = ArrivalRow(self._id(), row.tenant, row.id, "cancel", "cancel", actor="me")
        for _ in range(self.chance.choice((1, 2))):
            await self.store.put_arrival(arrival)
            self.hint([row.id])

    async def _people(self) -> None:
        """Those who are asked call back, some of them twice."""
        while True:
            await asyncio.sleep(self.chance.random() * 20)
            for run in list(self.store.runs.values()):
                for token in list(run.callbacks):
                    for _ in range(self.chance.choice((1, 1, 2))):
                        outputs = codec.pack_value({"body": "called"})
                        row = ArrivalRow(self._id(), run.row.tenant, run.row.id, "callback", "", outputs)
                        await self.store.take_callback(run.row.id, token, row)
                        self.hint([run.row.id])

    async def _trouble(self) -> None:
        """Something goes wrong with one process."""
        chance = self.chance
        await asyncio.sleep(chance.random() * 40)
        if not self.alive:
            return
        process = chance.choice(self.alive)
        match chance.choice(("point", "point", "point", "kill", "pause", "stop")):
            case "point":
                process.arm(chance.choice(POINTS), chance.randint(1, 4))
            case "kill":
                self.died(process, "kill")
            case "pause":
                await self._pause(process)
            case "stop":
                await self._stop(process)

    async def _pause(self, process: Process) -> None:
        """Stopped until it is declared dead, and then it wakes up."""
        self.tell(f"process {process.number} is paused")
        process.pause()
        await asyncio.sleep(DEATH)
        if process.is_alive:
            self.tell(f"process {process.number} is declared dead")
            self.store.kill(process.host.id)
            self.losses.append((self.loop.time(), process.number))
        await asyncio.sleep(self.chance.random() * 10)
        self.tell(f"process {process.number} wakes up")
        process.wake_up()
        self.losses.append((self.loop.time(), process.number))

    async def _stop(self, process: Process) -> None:
        """A rolling restart."""
        self.tell(f"process {process.number} is stopped in good order")
        self.losses.append((self.loop.time(), process.number))
        await self._begin()
        retire = process.host.store.retire

        async def told(worker: UUID) -> None:
            """What it still holds is handed over inside: from then on others may call again."""
            self.losses.append((self.loop.time(), process.number))
            await retire(worker)

        process.host.store.retire = told
        stopping = self._spawn(process.host.stop(self.chance.random() * 3))
        process.tasks.append(stopping)
        await asyncio.wait((stopping,), timeout=60)  # it may die meanwhile
        self.losses.append((self.loop.time(), process.number))
        process.die()

    def died(self, process: Process, reason: str) -> None:
        """Kill it; it is found dead later, and another one takes its place."""
        if not process.is_alive:
            return
        self.tell(f"process {process.number} dies ({reason})")
        process.die()
        self.losses.append((self.loop.time(), process.number))
        self._spawn(self._bury(process))

    async def _bury(self, process: Process) -> None:
        current.set(None)
        await asyncio.sleep(self.chance.random() * 5)
        await self._begin()
        await asyncio.sleep(DEATH)
        self.store.kill(process.host.id)
        self.hint([])

    def hint(self, runs: list[UUID]) -> None:
        """A bell for all processes: lost, late, doubled."""
        for process in self.alive:
            for _ in range(self.chance.choice((0, 1, 1, 2))):
                self.loop.call_later(self.chance.random() * 0.2, self._ring, process, runs)

    def _ring(self, process: Process, runs: list[UUID]) -> None:
        if not process.is_alive or process.host.stopping:
            return
        token = current.set(process)
        try:
            if runs:
                process.host._arrived(runs)
            else:
                process.host.ring()
        except Crash:
            pass
        finally:
            current.reset(token)

    # -- what is noted

    def accepted(self, row: InboxRow) -> None:
        self.tell(f"accepted {row.id}")
        self.rows[row.id] = row

    def called(self, process: Process, call: Call) -> Outcome:
        place = address(call.name, call.repetition)
        self.tell(
            f"process {process.number} calls {place} try {call.attempt} ({call.purpose}) of {call.run_id}"
        )
        if call.purpose != "unsubscribe":
            calls = self.calls[call.run_id, place, call.attempt]
            calls.at.append((self.loop.time(), process.number))
            was_paused = any(lost == process.number for _, lost in self.losses)  # and calls what it meant to
            if calls.journaled is not None and not was_paused:
                self._fail(f"{place} try {call.attempt} was called again although its result is journaled")
        outcome = outcome_of(call.name, call.repetition, call.attempt)
        if call.purpose == "operation" and outcome.outputs and self.chance.random() < 0.2:
            return ok({"n": 1, "padding": PADDING}, outcome.outputs["statusCode"])
        return outcome

    def committed(self, row: Append) -> None:
        for event in codec.unpack_events(row.stored_events()):
            if isinstance(event, ev.OperationEnded):
                calls = self.calls[str(row.run), address(event.name, event.repetition), event.attempt]
                calls.journaled = self.loop.time()

    def _fail(self, text: str) -> None:
        self.failure = self.failure or Broken(text)

    # -- what must be true in the end

    def _is_quiet(self) -> bool:
        return all(entry.state != "new" for entry in self.store.inbox.values()) and all(
            run.ended_at is not None for run in self.store.runs.values()
        )

    def _stuck(self) -> str:
        new = [str(entry.row) for entry in self.store.inbox.values() if entry.state == "new"]
        runs = [
            f"{run.row.id} owner {run.owner} ready {run.ready_at} timers {run.timers} arrivals {run.arrivals}"
            for run in self.store.runs.values()
            if run.ended_at is None
        ]
        return f"Stuck. Rows: {new}. Runs: {runs}."

    def check(self) -> None:
        for row_id in self.rows:
            entry = self.store.inbox.get(row_id)
            if entry is None:
                raise Broken(f"The accepted row {row_id} is lost.")
        for row_id, entry in self.store.inbox.items():
            if entry.state != "started":
                raise Broken(f"The row {row_id} is {entry.state}: {entry.detail}")
            runs = [run for run in self.store.runs.values() if row_id in (run.row.inbox, run.row.id)]
            if len(runs) != 1:
                raise Broken(f"The row {row_id} led to {len(runs)} runs.")
        for run in self.store.runs.values():
            self._check_run(run)
        self._check_calls()

    def _check_run(self, run: MemoryRun) -> None:
        if run.ended_at is None or run.owner is not None:
            raise Broken(f"The run {run.row.id} is not over, or still owned.")
        numbers = [entry.seq for entry in run.journal]
        if numbers != list(range(1, len(numbers) + 1)):
            raise Broken(f"The rows of {run.row.id} are {numbers}.")
        history = [event for entry in run.journal for event in codec.unpack_events(entry.events)]
        is_main = run.row.version.int // 10 == 10
        definition: Any = self.made.definition if is_main else CHILD["definition"]
        check(definition, history)
        state = fold(history, RunState.empty())
        if (state.status, state.ended) != (run.status, run.ended_at):
            raise Broken(f"The run {run.row.id} is {run.status}; its history says {state.status}.")
        if (
            is_main
            and self.made.is_steady
            and not self.made.calls_children
            and run.row.id not in self.cancelled
        ):
            self._compare(run, state)
        self._check_marks(run, history)

    def _compare(self, run: MemoryRun, state: RunState) -> None:
        """The same statuses as without hosts, stores and bad luck."""
        planned = self.plans.ready(run.row.version)
        assert planned is not None
        calm = Simulation(planned.plan, outcome_of, 0, calm=True, body={"n": "1"}).perform()
        found = {
            (name, repetition): record.status
            for name, records in state.records.items()
            for repetition, record in records.items()
        }
        if found != calm.statuses():
            raise Broken(f"The run {run.row.id} came out differently: {found} instead of {calm.statuses()}.")

    def _check_marks(self, run: MemoryRun, history: list[Event]) -> None:
        """A result that another process asked for before says that it was interrupted."""
        for event in history:
            if isinstance(event, ev.OperationEnded) and not event.interrupted:
                place = address(event.name, event.repetition)
                calls = self.calls.get((str(run.row.id), place, event.attempt))
                if calls is not None and len(calls.at) > 1 and calls.at[0][1] != calls.at[-1][1]:
                    before = [number for at, number in calls.at if calls.journaled and at < calls.journaled]
                    if len(set(before)) > 1 and before[-1] != before[0]:
                        raise Broken(f"{place} of {run.row.id} was called twice and does not say so.")

    def _check_calls(self) -> None:
        """A call is repeated only when the process that made it lost the run meanwhile."""
        for (run, place, attempt), calls in self.calls.items():
            for (before, first), (after, second) in zip(calls.at, calls.at[1:], strict=False):
                # Or the second is one who was declared dead and, awake again, does what it had announced.
                excused = any(
                    (lost == first and before <= at <= after) or (lost == second and at <= after)
                    for at, lost in self.losses
                )
                if not excused:
                    raise Broken(
                        f"{place} try {attempt} of {run} was called at {before} and {after}, "
                        f"and process {first} was well in between."
                    )


def outcome_of(name: str, repetition: tuple[int, ...], attempt: int) -> Outcome:
    """What the outside answers, which depends on nothing but what was asked for."""
    draw = random.Random(f"{name}{repetition}").random()
    if draw < 0.15:
        return ok(status=503)
    if draw < 0.3:
        return ok(status=503 if attempt == 1 else 200)
    if draw < 0.45:
        return ok(status=404)
    if draw < 0.55:
        return Outcome("TimedOut", "ActionTimedOut", error={"code": "ActionTimedOut", "message": "late"})
    return ok({"n": 1})


__all__ = ["Broken", "World", "make", "outcome_of", "uuid7"]
