"""What an armed trigger does when its moment has come. Pure; the rows are written by `states` and the store.

A trigger is armed by a row that remembers (`models.TriggerState`) and a timer. When the timer is due, a
schedule puts an inbox row and its next timer down in one transaction. Polls and subscriptions go outside
first: their inbox row says what is to be done, and the next timer comes with that row's end (`outside`), so
there is never a second one under way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from uuid_utils.compat import uuid7

from runtime.engine.durations import parse_duration
from runtime.engine.plan import Parameters
from runtime.engine.scope import format_time
from runtime.host.plans import ParametersOnly, unwrap
from runtime.language.definition import Definition, Trigger, read
from runtime.language.expressions.errors import ExpressionError
from runtime.language.template import compile_template
from runtime.language.values import Json, dumps, loads
from runtime.store import codec
from runtime.store.records import DueTrigger, Fired, InboxRow
from runtime.triggers import recurrence as recurrences
from runtime.triggers.authored import CatchUp, catch_up
from runtime.triggers.recurrence import Recurrence, RecurrenceError

SCHEDULED = frozenset({"Recurrence", "SlidingWindow"})
POLLED = frozenset({"Http", "ApiConnection", "OpenApiConnection", "ApiManagement", "ServiceProvider"})
SUBSCRIBED = frozenset(
    {
        "HttpWebhook",
        "ApiConnectionWebhook",
        "ApiConnectionNotification",
        "OpenApiConnectionWebhook",
        "OpenApiConnectionNotification",
    }
)

# A moment that is found later than this was missed: no host was there. It is not made up (reference 5.2).
MISSED_AFTER = timedelta(minutes=5)
# A clock that was set back: moments of up to so long ago that have fired do not fire again.
_SET_BACK = timedelta(days=1)
_WINDOWS_AT_ONCE = 100
_MOST_COUNTED = 1000


def is_armed(trigger: Trigger) -> bool:
    """Whether somebody has to remember something for it; a Request trigger only waits to be called."""
    if trigger.type in POLLED:
        return bool(trigger.recurrence)
    return trigger.type in SCHEDULED or trigger.type in SUBSCRIBED or trigger.type == "Batch"


@lru_cache(maxsize=200)
def definition_of(text: str) -> Definition:
    """Of a stored document, read once."""
    return read(unwrap(loads(text))[0])


def settled(value: Json, definition: Definition, parameters: str) -> Json:
    """A member of a trigger with its parameters filled in. Raises RecurrenceError."""
    try:
        template = compile_template(value)
        if template.literal:
            return value
        given = loads(parameters or "{}")
        scope = ParametersOnly(Parameters(definition, given if isinstance(given, dict) else {}, {}))
        return template.evaluate(scope)  # type: ignore[arg-type]
    except (ExpressionError, KeyError, AttributeError) as error:
        raise RecurrenceError(f"The trigger cannot be armed: {error}") from error


def recurrence_of(trigger: Trigger, definition: Definition, parameters: str) -> Recurrence:
    """Raises RecurrenceError."""
    given = settled(dict(trigger.recurrence), definition, parameters)
    return recurrences.read(given if isinstance(given, dict) else {})


def shape_of(trigger: Trigger, definition: Definition, parameters: str, callback: str = "") -> str:
    """What makes a trigger another one, so that what it remembers does not hold any more."""
    kept: dict[str, Json] = {"type": trigger.type, "inputs": trigger.inputs}
    if trigger.type in SCHEDULED:
        kept["recurrence"] = settled(dict(trigger.recurrence), definition, parameters)
    else:
        kept |= {"parameters": parameters, "callback": callback}
    return hashlib.blake2b(dumps(kept).encode(), digest_size=12).hexdigest()


def first_due(
    trigger: Trigger, definition: Definition, parameters: str, armed: datetime, memory: dict[str, Json]
) -> list[datetime]:
    """When a trigger armed now is due first; a Batch trigger notes in `memory` which batch is meant.

    Raises RecurrenceError.
    """
    if trigger.type in SUBSCRIBED:
        return [armed]
    if trigger.type == "Batch":
        return _next_releases(trigger, definition, parameters, armed, armed, memory)
    recurrence = recurrence_of(trigger, definition, parameters)
    if trigger.type == "SlidingWindow":
        window = _window(trigger, recurrence, armed, memory)
        return [window[2]] if window else []
    if trigger.type in POLLED and recurrence.start is None and recurrence.schedule is None:
        return [armed]
    first = recurrences.first_occurrence(recurrence, armed)
    return [first] if first is not None else []


def schedule(due: DueTrigger, now: datetime) -> Fired:
    """What a due trigger does. Never raises: what cannot be followed is a problem, told on the trigger."""
    try:
        definition = definition_of(due.text)
        trigger = definition.triggers[due.trigger]
        if trigger.type in SUBSCRIBED:
            return _visit(due, "subscribe", now)
        if trigger.type == "Batch":
            return _release(due, trigger, definition, now)
        recurrence = recurrence_of(trigger, definition, due.parameters)
        if trigger.type == "SlidingWindow":
            return _slide(due, trigger, recurrence, now)
        if trigger.type in POLLED:
            return _visit(due, "poll", now)
        return _recur(due, recurrence, catch_up(trigger), now)
    except (RecurrenceError, KeyError, ValueError) as error:
        return Fired([], [], due.memory, str(error))


def next_poll(
    trigger: Trigger, planned: Definition, parameters: str, now: datetime, anchor: datetime
) -> datetime | None:
    """When a poll that has just ended comes round again by its recurrence. Raises RecurrenceError."""
    recurrence = recurrence_of(trigger, planned, parameters)
    following = recurrences.next_occurrences(recurrence, now, 1, anchor)
    return following[0] if following else None


def _recur(due: DueTrigger, recurrence: Recurrence, wanted: CatchUp, now: datetime) -> Fired:
    """One run for the occurrence that is due. Those missed meanwhile are not made up (reference 5.2), unless
    the author wants it (`authored.CatchUp`).
    """
    memory: dict[str, Json] = codec.unpack_value(due.memory) or {}
    following = recurrences.next_occurrences(recurrence, max(now, due.due_at), 1, due.anchor)
    last = memory.get("last")
    if last and due.due_at <= datetime.fromisoformat(str(last)) < due.due_at + _SET_BACK:
        return Fired([], following, due.memory)
    if wanted.policy != "skip" and following and following[0] > now:
        return _catch_up(due, recurrence, wanted, memory, following, now)
    record: dict[str, Json] = {"scheduledTime": format_time(due.due_at)}
    # The first occurrence of a trigger without a start is the moment of arming, whenever that is seen.
    if now - due.due_at > MISSED_AFTER and due.due_at != due.anchor:
        record["missed"] = _missed(due, recurrence, now)
    packed = codec.pack_value({**memory, "last": due.due_at.isoformat()})
    return Fired([_row(due, "schedule", record, now)], following, packed)


def _catch_up(
    due: DueTrigger,
    recurrence: Recurrence,
    wanted: CatchUp,
    memory: dict[str, Json],
    following: list[datetime],
    now: datetime,
) -> Fired:
    """One run for all occurrences that passed, or one for each of the newest; what is left out is told."""
    most = 1 if wanted.policy == "once" else wanted.most
    made_up, others = recurrences.newest_passed(recurrence, due.due_at, now, most, due.anchor)
    made_up = made_up or [due.due_at]
    rows = []
    if others:
        told = "One run stands for all of them." if most == 1 else f"The newest {most} are made up."
        missed = f"{_count_missed(due, recurrence, now)} passed while nothing ran here. {told}"
        rows.append(_row(due, "schedule", {"scheduledTime": format_time(due.due_at), "missed": missed}, now))
    rows += [_row(due, "schedule", {"scheduledTime": format_time(moment)}, now) for moment in made_up]
    return Fired(rows, following, codec.pack_value({**memory, "last": made_up[-1].isoformat()}))


def _missed(due: DueTrigger, recurrence: Recurrence, now: datetime) -> str:
    return f"{_count_missed(due, recurrence, now)} passed while nothing ran here. They are not made up."


def _count_missed(due: DueTrigger, recurrence: Recurrence, now: datetime) -> str:
    before = due.due_at - timedelta(microseconds=1)
    found = recurrences.next_occurrences(recurrence, before, _MOST_COUNTED, due.anchor)
    passed = [moment for moment in found if moment <= now] or [due.due_at]
    count = f"{len(passed)} occurrences" if len(passed) > 1 else "One occurrence"
    if len(passed) == _MOST_COUNTED:
        count = f"{_MOST_COUNTED} or more occurrences"
    return f"{count} since {format_time(due.due_at)}"


def _slide(due: DueTrigger, trigger: Trigger, recurrence: Recurrence, now: datetime) -> Fired:
    """Every window in order, also those that passed while nobody looked (reference 5.4)."""
    memory: dict[str, Json] = codec.unpack_value(due.memory) or {}
    rows: list[InboxRow] = []
    while True:
        window = _window(trigger, recurrence, due.anchor, memory)
        if window is None:
            return Fired(rows, [], codec.pack_value(memory))
        begin, end, at = window
        if at > now or len(rows) == _WINDOWS_AT_ONCE:
            return Fired(rows, [at], codec.pack_value(memory))
        body: Json = {"windowStartTime": format_time(begin), "windowEndTime": format_time(end)}
        rows.append(_row(due, "schedule", {"outputs": {"body": body}, "scheduledTime": format_time(at)}, now))
        memory = {**memory, "end": end.isoformat()}


def _window(
    trigger: Trigger, recurrence: Recurrence, anchor: datetime, memory: Mapping[str, Json]
) -> tuple[datetime, datetime, datetime] | None:
    """Begin and end of the next window, and when it fires; None after the end of the recurrence."""
    last = memory.get("end")
    first = (recurrence.start or anchor).astimezone(UTC)
    begin = datetime.fromisoformat(str(last)) if last else first
    following = recurrences.next_occurrences(recurrence, begin, 1, first)
    inputs = trigger.inputs if isinstance(trigger.inputs, dict) else {}
    delay = parse_duration(inputs.get("delay")) or timedelta()
    return (begin, following[0], following[0] + delay) if following else None


# -- batches


def batches_of(inputs: Json) -> dict[str, dict[str, Json]]:
    """The release criteria of each batch of a Batch trigger (reference 5.10)."""
    found = _member(inputs, "configurations")
    return {
        name: criteria if isinstance(criteria := _member(item, "releaseCriteria"), dict) else {}
        for name, item in (found.items() if isinstance(found, dict) else ())
    }


def _member(value: Json, name: str) -> Json:
    return value.get(name) if isinstance(value, dict) else None


def _next_releases(
    trigger: Trigger,
    definition: Definition,
    parameters: str,
    after: datetime,
    anchor: datetime,
    memory: dict[str, Json],
) -> list[datetime]:
    """The next moment of each batch that has a recurrence, noted in `memory` and as timers."""
    before = memory.get("due")
    kept = before if isinstance(before, dict) else {}
    due: dict[str, Json] = {}
    for name, criteria in batches_of(settled(trigger.inputs, definition, parameters)).items():
        if not isinstance(criteria.get("recurrence"), dict):
            continue
        waiting = kept.get(name)
        if waiting and datetime.fromisoformat(str(waiting)) > after:
            due[name] = waiting
            continue
        following = recurrences.next_occurrences(recurrences.read(criteria["recurrence"]), after, 1, anchor)
        if following:
            due[name] = following[0].isoformat()
    memory["due"] = due
    return sorted({datetime.fromisoformat(str(moment)) for moment in due.values()})


def _release(due: DueTrigger, trigger: Trigger, definition: Definition, now: datetime) -> Fired:
    """The batches whose hour has come, each with whatever its partitions hold."""
    memory: dict[str, Json] = codec.unpack_value(due.memory) or {}
    waiting = memory.get("due")
    releases = [
        name
        for name, moment in (waiting.items() if isinstance(waiting, dict) else ())
        if datetime.fromisoformat(str(moment)) <= max(now, due.due_at)
    ]
    after = max(now, due.due_at)
    following = _next_releases(trigger, definition, due.parameters, after, due.anchor, memory)
    return Fired([], following, codec.pack_value(memory), releases=releases)


# -- rows


def _visit(due: DueTrigger, kind: str, now: datetime) -> Fired:
    """Somebody has to go outside; the next timer comes with the end of this row."""
    record: dict[str, Json] = {
        "armed": {"state": str(due.state), "anchor": due.anchor.isoformat(), "due": due.due_at.isoformat()},
        "memory": codec.unpack_value(due.memory) or {},
        "scheduledTime": format_time(due.due_at),
    }
    return Fired([_row(due, kind, record, now)], [], due.memory)


def _row(due: DueTrigger, kind: str, record: dict[str, Json], now: datetime) -> InboxRow:
    return InboxRow(
        id=uuid7(), tenant=due.tenant, workflow=due.workflow, version=due.version, trigger=due.trigger,
        kind=kind, record=codec.pack_value(record), received_at=now, ready_at=now,
    )  # fmt: skip
