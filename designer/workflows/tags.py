"""Tags of workflows: written by people, or brought along by an imported resource."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count

from designer.tenants.errors import FieldsInvalid

if TYPE_CHECKING:
    from designer.tenants.models import Tenant
    from designer.workflows.models import Workflow

MOST: Final = 20
LONGEST: Final = 60
_LISTED: Final = 500


def of(workflow: Workflow) -> list[str]:
    return sorted((tag.name for tag in workflow.tags.all()), key=str.casefold)


def used(tenant: Tenant) -> list[tuple[str, int]]:
    """Each tag of the tenant's workflows with how many have it, by name; the first 500."""
    rows = tenant.tags.filter(workflow__deleted_at=None).values_list("name").annotate(many=Count("id"))
    return sorted(rows.order_by("name")[:_LISTED], key=lambda row: row[0].casefold())


def checked(names: Iterable[str]) -> list[str]:
    """In order, without those that differ from one before in nothing but case and blanks. Raises
    FieldsInvalid.
    """
    wanted = _told_apart(names)
    if len(wanted) > MOST:
        raise FieldsInvalid({"tags": [f"A workflow has at most {MOST} tags; these are {len(wanted)}."]})
    long = next((name for name in wanted if len(name) > LONGEST), None)
    if long is not None:
        sentence = f"A tag has at most {LONGEST} characters; “{long[:20]}…” has {len(long)}."
        raise FieldsInvalid({"tags": [sentence]})
    return wanted


def bring(workflow: Workflow, names: Iterable[str]) -> None:
    """Tags that come with a new workflow, as many and as long as there is room for."""
    store(workflow, _told_apart(name[:LONGEST] for name in names)[:MOST])


def of_resource(tags: Mapping[str, Any]) -> list[str]:
    """The tags of an Azure resource, `{"env": "prod"}`, as words: `env: prod`. Its portal's own (`hidden-…`)
    and values known only at deployment are left out.
    """
    return [
        f"{key}: {value}" if value else key
        for key, value in tags.items()
        if isinstance(value, str) and not value.startswith("[") and not key.startswith("hidden-")
    ]


def store(workflow: Workflow, names: Iterable[str]) -> None:
    """These and no others; the names are checked."""
    workflow.tags.all().delete()
    made = [workflow.tags.model(tenant_id=workflow.tenant_id, workflow=workflow, name=name) for name in names]
    workflow.tags.bulk_create(made)


def _told_apart(names: Iterable[str]) -> list[str]:
    kept: dict[str, str] = {}
    for name in names:
        plain = " ".join(name.split())
        if plain:
            kept.setdefault(plain.casefold(), plain)
    return list(kept.values())
