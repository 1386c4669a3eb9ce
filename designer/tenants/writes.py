"""The frame of every write: permission, transaction, audit entry, event after commit, in that order.

    with write(actor, "workflow.edit", "workflow.rename") as change:
        ...
        change.about("workflow", workflow.pk, workflow.name, before={"name": old}, after={"name": new})
        change.tell(f"workflow:{workflow.pk}", {"kind": "renamed"})

A write that names no object is refused, so that no change goes without its audit entry.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.db import transaction

from designer.live import bell
from designer.tenants import walls
from designer.tenants.actors import Actor
from designer.tenants.models import AuditEntry


class Change:
    def __init__(self, actor: Actor, action: str) -> None:
        self._actor, self._action = actor, action
        self._entries: list[AuditEntry] = []
        self._events: list[tuple[str, dict[str, Any]]] = []
        self._unchanged = False

    def about(
        self,
        kind: str,
        object_id: object,
        name: str,
        *,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
    ) -> None:
        """Names the object for the audit trail. `before` and `after` hold facts, never secrets."""
        actor = self._actor
        self._entries.append(
            AuditEntry(
                tenant=actor.tenant,
                actor=actor.user,
                actor_name=actor.name,
                request_id=actor.request_id,
                action=self._action,
                object_kind=kind,
                object_id=str(object_id),
                object_name=name[:200],
                before=before,
                after=after,
            )
        )

    def nothing(self) -> None:
        """The request was answered before (a repeated edit): there is nothing to record."""
        self._unchanged = True

    def tell(self, topic: str, data: dict[str, Any]) -> None:
        """An event for whoever follows the topic, sent only once the transaction has committed."""
        self._events.append((topic, data))

    def finish(self) -> None:
        if self._unchanged and not self._entries:
            return
        if not self._entries:
            raise RuntimeError(f"The write {self._action} names no object for the audit trail.")
        tenant_id = self._actor.tenant.pk
        with walls.within(tenant_id):
            for entry in self._entries:
                entry.save(force_insert=True)
        for topic, data in self._events:
            transaction.on_commit(partial(bell.ring, tenant_id, topic, data))


@contextmanager
def write(actor: Actor, verb: str, action: str) -> Iterator[Change]:
    actor.require(verb)
    with walls.within(actor.tenant.pk), transaction.atomic():
        change = Change(actor, action)
        yield change
        change.finish()
