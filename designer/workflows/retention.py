"""How long finished runs are kept: what the tenant says, what a workflow says, and what holds in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings

from designer.tenants.actors import Actor
from designer.tenants.writes import write
from designer.workflows import services
from runtime import services as runtime

if TYPE_CHECKING:
    from designer.tenants.models import Tenant

NAMES = ("days", "runs")


def of_tenant(tenant: Tenant) -> dict[str, Any]:
    """`{"own": {"days", "runs"}, "inherited": …, "effective": …}`; null: as the next wider rule says, 0: no
    limit.
    """
    return _told(_own(tenant, None), _installation())


def of_workflow(tenant: Tenant, workflow_id: UUID) -> dict[str, Any]:
    """Raises NotFound."""
    workflow = services.find(tenant, workflow_id)
    return _told(_own(tenant, workflow.pk), of_tenant(tenant)["effective"])


def change(actor: Actor, workflow_id: UUID | None, days: int | None, runs: int | None) -> None:
    """Of the whole tenant, or of one workflow. Raises NotFound, PermissionRefused."""
    with write(actor, "settings.write", "retention.change") as written:
        tenant = actor.tenant
        about = services.find(tenant, workflow_id) if workflow_id else None
        before = _own(tenant, workflow_id)
        after = {"days": days, "runs": runs}
        runtime.set_retention(tenant.pk, workflow_id, days, runs)
        kind, row = ("workflow", about) if about is not None else ("tenant", tenant)
        written.about(kind, row.pk, row.name, before=before, after=after)


def _installation() -> dict[str, Any]:
    return {"days": settings.RETENTION_DAYS, "runs": settings.RETENTION_RUNS}


def _own(tenant: Tenant, workflow_id: UUID | None) -> dict[str, Any]:
    days, runs = runtime.retention_of(tenant.pk, workflow_id)
    return {"days": days, "runs": runs}


def _told(own: dict[str, Any], inherited: dict[str, Any]) -> dict[str, Any]:
    effective = {name: inherited[name] if own[name] is None else own[name] for name in NAMES}
    return {"own": own, "inherited": inherited, "effective": effective}
