"""The audit trail for people: every write of an organisation, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from designer.tenants.errors import FieldsInvalid
from designer.tenants.models import AuditEntry, Tenant


@dataclass(frozen=True, slots=True)
class Filters:
    """Empty texts and None leave everything in. `person` is part of a name or address."""

    kind: str = ""
    person: str = ""
    object_id: str = ""
    before: datetime | None = None


def page(
    tenant: Tenant, filters: Filters, cursor: UUID | None, limit: int
) -> tuple[list[AuditEntry], UUID | None]:
    """Entries, and where the next page goes on. Raises FieldsInvalid for a cursor of another list."""
    rows = tenant.audit_entries.order_by("-at", "-pk")
    if filters.kind:
        rows = rows.filter(object_kind=filters.kind)
    if filters.object_id:
        rows = rows.filter(object_id=filters.object_id)
    if filters.person:
        rows = rows.filter(actor_name__icontains=filters.person)
    if filters.before is not None:
        rows = rows.filter(at__lt=filters.before)
    if cursor is not None:
        last = tenant.audit_entries.filter(pk=cursor).first()
        if last is None:
            raise FieldsInvalid({"cursor": ["This cursor is not one this list has given."]})
        rows = rows.filter(Q(at__lt=last.at) | Q(at=last.at, pk__lt=last.pk))
    found = list(rows[: limit + 1])
    return found[:limit], found[limit - 1].pk if len(found) > limit else None


def kinds(tenant: Tenant) -> list[str]:
    """Of the objects that were written, for the filter."""
    return sorted(set(tenant.audit_entries.values_list("object_kind", flat=True).distinct()))
