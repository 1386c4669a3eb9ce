"""The look-up that cannot start at a tenant: whose workflow a public callback URL names."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models.signals import post_save

from designer.tenants import doors as tenants
from designer.workflows import limits
from designer.workflows.models import Version, Workflow
from runtime import services as runtime

# A change made by another process is seen after this many seconds; one made here at once.
KEPT_SECONDS = 1.0
_KEPT_MOST = 2_000


@dataclass(frozen=True, slots=True)
class CallbackTarget:
    """What the callback application needs of a workflow, in one row. `text` is of the published version."""

    tenant_id: uuid.UUID
    workflow_id: uuid.UUID
    name: str
    enabled: bool
    primary_key_generation: int
    secondary_key_generation: int
    version_id: uuid.UUID | None
    version_number: int | None
    body_limit: int | None


def callback_target(workflow_id: uuid.UUID) -> CallbackTarget | None:
    row = (
        Workflow.objects.filter(pk=workflow_id, deleted_at=None)
        .values_list(
            "tenant_id",
            "pk",
            "name",
            "enabled",
            "primary_key_generation",
            "secondary_key_generation",
            "published_id",
            "published__number",
            "tenant__body_limit",
        )
        .first()
    )
    return CallbackTarget(*row) if row else None


def published_text(target: CallbackTarget) -> tuple[str, str]:
    """The text and its parameters. Read once per version and process; a version never changes."""
    assert target.version_id is not None
    versions = Version.objects.filter(pk=target.version_id, tenant=target.tenant_id)
    return versions.values_list("text", "parameters").first() or ("{}", "{}")


def run_callback_limit(run_id: uuid.UUID, token: str) -> int | None:
    """How large a call may be of the address that a run waits at; None: there is no such address."""
    tenant_id = runtime.callback_tenant(run_id, token)
    tenant = tenants.tenant_by_id(tenant_id) if tenant_id is not None else None
    return limits.body_limit(tenant.body_limit) if tenant is not None else None


class Targets:
    """Targets looked up within the last second. A burst of calls to one address asks the database once, and
    calls that keep coming do not wait for it: they have it asked ahead of time.
    """

    def __init__(self, find: Callable[[uuid.UUID], Awaitable[CallbackTarget | None]]) -> None:
        self._find = find
        self._kept: dict[uuid.UUID, tuple[float, CallbackTarget]] = {}
        self._asking: dict[uuid.UUID, asyncio.Task[CallbackTarget | None]] = {}
        post_save.connect(self._changed, sender=Workflow)

    async def get(self, workflow_id: uuid.UUID) -> CallbackTarget | None:
        """On the loop."""
        asked, target = self._kept.get(workflow_id, (0.0, None))
        age = time.monotonic() - asked
        if target is None or age >= KEPT_SECONDS:
            return await asyncio.shield(self._ask(workflow_id))
        if age >= KEPT_SECONDS / 2:
            self._ask(workflow_id)
        return target

    def _ask(self, workflow_id: uuid.UUID) -> asyncio.Task[CallbackTarget | None]:
        asking = self._asking.get(workflow_id)
        if asking is None:
            asking = self._asking[workflow_id] = asyncio.ensure_future(self._find(workflow_id))
            now = time.monotonic()
            asking.add_done_callback(lambda done: self._answered(workflow_id, now, done))
        return asking

    def _answered(
        self, workflow_id: uuid.UUID, asked: float, done: asyncio.Task[CallbackTarget | None]
    ) -> None:
        if self._asking.get(workflow_id) is not done:
            return  # the workflow was changed meanwhile
        self._asking.pop(workflow_id, None)
        target = None if done.cancelled() or done.exception() else done.result()
        if target is not None:
            if len(self._kept) >= _KEPT_MOST:
                self._kept.clear()
            self._kept[workflow_id] = (asked, target)

    def _changed(self, instance: Workflow, **_: Any) -> None:
        # Now for whoever reads inside this transaction, and again when others can see it.
        self._forget(instance.pk)
        transaction.on_commit(lambda: self._forget(instance.pk))

    def _forget(self, workflow_id: uuid.UUID) -> None:
        self._asking.pop(workflow_id, None)
        self._kept.pop(workflow_id, None)
