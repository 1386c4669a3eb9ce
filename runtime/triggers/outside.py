"""What triggers do outside before a run starts: polls, subscriptions and their ends; and released batches.

Each visit belongs to an inbox row. What the trigger remembers and when it is due again is written with that
row's end (`records.TriggerChange`), so a poll's place and the runs it starts are one commit, and a crash
between them repeats the visit instead of losing it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urljoin
from uuid import UUID

from uuid_utils.compat import uuid7

from runtime.engine import retry
from runtime.engine.codes import whole_number
from runtime.engine.entropy import Entropy
from runtime.engine.events import Outcome, RunStarted
from runtime.engine.origins import moved
from runtime.engine.scope import ActionScope, World, refuse
from runtime.engine.state import RunState
from runtime.executor import Call, Executor
from runtime.host.plans import Planned
from runtime.language.definition import Trigger
from runtime.language.template import compile_template
from runtime.language.values import Json, dumps
from runtime.store import codec
from runtime.store.records import InboxRow, Kinds, Store, TriggerChange
from runtime.targets import without_secrets
from runtime.triggers import arming, batches
from runtime.triggers.entrance import TriggerRefused
from runtime.triggers.recurrence import RecurrenceError

KINDS = frozenset({"poll", "subscribe", "unsubscribe", "release"})
# Those that wait for somebody else's server, which workers of their own may do.
POLLING = frozenset({"poll", "subscribe", "unsubscribe"})
NOT_AVAILABLE = "OperationNotAvailable"
_CALL_SECONDS = 120.0
_SUBSCRIBE_AGAIN = timedelta(minutes=10)
_AFTER_OLDER = timedelta(seconds=2)
_LOST_POLL = timedelta(minutes=1)
_KEPT_ANSWER = 4096

Unseal = Callable[[UUID], codec.Seal | None]


@dataclass(frozen=True, slots=True)
class Closed:
    """The row ends here, or, with state "new", is looked at again at `ready_at`."""

    state: str
    detail: str
    ready_at: datetime | None = None


class _TriggerScope(ActionScope):
    """What a trigger's own inputs see."""

    __slots__ = ("_url",)

    def __init__(self, world: World, url: str) -> None:
        super().__init__(world)
        self._url = url

    def callback_url(self) -> str:
        return self._url


def kinds(queues: frozenset[str]) -> Kinds:
    """What a host takes from the inbox that serves these queues but not both of `runs` and `polling`."""
    if "runs" in queues:
        return Kinds(POLLING, others=True)
    return Kinds(POLLING if "polling" in queues else frozenset())


@dataclass(frozen=True, slots=True)
class Visitor:
    """Goes outside for the triggers of one process."""

    store: Store
    executor: Executor
    unseal: Unseal

    async def visit(self, row: InboxRow, planned: Planned, now: Callable[[], datetime]) -> Closed | None:
        """None: go on with the row, whose record has the trigger's outputs now.

        Sets `row.change`. Raises TriggerRefused, ExpressionError and what the store raises.
        """
        trigger = planned.trigger(row.trigger)
        if trigger is None:
            raise TriggerRefused(f"The definition has no trigger '{row.trigger}' any more.")
        if row.kind == "release":
            return await self._release(row)
        visit = _Visit(row, planned, trigger, codec.unpack_value(row.record) or {}, now)
        if row.kind == "unsubscribe":
            return await self._unsubscribe(visit)
        if row.kind == "subscribe":
            return await self._subscribe(visit)
        return await self._poll(visit)

    # -- batches

    async def _release(self, row: InboxRow) -> Closed | None:
        items = await self.store.batch_of(row.id)
        if not items:
            return Closed("skipped", "The batch was empty.")
        row.record = codec.pack_value({"outputs": batches.outputs_of(items, self.unseal(row.tenant))})
        return None

    # -- polls

    async def _poll(self, visit: _Visit) -> Closed | None:
        row, trigger, memory = visit.row, visit.trigger, visit.memory
        alone = "singleinstance" in trigger.operation_options
        if alone and await self.store.active_runs(row.workflow, row.trigger):
            visit.remember(memory, visit.next_poll())
            return Closed("skipped", "A run of this trigger was active (SingleInstance): nothing was asked.")
        inputs = visit.evaluated(trigger.inputs, "")
        if memory.get("location") and isinstance(inputs, dict):
            inputs = moved(inputs, memory["location"])
        outcome = await self._execute(visit, trigger.type, inputs, "trigger")
        again = self._again(visit, inputs, outcome)
        if again is not None:
            return again
        if trigger.type == "ServiceProvider":
            return _took_items(visit, inputs, outcome)
        return _took_answer(visit, inputs, outcome)

    async def _execute(self, visit: _Visit, kind: str, inputs: Json, purpose: str) -> Outcome:
        row = visit.row
        return await self.executor.execute(
            Call(
                str(row.tenant), visit.planned.workflow, str(row.id), row.trigger, kind, inputs, str(row.id),
                attempt=row.attempts, timeout=_CALL_SECONDS, purpose=purpose,
                operation_options=visit.trigger.operation_options | {"disableasyncpattern"},
                runtime_configuration=visit.configuration(),
                state=visit.memory.get("cursor"),
            )
        )  # fmt: skip

    def _again(self, visit: _Visit, inputs: Json, outcome: Outcome) -> Closed | None:
        """The row waits for its next try by the retry policy (reference 8.1), or None."""
        row = visit.row
        policy = retry.policy_of(inputs)
        if not retry.is_retryable(outcome) or row.attempts > policy.count:
            return None
        wait = policy.wait(row.attempts, outcome, Entropy(row.id.bytes + bytes([row.attempts % 256]) * 16))
        return Closed(
            "new", f"Try {row.attempts} failed: {_reason(outcome)} It is tried again.", visit.now() + wait
        )

    # -- subscriptions

    async def _subscribe(self, visit: _Visit) -> Closed:
        row = visit.row
        if await self.store.unsettled(row, ("subscribe", "unsubscribe")):
            # What ends the old subscription must not end the new one.
            visit.remember(visit.memory, visit.now() + _AFTER_OLDER)
            return Closed("skipped", "The subscription before this one has not ended yet.")
        url = self._url(row.tenant, visit.memory)
        is_http = visit.trigger.type == "HttpWebhook"
        given = visit.trigger.inputs if isinstance(visit.trigger.inputs, dict) else {}
        inputs = visit.evaluated(given.get("subscribe") if is_http else given, url)
        outcome = await self._execute(visit, "Http" if is_http else visit.trigger.type, inputs, "subscribe")
        again = self._again(visit, inputs, outcome)
        if again is not None:
            return again
        if outcome.status != "Succeeded":
            lasting = outcome.code == NOT_AVAILABLE
            problem = f"The trigger '{row.trigger}' is not subscribed: {_reason(outcome)}"
            visit.remember(visit.memory, None if lasting else visit.now() + _SUBSCRIBE_AGAIN, problem)
            return Closed("rejected", problem)
        memory = {**visit.memory, "subscribed": _kept(outcome.outputs)}
        ending = InboxRow(
            id=uuid7(), tenant=row.tenant, workflow=row.workflow, version=row.version, trigger=row.trigger,
            kind="unsubscribe", record=codec.pack_value({"memory": memory}), received_at=visit.now(),
            ready_at=visit.now(),
        )  # fmt: skip
        visit.remember(memory, None, instead=[ending])
        return Closed("subscribed", f"The trigger '{row.trigger}' is subscribed.")

    async def _unsubscribe(self, visit: _Visit) -> Closed:
        given = visit.trigger.inputs if isinstance(visit.trigger.inputs, dict) else {}
        template = given.get("unsubscribe")
        if not isinstance(template, dict) or not template.get("uri"):
            return Closed("unsubscribed", "The definition names nothing to call at the end.")
        url = self._url(visit.row.tenant, visit.memory)
        inputs = visit.evaluated(template, url, visit.memory.get("subscribed"))
        outcome = await self._execute(visit, "Http", inputs, "unsubscribe")
        again = self._again(visit, inputs, outcome)
        if again is not None:
            return again
        if outcome.status != "Succeeded":
            return Closed("rejected", f"The end of the subscription was not accepted: {_reason(outcome)}")
        return Closed("unsubscribed", "The subscription has ended.")

    def _url(self, tenant: UUID, memory: Mapping[str, Json]) -> str:
        sealed: Any = memory.get("callback")
        if not isinstance(sealed, bytes) or not sealed:
            return ""
        unseal = self.unseal(tenant)
        return (unseal(sealed) if unseal else sealed).decode()


@dataclass(slots=True)
class _Visit:
    row: InboxRow
    planned: Planned
    trigger: Trigger
    record: dict[str, Json]
    now: Callable[[], datetime]

    def __post_init__(self) -> None:
        # Should anything fail from here on, the trigger goes on with what it knew.
        if self.row.kind == "poll":
            self.remember(self.memory, self.next_poll())
        elif self.row.kind == "subscribe":
            self.remember(self.memory, self.now() + _SUBSCRIBE_AGAIN)

    @property
    def memory(self) -> dict[str, Json]:
        given = self.record.get("memory")
        return given if isinstance(given, dict) else {}

    def remember(
        self,
        memory: dict[str, Json],
        next_due: datetime | None,
        problem: str = "",
        instead: list[InboxRow] | None = None,
    ) -> None:
        self.row.change = _change(self.record, memory, next_due, problem, instead)

    def next_poll(self) -> datetime | None:
        armed = _armed(self.record)
        version = self.planned.version
        due = datetime.fromisoformat(armed["due"])
        try:
            return arming.next_poll(
                self.trigger, self.planned.definition, version.parameters, max(self.now(), due),
                datetime.fromisoformat(armed["anchor"]),
            )  # fmt: skip
        except RecurrenceError:
            return None

    def configuration(self) -> dict[str, Json]:
        """The runtimeConfiguration, whose numbers may be expressions (reference 2.1)."""
        given = dict(self.trigger.runtime_configuration)
        if "@" not in dumps(given):
            return given
        found = self.evaluated(given, "")
        return found if isinstance(found, dict) else {}

    def evaluated(self, value: Json, url: str, outputs: Json = None) -> Json:
        """A member of the trigger, as its own inputs see the world. Raises ExpressionError."""
        seen: dict[str, Json] = {"name": self.row.trigger}
        if outputs is not None:
            seen["outputs"] = outputs
        state = RunState.empty()
        state.run = RunStarted(str(self.row.id), self.planned.workflow, self.row.trigger, seen)
        world = World(self.planned.plan, state, self.now(), Entropy(self.row.id.bytes * 2), refuse)
        return compile_template(value).evaluate(_TriggerScope(world, url))


def _took_answer(visit: _Visit, inputs: Json, outcome: Outcome) -> Closed | None:
    """What the endpoint of a poll answered (reference 5.6): 200 is news, another success is none."""
    outputs = outcome.outputs if isinstance(outcome.outputs, dict) else {}
    status, headers = outputs.get("statusCode"), outputs.get("headers")
    headers = headers if isinstance(headers, dict) else {}
    uri = inputs.get("uri") if isinstance(inputs, dict) else None
    memory = {name: value for name, value in visit.memory.items() if name != "location"}
    location = _header(headers, "location")
    if location and isinstance(uri, str):
        memory["location"] = urljoin(uri, location)
    problem = "" if outcome.status == "Succeeded" else _reason(outcome)
    due = _asked_for(headers, visit.now()) or visit.next_poll()
    if outcome.code == NOT_AVAILABLE:
        due = None  # asking again would get the same answer until the definition changes
    visit.remember(visit.memory if problem else memory, due, problem)
    if not visit.trigger.conditions:
        if problem:
            return Closed("rejected", f"The poll of the trigger '{visit.row.trigger}' failed: {problem}")
        if status != 200:
            return Closed("filtered", "The endpoint had nothing new.")
    _proceed(visit, inputs, {"outputs": outcome.outputs, "code": outcome.code})
    return None


def _took_items(visit: _Visit, inputs: Json, outcome: Outcome) -> Closed | None:
    """What a connector's trigger found: one run for each item, or all of them as the body for a splitOn."""
    if outcome.status != "Succeeded":
        problem = _reason(outcome)
        lasting = outcome.code == NOT_AVAILABLE
        visit.remember(visit.memory, None if lasting else visit.next_poll(), problem)
        return Closed("rejected", f"The poll of the trigger '{visit.row.trigger}' failed: {problem}")
    found = outcome.outputs if isinstance(outcome.outputs, dict) else {}
    visit.remember({**visit.memory, "cursor": found.get("state")}, visit.next_poll())
    items = found.get("items")
    if not items:
        return Closed("filtered", "There was nothing new.")
    if visit.trigger.split_on:
        _proceed(visit, inputs, {"outputs": {"body": items}, "code": "OK"})
    else:
        _proceed(visit, inputs, {"items": items, "code": "OK"})
    return None


def _proceed(visit: _Visit, inputs: Json, news: dict[str, Json]) -> None:
    seen = compile_template(visit.trigger.inputs).references.parameters
    declared = visit.planned.definition.parameters.values()
    secret = {parameter.name.casefold() for parameter in declared if parameter.secure}
    hidden = any(name.casefold() in secret for name in seen)
    shown = None if hidden else without_secrets(visit.trigger.type, inputs)
    record = {"inputs": shown, "scheduledTime": visit.record.get("scheduledTime"), **news}
    visit.row.record = codec.pack_value(record)


def lost(row: InboxRow, now: datetime) -> TriggerChange | None:
    """What becomes of the trigger of a visit that could not even begin: it is tried again a little later."""
    if row.change is not None or row.kind not in ("poll", "subscribe"):
        return row.change
    record: dict[str, Json] = codec.unpack_value(row.record) or {}
    given = record.get("memory")
    return _change(record, given if isinstance(given, dict) else {}, now + _LOST_POLL)


def _change(
    record: Mapping[str, Json],
    memory: dict[str, Json],
    next_due: datetime | None,
    problem: str = "",
    instead: list[InboxRow] | None = None,
) -> TriggerChange:
    armed = _armed(record)
    anchor = datetime.fromisoformat(armed["anchor"])
    packed = codec.pack_value(memory)
    return TriggerChange(UUID(armed["state"]), anchor, packed, next_due, problem, instead or [])


def _armed(record: Mapping[str, Json]) -> dict[str, str]:
    given = record["armed"]
    assert isinstance(given, dict)
    return {name: str(value) for name, value in given.items()}


def _header(headers: Mapping[str, Json], name: str) -> str:
    return next((str(value) for key, value in headers.items() if key.lower() == name), "")


def _asked_for(headers: Mapping[str, Json], now: datetime) -> datetime | None:
    """When the endpoint wants to be asked again (reference 5.6): `retry-after` in seconds, 0 is at once."""
    seconds = whole_number(_header(headers, "retry-after"))
    return now + timedelta(seconds=min(max(seconds, 0), 500 * 86_400)) if seconds is not None else None


def _reason(outcome: Outcome) -> str:
    message = (outcome.error or {}).get("message")
    if message:
        return str(message)
    status = outcome.outputs.get("statusCode") if isinstance(outcome.outputs, dict) else None
    return f"It answered {status}." if status else f"It ended as {outcome.code or outcome.status}."


def _kept(outputs: Json) -> Json:
    """The answer to a subscription, for the call that ends it; without a body too big to remember."""
    if codec.packed_size(outputs) <= _KEPT_ANSWER or not isinstance(outputs, dict):
        return outputs
    return {name: value for name, value in outputs.items() if name != "body"}
