"""What a tenant owns: workflows with their draft, the log of edits to it, and immutable versions."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone

from designer.tenants.models import Tenant, User, new_id


class Workflow(models.Model):
    """The named thing a tenant owns. Its draft text is the truth; a version is a copy that never changes."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="workflows")
    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=100)
    enabled = models.BooleanField(
        default=True, help_text="A published workflow that is enabled accepts triggers."
    )
    draft_text = models.TextField()
    draft_revision = models.PositiveBigIntegerField(default=1)
    draft_sha256 = models.CharField(max_length=64)
    draft_trigger = models.CharField(
        max_length=60, blank=True, help_text="Type of its first trigger, for lists."
    )
    draft_description = models.CharField(
        max_length=256, blank=True, default="", help_text="The definition's own description, for lists."
    )
    # Values of parameters and what an import said of its connections, as JSON text; published with the draft.
    parameters = models.TextField(default="{}")
    connections = models.TextField(default="{}")
    published = models.ForeignKey("Version", on_delete=models.SET_NULL, null=True, related_name="+")
    # The callback keys are derived from the master key, the workflow's id and these counters: nothing secret
    # is stored, and a new key is a counter that went up.
    primary_key_generation = models.PositiveIntegerField(default=1)
    secondary_key_generation = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "slug"], condition=models.Q(deleted_at=None), name="workflow_slug_once"
            )
        ]
        indexes = [models.Index(fields=["tenant", "-updated_at"], name="workflow_by_change")]

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    """A word of its people about a workflow, to find it by."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="tags")
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="tags")
    name = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workflow", "name"], name="workflow_tag_once")]
        indexes = [models.Index(fields=["tenant", "name"], name="tag_by_name")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Use(models.Model):
    """A connector or another workflow that a text of a workflow names (`uses.py`)."""

    PLACES = [("draft", "Draft"), ("published", "Published version")]
    KINDS = [("connector", "Connector"), ("workflow", "Workflow that it calls")]

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="uses")
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="uses")
    place = models.CharField(max_length=10, choices=PLACES)
    kind = models.CharField(max_length=10, choices=KINDS)
    name = models.CharField(max_length=200, help_text="As the text names it, in lower case.")
    steps: models.JSONField[Any, Any] = models.JSONField(
        default=list, help_text="The first of its triggers and actions that name it."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workflow", "place", "kind", "name"], name="workflow_use_once")
        ]
        indexes = [models.Index(fields=["tenant", "kind", "name"], name="use_by_name")]

    def __str__(self) -> str:
        return self.name


class DraftEdit(models.Model):
    """One stored request of edits: revision `revision - 1` became `revision`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="draft_edits")
    revision = models.PositiveBigIntegerField()
    edit_id = models.CharField(
        max_length=64, help_text="Chosen by the client; a repeated id gets the first answer."
    )
    # A list of {name, arguments, patch}, as text: arguments and patches carry values of the definition.
    edits = models.TextField()
    sha256 = models.CharField(max_length=64, help_text="Of the draft after these edits.")
    author = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workflow", "revision"], name="draft_revision_once"),
            models.UniqueConstraint(fields=["workflow", "edit_id"], name="draft_edit_once"),
        ]


class DraftText(models.Model):
    """A draft as it stood after a revision, so that later edits can be done again on it (`history.py`)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="draft_texts")
    revision = models.PositiveBigIntegerField()
    packed = models.BinaryField(help_text="The text in UTF-8, compressed with zlib.")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workflow", "revision"], name="draft_text_once")]


class Version(models.Model):
    """An immutable text of a workflow. Published ones are numbered; a draft that was run is kept as well."""

    KINDS = [("published", "Published"), ("draft", "Draft")]

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="versions")
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(null=True)
    kind = models.CharField(max_length=10, choices=KINDS)
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    comment = models.CharField(max_length=500, blank=True)
    author = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    # As the workflow had them; JSON text, because they are values of the language.
    parameters = models.TextField(default="{}")
    connections = models.TextField(default="{}")
    # What is derived from the text once, so that lists need not parse it: the first trigger's type.
    facts: models.JSONField[Any, Any] = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workflow", "number"], name="version_number_once"),
            models.UniqueConstraint(
                fields=["workflow", "sha256"], condition=models.Q(kind="draft"), name="draft_version_once"
            ),
        ]


class SavedTemplate(models.Model):
    """A template of the tenant's own. Its text holds no secret (`templates/authoring.py`)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="templates")
    title = models.CharField(max_length=80)
    summary = models.CharField(max_length=300, blank=True)
    category = models.CharField(max_length=40)
    text = models.TextField()
    # What people read, as in the template.json of a shipped one: [{connector, connection, title}] and
    # [{name, title, description}].
    needs: models.JSONField[Any, Any] = models.JSONField(default=list)
    parameters: models.JSONField[Any, Any] = models.JSONField(default=list)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["tenant", "title"], name="template_by_title")]

    def __str__(self) -> str:
        return self.title
