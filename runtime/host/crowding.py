"""How many runs people let be active at once: of a workflow, and of a tenant.

The commit that starts a run decides whether there is room (`store/admission.py`); a host only has to know
which limits there are. They are few and read every other second, so a run without one costs nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import QuerySet

from runtime.models import Inbox, Run
from runtime.models import RunLimit as Limit
from runtime.store.records import RunLimit

if TYPE_CHECKING:
    from runtime.host.loop import Host

# What somebody has set holds after this long.
REFRESH_SECONDS = 2.0
# Looked at again in one commit, when a limit is lifted under which thousands wait.
_ROUSED_AT_ONCE = 1000


class Crowding:
    """The limits that one host knows."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._limits: dict[UUID, RunLimit] = {}  # by workflow, or by tenant
        self._read_at = float("-inf")

    def of(self, tenant: UUID, workflow: UUID) -> tuple[RunLimit, ...]:
        """That of the workflow before that of the tenant."""
        if not self._limits:
            return ()
        found = self._limits.get(workflow), self._limits.get(tenant)
        return tuple(limit for limit in found if limit is not None)

    async def refresh(self) -> None:
        """Called with every look around. Who waits for a limit that is higher now, or gone, is told."""
        if time.monotonic() - self._read_at < REFRESH_SECONDS:
            return
        first = self._read_at == float("-inf")
        self._read_at = time.monotonic()
        found = {limit.workflow or limit.tenant: limit for limit in await self._host.store.run_limits()}
        before, self._limits = self._limits, found
        if first:
            await self._rouse_free()
        await self.rouse_changed(before.values())

    async def rouse_changed(self, judged: Iterable[RunLimit]) -> None:
        """Of limits as they were: who waits for one that is higher now, or gone."""
        lifted = False
        for limit in judged:
            now = self._limits.get(limit.workflow or limit.tenant)
            lifted = lifted or now is None
            if now is not None and now.most > limit.most:
                await self._rouse(limit, now.most)
        if lifted:
            await self._rouse_free()

    async def _rouse_free(self) -> None:
        while await self._rouse(None, _ROUSED_AT_ONCE):
            pass

    async def _rouse(self, limit: RunLimit | None, most: int) -> int:
        roused = await self._host.store.rouse(limit, most)
        if roused:
            self._host.ring(runs=False)
        return roused


def run_limit_of(tenant_id: UUID, workflow_id: UUID | None) -> int | None:
    """What was set for exactly this; None: any number of runs."""
    return _set(tenant_id, workflow_id).values_list("runs", flat=True).first()


def set_run_limit(tenant_id: UUID, workflow_id: UUID | None, runs: int | None) -> None:
    rows = _set(tenant_id, workflow_id)
    if runs is None:
        rows.delete()
    elif not rows.update(runs=runs):
        Limit.objects.create(tenant_id=tenant_id, workflow_id=workflow_id, runs=runs)


def crowd(tenant_id: UUID, workflow_id: UUID) -> tuple[int, int]:
    """How many runs of a workflow are active, and how many wait for a place."""
    active = Run.objects.filter(tenant_id=tenant_id, workflow_id=workflow_id, ended_at=None).count()
    return active, waiting_rows(tenant_id).filter(workflow_id=workflow_id).count()


def waiting_rows(tenant_id: UUID) -> QuerySet[Inbox]:
    """Arrivals that a limit holds, without what they bring."""
    # In words, for SQLite finds a partial index by them alone.
    held = ["runtime_inbox.state = 'new'", "NOT (runtime_inbox.waits_for = '')"]
    return Inbox.objects.filter(tenant_id=tenant_id).extra(where=held).defer("record")  # noqa: S610  # no value of anybody's


def _set(tenant_id: UUID, workflow_id: UUID | None) -> QuerySet[Limit]:
    rows = Limit.objects.filter(tenant_id=tenant_id)
    return rows.filter(workflow_id=workflow_id) if workflow_id else rows.filter(workflow__isnull=True)
