"""Looking into runs for people: which of them hold a text in what their trigger and actions got and gave, and
in which an action became what.

No index knows either, so a page reads runs one after the other, within limits, and says how far it came. Only
what the panel of an action would show is read: nothing that is secured.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from runtime.engine.events import (
    ActionEnded,
    ActionStarted,
    CallbackReceived,
    ChildEnded,
    Event,
    OperationEnded,
    RunStarted,
)
from runtime.engine.plan import Plan
from runtime.host.history import plan_for, run_columns, stored_content, unseal_of
from runtime.host.plans import secured_members
from runtime.language.document import tokens
from runtime.language.values import Json, Ref, loads
from runtime.models import JournalRow, PayloadUse, Run
from runtime.store import codec
from runtime.targets import without_secrets

# What one page looks at before it says where it stopped.
MOST_RUNS = 2_000
MOST_BYTES = 32_000_000
MOST_SECONDS = 3.0
# What of one run, and of one value, is looked at.
RUN_BYTES = 8_000_000
VALUE_BYTES = 1_000_000
_CHUNK = 50
_ROWS = 64
# Each keeps a processor busy: others wait for their turn, and are told when it does not come.
_turns = threading.BoundedSemaphore(2)
_WAIT = 5.0
_BOTH = frozenset({"inputs", "outputs"})
# Written as they are in every stored form, so a row without them needs no reading.
_NUMBERS = frozenset("0123456789.+-e")

Stopped = Literal["", "runs", "bytes", "time", "busy"]


@dataclass(frozen=True, slots=True)
class Looked:
    """How far a page came: `runs` looked at, the oldest of them from `back_to`. `stopped` says which limit it
    met, and is empty where it met none. `partly` runs hold more than is looked through.
    """

    runs: int
    back_to: datetime | None
    stopped: Stopped
    partly: int = 0


@dataclass(slots=True)
class Found:
    runs: list[Run]
    looked: Looked
    last: UUID | None
    """The last run looked at, where there may be more behind it."""


@dataclass(frozen=True, slots=True)
class Inside:
    """What is looked for: a text, an action by a part of its name, the status an action has."""

    text: str = ""
    action: str = ""
    action_status: str = ""

    def __bool__(self) -> bool:
        return bool(self.text or self.action or self.action_status)


@dataclass(slots=True)
class _Budget:
    until: float
    read: int = 0
    runs: int = 0
    partly: int = 0

    def spent(self) -> Stopped:
        if self.runs >= MOST_RUNS:
            return "runs"
        if self.read >= MOST_BYTES:
            return "bytes"
        return "time" if time.monotonic() >= self.until else ""


class _TooMuch(Exception):
    """This run holds more than is looked through."""


def look_into(after: Callable[[Run | None], Sequence[Run]], wanted: Inside, limit: int) -> Found:
    """`after` gives the runs that follow one in the list, a handful at a time."""
    if not _turns.acquire(timeout=_WAIT):
        return Found([], Looked(0, None, "busy"), None)
    try:
        return _look(after, wanted, limit)
    finally:
        _turns.release()


def _look(after: Callable[[Run | None], Sequence[Run]], wanted: Inside, limit: int) -> Found:
    budget = _Budget(time.monotonic() + MOST_SECONDS)
    found: list[Run] = []
    last: Run | None = None
    stopped: Stopped = ""
    while runs := after(last):
        for run in _matching(runs, wanted, budget):
            if run.found:
                found.append(run.run)
            last = run.run
            budget.runs += 1
            stopped = budget.spent()
            if stopped or len(found) >= limit:
                break
        if stopped or len(found) >= limit:
            break
    else:
        return Found(found, _looked(budget, last, ""), None)
    return Found(found, _looked(budget, last, stopped), last.pk if last else None)


def _looked(budget: _Budget, last: Run | None, stopped: Stopped) -> Looked:
    return Looked(budget.runs, last.started_at if last else None, stopped, budget.partly)


@dataclass(frozen=True, slots=True)
class _Seen:
    run: Run
    found: bool


def _matching(runs: Sequence[Run], wanted: Inside, budget: _Budget) -> Iterator[_Seen]:
    tenant = runs[0].tenant_id
    states: dict[UUID, dict[str, dict[str, Any]]] = {}
    apart: set[UUID] = set()
    ids = [run.pk for run in runs]
    if wanted.action or wanted.action_status:
        states = run_columns(tenant, [run for run in runs if run.ended_at is not None])
    if wanted.text:
        uses = PayloadUse.objects.filter(tenant_id=tenant, run_id__in=ids)
        apart = set(uses.values_list("run_id", flat=True).distinct())
    needle = wanted.text.casefold()
    for run in runs:
        found = True
        if wanted.action or wanted.action_status:
            # What still runs is folded, one at a time: the clock is looked at between two.
            known = states.get(run.pk)
            found = _has_action(run_columns(tenant, [run])[run.pk] if known is None else known, wanted)
        if found and needle:
            found = _holds(run, needle, run.pk in apart, budget)
        yield _Seen(run, found)


def _has_action(actions: dict[str, dict[str, Any]], wanted: Inside) -> bool:
    name = wanted.action.replace(" ", "_").casefold()
    return any(
        name in action.casefold() and (not wanted.action_status or _became(entry, wanted.action_status))
        for action, entry in actions.items()
    )


def _became(entry: dict[str, Any], status: str) -> bool:
    """Of an action with turns it is enough that one of them did."""
    return bool(entry["status"] == status or (entry.get("repetitions") or {}).get(status.lower()))


def _holds(run: Run, needle: str, apart: bool, budget: _Budget) -> bool:
    plan = plan_for(run)
    if plan is None:
        # Nobody can say what of it is secured.
        budget.partly += 1
        return False
    reading = _Reading(run, plan, needle, budget)
    try:
        return any(reading.row_holds(row, apart) for row in _rows(run)) or reading.refs_hold()
    except _TooMuch:
        budget.partly += 1
        return False
    finally:
        budget.partly += bool(reading.passed_over)


def _rows(run: Run) -> Iterator[bytes]:
    seq = -1
    while True:
        rows = JournalRow.objects.filter(run_id=run.pk, tenant_id=run.tenant_id, seq__gt=seq).order_by("seq")
        few = list(rows.values_list("seq", "events")[:_ROWS])
        yield from (bytes(events) for _, events in few)
        if len(few) < _ROWS:
            return
        seq = few[-1][0]


@dataclass(slots=True)
class _Reading:
    """Of one run: what was read of it, and which of its values lie apart."""

    run: Run
    plan: Plan
    needle: str
    budget: _Budget
    read: int = 0
    passed_over: bool = False
    refs: dict[str, dict[str, Ref]] = field(default_factory=dict)

    def row_holds(self, row: bytes, apart: bool) -> bool:
        plain = codec.unwrap(row, unseal_of(self.run))
        self.count(len(plain))
        if not apart and not may_hold(plain, self.needle):
            return False
        events = codec.unpack_events(codec.frame(plain))
        return any(self.says(value) for event in events for value in _shown(event, self.plan))

    def refs_hold(self) -> bool:
        return any(self.content_holds(content, refs) for content, refs in self.refs.items())

    def content_holds(self, content: str, refs: dict[str, Ref]) -> bool:
        size = next(iter(refs.values())).size
        if size > VALUE_BYTES:
            self.passed_over = True
            return False
        stored = stored_content(self.run.tenant_id, content)
        if stored is None:  # sealed, or swept
            return False
        plain = codec.unwrap(stored)
        self.count(len(plain))
        if plain[:1] == b"J" and b"\\" not in plain and not may_hold(plain, self.needle):
            return False
        whole = loads(plain[1:]) if plain[:1] == b"J" else codec.unpack_plain(plain[1:])
        return any(self.says(_part(whole, ref.pointer)) for ref in refs.values())

    def count(self, size: int) -> None:
        self.read += size
        self.budget.read += size
        if self.read > RUN_BYTES or time.monotonic() >= self.budget.until + MOST_SECONDS:
            raise _TooMuch

    def says(self, value: Json) -> bool:
        """Whether a text or number in it does; what lies apart is remembered."""
        pending = [value]
        while pending:
            current = pending.pop()
            if isinstance(current, str):
                if self.needle in current.casefold():
                    return True
            elif isinstance(current, dict):
                pending.extend(current.values())
            elif isinstance(current, list):
                pending.extend(current)
            elif isinstance(current, Ref):
                self.refs.setdefault(current.hash, {})[current.pointer] = current
            elif current is not None and not isinstance(current, bool) and self.needle in str(current):
                return True
        return False


def may_hold(plain: bytes, needle: str) -> bool:
    """False only where no text in these bytes has it: numbers and letters beyond ASCII have other forms."""
    if not needle.isascii() or _NUMBERS.issuperset(needle):
        return True
    return needle.encode() in plain.lower()


def _shown(event: Event, plan: Plan) -> Iterator[Json]:
    """The inputs and outputs of an event that a person may see."""
    if isinstance(event, RunStarted):
        trigger = plan.definition.triggers.get(event.trigger)
        known = trigger is not None and not plan.secured_trigger
        secured = secured_members(trigger) if trigger is not None and known else _BOTH
        yield from (event.record.get(name) for name in ("inputs", "outputs") if name not in secured)
    if isinstance(event, ActionStarted | ActionEnded) and event.name not in plan.secured_inputs:
        planned = plan.find(event.name)
        if planned is not None:
            yield without_secrets(planned.type, event.inputs)
    if event_outputs := _outputs(event):
        name, outputs = event_outputs
        if name not in plan.secured_outputs and plan.find(name) is not None:
            yield outputs


def _outputs(event: Event) -> tuple[str, Json] | None:
    if isinstance(event, OperationEnded):
        return event.name, event.outcome.outputs
    if isinstance(event, ActionEnded | CallbackReceived | ChildEnded):
        return event.name, event.outputs
    return None


def _part(value: Json, pointer: str) -> Json:
    for token in tokens(pointer):
        if isinstance(value, dict):
            value = value.get(token)
        elif isinstance(value, list) and token.isdecimal() and int(token) < len(value):
            value = value[int(token)]
        else:
            return None
    return value
