"""The validator's findings on a draft: read with it, and pushed after edits, at most every 300 ms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

from designer.live import bell
from designer.workflows import texts
from runtime import services as runtime
from runtime.language.document import tokens
from runtime.language.values import loads

if TYPE_CHECKING:
    from designer.workflows.models import Workflow

COALESCE = 0.25  # seconds; with the validation itself the promise of 300 ms is kept for ordinary sizes


def of_draft(workflow: Workflow) -> list[dict[str, Any]]:
    """Every problem, its pointer into the text as a whole, and the action or trigger it lies in."""
    connections = sorted(workflow.tenant.connections.values_list("name", "connector"))
    key = (workflow.pk, workflow.draft_sha256, workflow.parameters, workflow.connections, tuple(connections))
    found = _kept.pop(key, None)
    if found is None:
        found = _find(workflow)
    _kept[key] = found
    while len(_kept) > _KEPT_MOST:
        _kept.pop(next(iter(_kept)), None)
    return found


# A draft is opened, looked at and published between two edits: the validator need not run each time.
_kept: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
_KEPT_MOST = 100


def _find(workflow: Workflow) -> list[dict[str, Any]]:
    text = workflow.draft_text
    values, connections = loads(workflow.parameters), loads(workflow.connections)
    parameters = runtime.open_values(workflow.tenant_id, texts.definition_of(text), values)
    found = runtime.validate(text, workflow.tenant_id, parameters, connections)
    if not found:
        return []
    prefix = texts.definition_pointer(text)
    return [
        {
            "severity": problem.severity,
            "code": problem.code,
            "pointer": prefix + problem.pointer,
            "message": problem.message,
            "range": None if problem.start is None else [problem.start, problem.end],
            "action": owner_of(problem.pointer),
        }
        for problem in found
    ]


def owner_of(pointer: str) -> str | None:
    """The innermost action or trigger a pointer into a definition lies in: read off the pointer itself."""
    owner, steps = None, tokens(pointer)
    while len(steps) >= 2 and steps[0] in {"actions", "triggers"}:
        owner, steps = steps[1], steps[2:]
        if steps[:1] in (["else"], ["default"]) and steps[1:2] == ["actions"]:
            steps = steps[1:]
        elif steps[:1] == ["cases"] and steps[2:3] == ["actions"]:
            steps = steps[2:]
    return owner


def errors_in(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [problem for problem in found if problem["severity"] == "error"]


def schedule(tenant_id: UUID, workflow_id: UUID) -> None:
    """After the commit, and once for a burst of edits: validate, and tell the followers of the draft."""
    transaction.on_commit(
        lambda: bell.later(f"problems/{workflow_id}", COALESCE, lambda: push(tenant_id, workflow_id))
    )


def push(tenant_id: UUID, workflow_id: UUID) -> None:
    """Runs in a thread of the bell."""
    from designer.tenants import doors, walls

    with walls.within(tenant_id):
        tenant = doors.tenant_by_id(tenant_id)
        workflow = tenant and tenant.workflows.filter(pk=workflow_id, deleted_at=None).first()
        if workflow:
            data = {"kind": "problems", "revision": workflow.draft_revision, "items": of_draft(workflow)}
            bell.ring(tenant_id, f"workflow:{workflow_id}:draft", data)
