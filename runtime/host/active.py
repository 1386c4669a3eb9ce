"""A run in memory: its state, what reached it, what it has asked for and what is not yet written."""

from __future__ import annotations

import os
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec.structs

from runtime.engine.commands import AwaitCallback, CancelTimer, Command, Execute, StartChild, StartTimer
from runtime.engine.entropy import Entropy
from runtime.engine.events import (
    Arriving,
    CallbackReceived,
    CancelRequested,
    ChildEnded,
    Continue,
    Event,
    OperationEnded,
    ResponseExpired,
    RunStarted,
    TimerFired,
    address,
)
from runtime.engine.machine import react
from runtime.engine.state import RunState, parse_address
from runtime.host.plans import Planned
from runtime.language.values import Json, Ref, dumps
from runtime.store import codec
from runtime.store.payloads import Payloads
from runtime.store.records import Append, ArrivalRow, PayloadRow, RunChange, RunRow

SLICE_SECONDS = 0.005
ROW_EVENTS = 1000
RUN_DURATION, STATELESS_DURATION = timedelta(days=90), timedelta(minutes=5)  # reference 9.6, 13


class _Chance:
    """32 bytes at a time from the system, fetched 4 KB at a time: the call costs more than the bytes."""

    def __init__(self) -> None:
        self._bytes = b""

    def draw(self) -> bytes:
        if len(self._bytes) < 32:
            self._bytes = os.urandom(4096)
        drawn, self._bytes = self._bytes[:32], self._bytes[32:]
        return drawn


_chance = _Chance()


@dataclass(slots=True)
class Slice:
    """What one turn of a run produced."""

    events: list[Event]
    commands: list[Command]
    consumed: list[UUID]
    needed: tuple[Ref, ...]


@dataclass(slots=True, eq=False)
class ActiveRun:
    """Owned by this process under `epoch`. `seq` is the last row asked for, `unwritten` how many are not
    committed.
    """

    id: UUID
    tenant: UUID
    workflow: UUID
    planned: Planned
    state: RunState
    epoch: int
    seq: int = 0
    start: RunRow | None = None
    seen_ready_at: datetime | None = None
    parent_run: UUID | None = None
    parent_action: str = ""
    client_tracking_id: str = ""
    answer_by: datetime | None = None
    answered: bool = False
    mailbox: deque[tuple[Arriving, UUID | None]] = field(default_factory=deque)
    known: set[UUID] = field(default_factory=set)  # arrivals that are in the mailbox or were
    effects: dict[str, Any] = field(default_factory=dict)  # address → task
    outstanding: int = 0  # effects announced and not ended
    interrupted: set[str] = field(default_factory=set)  # in flight when an owner before us died
    payloads: list[PayloadRow] = field(default_factory=list)  # to be written with the next row
    unwritten: int = 0
    events: int = 0  # in its journal
    covered: int = 0  # of these, by its last snapshot
    held_since: float = field(default_factory=time.monotonic)
    waited: bool = False  # has a timer for its own duration
    scheduled: bool = False
    more: bool = False
    loading: bool = False
    releasing: bool = False
    gone: bool = False

    @property
    def about(self) -> dict[str, str]:
        """What a trace may say of it."""
        return {
            "tenant": str(self.tenant),
            "workflow": str(self.planned.workflow["name"]),
            "workflow.id": str(self.workflow),
        }

    @property
    def idle(self) -> bool:
        """Only waits for what will arrive through the store."""
        return not (self.outstanding or self.more or self.mailbox or self.loading)

    def advance(self, now: datetime, payloads: Payloads) -> Slice:
        """React until nothing is left, or the slice has lasted 5 ms or fills a row."""
        slice_ = Slice([], [], [], ())
        deadline = time.perf_counter() + SLICE_SECONDS
        tenant, plan, state = self.tenant, self.planned.plan, self.state
        entropy = Entropy(_chance.draw())

        def load(ref: Ref) -> Json:
            return payloads.load(tenant, ref)

        while True:
            if self.more:
                event: Arriving = Continue()
            elif self.mailbox:
                event, arrival = self.mailbox.popleft()
                if arrival is not None:
                    slice_.consumed.append(arrival)
            else:
                return slice_
            reaction = react(plan, state, event, now, entropy, load=load)
            slice_.events += reaction.events
            slice_.commands += reaction.commands
            self.more = reaction.more or bool(reaction.needed)
            if reaction.needed:
                slice_.needed = reaction.needed
                return slice_
            if len(slice_.events) >= ROW_EVENTS // 2 or time.perf_counter() >= deadline:
                return slice_

    def arrive(self, row: ArrivalRow) -> None:
        """Put what arrived through the store into the mailbox, once."""
        if row.id in self.known:
            return
        self.known.add(row.id)
        event = _event_of(row)
        if event is not None:
            self.mailbox.append((event, row.id))

    def journal(self, slice_: Slice, now: datetime, payloads: Payloads, seal: codec.Seal | None) -> Append:
        """The next row of this run, with everything that becomes true with it."""
        self.seq += 1
        state = self.state
        append = Append(self.id, self.tenant, self.epoch, self.seq, now, b"", consumed=slice_.consumed)
        append.start, self.start = self.start, None
        append.payloads, self.payloads = self.payloads, []
        self._pack(append, slice_.events, payloads, seal)
        for command in slice_.commands:
            kind = type(command)
            if kind is StartTimer:
                append.timers.append((command.key, command.due))  # type: ignore[union-attr]
            elif kind is CancelTimer:
                append.cancelled_timers.append(command.key)  # type: ignore[union-attr]
            elif kind is AwaitCallback:
                append.callbacks.append((command.token, address(command.name, command.repetition)))  # type: ignore[union-attr]
            elif kind is StartChild or (kind is Execute and command.purpose != "unsubscribe"):  # type: ignore[union-attr]
                self.outstanding += 1
        if state.ended is not None:
            append.frees = self.planned.slots(state.run.trigger) if state.run else None
            append.change = RunChange(
                state.status, state.ended, _plain(state.code, 100), _error_text(state.error),
                (state.first_failed or "")[:200],
            )  # fmt: skip
        self._answer(append)
        if state.ended is None:
            self._wait(append, now)
        return append

    def _pack(self, append: Append, events: list[Event], payloads: Payloads, seal: codec.Seal | None) -> None:
        uses: set[Ref] = set()
        plain = codec.pack_events_plain(events, uses)
        if len(plain) > codec.INLINE_LIMIT:
            apart = payloads.keep_apart(self.tenant, seal is not None)
            shrunk = [_shrunk(event, apart.shrink) for event in events]
            if apart.rows:
                uses.clear()
                plain = codec.pack_events_plain(shrunk, uses)
                append.payloads = append.payloads + apart.rows
        append.events, append.seal = plain, seal
        append.uses = [ref.hash for ref in uses]

    def _answer(self, append: Append) -> None:
        """The first row with a response says so; a parent that waits is told with the same commit."""
        state = self.state
        if self.answered or (state.response is None and state.ended is None):
            return
        self.answered = True
        if state.response is not None and self.answer_by is not None:
            if append.change is None:
                append.change = RunChange(state.status)
            append.change.answered_seq = self.seq
            append.cancelled_timers.append("expired")
        if self.parent_run is not None and self.parent_action:
            append.arrivals.append(self._child_ended())

    def _child_ended(self) -> ArrivalRow:
        state = self.state
        payload: dict[str, Json] = {"run_id": str(self.id)}
        if state.response is not None:
            answer = state.response
            payload["status"] = "Succeeded"
            payload["outputs"] = {
                "statusCode": answer.status,
                "headers": dict(answer.headers),
                "body": answer.body,
            }
        else:
            payload["status"] = "Failed"
            payload["error"] = {
                "code": "NoResponse",
                "message": f"The child run '{self.id}' ended ({state.status}) without a response.",
            }
        assert self.parent_run is not None
        return ArrivalRow(
            self.id, self.tenant, self.parent_run, "child", self.parent_action, codec.pack_value(payload)
        )

    def _wait(self, append: Append, now: datetime) -> None:
        """A run that is not over: the timers of its own limits, and back to the store when it only waits."""
        if not self.waited:
            self.waited = True
            started = self.state.started or now
            is_stateless = self.planned.plan.kind.lower() == "stateless"
            append.timers.append(("run", started + (STATELESS_DURATION if is_stateless else RUN_DURATION)))
            if self.answer_by is not None and not self.answered:
                append.timers.append(("expired", self.answer_by))
        if self.idle:
            append.release = self.releasing = True
            append.seen_ready_at = self.seen_ready_at


def _event_of(row: ArrivalRow) -> Arriving | None:
    if row.kind == "timer":
        return ResponseExpired() if row.key == "expired" else TimerFired(row.key)
    if row.kind == "cancel":
        return CancelRequested(row.actor)
    if row.kind == "callback":
        place, _, token = row.key.rpartition("|")
        name, repetition = parse_address(place)
        return CallbackReceived(name, repetition, token, codec.unpack_value(row.payload))
    if row.kind == "child":
        name, repetition = parse_address(row.key)
        given = codec.unpack_value(row.payload)
        return ChildEnded(
            name, repetition, given["run_id"], given["status"], given.get("outputs"), given.get("error")
        )
    return None


_BIG: dict[type[Any], tuple[str, ...]] = {}
_NEVER_BIG = {"at", "name", "repetition", "status", "code", "headers", "error"}


def _shrunk(event: Event, shrink: Any) -> Event:
    """The event with its big values replaced by Refs."""
    kind = type(event)
    names = _BIG.get(kind)
    if names is None:
        names = _BIG[kind] = tuple(
            name
            for name in kind.__struct_fields__
            if name not in _NEVER_BIG and (kind is not RunStarted or name == "record")
        )
    changed: dict[str, Any] = {}
    for name in names:
        value = getattr(event, name)
        if kind is OperationEnded and name == "outcome":
            outputs = shrink(value.outputs)
            if outputs is not value.outputs:
                changed[name] = msgspec.structs.replace(value, outputs=outputs)
            continue
        if kind is RunStarted:
            changed[name] = {key: shrink(item) for key, item in value.items()}  # a record keeps its shape
            continue
        smaller = shrink(value)
        if smaller is not value:
            changed[name] = smaller
    return msgspec.structs.replace(event, **changed) if changed else event


def _plain(text: str, most: int) -> str:
    """Text that every database takes: no NUL, no lone surrogates, not too long."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()[:most]


def _error_text(error: dict[str, Json] | None) -> str:
    return _plain(dumps(error), 20_000) if error else ""
