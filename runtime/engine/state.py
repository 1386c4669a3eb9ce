"""Where a run stands: what its events amount to.

Rule 1: everything here follows from the events alone; `fold` needs no plan, no clock and no chance, so a
history means the same under every later release. Rule 2: applying an event costs the same however long
the run is. What the machine keeps beside the facts to work fast (`agenda`) is no part of the state: it is
rebuilt from the facts where it is missing, and two states are equal without regard to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from runtime.engine import events as ev
from runtime.engine.events import Error, Event, Outcome, Repetition
from runtime.language.values import Json, Ref

if TYPE_CHECKING:
    from runtime.engine.agenda import Agenda

# What an execution is waiting for (`Effort.wait`).
OPERATION, RETRY, POLL, CALLBACK, TIMER, CHILD = "operation", "retry", "poll", "callback", "timer", "child"


@dataclass(slots=True)
class Try:
    """One try of an operation, for `retryHistory` (reference 11.4)."""

    attempt: int
    started: datetime | None
    ended: datetime | None = None
    code: str = ""
    error: Error | None = None
    interrupted: bool = False


@dataclass(slots=True)
class Effort:
    """What goes on outside for an execution. `outcome` and `fired` are still to be dealt with."""

    wait: str
    attempt: int = 0
    retries: int = 0
    purpose: str = "operation"
    due: datetime | None = None
    expires: datetime | None = None
    token: str | None = None
    location: str | None = None
    subscription: Json = None
    callback: Json = None
    called_back: bool = False
    outcome: Outcome | None = None
    fired: bool = False
    timed_out: bool = False
    tries: list[Try] = field(default_factory=list)


@dataclass(slots=True)
class Turn:
    """One finished turn of a loop."""

    status: str
    code: str
    started: datetime | None
    ended: datetime


@dataclass(slots=True)
class Tally:
    """All executions of an action inside loops, taken together, so that nobody needs to look at each.

    `counts` are the ended ones by status; `begun` counts all; `started` and `ended` are the first and the
    last moment; `error` is that of the last failure; `tries` the most one execution needed.
    """

    started: datetime
    begun: int = 0
    ended: datetime | None = None
    counts: dict[str, int] = field(default_factory=dict)
    tries: int = 0
    error: Error | None = None

    @property
    def running(self) -> int:
        return self.begun - sum(self.counts.values())

    def end(self, record: Record) -> None:
        self.counts[record.status] = self.counts.get(record.status, 0) + 1
        self.ended = record.ended
        if record.status == "Failed":
            self.error = record.error
        if record.effort is not None:
            self.tries = max(self.tries, len(record.effort.tries))


@dataclass(slots=True)
class Loop:
    """Progress of a loop: `count` items (None for Until), finished `turns`, `again` after an Until's last."""

    count: int | None
    turns: dict[int, Turn] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)  # turns by status
    again: bool = True


@dataclass(slots=True)
class Record:
    """One execution of one action."""

    status: str
    code: str
    started: datetime
    ended: datetime | None = None
    inputs: Json = None
    outputs: Json = None
    error: Error | None = None
    tracked: dict[str, Json] | None = None
    branch: str | None = None
    loop: Loop | None = None
    effort: Effort | None = None


class Variable:
    """A variable: its type and its value, to which appending costs the same however long it is.

    The value is `_base` followed by `_tail`. `_owned` says that nobody else holds the list `_base`, so
    that it may grow in place; `release` gives it away.
    """

    __slots__ = ("_base", "_grown", "_owned", "_tail", "type")

    def __init__(self, type_: str, value: Json) -> None:
        self.type = type_
        self.assign(value)

    def assign(self, value: Json) -> None:
        self._base = value
        self._tail: list[Json] = []
        self._grown = 0
        self._owned = False

    @classmethod
    def of(cls, type_: str, base: Json, tail: list[Json]) -> Variable:
        """The inverse of `parts`."""
        variable = cls(type_, base)
        for value in tail:
            variable.append(value)
        return variable

    def parts(self) -> tuple[str, Json, list[Json]]:
        """Type, value, and what was appended to it since."""
        return self.type, self._base, self._tail

    def append(self, value: Json) -> None:
        self._tail.append(value)
        if self.type == "String":
            self._grown += value.size if isinstance(value, Ref) else len(str(value))

    @property
    def length(self) -> int:
        """Items of an array, characters of a text; of what is kept elsewhere what is known without it."""
        base = self._base
        if self.type == "Array":
            return len(self._tail) + (len(base) if isinstance(base, list) else 0)
        return self._grown + (base.size if isinstance(base, Ref) else len(base or ""))

    def read(self, load: Callable[[Ref], Json]) -> Json:
        """The whole value; a value held elsewhere stays a Ref unless something was appended to it."""
        if not self._tail:
            return self._base
        base = load(self._base) if isinstance(self._base, Ref) else self._base
        if isinstance(base, list):
            if not self._owned or base is not self._base:
                base = list(base)
                self._owned = True
            base.extend(self._tail)
        else:
            base = (base or "") + "".join(
                load(part) if isinstance(part, Ref) else part for part in self._tail
            )
        self._base = base
        self._tail = []
        self._grown = 0
        return base

    def release(self) -> None:
        """Somebody else holds the value now."""
        self._owned = False

    @property
    def growing(self) -> bool:
        """Whether a list was handed out that would still grow in place."""
        return self._owned

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Variable) or self.type != other.type:
            return NotImplemented if not isinstance(other, Variable) else False
        return bool(self._whole() == other._whole())

    def _whole(self) -> Json:
        if isinstance(self._base, Ref) or (self.type == "String" and any(type(p) is Ref for p in self._tail)):
            return (self._base, self._tail)
        return self.read(lambda ref: ref)

    def __repr__(self) -> str:
        return f"Variable({self.type!r}, {self._base!r} + {self._tail!r})"

    __hash__ = None  # type: ignore[assignment]


@dataclass(slots=True)
class RunState:
    """Everything known about a run. `records[name][repetition]` is one execution of an action."""

    run: ev.RunStarted | None = None
    status: str = ""
    code: str = "NotSpecified"
    error: Error | None = None
    outputs: dict[str, Json] | None = None
    started: datetime | None = None
    ended: datetime | None = None
    records: dict[str, dict[Repetition, Record]] = field(default_factory=dict)
    tallies: dict[str, Tally] = field(default_factory=dict)
    variables: dict[str, Variable] = field(default_factory=dict)
    response: ev.ResponseGiven | None = None
    response_expired: bool = False
    cancelled_by: str | None = None
    expired: bool = False
    first_failed: str | None = None
    agenda: Agenda | None = field(default=None, compare=False, repr=False)

    @classmethod
    def empty(cls) -> RunState:
        return cls()

    @property
    def run_id(self) -> str:
        return self.run.run_id if self.run else ""

    def record(self, name: str, repetition: Repetition = ()) -> Record | None:
        """The execution at this address, if it has begun."""
        records = self.records.get(name)
        return records.get(repetition) if records else None

    def variable(self, name: str) -> Variable | None:
        """A variable by name, exact spelling first, then without regard to case (reference 14.3)."""
        found = self.variables.get(name)
        if found is not None:
            return found
        wanted = name.casefold()
        return next((value for key, value in self.variables.items() if key.casefold() == wanted), None)

    def timer(self, key: str) -> tuple[str, tuple[str, Repetition]]:
        """What a timer's key is about: its kind (timer, retry, poll, timeout) and the execution."""
        kind, _, place = key.partition(":")
        return kind, (place, ()) if place in self.records else parse_address(place)

    def apply(self, event: Event) -> None:
        """Take one more fact in."""
        _APPLY[type(event)](self, event)


def fold(events: Iterable[Event], state: RunState) -> RunState:
    """Apply `events` to `state` (in place) and return it."""
    for event in events:
        _APPLY[type(event)](state, event)
    return state


# -- one function per event
# -------------------------------------------------------------------------------------


def _run_started(state: RunState, event: ev.RunStarted) -> None:
    state.run = event
    state.status = "Running"
    state.started = event.at


def _operation_ended(state: RunState, event: ev.OperationEnded) -> None:
    record = state.record(event.name, event.repetition)
    if record is None or record.effort is None:
        return
    effort = record.effort
    outcome = event.outcome
    effort.outcome = outcome
    last = effort.tries[-1] if effort.tries else None
    if last is None or last.attempt != event.attempt:
        last = Try(event.attempt, event.at)
        effort.tries.append(last)
    last.started = event.started or last.started
    last.ended = event.ended or event.at
    last.code, last.error, last.interrupted = outcome.code, outcome.error, event.interrupted


def _timer_fired(state: RunState, event: ev.TimerFired) -> None:
    if event.key == "run":
        state.expired = True
        return
    kind, place = state.timer(event.key)
    record = state.record(*place)
    if record is None or record.effort is None:
        return
    if kind == "timeout":
        record.effort.timed_out = True
    else:
        record.effort.fired = True


def _callback_received(state: RunState, event: ev.CallbackReceived) -> None:
    record = state.record(event.name, event.repetition)
    if record is not None and record.effort is not None:
        record.effort.callback = event.outputs
        record.effort.called_back = True


def _child_ended(state: RunState, event: ev.ChildEnded) -> None:
    record = state.record(event.name, event.repetition)
    if record is not None and record.effort is not None:
        record.effort.outcome = Outcome(status=event.status, outputs=event.outputs, error=event.error)


def _cancel_requested(state: RunState, event: ev.CancelRequested) -> None:
    state.cancelled_by = event.by


def _response_expired(state: RunState, event: ev.ResponseExpired) -> None:
    state.response_expired = True


def _nothing(state: RunState, event: Any) -> None:
    pass


def _begin(state: RunState, name: str, repetition: Repetition, record: Record) -> None:
    records = state.records.get(name)
    if records is None:
        state.records[name] = {repetition: record}
    else:
        records[repetition] = record
    if repetition:
        tally = state.tallies.get(name)
        if tally is None:
            tally = state.tallies[name] = Tally(record.started)
        tally.begun += 1


def _action_started(state: RunState, event: ev.ActionStarted) -> None:
    record = Record("Running", "NotSpecified", event.at, inputs=event.inputs, branch=event.branch)
    if event.wait or event.expires is not None:
        purpose = "subscribe" if event.token else "operation"
        effort = Effort(event.wait, event.attempt, purpose=purpose, due=event.due)
        effort.expires, effort.token = event.expires, event.token
        if event.wait == OPERATION:
            effort.tries.append(Try(event.attempt, event.at))
        elif event.wait:
            record.status = "Waiting"
        record.effort = effort
    _begin(state, event.name, event.repetition, record)


def _attempt_started(state: RunState, event: ev.AttemptStarted) -> None:
    record = state.record(event.name, event.repetition)
    if record is None or record.effort is None:
        return
    effort = record.effort
    record.status = "Running"
    effort.wait, effort.attempt, effort.purpose = OPERATION, event.attempt, event.purpose
    effort.due, effort.outcome, effort.fired = None, None, False
    effort.tries.append(Try(event.attempt, event.at))


def _retry_scheduled(state: RunState, event: ev.RetryScheduled) -> None:
    record = state.record(event.name, event.repetition)
    if record is None or record.effort is None:
        return
    effort = record.effort
    record.status = "Waiting"
    effort.wait, effort.due, effort.outcome = RETRY, event.due, None
    effort.retries += 1


def _poll_scheduled(state: RunState, event: ev.PollScheduled) -> None:
    record = state.record(event.name, event.repetition)
    if record is None or record.effort is None:
        return
    effort = record.effort
    record.status = "Waiting"
    effort.wait, effort.due, effort.outcome, effort.location = POLL, event.due, None, event.location


def _callback_awaited(state: RunState, event: ev.CallbackAwaited) -> None:
    record = state.record(event.name, event.repetition)
    if record is None or record.effort is None:
        return
    effort = record.effort
    record.status = "Waiting"
    effort.wait, effort.outcome, effort.subscription = CALLBACK, None, event.subscription


def _loop_started(state: RunState, event: ev.LoopStarted) -> None:
    record = Record("Running", "NotSpecified", event.at, inputs=event.items, loop=Loop(event.count))
    if event.expires is not None:
        record.effort = Effort("", expires=event.expires)
    _begin(state, event.name, event.repetition, record)


def _repetition_ended(state: RunState, event: ev.RepetitionEnded) -> None:
    record = state.record(event.name, event.repetition[:-1])
    if record is not None and record.loop is not None:
        record.loop.turns[event.repetition[-1]] = Turn(event.status, event.code, event.started, event.at)
        record.loop.counts[event.status] = record.loop.counts.get(event.status, 0) + 1
        record.loop.again = event.again


def _variable_set(state: RunState, event: ev.VariableSet) -> None:
    variable = state.variable(event.name)
    if variable is None:
        state.variables[event.name] = Variable(event.type or "", event.value)
    elif event.append:
        variable.append(event.value)
    else:
        variable.assign(event.value)


def _action_ended(state: RunState, event: ev.ActionEnded) -> None:
    record = state.record(event.name, event.repetition)
    if record is None:
        record = Record(event.status, event.code, event.at, event.at, event.inputs)
        _begin(state, event.name, event.repetition, record)
    record.status = event.status
    record.code = event.code
    record.ended = event.at
    record.outputs = event.outputs
    record.error = event.error
    record.tracked = event.tracked
    if event.repetition:
        state.tallies[event.name].end(record)
    if event.status == "Failed" and state.first_failed is None:
        state.first_failed = event.name


def _response_given(state: RunState, event: ev.ResponseGiven) -> None:
    state.response = event


def _run_ended(state: RunState, event: ev.RunEnded) -> None:
    state.status = event.status
    state.code = event.code
    state.error = event.error
    state.outputs = event.outputs
    state.ended = event.at
    if event.error is not None and "action" in event.error:
        place = event.error["action"]
        state.first_failed = place if place in state.records else parse_address(place)[0]


_APPLY: dict[type, Callable[[RunState, Any], None]] = {
    ev.RunStarted: _run_started,
    ev.OperationEnded: _operation_ended,
    ev.TimerFired: _timer_fired,
    ev.CallbackReceived: _callback_received,
    ev.ChildEnded: _child_ended,
    ev.CancelRequested: _cancel_requested,
    ev.ResponseExpired: _response_expired,
    ev.Continue: _nothing,
    ev.ActionStarted: _action_started,
    ev.AttemptStarted: _attempt_started,
    ev.RetryScheduled: _retry_scheduled,
    ev.PollScheduled: _poll_scheduled,
    ev.CallbackAwaited: _callback_awaited,
    ev.LoopStarted: _loop_started,
    ev.RepetitionEnded: _repetition_ended,
    ev.VariableSet: _variable_set,
    ev.ActionEnded: _action_ended,
    ev.ResponseGiven: _response_given,
    ev.RunEnded: _run_ended,
}


def parse_address(text: str) -> tuple[str, Repetition]:
    """The inverse of `events.address`."""
    name, at, indexes = text.rpartition("@")
    if at and name and all(part.isdecimal() and len(part) < 10 for part in indexes.split("-")):
        return name, tuple(map(int, indexes.split("-")))
    return text, ()
