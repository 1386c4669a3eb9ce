"""Workflows by name: those to choose from, and those that texts name. Neither reads a text or a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db.models import Q, Value
from django.db.models.functions import Lower

if TYPE_CHECKING:
    from designer.tenants.models import Tenant
    from designer.workflows.models import Workflow

OFFERED: Final = 50
REFERENCES: Final = 100


def offered(
    tenant: Tenant, search: str = "", trigger: str = "", except_for: UUID | None = None
) -> tuple[list[Workflow], bool]:
    """The first fifty by name whose name has `search` in it, and whether there are more."""
    rows = tenant.workflows.filter(deleted_at=None).only("id", "name").order_by("name", "id")
    if word := search.strip():
        rows = rows.filter(name__icontains=word)
    if trigger:
        rows = rows.filter(draft_trigger__iexact=trigger)
    if except_for is not None:
        rows = rows.exclude(pk=except_for)
    found = list(rows[: OFFERED + 1])
    return found[:OFFERED], len(found) > OFFERED


def referred(tenant: Tenant, references: Sequence[str]) -> list[tuple[str, Workflow | None]]:
    """Each reference with the workflow that a run would call by it: an id, a name, or an address of Azure's
    that ends in one.
    """
    names = {one: _canonical(one.rpartition("/")[2].lower()) for one in references[:REFERENCES]}
    wanted = set(names.values())
    rows = tenant.workflows.filter(deleted_at=None).alias(low=Lower("name")).only("id", "name", "slug")
    found = rows.filter(
        Q(pk__in=[name for name in wanted if _id_of(name)])
        | Q(low__in=[Lower(Value(name)) for name in wanted])
        | Q(slug__in=wanted)
    )
    known: dict[str, Workflow] = {row.slug: row for row in found}
    # As the engine looks it up: the id before everything else, then the name.
    known.update((row.name.lower(), row) for row in found)
    known.update((str(row.pk), row) for row in found)
    return [(reference, known.get(name)) for reference, name in names.items()]


def _canonical(name: str) -> str:
    return str(_id_of(name) or name)


def _id_of(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None
