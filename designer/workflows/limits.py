"""What an organisation may do and keeps: the limits it set itself, within those of the installation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.conf import settings

from connectors import services as connections
from designer.tenants.actors import Actor
from designer.tenants.errors import FieldsInvalid
from designer.tenants.writes import write
from designer.workflows import services
from runtime import services as runtime

if TYPE_CHECKING:
    from uuid import UUID

    from designer.tenants.models import Tenant

LEAST_BODY = 1024
MOST_RUNS = 10_000


def body_limit(own: int | None) -> int:
    """Bytes of a call's body that are read, whatever a tenant has said."""
    most: int = settings.CALLBACK_BODY_LIMIT
    return most if own is None else min(own, most)


def of_tenant(tenant: Tenant) -> dict[str, Any]:
    kept = runtime.payloads_kept(tenant.pk)
    return {
        "bodyLimit": {
            "own": tenant.body_limit,
            "inherited": settings.CALLBACK_BODY_LIMIT,
            "effective": body_limit(tenant.body_limit),
        },
        "runsAtOnce": runtime.run_limit_of(tenant.pk, None),
        "storage": {
            "payloads": kept.number,
            "payloadBytes": kept.bytes,
            "payloadStore": kept.store,
            "fileBytes": connections.files_used(tenant.pk),
            "fileQuota": settings.FILES_QUOTA,
        },
    }


def of_workflow(tenant: Tenant, workflow_id: UUID) -> dict[str, Any]:
    """Raises NotFound."""
    workflow = services.find(tenant, workflow_id)
    active, waiting = runtime.crowd(tenant.pk, workflow.pk)
    return {
        "runsAtOnce": runtime.run_limit_of(tenant.pk, workflow.pk),
        "inherited": runtime.run_limit_of(tenant.pk, None),
        "active": active,
        "waiting": waiting,
    }


def change(actor: Actor, given: Mapping[str, int | None]) -> None:
    """`bodyLimit` (None: as the installation says) and `runsAtOnce` (None: any number), what is there of
    them. Raises PermissionRefused, FieldsInvalid.
    """
    with write(actor, "settings.write", "settings.change") as written:
        tenant = actor.tenant
        before: dict[str, int | None] = {}
        if "bodyLimit" in given:
            own, most = given["bodyLimit"], settings.CALLBACK_BODY_LIMIT
            if own is not None and not LEAST_BODY <= own <= most:
                wanted = f"This must be from {LEAST_BODY:,} to {most:,} bytes, the server's limit."
                raise FieldsInvalid({"bodyLimit": [wanted]})
            before["bodyLimit"], tenant.body_limit = tenant.body_limit, own
            tenant.save(update_fields=["body_limit"])
        if "runsAtOnce" in given:
            before["runsAtOnce"] = _set_runs(tenant, None, given["runsAtOnce"])
        written.about("tenant", tenant.pk, tenant.name, before=before, after=dict(given))


def change_of_workflow(actor: Actor, workflow_id: UUID, runs: int | None) -> None:
    """How many of its runs may be active together; None: any number. Raises NotFound, PermissionRefused,
    FieldsInvalid.
    """
    with write(actor, "settings.write", "workflow.limit") as written:
        workflow = services.find(actor.tenant, workflow_id)
        before = _set_runs(actor.tenant, workflow.pk, runs)
        written.about(
            "workflow", workflow.pk, workflow.name, before={"runsAtOnce": before}, after={"runsAtOnce": runs}
        )


def _set_runs(tenant: Tenant, workflow_id: UUID | None, runs: int | None) -> int | None:
    """What it was before."""
    if runs is not None and not 1 <= runs <= MOST_RUNS:
        raise FieldsInvalid(
            {
                "runsAtOnce": [
                    f"This must be from 1 to {MOST_RUNS:,} runs. Choose any number to have no limit; to stop "
                    "a workflow altogether, switch it off."
                ]
            }
        )
    before = runtime.run_limit_of(tenant.pk, workflow_id)
    runtime.set_run_limit(tenant.pk, workflow_id, runs)
    return before
