"""The inbox: every arrival and its end, one of them in full, and sending one through again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from designer.tenants.actors import Actor
from designer.tenants.errors import FieldsInvalid
from designer.tenants.writes import write
from designer.workflows.runs import wire_time, wire_value
from runtime import services as runtime
from runtime.language.values import Json
from runtime.models import Inbox

if TYPE_CHECKING:
    from designer.tenants.models import Tenant

STATES = Inbox.STATES


def page(
    tenant: Tenant, *, workflow_id: UUID | None, state: str, cursor: str | None, limit: int
) -> dict[str, Any]:
    states = tuple(part for part in state.split(",") if part)
    unknown = set(states) - {name for name, _ in STATES}
    if unknown:
        allowed = ", ".join(name for name, _ in STATES)
        raise FieldsInvalid({"outcome": [f"This must be some of {allowed}, separated by commas."]})
    try:
        found = runtime.inbox_list(tenant.pk, workflow_id, states, cursor, limit)
    except ValueError as error:
        raise FieldsInvalid({"cursor": ["This cursor is not one this list has given."]}) from error
    names = _names(tenant, found.items)
    return {"items": [_present(row, names) for row in found.items], "nextCursor": found.next_cursor}


def rows(tenant: Tenant, arrival_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """The list's rows of these arrivals, for the live list."""
    found = runtime.inbox_rows(tenant.pk, arrival_ids)
    names = _names(tenant, found)
    return [_present(row, names) for row in found]


def detail(tenant: Tenant, arrival_id: UUID) -> dict[str, Any]:
    found = runtime.inbox_item(tenant.pk, arrival_id)
    row: Inbox = found["row"]
    return {
        **_present(row, _names(tenant, [row])),
        "requestId": row.request_id or None,
        "actor": row.actor or None,
        "deduplicationKey": row.dedupe_key or None,
        "outputs": wire_value(found["outputs"], tenant, row.pk),
        "secured": found["secured"],
        "runIds": [str(run) for run in found["runs"]],
    }


def redrive(actor: Actor, arrival_id: UUID) -> UUID:
    """The id of the new run. Raises ArrivalNotFound, ArrivalGone."""
    with write(actor, "run.resubmit", "inbox.redrive") as change:
        new_id = runtime.redrive(actor.tenant.pk, arrival_id, actor.name, actor.request_id)
        change.about("arrival", arrival_id, "", after={"run": str(new_id)})
    return new_id


def redrive_with(actor: Actor, arrival_id: UUID, body: Json) -> UUID:
    """`redrive` with a corrected body; what arrived is kept as it came."""
    actor.require("workflow.edit")
    with write(actor, "run.resubmit", "inbox.redrive") as change:
        tenant = actor.tenant.pk
        new_id = runtime.redrive(tenant, arrival_id, actor.name, actor.request_id, has_body=True, body=body)
        # Not the body itself: the trail of audits holds no values.
        change.about("arrival", arrival_id, "", after={"run": str(new_id), "changed": "body"})
    return new_id


def _names(tenant: Tenant, rows: Iterable[Inbox]) -> dict[UUID, str]:
    found = tenant.workflows.filter(pk__in={row.workflow_id for row in rows})
    return dict(found.values_list("pk", "name"))


def _present(row: Inbox, names: dict[UUID, str]) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "workflow": {"id": str(row.workflow_id), "name": names.get(row.workflow_id, "")},
        "trigger": row.trigger,
        "kind": row.kind,
        "outcome": row.state,
        "detail": row.detail or None,
        "runs": row.runs,
        "attempts": row.attempts,
        "receivedAt": wire_time(row.received_at),
        "clientTrackingId": row.client_tracking_id or None,
        "duplicateOf": str(row.duplicate_of) if row.duplicate_of else None,
    }
