"""Arming and disarming: the rows of a workflow's triggers, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from runtime.language.definition import Definition, Trigger
from runtime.language.values import Json
from runtime.models import Inbox, Timer, TriggerState
from runtime.store import codec
from runtime.triggers import arming

CallbackUrl = Callable[[str], str]
Seal = Callable[[bytes], bytes]


def arm(version: Any, callback_url: CallbackUrl | None, seal: Seal) -> None:
    """Arm the triggers of a `workflows.Version`, stop those it does not have. Raises RecurrenceError.

    What a trigger remembers stays where the trigger is the same as before: the place of a poll, the windows
    of a sliding window, also over the time it was switched off; a subscription as long as it was armed.
    """
    now = timezone.now()
    definition = arming.definition_of(version.text)
    wanted = {name: trigger for name, trigger in definition.triggers.items() if arming.is_armed(trigger)}
    found = TriggerState.objects.select_for_update().filter(workflow=version.workflow_id)
    states = {state.trigger: state for state in found}
    stop(state for name, state in states.items() if name not in wanted)
    for name, trigger in wanted.items():
        url = callback_url(name) if callback_url and trigger.type in arming.SUBSCRIBED else ""
        _arm(version, definition, trigger, states.get(name), now, url, seal)


def _arm(
    version: Any,
    definition: Definition,
    trigger: Trigger,
    state: TriggerState | None,
    now: datetime,
    url: str,
    seal: Seal,
) -> None:
    before = memory_of(state)
    shape = arming.shape_of(trigger, definition, version.parameters, url)
    same = state is not None and before.get("shape") == shape
    if trigger.type in arming.SUBSCRIBED:
        if state is not None and same and state.armed and not state.last_problem:
            state.version_id = version.pk
            state.save(update_fields=["version"])
            return
        if state is not None:
            _end_subscription(state, before)
        memory: dict[str, Json] = {"shape": shape, "callback": seal(url.encode())}
        anchor = now
    else:
        memory = {**before, "shape": shape} if same else {"shape": shape, "last": before.get("last")}
        # The windows go on where they were; intervals of everything else count from now.
        kept = same and state is not None and trigger.type == "SlidingWindow"
        anchor = state.anchor if kept and state is not None else now
    due = arming.first_due(trigger, definition, version.parameters, anchor, memory)
    armed, _ = TriggerState.objects.update_or_create(
        workflow_id=version.workflow_id,
        trigger=trigger.name,
        defaults={
            "tenant_id": version.tenant_id, "version_id": version.pk, "armed": True, "anchor": anchor,
            "memory": codec.pack_value(memory), "last_problem": "",
        },
    )  # fmt: skip
    Timer.objects.filter(trigger=armed).delete()
    Timer.objects.bulk_create(
        Timer(tenant_id=version.tenant_id, trigger=armed, due_at=moment) for moment in due
    )


def disarm(workflow_id: UUID) -> None:
    stop(TriggerState.objects.select_for_update().filter(workflow=workflow_id))


def stop(states: Iterable[TriggerState]) -> None:
    """No more firings; a subscription is ended by an inbox row of its own."""
    for state in states:
        memory = memory_of(state)
        _end_subscription(state, memory)
        memory.pop("subscribed", None)
        state.armed, state.memory = False, codec.pack_value(memory)
        state.save(update_fields=["armed", "memory"])
        Timer.objects.filter(trigger=state).delete()


def _end_subscription(state: TriggerState, memory: dict[str, Json]) -> None:
    if "subscribed" not in memory:
        return
    now = timezone.now()
    Inbox.objects.create(
        tenant_id=state.tenant_id, workflow_id=state.workflow_id, version_id=state.version_id,
        trigger=state.trigger, kind="unsubscribe", received_at=now, ready_at=now,
        record=codec.pack_value({"memory": memory}),
    )  # fmt: skip


def memory_of(state: TriggerState | None) -> dict[str, Json]:
    return codec.unpack_value(bytes(state.memory)) or {} if state is not None else {}
