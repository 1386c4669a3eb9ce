"""Every write to a workflow as a whole. Drafts are written in drafts.py, versions in publishing.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.text import slugify

from designer.tenants.actors import Actor
from designer.tenants.errors import FieldsInvalid, NotFound
from designer.tenants.writes import write
from designer.workflows import callbacks, tags, templates, texts, uses
from designer.workflows.errors import NothingPublished
from runtime import services as runtime
from runtime.language.values import dumps, loads

if TYPE_CHECKING:
    from designer.tenants.models import Tenant
    from designer.workflows.models import Workflow

NAME_LIMIT = 80


def find(tenant: Tenant, workflow_id: UUID | str) -> Workflow:
    """Raises NotFound, also for another tenant's workflow."""
    workflow = (
        tenant.workflows.filter(pk=workflow_id, deleted_at=None)
        .select_related("published", "created_by", "tenant")
        .first()
    )
    if workflow is None:
        raise NotFound("workflow")
    return workflow


def lock(tenant: Tenant, workflow: Workflow) -> Workflow:
    """The row as it is now, held until the transaction ends: writes to one workflow go one after
    the other.
    """
    locked = tenant.workflows.select_for_update().filter(pk=workflow.pk, deleted_at=None).first()
    if locked is None:
        raise NotFound("workflow")
    return locked


def create(
    actor: Actor,
    name: str,
    text: str | None = None,
    template: str | None = None,
    parameters: dict[str, Any] | None = None,
    origin: str = "blank",
    values: str = "{}",
    connections: str = "{}",
    chosen: dict[str, str] | None = None,
) -> Workflow:
    """A workflow with a draft: blank, from a text, or from a template with its `parameters` filled in and the
    `chosen` connections in the place of those it names.

    `values` and `connections` are JSON texts that an import found beside the definition.
    """
    if text is not None and template is not None:
        raise FieldsInvalid({"template": ["Give either a text or a template, not both."]})
    if template is not None:
        text, given = templates.filled(actor.tenant, template, parameters or {}, chosen or {})
        values = dumps(given)
        origin = f"template {template}"
    text = texts.check(text) if text is not None else texts.BLANK
    with write(actor, "workflow.create", "workflow.create") as change:
        name = _free_or_refused(actor.tenant, name)
        workflow = actor.tenant.workflows.create(
            name=name,
            slug=_slug(actor.tenant, name),
            draft_text=text,
            draft_sha256=texts.sha256_of(text),
            draft_trigger=texts.first_trigger_type(text),
            draft_description=texts.description_of(text),
            parameters=dumps(runtime.seal_values(actor.tenant.pk, texts.definition_of(text), loads(values)))
            if values != "{}"
            else values,
            connections=connections,
            created_by=actor.user,
        )
        uses.keep(workflow, uses.DRAFT, text, connections)
        change.about("workflow", workflow.pk, name, after={"origin": origin, "sha256": workflow.draft_sha256})
        change.tell("tenant:workflows", {"kind": "created", "id": str(workflow.pk)})
    return workflow


def rename(actor: Actor, workflow: Workflow, name: str) -> Workflow:
    with write(actor, "workflow.edit", "workflow.rename") as change:
        locked = lock(actor.tenant, workflow)
        before = locked.name
        locked.name = _free_or_refused(actor.tenant, name, except_for=locked)
        locked.slug = _slug(actor.tenant, locked.name, except_for=locked)
        locked.updated_at = timezone.now()
        locked.save(update_fields=["name", "slug", "updated_at"])
        change.about("workflow", locked.pk, locked.name, before={"name": before}, after={"name": locked.name})
        change.tell(f"workflow:{locked.pk}:draft", {"kind": "renamed", "name": locked.name})
    return find(actor.tenant, workflow.pk)


def tag(actor: Actor, workflow: Workflow, names: Iterable[str]) -> Workflow:
    """These tags and no others. Raises FieldsInvalid."""
    given = tags.checked(names)
    return _tagged(actor, workflow, lambda before: given)


def retag(actor: Actor, workflow: Workflow, add: Iterable[str], remove: Iterable[str]) -> Workflow:
    """Some more and some fewer; the others stay. Raises FieldsInvalid where they become too many."""
    gone, more = {name.casefold() for name in remove}, list(add)
    return _tagged(
        actor,
        workflow,
        lambda before: tags.checked([*(name for name in before if name.casefold() not in gone), *more]),
    )


def _tagged(actor: Actor, workflow: Workflow, wish: Callable[[list[str]], list[str]]) -> Workflow:
    with write(actor, "workflow.edit", "workflow.tag") as change:
        locked = lock(actor.tenant, workflow)
        before = tags.of(locked)
        wanted = wish(before)
        tags.store(locked, wanted)
        change.about("workflow", locked.pk, locked.name, before={"tags": before}, after={"tags": wanted})
        change.tell("tenant:workflows", {"kind": "tagged", "id": str(locked.pk)})
    return find(actor.tenant, workflow.pk)


def enable(actor: Actor, workflow: Workflow) -> Workflow:
    """Triggers are accepted and schedules armed again. Raises NothingPublished."""
    with write(actor, "workflow.enable", "workflow.enable") as change:
        locked = lock(actor.tenant, workflow)
        if locked.published is None:
            raise NothingPublished(locked.name)
        _switch(locked, True)
        runtime.arm(locked.published, partial(callbacks.signed_url, locked))
        change.about("workflow", locked.pk, locked.name, after={"enabled": True})
        change.tell("tenant:workflows", {"kind": "enabled", "id": str(locked.pk)})
    return find(actor.tenant, workflow.pk)


def disable(actor: Actor, workflow: Workflow) -> Workflow:
    """No new runs; those that run go on."""
    with write(actor, "workflow.enable", "workflow.disable") as change:
        locked = lock(actor.tenant, workflow)
        _switch(locked, False)
        runtime.disarm(locked)
        change.about("workflow", locked.pk, locked.name, after={"enabled": False})
        change.tell("tenant:workflows", {"kind": "disabled", "id": str(locked.pk)})
    return find(actor.tenant, workflow.pk)


def _switch(workflow: Workflow, enabled: bool) -> None:
    workflow.enabled = enabled
    workflow.updated_at = timezone.now()
    workflow.save(update_fields=["enabled", "updated_at"])


def renew_callback_key(actor: Actor, workflow: Workflow, key: callbacks.KeyName) -> Workflow:
    """Every address signed with this key stops working; triggers that subscribed do so again."""
    with write(actor, "callback.rotate", "workflow.callbacks.renew") as change:
        locked = lock(actor.tenant, workflow)
        field = f"{key}_key_generation"
        setattr(locked, field, getattr(locked, field) + 1)
        locked.save(update_fields=[field])
        if key == "primary" and locked.enabled and locked.published and _subscribes(locked.published.text):
            runtime.arm(locked.published, partial(callbacks.signed_url, locked))
        change.about("workflow", locked.pk, locked.name, after={"key": key, field: getattr(locked, field)})
        change.tell(f"workflow:{locked.pk}:draft", {"kind": "callbacks"})
    return find(actor.tenant, workflow.pk)


def _subscribes(text: str) -> bool:
    """Whether a trigger handed its address to somebody (a Request trigger's callers copy theirs by hand)."""
    triggers = texts.definition_of(text).triggers.values()
    return any(trigger.type in callbacks.CALLABLE - {"Request"} for trigger in triggers)


def delete(actor: Actor, workflow: Workflow) -> None:
    """Gone from every list at once; its runs stay readable until they are swept."""
    with write(actor, "workflow.delete", "workflow.delete") as change:
        locked = lock(actor.tenant, workflow)
        locked.deleted_at = timezone.now()
        locked.enabled = False
        locked.save(update_fields=["deleted_at", "enabled"])
        runtime.disarm(locked)
        change.about("workflow", locked.pk, locked.name, before={"sha256": locked.draft_sha256})
        change.tell("tenant:workflows", {"kind": "deleted", "id": str(locked.pk)})
        change.tell(f"workflow:{locked.pk}:draft", {"kind": "deleted"})


def duplicate(actor: Actor, source: Workflow, name: str | None) -> Workflow:
    """A copy of the draft under a free name. Nothing is published, so nothing starts by itself."""
    wanted = name or free_name(actor.tenant, f"{source.name} copy")
    with transaction.atomic():
        copy = create(
            actor,
            wanted,
            text=source.draft_text,
            origin=f"copy of {source.pk}",
            values=source.parameters,
            connections=source.connections,
        )
        tags.bring(copy, tags.of(source))
    return copy


def free_name(tenant: Tenant, wanted: str) -> str:
    """The wanted name, with a number where it is taken."""
    wanted = " ".join(wanted.split())[:NAME_LIMIT] or "Workflow"
    taken = set(
        tenant.workflows.filter(deleted_at=None)
        .annotate(lower=Lower("name"))
        .filter(lower__startswith=wanted.lower()[: NAME_LIMIT - 6])
        .values_list("lower", flat=True)
    )
    candidate, number = wanted, 1
    while candidate.lower() in taken:
        number += 1
        candidate = f"{wanted[: NAME_LIMIT - 6]} {number}"
    return candidate


def _free_or_refused(tenant: Tenant, name: str, except_for: Workflow | None = None) -> str:
    name = " ".join(name.split())
    if not name:
        raise FieldsInvalid({"name": ["Give the workflow a name."]})
    if len(name) > NAME_LIMIT:
        raise FieldsInvalid({"name": [f"A name has at most {NAME_LIMIT} characters."]})
    others = tenant.workflows.filter(deleted_at=None, name__iexact=name)
    if except_for is not None:
        others = others.exclude(pk=except_for.pk)
    if others.exists():
        raise FieldsInvalid({"name": [f"There is a workflow named {name} already. Choose another name."]})
    return name


def _slug(tenant: Tenant, name: str, except_for: Workflow | None = None) -> str:
    wanted = slugify(name)[:80] or "workflow"
    others = tenant.workflows.filter(deleted_at=None, slug__startswith=wanted)
    if except_for is not None:
        others = others.exclude(pk=except_for.pk)
    taken = set(others.values_list("slug", flat=True))
    candidate, number = wanted, 1
    while candidate in taken:
        number += 1
        candidate = f"{wanted}-{number}"
    return candidate
