"""One command for many workflows: each in a transaction of its own, each with an outcome of its own."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from designer.tenants.actors import Actor
from designer.tenants.errors import FieldsInvalid, NotFound
from designer.workflows import services, tags
from designer.workflows.errors import NothingPublished

if TYPE_CHECKING:
    from designer.tenants.models import Tenant
    from designer.workflows.models import Workflow

MOST: Final = 200
_REFUSALS = (NotFound, NothingPublished, FieldsInvalid)

Outcome = dict[str, Any]


def enable_all(actor: Actor, ids: Sequence[UUID]) -> list[Outcome]:
    return _each(actor, ids, "workflow.enable", lambda workflow: services.enable(actor, workflow))


def disable_all(actor: Actor, ids: Sequence[UUID]) -> list[Outcome]:
    return _each(actor, ids, "workflow.enable", lambda workflow: services.disable(actor, workflow))


def delete_all(actor: Actor, ids: Sequence[UUID]) -> list[Outcome]:
    return _each(actor, ids, "workflow.delete", lambda workflow: services.delete(actor, workflow))


def retag_all(actor: Actor, ids: Sequence[UUID], add: Sequence[str], remove: Sequence[str]) -> list[Outcome]:
    """Raises FieldsInvalid for tags that no workflow could have."""
    added = tags.checked(add)
    return _each(actor, ids, "workflow.edit", lambda workflow: services.retag(actor, workflow, added, remove))


def _each(actor: Actor, ids: Sequence[UUID], verb: str, act: Callable[[Workflow], object]) -> list[Outcome]:
    """`{"workflow", "problem": sentence or None}` of each: what stands in the way of one does not stand in
    the way of the others.
    """
    actor.require(verb)
    outcomes: list[Outcome] = []
    for workflow_id in ids:
        problem = None
        try:
            act(services.find(actor.tenant, workflow_id))
        except _REFUSALS as error:
            problem = str(error)
        outcomes.append({"workflow": str(workflow_id), "problem": problem})
    return outcomes


def archive(tenant: Tenant, ids: Sequence[UUID]) -> bytes:
    """A zip of the drafts as they are, each under its workflow's name. Raises NotFound: a file that silently
    lacks some would be taken for whole.
    """
    rows = tenant.workflows.filter(pk__in=ids, deleted_at=None)
    names = dict(rows.values_list("pk", "name"))
    if len(names) < len(ids):
        raise NotFound("workflow")
    packed = io.BytesIO()
    taken: set[str] = set()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for pk, text in rows.values_list("pk", "draft_text").iterator(chunk_size=5):
            file.writestr(_free_file(names[pk], taken), text)
    return packed.getvalue()


def _free_file(name: str, taken: set[str]) -> str:
    plain = (
        "".join(char if char.isalnum() or char in " ._-" else "_" for char in name).strip(". ") or "workflow"
    )
    candidate, number = plain, 1
    while candidate.lower() in taken:
        number += 1
        candidate = f"{plain} {number}"
    taken.add(candidate.lower())
    return f"{candidate}.json"
