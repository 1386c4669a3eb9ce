"""Carrying out commands: operations with a bounded number in flight, children, and what to do after a
crash.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec.structs

from runtime.crashpoints import crash_point
from runtime.engine.commands import Abort, Command, Execute, StartChild
from runtime.engine.events import Arriving, OperationEnded, Outcome, address
from runtime.executor import Call, Executor, effect_of
from runtime.host import children, paces
from runtime.host.active import ActiveRun
from runtime.language.values import Json
from runtime.shares import Shares
from runtime.store.records import ConnectionLimit, HoldRow, StoreClosed
from runtime.triggers.request import way_of

if TYPE_CHECKING:
    from runtime.host.loop import Host

log = logging.getLogger(__name__)

_TELL_AFTER = 0.3  # seconds
_NO_PLACE = "As many operations as this process carries are under way; this one is next as soon as one ends."


class Effects:
    """The effects of one host. Each ends as an event in the mailbox of its run."""

    def __init__(self, host: Host, executor: Executor) -> None:
        self._host = host
        self.executor = executor
        self.shares = Shares(host.limits.effects)
        self.paces = paces.Paces()
        self.farewells: set[asyncio.Task[Any]] = set()

    def perform(self, run: ActiveRun, commands: Sequence[Command]) -> None:
        """The row that announces these is committed. Timers and callbacks were written with it."""
        for command in commands:
            kind = type(command)
            if kind is Execute:
                self._start(run, command, self._execute(run, command))  # type: ignore[arg-type]
            elif kind is StartChild:
                self._start(run, command, children.start(self._host, run, command))  # type: ignore[arg-type]
            elif kind is Abort:
                task = run.effects.get(address(command.name, command.repetition))  # type: ignore[union-attr]
                if task is not None:
                    task.cancel()

    def resume(self, run: ActiveRun, commands: Sequence[Command]) -> None:
        """After a crash: what was announced and never answered. Timers and callbacks are still in the
        store.
        """
        if any(type(command) is Execute for command in commands):
            self._host.spawn(self._host.store.unhold(run.id, ""))  # what its last owner told of waiting
        for command in commands:
            if type(command) is Execute:
                self._resume_effect(run, command)
            elif type(command) is StartChild:
                # The child's inbox row has an id that follows from ours, so asking twice starts it once.
                run.outstanding += 1
                self._start(run, command, children.start(self._host, run, command))

    def _resume_effect(self, run: ActiveRun, command: Execute) -> None:
        if command.purpose == "unsubscribe":
            self._start(run, command, self._execute(run, command))
            return
        run.outstanding += 1
        place = address(command.name, command.repetition)
        run.interrupted.add(place)
        if command.purpose == "operation" and effect_of(command.type, command.inputs).at_most_once:
            message = (
                f"The process that carried out '{command.name}' died before it could record the result. "
                "The operation must not be repeated, so it was not. Check whether it took effect, then "
                "resubmit the run if needed."
            )
            error: dict[str, Json] = {"code": "ActionInterrupted", "message": message}
            outcome = Outcome("Failed", "ActionInterrupted", error=error, retryable=False)
            now = self._host.clock.now()
            self._ended(run, place, self._answer(run, command, outcome, now))
            return
        self._start(run, command, self._execute(run, command))

    # -- inside

    def _start(self, run: ActiveRun, command: Execute | StartChild, work: Any) -> None:
        task = self._host.spawn(work)
        if type(command) is Execute and command.purpose == "unsubscribe":
            # No run waits for it: it goes on when the run is over.
            self.farewells.add(task)
            task.add_done_callback(self.farewells.discard)
            return
        place = address(command.name, command.repetition)
        run.effects[place] = task
        task.add_done_callback(lambda done: self._finished(run, place, done))

    def _finished(self, run: ActiveRun, place: str, done: asyncio.Task[Arriving | None]) -> None:
        if run.effects.get(place) is done:
            del run.effects[place]
        event = None if done.cancelled() or done.exception() else done.result()
        self._ended(run, place, event)

    def _ended(self, run: ActiveRun, place: str, event: Arriving | None) -> None:
        run.outstanding -= 1
        run.interrupted.discard(place)
        if run.gone:
            return
        if event is not None:
            run.mailbox.append((event, None))
        self._host.step(run)

    async def _execute(self, run: ActiveRun, command: Execute) -> Arriving | None:
        """A slot of a connection with a limit, one's turn where a pause was asked for, a place here."""
        limit = self._limit(run, command)
        if limit is None:
            return await self._paced(run, command)
        async with self._host.quotas.one(limit, run.id, address(command.name, command.repetition)):
            return await self._paced(run, command)

    def _limit(self, run: ActiveRun, command: Execute) -> ConnectionLimit | None:
        if not self._host.quotas:
            return None
        target = paces.target_of(command)
        return self._host.quotas.of(run.tenant, target.connection_name) if target is not None else None

    async def _paced(self, run: ActiveRun, command: Execute) -> Arriving | None:
        # Nobody is paced, as a rule: then it need not even be looked up what is called.
        key = paces.key_of(str(run.tenant), command) if self.paces else None
        entered = await self._enter(run, command, key) if key is not None else False
        outcome = None
        try:
            if self.shares.free_for(run.tenant):
                await self.shares.take(run.tenant)
            else:
                async with self._told(run, command, _NO_PLACE):
                    await self.shares.take(run.tenant)
            try:
                started = self._host.clock.now()
                outcome = await self._call(run, command, started)
            finally:
                self.shares.give(run.tenant)
        finally:
            if outcome is not None and key is None and paces.refused(outcome):
                key = paces.key_of(str(run.tenant), command)
            if key is not None:
                self.paces.leave(key, entered, outcome)
        return self._answer(run, command, outcome, started)

    async def _enter(self, run: ActiveRun, command: Execute, key: paces.Key) -> bool:
        found = self.paces.reason(key)
        if found is None:
            return await self.paces.enter(key)
        async with self._told(run, command, *found):
            return await self.paces.enter(key)

    @asynccontextmanager
    async def _told(
        self, run: ActiveRun, command: Execute, reason: str, until: datetime | None = None
    ) -> AsyncIterator[None]:
        """Where waiting takes a moment, people can read why on the action."""
        place = address(command.name, command.repetition)
        row = HoldRow(run.id, run.tenant, place, reason, until)
        telling = self._host.spawn(self._tell(row))
        try:
            yield
        finally:
            telling.cancel()
            if row.written:
                self._host.spawn(self._host.store.unhold(run.id, place))

    async def _tell(self, row: HoldRow) -> None:
        await asyncio.sleep(_TELL_AFTER)
        row.written = True
        await self._host.store.hold(row)

    async def _call(self, run: ActiveRun, command: Execute, started: datetime) -> Outcome:
        crash_point("effect.before")
        try:
            inputs = await self._host.payloads.resolve(run.tenant, command.inputs)
        except StoreClosed:
            raise
        except Exception as error:
            problem: dict[str, Json] = {"code": "ContentNotFound", "message": str(error)}
            return Outcome("Failed", "ContentNotFound", error=problem)
        outcome = await self._timed(
            run.tenant,
            Call(
                tenant_id=str(run.tenant),
                workflow=run.planned.workflow,
                run_id=str(run.id),
                name=command.name,
                type=command.type,
                inputs=inputs,
                key=command.key,
                kind=command.kind,
                repetition=command.repetition,
                attempt=command.attempt,
                timeout=command.timeout,
                purpose=command.purpose,
                secured=command.secured,
                operation_options=frozenset(command.operation_options),
                runtime_configuration=command.runtime_configuration,
                client_tracking_id=run.client_tracking_id,
                keep=None if run.planned.sealed else partial(self._keep, run),
            ),
        )
        crash_point("effect.after")
        return outcome

    async def _keep(self, run: ActiveRun, body: bytes, content_type: str | None) -> Json:
        """A big body into its place; the row that names it is written with the event that brings the
        value.
        """
        way = way_of(None, content_type)
        if way is None:
            return None
        kept = await self._host.store.keep_body(run.tenant, body, way, content_type)
        if kept is None:
            return None
        value, row = kept
        run.payloads.append(row)
        return value

    async def _timed(self, tenant: UUID, call: Call) -> Outcome:
        watch, began = self._host.watch, time.perf_counter()
        watch.in_flight += 1
        try:
            return await self.executor.execute(call)
        finally:
            watch.in_flight -= 1
            watch.effect(tenant, call.type, time.perf_counter() - began)

    def _answer(self, run: ActiveRun, command: Execute, outcome: Outcome, started: datetime) -> Arriving:
        """The event of a try that came back; a big body is kept apart before the engine sees it."""
        if outcome.outputs is not None:
            apart = self._host.payloads.keep_apart(run.tenant, run.planned.sealed)
            outputs = apart.shrink(outcome.outputs)
            if apart.rows:
                run.payloads += apart.rows
                outcome = msgspec.structs.replace(outcome, outputs=outputs)
        place = address(command.name, command.repetition)
        return OperationEnded(
            command.name,
            command.repetition,
            command.attempt,
            outcome,
            started,
            self._host.clock.now(),
            place in run.interrupted,
        )
