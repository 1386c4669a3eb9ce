"""Edits to a draft: splices on the text, in order, each revision once (architecture, Editing)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from designer.tenants.actors import Actor
from designer.tenants.writes import Change, write
from designer.workflows import history, problems, texts, uses, values
from designer.workflows.errors import PatchRefused, StaleRevision
from designer.workflows.models import DraftEdit
from designer.workflows.services import lock
from runtime.language.differences import diff
from runtime.language.splices import SpliceError, apply
from runtime.language.values import Json, dumps, loads

if TYPE_CHECKING:
    from designer.workflows.models import Workflow

EDITS_PER_REQUEST = 200
EDITS_LISTED = 1_000


def edits_since(workflow: Workflow, revision: int) -> list[DraftEdit]:
    """In their order; of very many the newest."""
    later = workflow.draft_edits.filter(revision__gt=revision).select_related("author")
    return list(later.order_by("-revision")[:EDITS_LISTED])[::-1]


def wire_edit(edit: DraftEdit) -> dict[str, Any]:
    """As the 409 answer and the socket carry it."""
    return {
        "revision": edit.revision,
        "id": edit.edit_id,
        "author": edit.author.shown_name if edit.author else None,
        "at": edit.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "sha256": edit.sha256,
        "edits": loads(edit.edits),
    }


def apply_edits(
    actor: Actor, workflow: Workflow, *, edit_id: str, base: int, edits: Sequence[Mapping[str, Json]]
) -> DraftEdit:
    """Stores the edits as revision `base + 1`; a repeated `edit_id` gets its first answer.

    Raises StaleRevision with the edits the client has not seen, PatchRefused, TooLarge.
    """
    with write(actor, "workflow.edit", "draft.edit") as change:
        locked = lock(actor.tenant, workflow)
        repeated = locked.draft_edits.filter(edit_id=edit_id).first()
        if repeated is not None:
            change.nothing()
            return repeated
        if base != locked.draft_revision:
            raise stale(locked, base)
        text = patched(locked.draft_text, edits)
        return _store(change, actor, locked, text, edit_id, edits)


def replace_text(actor: Actor, workflow: Workflow, text: str, *, edit_id: str, name: str) -> DraftEdit:
    """A whole text (restored version, import over a workflow) as one edit: only the differences
    are written.
    """
    texts.check(text)
    with write(actor, "workflow.edit", f"draft.{name}") as change:
        locked = lock(actor.tenant, workflow)
        patch = diff(locked.draft_text, text)
        edits = [{"name": name, "arguments": {}, "patch": patch}]
        return _store(change, actor, locked, patched(locked.draft_text, edits), edit_id, edits)


def describe(actor: Actor, workflow: Workflow, description: str) -> None:
    """Writes the definition's own `description`, or takes it away: an edit like any other, so that it can be
    undone and versions, copies and exports have it. Raises PatchRefused, TextRefused.
    """
    with write(actor, "workflow.edit", "workflow.describe") as change:
        locked = lock(actor.tenant, workflow)
        if description == locked.draft_description:
            change.nothing()
            return
        at = texts.definition_pointer(locked.draft_text) + "/description"
        said = {"op": "set", "at": at, "text": dumps(description)}
        splice = said if description else {"op": "remove", "at": at}
        edits = [{"name": "describeWorkflow", "arguments": {}, "patch": [splice]}]
        text = patched(locked.draft_text, edits)
        _store(change, actor, locked, text, f"describe-{uuid.uuid4()}", edits)


def stale(workflow: Workflow, base: int) -> StaleRevision:
    return StaleRevision(
        base=base,
        revision=workflow.draft_revision,
        text=workflow.draft_text,
        sha256=workflow.draft_sha256,
        missing=[wire_edit(edit) for edit in edits_since(workflow, base)],
    )


def patched(text: str, edits: Sequence[Mapping[str, Json]]) -> str:
    if len(edits) > EDITS_PER_REQUEST:
        raise PatchRefused(
            f"One request carries at most {EDITS_PER_REQUEST} edits; this one has {len(edits)}."
        )
    for edit in edits:
        try:
            text = apply(text, edit["patch"])
        except SpliceError as error:
            raise PatchRefused(f"The edit {edit.get('name')} cannot be applied. {error}") from error
    return texts.check_edited(text)


def _touches_what_lists_show(edits: Sequence[Mapping[str, Json]]) -> bool:
    """An edit at, in or above the triggers, or at the description of the whole."""
    places = [
        str(splice.get(name) or "") for edit in edits for splice in edit["patch"] for name in ("at", "to")
    ]
    whole = ("/triggers", "/definition/description")
    return any(place.count("/") < 3 or any(part in place for part in whole) for place in places)


def _store(
    change: Change,
    actor: Actor,
    workflow: Workflow,
    text: str,
    edit_id: str,
    edits: Sequence[Mapping[str, Json]],
) -> DraftEdit:
    history.keep(workflow)
    carried = values.carried(workflow.parameters, texts.definition_pointer(workflow.draft_text), edits)
    moved = carried != workflow.parameters
    workflow.parameters = carried
    workflow.draft_text = text
    workflow.draft_sha256 = texts.sha256_of(text)
    workflow.draft_revision += 1
    if _touches_what_lists_show(edits):
        workflow.draft_trigger = texts.first_trigger_type(text)
        workflow.draft_description = texts.description_of(text)
    workflow.updated_at = timezone.now()
    workflow.save(
        update_fields=[
            *("draft_text", "draft_sha256", "draft_revision", "updated_at"),
            *("draft_trigger", "draft_description"),
            *(["parameters"] if moved else []),
        ]
    )
    if uses.may_change(edits):
        uses.keep(workflow, uses.DRAFT, text, workflow.connections)
    edit = workflow.draft_edits.create(
        tenant=actor.tenant,
        revision=workflow.draft_revision,
        edit_id=edit_id,
        edits=dumps(list(edits)),
        sha256=workflow.draft_sha256,
        author=actor.user,
    )
    names = [str(item.get("name")) for item in edits]
    change.about("draft", workflow.pk, workflow.name, after={"revision": edit.revision, "edits": names[:50]})
    change.tell(f"workflow:{workflow.pk}:draft", {"kind": "edits", **wire_edit(edit)})
    if moved:
        change.tell(f"workflow:{workflow.pk}:draft", {"kind": "values"})
    problems.schedule(actor.tenant.pk, workflow.pk)
    return edit
