"""What a workflow's texts name outside themselves: connectors and other workflows, kept in rows so that lists
can filter by them and a workflow knows its callers without any text being read.

The rows of the draft follow every edit that can change them, those of the published version every publishing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db.models import Count, QuerySet

from designer.workflows import counterparts, texts
from runtime.language.definition import Action, Trigger
from runtime.language.document import DocumentError
from runtime.language.values import Json, loads

if TYPE_CHECKING:
    from designer.tenants.models import Tenant
    from designer.workflows.models import Use, Workflow

CONNECTOR, CALLED = "connector", "workflow"
DRAFT, PUBLISHED = "draft", "published"
LONGEST: Final = 200
_STEPS_TOLD: Final = 20
_LISTED: Final = 500
# Callers that are told, rows read for them, and rows that a page of the list counts.
_CALLERS, _CALLS, _COUNTED = 100, 400, 5_000
_CALLING: Final = {"Workflow", "SendToBatch"}
# An edit inside an action's inputs that is not at the part which says whom the action calls.
_INNER = re.compile(r"/(?:actions|triggers)/[^/]+/inputs/(?!host(?:/|$)|serviceProviderConfiguration(?:/|$))")

Named = dict[tuple[str, str], list[str]]


def named_in(text: str, connections: str = "{}") -> Named:
    """(kind, name in lower case) → the triggers and actions that say so, of any text whatever."""
    found: Named = {}
    try:
        definition = texts.definition_of(text)
        given: Json = loads(connections)
        steps: list[Trigger | Action] = [*definition.triggers.values(), *definition.every_action()]
    except (DocumentError, RecursionError, ValueError):
        return {}
    for step in steps:
        called = _called(step)
        connector = (
            "" if called else counterparts.connector_of(step, given if isinstance(given, dict) else {})
        )
        for kind, name in ((CALLED, called), (CONNECTOR, connector)):
            if name:
                found.setdefault((kind, _storable(name.lower())[:LONGEST]), []).append(_storable(step.name))
    return found


def _storable(text: str) -> str:
    """JSON can spell characters that no database takes."""
    return text.encode(errors="replace").decode().replace("\x00", "")


def _called(step: Trigger | Action) -> str:
    """The workflow that an action calls: an id, a name, or an address of Azure's that ends in one. An
    expression names none.
    """
    host = step.inputs.get("host") if isinstance(step.inputs, dict) and step.type in _CALLING else None
    if not isinstance(host, dict):
        return ""
    workflow = host.get("workflow")
    identity = (workflow.get("id") if isinstance(workflow, dict) else None) or host.get(
        "workflowReferenceName"
    )
    return "" if not isinstance(identity, str) or "@" in identity else identity.rpartition("/")[2]


def may_change(edits: Sequence[Mapping[str, Json]]) -> bool:
    """Whether edits can change what the draft names. Typing into a field of an action cannot."""
    splices = [splice for edit in edits for splice in edit["patch"]]
    places = [str(splice.get(name) or "") for splice in splices for name in ("at", "to") if name in splice]
    return any(not _INNER.search(place) for place in places)


def keep(workflow: Workflow, place: str, text: str, connections: str) -> None:
    """The rows of one place, inside the caller's transaction; nothing is written where nothing differs."""
    wanted = named_in(text, connections)
    rows = workflow.uses.filter(place=place)
    if {(row.kind, row.name): row.steps for row in rows} == {
        key: told(steps) for key, steps in wanted.items()
    }:
        return
    rows.delete()
    workflow.uses.bulk_create(
        workflow.uses.model(
            tenant_id=workflow.tenant_id,
            workflow=workflow,
            place=place,
            kind=kind,
            name=name,
            steps=told(steps),
        )
        for (kind, name), steps in wanted.items()
    )


def told(steps: list[str]) -> list[str]:
    return steps[:_STEPS_TOLD]


@dataclass(slots=True)
class Caller:
    """A workflow that calls another one; `steps` do so in its draft or in what it has published."""

    workflow: Workflow
    draft: bool = False
    published: bool = False
    steps: list[str] = field(default_factory=list)


def callers(tenant: Tenant, workflow: Workflow) -> list[Caller]:
    """By name; the first hundred. Actions whose text computes whom they call are not known."""
    rows = _calls(tenant, [workflow]).select_related("workflow").order_by("workflow__name", "workflow_id")
    found: dict[UUID, Caller] = {}
    for row in rows[:_CALLS]:
        caller = found.setdefault(row.workflow_id, Caller(row.workflow))
        caller.draft |= row.place == DRAFT
        caller.published |= row.place == PUBLISHED
        caller.steps.extend(step for step in row.steps if step not in caller.steps)
    return list(found.values())[:_CALLERS]


def caller_counts(tenant: Tenant, workflows: Sequence[Workflow]) -> dict[UUID, int]:
    """How many other workflows call each: one query for a whole page of the list."""
    by_name = {name: workflow.pk for workflow in workflows for name in _names(workflow)}
    found: dict[UUID, set[UUID]] = {}
    for name, caller in _calls(tenant, workflows).values_list("name", "workflow_id").distinct()[:_COUNTED]:
        if by_name[name] != caller:
            found.setdefault(by_name[name], set()).add(caller)
    return {pk: len(callers) for pk, callers in found.items()}


def _names(workflow: Workflow) -> set[str]:
    """By which an action may call it, as the engine looks it up."""
    return {str(workflow.pk), workflow.name.lower(), workflow.slug.lower()}


def _calls(tenant: Tenant, workflows: Sequence[Workflow]) -> QuerySet[Use]:
    names = {name for workflow in workflows for name in _names(workflow)}
    rows = tenant.uses.filter(kind=CALLED, name__in=names, workflow__deleted_at=None)
    return rows.exclude(workflow=workflows[0]) if len(workflows) == 1 else rows


def connectors(tenant: Tenant) -> list[tuple[str, int]]:
    """Each connector that a draft or a published version uses, with how many workflows do."""
    rows = tenant.uses.filter(workflow__deleted_at=None, kind=CONNECTOR).values_list("name")
    return list(rows.annotate(many=Count("workflow", distinct=True)).order_by("name")[:_LISTED])


def owners(tenant: Tenant) -> list[dict[str, Any]]:
    """Who made the workflows that there are, with how many each."""
    rows = tenant.workflows.filter(deleted_at=None, created_by__isnull=False)
    counted = rows.values_list("created_by", "created_by__name", "created_by__email")
    found = counted.annotate(many=Count("id")).order_by("created_by__name", "created_by__email")[:_LISTED]
    return [{"id": str(pk), "name": name or email, "workflows": many} for pk, name, email, many in found]
