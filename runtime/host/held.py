"""Runs of status Waiting: arrivals that a limit of runs at once holds, for people to read and to cancel.

No run exists yet, and none is made for this: the arrival's row says what it waits for, and has the id of the
run it becomes. Here it is shown as that run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from runtime.host.crowding import waiting_rows
from runtime.models import Arrival, Inbox, Run
from runtime.store.records import InboxRow
from runtime.triggers.intake import told_to_parent
from runtime.triggers.outside import KINDS

WAITING, CANCELLED = "Waiting", "Cancelled"
# Beyond it nobody counts.
_MOST_AHEAD = 10_000


@dataclass(frozen=True, slots=True)
class Held:
    """A run that waits, or was cancelled while it did. `reason` is a sentence, `ahead` how many come
    before.
    """

    run: Run
    reason: str
    ahead: int | None


def held_run(tenant_id: UUID, run_id: UUID) -> Held | None:
    """None where no limit holds it, or it has begun."""
    row = waiting_rows(tenant_id).filter(pk=run_id).first()
    if row is not None:
        return Held(as_run(row), row.detail, _ahead(row))
    row = Inbox.objects.filter(tenant_id=tenant_id, pk=run_id, state="cancelled").defer("record").first()
    return Held(as_run(row), row.detail, None) if row is not None else None


def held_rows(tenant_id: UUID, ids: Sequence[UUID]) -> list[Inbox]:
    return list(waiting_rows(tenant_id).filter(pk__in=ids))


def held_matching(tenant_id: UUID, workflow_id: UUID | None, search: str) -> QuerySet[Inbox]:
    rows = waiting_rows(tenant_id)
    if workflow_id:
        rows = rows.filter(workflow_id=workflow_id)
    return rows.filter(Q(client_tracking_id__icontains=search)) if search else rows


def as_run(row: Inbox) -> Run:
    """As the list of runs shows it; it is not stored."""
    return Run(
        id=row.pk, tenant_id=row.tenant_id, workflow_id=row.workflow_id, version_id=row.version_id,
        status=WAITING if row.state == "new" else CANCELLED, trigger=row.trigger, origin=row.kind,
        client_tracking_id=row.client_tracking_id or str(row.pk), inbox=row.pk, source_run=row.source_run,
        parent_run=row.parent_run, parent_action=row.parent_action, started_at=row.received_at,
    )  # fmt: skip


def _ahead(row: Inbox) -> int:
    rows = waiting_rows(row.tenant_id).filter(waits_for=row.waits_for, pk__lt=row.pk)
    if row.waits_for in ("trigger", "workflow"):
        rows = rows.filter(workflow_id=row.workflow_id)
    if row.waits_for == "trigger":
        rows = rows.filter(trigger=row.trigger)
    return rows[:_MOST_AHEAD].count()


def cancel_held(tenant_id: UUID, run_id: UUID, actor: str) -> UUID | None:
    """It starts no run, whether a limit holds it or nobody had time for it yet. The caller that waits for it,
    None where there is none. Raises Run.DoesNotExist.
    """
    # What looks after a trigger starts no run by itself, and cancelled it would not look again.
    rows = Inbox.objects.filter(tenant_id=tenant_id, state="new").exclude(kind__in=KINDS).defer("record")
    row = rows.select_for_update().filter(pk=run_id).first()
    if row is None:
        raise Run.DoesNotExist
    detail = f"Cancelled by {actor or 'somebody'} while it waited."
    # Whether or not a host has just taken it: what that finds out is refused.
    Inbox.objects.filter(pk=row.pk, state="new").update(state="cancelled", detail=detail, owner=None)
    like = InboxRow(
        row.pk, row.tenant_id, row.workflow_id, row.version_id, row.trigger, row.kind, b"",
        row.received_at, row.ready_at, parent_run=row.parent_run, parent_action=row.parent_action,
    )  # fmt: skip
    for told in told_to_parent(like, "cancelled", detail):
        Arrival.objects.get_or_create(
            run_id=told.run, kind=told.kind, key=told.key,
            defaults={"id": told.id, "tenant_id": told.tenant, "payload": told.payload},
        )  # fmt: skip
    return row.parent_run if row.parent_action else None
