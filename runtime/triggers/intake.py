"""What an inbox row becomes: no run, one, or one for each item (reference 5.11, 5.12, 5.13)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from uuid_utils.compat import uuid7

from runtime.engine.entropy import Entropy
from runtime.engine.events import RunStarted
from runtime.engine.plan import PlanError
from runtime.engine.scope import ActionScope, World, format_time
from runtime.engine.state import RunState
from runtime.host.active import ActiveRun
from runtime.host.plans import Planned, VersionGone, secured_members
from runtime.language.definition import Trigger
from runtime.language.expressions.errors import ExpressionError
from runtime.language.template import compile_condition, compile_template
from runtime.language.values import Json, Needed, Ref, dumps, kind_of
from runtime.store import codec
from runtime.store.records import ArrivalRow, InboxRow, Key, RunRow
from runtime.triggers import batches
from runtime.triggers.authored import Deduplication, deduplication
from runtime.triggers.entrance import Entrance, NeedsContent, Start, TriggerRefused

if TYPE_CHECKING:
    from runtime.store.payloads import Payloads

DEDUPE_WINDOW = timedelta(days=7)
_SAME_HEADER = "An arrival with the same Idempotency-Key was here in the 7 days before."
_SHOWN_KEY = 100
MOST_ITEMS = 100_000
MOST_LIMITED_ITEMS = 100
# More runs than this are not begun in one commit.
_ITEMS_AT_ONCE = 100
# Rows that have passed the conditions and splitOn of their trigger before.
_ADMITTED = ("resubmit", "item")
# Members of a trigger record that do not follow from the row.
_CARRIED = ("inputs", "outputs", "scheduledTime", "code")
_TRACKING_LENGTH = 128


def is_final(error: BaseException) -> bool:
    """Whether trying again cannot help: the definition or the arrival itself is at fault."""
    return isinstance(error, (TriggerRefused, ExpressionError, PlanError, VersionGone, ValueError, KeyError))


def plan_intake(
    row: InboxRow, planned: Planned, payloads: Payloads, now: datetime, *, limited: bool = False
) -> Entrance:
    """`limited`: somebody has said how many runs may be active. Raises TriggerRefused, ExpressionError,
    NeedsContent.
    """
    trigger = planned.trigger(row.trigger)
    if trigger is None:
        names = ", ".join(planned.definition.triggers) or "none"
        raise TriggerRefused(f"The definition has no trigger '{row.trigger}'. It has: {names}.")
    if row.kind == "batch":
        seal = payloads.seal(row.tenant) if planned.sealed else None
        return Entrance("batched", message=batches.message_of(row, planned, trigger, now, seal))
    given: dict[str, Json] = codec.unpack_value(row.record) or {}
    if "missed" in given:
        return Entrance("skipped", str(given["missed"]))
    record = _record(row, given)
    entrance = Entrance(slots=planned.slots(row.trigger))
    if row.dedupe_key:
        entrance.keys.append(Key(row.dedupe_key, row.received_at + DEDUPE_WINDOW, _SAME_HEADER))
    if "items" in given and not trigger.split_on:
        _split(entrance, row, record, given["items"], lambda seen: row.client_tracking_id)
    elif row.kind in _ADMITTED or _is_plain(trigger):
        entrance.starts = [Start(row.id, record, row.client_tracking_id)]
    else:
        try:
            _evaluate(entrance, row, planned, trigger, record, payloads, now)
        except Needed as needed:
            raise NeedsContent(needed.refs) from None
    _take_apart(entrance, row, payloads, planned.sealed, limited)
    return entrance


def _is_plain(trigger: Trigger) -> bool:
    return not (
        trigger.conditions
        or trigger.split_on
        or trigger.correlation
        or _split_tracking(trigger)
        or deduplication(trigger)
    )


def _take_apart(entrance: Entrance, row: InboxRow, payloads: Payloads, sealed: bool, limited: bool) -> None:
    """Many runs, or several that need a slot each, become rows of their own: each is admitted by itself.

    So does what a poll brought for a trigger with slots: waiting must not mean asking the endpoint again.
    """
    count = len(entrance.starts)
    has_slots = entrance.slots is not None and not entrance.slots.alone
    if has_slots and count > MOST_LIMITED_ITEMS:
        raise TriggerRefused(
            f"The splitOn expression of the trigger '{row.trigger}' gave {count} items; with a concurrency "
            f"limit {MOST_LIMITED_ITEMS} is the most. Send fewer at once, or switch the limit off."
        )
    limited = has_slots or (limited and entrance.slots is None)
    if count <= _ITEMS_AT_ONCE and not (limited and (count > 1 or row.kind == "poll")):
        return
    starts, entrance.starts = entrance.starts, []
    seal = payloads.seal(row.tenant) if sealed else None
    for start in starts:
        apart = payloads.keep_apart(row.tenant, sealed)
        record = {name: start.record[name] for name in _CARRIED if name in start.record}
        refs: set[Ref] = set()
        plain = codec.pack_plain({name: apart.shrink(value) for name, value in record.items()}, refs)
        entrance.inbox.append(
            replace(
                row, id=uuid7(), kind="item", record=codec.wrap(plain, seal),
                client_tracking_id=start.client_tracking_id, uses=sorted({ref.hash for ref in refs}),
                dedupe_key="", answer_by=None, owner=None, attempts=0, waits=False,
                payloads=apart.rows, change=None,
            )
        )  # fmt: skip
    entrance.state, entrance.slots = "split", None


def _record(row: InboxRow, given: dict[str, Json]) -> dict[str, Json]:
    """The trigger record of reference 4.7.1, in the order observed there."""
    received = format_time(row.received_at)
    record: dict[str, Json] = {"name": row.trigger}
    for name in ("inputs", "outputs"):
        if given.get(name) is not None:
            record[name] = given[name]
    record["startTime"], record["endTime"] = received, received
    if "scheduledTime" in given:
        record["scheduledTime"] = given["scheduledTime"]
    tracking = row.client_tracking_id or str(row.id)
    record |= {"trackingId": str(row.id), "clientTrackingId": tracking}
    if keywords := _keywords(given.get("outputs")):
        record["clientKeywords"] = keywords
    record["originHistoryName"] = str(row.id)
    record["status"] = "Succeeded"
    if "code" in given:
        record["code"] = given["code"]
    return record


def _keywords(outputs: Json) -> list[Json]:
    """What the caller sent as x-ms-client-keywords, to find the run by (reference 9.1)."""
    headers = outputs.get("headers") if isinstance(outputs, dict) else None
    for name, value in headers.items() if isinstance(headers, dict) else ():
        if name.lower() == "x-ms-client-keywords" and isinstance(value, str):
            return [word.strip() for word in value.split(",") if word.strip()]
    return []


def _evaluate(
    entrance: Entrance, row: InboxRow, planned: Planned, trigger: Trigger, record: dict[str, Json],
    payloads: Payloads, now: datetime,
) -> None:  # fmt: skip
    """Conditions and the author's key on the whole, then splitOn, then the tracking id of each (reference
    5.11, 5.12, 9.1).
    """

    def load(ref: Ref) -> Json:
        return payloads.load(row.tenant, ref)

    def scope(seen: dict[str, Json]) -> ActionScope:
        state = RunState.empty()
        state.run = RunStarted(str(row.id), planned.workflow, row.trigger, seen)
        world = World(planned.plan, state, now, Entropy(row.id.bytes * 2), load)
        world.wanted.update(ref.hash for ref in _known(seen, load))
        return ActionScope(world)

    for number, condition in enumerate(trigger.conditions):
        expression = condition.get("expression", condition) if isinstance(condition, dict) else condition
        if compile_condition(expression).evaluate(scope(record)) is not True:
            entrance.state = "filtered"
            entrance.detail = f"Condition {number + 1} of the trigger '{row.trigger}' was not true."
            return
    wanted = deduplication(trigger)
    secret = bool(secured_members(trigger))
    if wanted is not None and (key := _key(wanted, scope(record), row, secret)):
        entrance.keys.append(key)
    if not trigger.split_on:
        tracking = _tracking(trigger.correlation, scope(record), row)
        entrance.starts = [Start(row.id, _tracked(record, tracking), tracking)]
        return
    items = compile_template(trigger.split_on).evaluate(scope(record))
    items = load(items) if isinstance(items, Ref) else items
    _split(entrance, row, record, items, lambda seen: _tracking(_split_tracking(trigger), scope(seen), row))


def _key(wanted: Deduplication, scope: ActionScope, row: InboxRow, secret: bool) -> Key | None:
    """None where the key of this arrival is null or empty: nothing says that it is the same as another."""
    value = compile_template(wanted.key).evaluate(scope)
    if value is None or value == "":
        return None
    text = value if isinstance(value, str) else dumps(value)
    shown = text if len(text) <= _SHOWN_KEY else f"{text[:_SHOWN_KEY]}…"
    named = "the same key" if secret else f"the key '{shown}'"
    # Its own kind of key: an Idempotency-Key with this text is another matter.
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return Key(
        f"key:{digest}",
        row.received_at + wanted.window,
        f"An arrival with {named} was here in the {_in_words(wanted.window)} before.",
    )


def _in_words(window: timedelta) -> str:
    for seconds, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        count = window / timedelta(seconds=seconds)
        if count >= 1 and count.is_integer():
            return f"{count:.0f} {unit}s" if count > 1 else unit
    return f"{window.total_seconds():g} seconds"


def _split(
    entrance: Entrance,
    row: InboxRow,
    record: dict[str, Json],
    items: Json,
    tracking: Callable[[dict[str, Json]], str],
) -> None:
    """One run for each item, which is its body; the other outputs stay (reference 5.12)."""
    if kind_of(items) != "Array":
        raise TriggerRefused(
            f"The splitOn expression of the trigger '{row.trigger}' gave {_article(kind_of(items))}, not an "
            "array. Make it point at the array whose items shall start runs."
        )
    if len(items) > MOST_ITEMS:
        raise TriggerRefused(
            f"The splitOn expression of the trigger '{row.trigger}' gave {len(items)} items; {MOST_ITEMS} is "
            "the most."
        )
    entrance.state = "split"
    entrance.detail = f"{len(items)} items" if len(items) != 1 else "1 item"
    outputs = record.get("outputs")
    for number, item in enumerate(items):
        body = {**outputs, "body": item} if isinstance(outputs, dict) else {"body": item}
        seen = {**record, "outputs": body}
        tracking_id = tracking(seen)
        entrance.starts.append(
            Start(row.id if not number else uuid7(), _tracked(seen, tracking_id), tracking_id)
        )


def _tracked(record: dict[str, Json], tracking: str) -> dict[str, Json]:
    """The record with the tracking id that the definition gave the run (reference 9.1)."""
    return {**record, "clientTrackingId": tracking} if tracking else record


def _known(value: Json, load: Any) -> list[Ref]:
    """Refs of the value whose content is in memory: expressions may look into them."""
    found: list[Ref] = []
    pending = [value]
    while pending:
        current = pending.pop()
        if isinstance(current, Ref):
            try:
                load(current)
            except Needed:
                continue
            found.append(current)
        elif isinstance(current, dict):
            pending.extend(current.values())
        elif isinstance(current, list):
            pending.extend(current)
    return found


def _split_tracking(trigger: Trigger) -> Any:
    configuration = trigger.raw.get("splitOnConfiguration")
    return configuration.get("correlation") if isinstance(configuration, dict) else None


def _tracking(correlation: Any, scope: ActionScope, row: InboxRow) -> str:
    expression = correlation.get("clientTrackingId") if correlation else None
    if not expression:
        return row.client_tracking_id
    value = compile_template(expression).evaluate(scope)
    if not isinstance(value, str) or not value:
        raise TriggerRefused(
            f"The clientTrackingId of the trigger '{row.trigger}' gave {_article(kind_of(value))}, not a "
            "text with something in it (InvalidClientTrackingId). Use coalesce() with guid()."
        )
    if len(value) > _TRACKING_LENGTH:
        raise TriggerRefused(
            f"The clientTrackingId of the trigger '{row.trigger}' has {len(value)} characters; "
            f"{_TRACKING_LENGTH} is the most (ClientTrackingIdLengthLimitExceeded). Shorten it with take()."
        )
    return value


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "AIO" else f"a {kind}"


def told_to_parent(row: InboxRow, state: str, detail: str) -> list[ArrivalRow]:
    """A parent that waits for a child learns that none was started."""
    if state == "new" or row.parent_run is None or not row.parent_action:
        return []
    message = f"The workflow was called, but no run was started ({state}): {detail}"
    payload: dict[str, Json] = {
        "run_id": str(row.id),
        "status": "Failed",
        "error": {"code": "NestedWorkflowNotStarted", "message": message},
    }
    packed = codec.pack_value(payload)
    return [ArrivalRow(row.id, row.tenant, row.parent_run, "child", row.parent_action, packed)]


def new_run(row: InboxRow, planned: Planned, start: Start, worker: UUID, callback_base: str) -> ActiveRun:
    """A run that has not begun, with the event that begins it in its mailbox."""
    now = row.received_at
    run_row = RunRow(
        id=start.run_id, tenant=row.tenant, workflow=row.workflow, version=row.version, trigger=row.trigger,
        origin=row.kind, started_at=now, owner=worker, epoch=max(1, row.attempts), inbox=row.id,
        client_tracking_id=start.client_tracking_id or str(start.run_id), source_run=row.source_run,
        parent_run=row.parent_run, parent_action=row.parent_action, actor=row.actor,
        request_id=row.request_id,
        answer_by=row.answer_by,
    )  # fmt: skip
    run = ActiveRun(
        start.run_id, row.tenant, row.workflow, planned, RunState.empty(), run_row.epoch, start=run_row,
        parent_run=row.parent_run, parent_action=row.parent_action,
        client_tracking_id=run_row.client_tracking_id, answer_by=row.answer_by,
    )  # fmt: skip
    waiting = row.answer_by is not None or bool(row.parent_action)
    origin = str(row.source_run) if row.source_run else None
    event = RunStarted(
        str(start.run_id), planned.workflow, row.trigger, start.record, run_row.client_tracking_id,
        waiting, origin,
        callback_base,
    )  # fmt: skip
    run.mailbox.append((event, None))
    return run
