"""Versions: publish the draft, list, read, restore; and the kept copy of a draft that is run."""

from __future__ import annotations

import uuid
from functools import partial
from typing import TYPE_CHECKING

from django.db.models import Max
from django.utils import timezone

from designer.tenants.actors import Actor
from designer.tenants.errors import NotFound
from designer.tenants.writes import write
from designer.workflows import callbacks, drafts, problems, texts, uses
from designer.workflows.errors import PublishRefused
from designer.workflows.pages import Page, page_by_number
from designer.workflows.services import lock
from runtime import services as runtime

if TYPE_CHECKING:
    from designer.workflows.models import DraftEdit, Version, Workflow


def publish(actor: Actor, workflow: Workflow, comment: str = "", revision: int | None = None) -> Version:
    """The draft becomes the next version and, where the workflow is enabled, its triggers are armed.

    `revision` is what the publisher has looked at; StaleRevision when the draft has moved on since.
    Raises PublishRefused when the validator finds errors.
    """
    with write(actor, "workflow.publish", "workflow.publish") as change:
        locked = lock(actor.tenant, workflow)
        if revision is not None and revision != locked.draft_revision:
            raise drafts.stale(locked, revision)
        errors = problems.errors_in(problems.of_draft(locked))
        if errors:
            raise PublishRefused(errors)
        last = locked.versions.aggregate(last=Max("number"))["last"] or 0
        version = locked.versions.create(
            tenant=actor.tenant,
            number=last + 1,
            kind="published",
            text=locked.draft_text,
            sha256=locked.draft_sha256,
            comment=comment.strip(),
            author=actor.user,
            parameters=locked.parameters,
            connections=locked.connections,
            facts={"trigger": locked.draft_trigger, "revision": locked.draft_revision},
        )
        uses.keep(locked, uses.PUBLISHED, version.text, version.connections)
        locked.published = version
        locked.updated_at = timezone.now()
        locked.save(update_fields=["published", "updated_at"])
        if locked.enabled:
            runtime.arm(version, partial(callbacks.signed_url, locked))
        change.about(
            "workflow", locked.pk, locked.name, after={"version": version.number, "comment": comment}
        )
        event = {"kind": "published", "version": version.number, "by": actor.name}
        change.tell(f"workflow:{locked.pk}:draft", event)
        change.tell("tenant:workflows", {**event, "id": str(locked.pk)})
    return version


def versions(workflow: Workflow, cursor: str | None) -> Page[Version]:
    found = workflow.versions.filter(kind="published").select_related("author").order_by("-number")
    return page_by_number(found, "number", cursor)


def version(workflow: Workflow, number: int) -> Version:
    found = workflow.versions.filter(number=number).select_related("author").first()
    if found is None:
        raise NotFound("version", str(number))
    return found


def restore(actor: Actor, workflow: Workflow, source: Version) -> DraftEdit:
    """The draft gets the version's definition, as an edit that can be undone; publishing stays a decision."""
    return drafts.replace_text(
        actor, workflow, source.text, edit_id=f"restore-{uuid.uuid4()}", name="restoreVersion"
    )


def kept_draft(actor: Actor, workflow: Workflow, trial: str | None = None, up_to: str = "") -> Version:
    """The draft as a version without a number, so that a run of it can always be looked at; one per text.

    `trial` is a text cut from the draft, to be run in its place; it ends with the action `up_to`.
    """
    text = workflow.draft_text if trial is None else trial
    sha256 = workflow.draft_sha256 if trial is None else texts.sha256_of(trial)
    if workflow.parameters != "{}":  # the same text with other values is another version
        sha256 = texts.sha256_of(sha256 + workflow.parameters)
    found, _ = workflow.versions.get_or_create(
        kind="draft",
        sha256=sha256,
        defaults={
            "tenant": actor.tenant,
            "text": text,
            "author": actor.user,
            "parameters": workflow.parameters,
            "connections": workflow.connections,
            "facts": {"trigger": texts.first_trigger_type(text), **({"upTo": up_to} if up_to else {})},
        },
    )
    return found
