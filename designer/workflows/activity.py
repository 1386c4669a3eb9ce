"""What workflows did lately, for lists: runs per hour and the newest run. Every query names the tenant."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, OuterRef, Subquery, Value
from django.db.models.functions import TruncHour
from django.utils import timezone

from runtime import services as runtime
from runtime.models import Run

if TYPE_CHECKING:
    from designer.tenants.models import Tenant

HOURS = 24
_RUNNING = {"Waiting", "Running", "Suspended"}
_OK = {"Succeeded", "Cancelled"}


def _quiet() -> list[dict[str, int]]:
    return [{"ok": 0, "failed": 0, "running": 0} for _ in range(HOURS)]


@dataclass(slots=True)
class Activity:
    """`health` has one entry an hour, oldest first."""

    health: list[dict[str, int]] = field(default_factory=_quiet)
    last_run: Run | None = None


def activity(tenant: Tenant, workflow_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Activity]:
    """Four queries, however many workflows."""
    found = {workflow_id: Activity() for workflow_id in workflow_ids}
    if not found:
        return {}
    now = timezone.now()
    first_hour = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    rows = (
        Run.objects.filter(tenant=tenant, workflow__in=list(found), id__gte=runtime.first_id_at(first_hour))
        .annotate(hour=TruncHour("started_at"))
        .values_list("workflow", "hour", "status")
        .annotate(count=Count("id"))
    )
    # What a limit holds is a run of status Waiting for people.
    held = (
        runtime.waiting_rows(tenant.pk)
        .filter(workflow__in=list(found), id__gte=runtime.first_id_at(first_hour))
        .annotate(hour=TruncHour("received_at"))
        .values_list("workflow", "hour")
        .annotate(status=Value("Waiting"), count=Count("id"))
    )
    for workflow_id, hour, status, count in [*rows, *held]:
        index = int((hour - first_hour).total_seconds() // 3600)
        if 0 <= index < HOURS:
            kind = "running" if status in _RUNNING else "ok" if status in _OK else "failed"
            found[workflow_id].health[index][kind] += count
    for run in _newest(tenant, list(found)):
        found[run.workflow_id].last_run = run
    return found


def _newest(tenant: Tenant, workflow_ids: list[uuid.UUID]) -> list[Run]:
    newest = Run.objects.filter(tenant=tenant, workflow=OuterRef("pk")).order_by("-id").values("id")[:1]
    ids = tenant.workflows.filter(pk__in=workflow_ids).values_list(Subquery(newest), flat=True)
    return list(Run.objects.filter(tenant=tenant, id__in=[run_id for run_id in ids if run_id]))


def runs_by_id(tenant: Tenant, run_ids: Sequence[uuid.UUID]) -> list[Run]:
    return list(Run.objects.filter(tenant=tenant, id__in=list(run_ids)).order_by("-id"))
