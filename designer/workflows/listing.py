"""The workflow list: search, filter, order, pages."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from designer.tenants.errors import FieldsInvalid
from designer.workflows import activity as recent
from designer.workflows import uses
from designer.workflows.pages import Page, page_by_text

if TYPE_CHECKING:
    from designer.tenants.models import Tenant
    from designer.workflows.models import Workflow

Activity = recent.Activity
_SORTS = {
    "name": ("name", False),
    "-name": ("name", True),
    "updatedAt": ("updated_at", False),
    "-updatedAt": ("updated_at", True),
}
_STATES = {
    "on": Q(published__isnull=False, enabled=True),
    "off": Q(published__isnull=False, enabled=False),
    "draft": Q(published__isnull=True),
}


def workflows(
    tenant: Tenant,
    *,
    search: str = "",
    state: str = "",
    tag: str = "",
    trigger: str = "",
    owner: str = "",
    connector: str = "",
    sort: str = "-updatedAt",
    cursor: str | None = None,
) -> Page[Workflow]:
    """`search` finds words of name, description and tags; `tag` is a whole one, `owner` who made it."""
    rows = tenant.workflows.filter(deleted_at=None).select_related("published", "created_by", "tenant")
    rows = rows.prefetch_related("tags")
    tags = tenant.tags.filter(workflow=OuterRef("pk"))
    if word := search.strip():
        rows = rows.filter(
            Q(name__icontains=word)
            | Q(draft_description__icontains=word)
            | Exists(tags.filter(name__icontains=word))
        )
    if tag:
        rows = rows.filter(Exists(tags.filter(name__iexact=tag)))
    if trigger:
        rows = rows.filter(draft_trigger__iexact=trigger)
    if owner:
        rows = rows.filter(created_by=_id_of(owner))
    if connector:
        # Not an Exists: SQLite would walk through all that use the connector for every row of the list.
        named = tenant.uses.filter(kind=uses.CONNECTOR, name=connector.lower())
        rows = rows.filter(pk__in=named.values("workflow"))
    if state:
        if state not in _STATES:
            raise FieldsInvalid({"status": [f"This must be one of {', '.join(_STATES)}."]})
        rows = rows.filter(_STATES[state])
    if sort not in _SORTS:
        raise FieldsInvalid({"sort": [f"This must be one of {', '.join(_SORTS)}."]})
    column, descending = _SORTS[sort]
    return page_by_text(rows, column, cursor, descending=descending)


def _id_of(owner: str) -> UUID:
    try:
        return UUID(owner)
    except ValueError:
        raise FieldsInvalid(
            {"owner": ["This must be the id of a person, as the list of owners has it."]}
        ) from None


def activity(tenant: Tenant, found: list[Workflow]) -> dict[UUID, Activity]:
    return recent.activity(tenant, [workflow.pk for workflow in found])
