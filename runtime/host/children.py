"""Runs and messages that one run sends to other workflows of its tenant (reference 6.7, 6.19).

Both go through the inbox of the other workflow. The row's id follows from who asks, so asking again after a
crash is the same arrival.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote
from uuid import UUID

from runtime.engine.commands import StartChild
from runtime.engine.events import Arriving, ChildEnded, address
from runtime.engine.plan import PlanError, ResponseMode
from runtime.host.active import ActiveRun
from runtime.host.plans import Planned
from runtime.language.definition import Trigger
from runtime.language.expressions.errors import ExpressionError
from runtime.language.values import Json, Ref
from runtime.store import codec
from runtime.store.records import InboxRow, VersionText
from runtime.triggers import batches
from runtime.triggers.entrance import TriggerRefused

if TYPE_CHECKING:
    from runtime.host.loop import Host

MESSAGE = "batch"
"""The member of the payload of a StartChild that holds a message for a Batch trigger."""
_RESOURCE = re.compile(r"/workflows/([^/]+)", re.IGNORECASE)


class CannotCall(Exception):
    """The other workflow cannot be called; `code` as Logic Apps names it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class _Receiver:
    version: VersionText
    planned: Planned
    trigger: Trigger


async def start(host: Host, run: ActiveRun, command: StartChild) -> Arriving | None:
    """Put it into the other workflow's inbox. None where the answer comes when the child has one."""
    try:
        receiver = await _receiver(host, run, command)
        row = _row(run, command, receiver, host.clock.now())
        if MESSAGE in command.payload:
            batches.message_of(row, receiver.planned, receiver.trigger, row.received_at)
    except CannotCall as error:
        return _failed(command, error.code, str(error))
    except TriggerRefused as error:
        return _failed(command, "BatchNotFound", f"'{command.name}' cannot send its message: {error}")
    except (PlanError, ExpressionError, ValueError) as error:
        message = f"The workflow that '{command.name}' calls cannot run: {error}"
        return _failed(command, "NestedWorkflowNotRunnable", message)
    if run.planned.sealed:
        row.record = codec.wrap(codec.unwrap(row.record), host.payloads.seal(run.tenant))
    await host.store.put_inbox([row])
    host.ring()
    if command.wait:
        return None
    accepted: dict[str, Json] = {"statusCode": 202, "headers": {"x-ms-workflow-run-id": str(row.id)}}
    if MESSAGE in command.payload:
        accepted = {"statusCode": 202}
    return ChildEnded(command.name, command.repetition, str(row.id), outputs=accepted)


async def _receiver(host: Host, run: ActiveRun, command: StartChild) -> _Receiver:
    found = _RESOURCE.search(command.workflow)
    wanted = unquote(found[1] if found else command.workflow.strip("/").rpartition("/")[2])
    version = await host.store.find_version(run.tenant, wanted)
    if version is None:
        raise CannotCall(
            "NestedWorkflowNotFound",
            f"'{command.name}' calls the workflow '{wanted}', but there is no enabled, published one of that "
            "name or id. Publish and enable it, or choose another.",
        )
    planned = await host.plans.get(version.id)
    kind = "Batch" if MESSAGE in command.payload else "Request"
    trigger = _trigger(planned, command, wanted, kind)
    if kind == "Request":
        _check_call(run, command, version, planned, trigger)
    return _Receiver(version, planned, trigger)


def _trigger(planned: Planned, command: StartChild, wanted: str, kind: str) -> Trigger:
    """The one that is named, ignoring case, else the first of the kind."""
    triggers = [one for one in planned.definition.triggers.values() if one.type == kind]
    if command.trigger:
        triggers = [one for one in triggers if one.name.casefold() == command.trigger.casefold()]
    if not triggers:
        raise CannotCall(
            "NestedWorkflowTriggerNotFound",
            f"The workflow '{wanted}' that '{command.name}' calls has no {kind} trigger"
            + (f" named '{command.trigger}'." if command.trigger else "."),
        )
    return triggers[0]


def _check_call(
    run: ActiveRun, command: StartChild, version: VersionText, planned: Planned, trigger: Trigger
) -> None:
    name = version.workflow_name
    if version.workflow == run.workflow:
        raise CannotCall(
            "WorkflowSelfReference",
            f"'{command.name}' calls the workflow '{name}' that it is part of. Move the common part into "
            "another workflow and call that.",
        )
    if not command.wait:
        return
    if trigger.split_on:
        raise CannotCall(
            "NestedWorkflowContainsSplitOnTrigger",
            f"'{command.name}' waits for the workflow '{name}', whose trigger starts one run per item "
            "(splitOn). Call it with the option DisableAsyncPattern, or without splitOn.",
        )
    if planned.plan.response is ResponseMode.NONE:
        raise CannotCall(
            "NestedWorkflowDoesNotContainResponseAction",
            f"'{command.name}' waits for the workflow '{name}', which has no Response action. Give it one, "
            "or call it with the option DisableAsyncPattern.",
        )


def _row(run: ActiveRun, command: StartChild, receiver: _Receiver, now: datetime) -> InboxRow:
    place = address(command.name, command.repetition)
    message = command.payload.get(MESSAGE)
    record: Json = (
        message
        if MESSAGE in command.payload
        else {"outputs": {name: value for name, value in command.payload.items() if value is not None}}
    )
    refs: set[Ref] = set()
    packed = codec.wrap(codec.pack_plain(record, refs))
    return InboxRow(
        id=child_id(run.id, place), tenant=run.tenant, workflow=receiver.version.workflow,
        version=receiver.version.id, trigger=receiver.trigger.name,
        kind="batch" if MESSAGE in command.payload else "child", record=packed,
        received_at=now, ready_at=now, client_tracking_id=run.client_tracking_id, parent_run=run.id,
        parent_action=place if command.wait else "",
        # The parent may be over, and removed, before its child has its turn.
        uses=sorted({ref.hash for ref in refs}),
    )  # fmt: skip


def _failed(command: StartChild, code: str, message: str) -> Arriving:
    error: dict[str, Json] = {"code": code, "message": message}
    return ChildEnded(command.name, command.repetition, "", "Failed", error=error)


def child_id(parent: UUID, place: str) -> UUID:
    """The id of a child run: the parent's time, and bits that follow from who asks, so that asking again is
    the same.
    """
    bits = bytearray(parent.bytes[:6] + hashlib.sha256(parent.bytes + place.encode()).digest()[:10])
    bits[6] = 0x70 | bits[6] & 0x0F
    bits[8] = 0x80 | bits[8] & 0x3F
    return UUID(bytes=bytes(bits))
