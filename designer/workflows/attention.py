"""What somebody should look at now: workflows that fail, connections whose test failed. Every query names the
tenant and stops at a number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final

from django.utils import timezone

from runtime import services as runtime
from runtime.models import Run

if TYPE_CHECKING:
    from designer.tenants.models import Tenant
    from designer.workflows.models import Workflow

LOOKED_BACK: Final = timedelta(hours=24)
# A workflow whose newest run succeeded is told of all the same where many failed this long ago.
RECENT: Final = timedelta(hours=1)
OFTEN, AT_LEAST = 0.2, 3
# Of a tenant's newest failures, of their workflows, of a workflow's newest runs, and of what is told.
_FAILURES, _CANDIDATES, _RUNS, _TOLD = 1_000, 100, 50, 20
_BAD = {"Failed", "TimedOut"}


@dataclass(frozen=True, slots=True)
class Failing:
    """`failed` of the newest `ended` runs of the last 24 hours; `run` is the newest failure, `last` whether
    no run has ended well since.
    """

    workflow: Workflow
    run: Run
    failed: int
    ended: int
    last: bool


def failing(tenant: Tenant) -> list[Failing]:
    """The newest failure first."""
    since = runtime.first_id_at(timezone.now() - LOOKED_BACK)
    failures = Run.objects.filter(tenant=tenant, status="Failed", id__gte=since).order_by("-id")
    newest = dict.fromkeys(failures.values_list("workflow_id", flat=True)[:_FAILURES])
    candidates = list(newest)[:_CANDIDATES]
    workflows = tenant.workflows.filter(deleted_at=None).in_bulk(candidates)
    return list(islice(_judged(tenant, [workflows[pk] for pk in candidates if pk in workflows]), _TOLD))


def _judged(tenant: Tenant, workflows: list[Workflow]) -> Iterator[Failing]:
    now = timezone.now()
    since, recent = (runtime.first_id_at(now - past) for past in (LOOKED_BACK, RECENT))
    for workflow in workflows:
        runs = list(
            Run.objects.filter(tenant=tenant, workflow=workflow.pk, ended_at__isnull=False, id__gte=since)
            .only("id", "status", "started_at", "code", "first_failed_action")
            .order_by("-id")[:_RUNS]
        )
        bad = [run for run in runs if run.status in _BAD]
        if not bad:
            continue
        last = runs[0].status in _BAD
        often = len(bad) >= AT_LEAST and len(bad) > OFTEN * len(runs) and bad[0].pk >= recent
        if last or often:
            yield Failing(workflow, bad[0], len(bad), len(runs), last)
