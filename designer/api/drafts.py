"""Drafts: the text with all a canvas needs to open it, edits, problems."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from designer.api.operations import OperationManifest
from designer.api.rendering import wire_time
from designer.api.shapes import SPLICE_OPS, DefinitionProblem
from designer.api.tenant_view import TenantView
from designer.api.workflows import WorkflowItem, presented
from designer.tenants.errors import FieldsInvalid
from designer.workflows import drafts, problems, services
from designer.workflows.errors import TooLarge
from designer.workflows.models import DraftEdit
from runtime import catalog
from runtime.language.values import loads


class Splice(serializers.Serializer[Any]):
    """One change of the text, addressed by JSON pointer; `text` is JSON text, so that spellings survive."""

    op = serializers.ChoiceField(choices=SPLICE_OPS)
    at = serializers.CharField(allow_blank=True, trim_whitespace=False)
    text = serializers.CharField(required=False, trim_whitespace=False)
    name = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    to = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    before = serializers.JSONField(
        required=False, allow_null=True, help_text="Name of a member, index of an item, or null for the end."
    )


class Edit(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80)
    arguments = serializers.DictField(child=serializers.JSONField(allow_null=True), default=dict)
    patch = Splice(many=True)


class DraftEdits(serializers.Serializer[Any]):
    id = serializers.CharField(
        max_length=64, help_text="Chosen by the client; repeated, it gets the first answer."
    )
    base = serializers.IntegerField(min_value=0)
    edits = Edit(many=True)


class DraftState(serializers.Serializer[Any]):
    revision = serializers.IntegerField()
    sha256 = serializers.CharField()


class StoredEdits(serializers.Serializer[Any]):
    revision = serializers.IntegerField()
    id = serializers.CharField()
    author = serializers.CharField(allow_null=True)
    at = serializers.DateTimeField()
    sha256 = serializers.CharField()
    edits = Edit(many=True)


class StoredEditsList(serializers.Serializer[Any]):
    items = StoredEdits(many=True)
    revision = serializers.IntegerField()


class Draft(serializers.Serializer[Any]):
    text = serializers.CharField()
    revision = serializers.IntegerField()
    sha256 = serializers.CharField()
    problems = DefinitionProblem(many=True)
    manifests = serializers.DictField(
        child=OperationManifest(), help_text="By operation key, for every operation the draft names."
    )
    workflow = WorkflowItem()


class StaleDraft(serializers.Serializer[Any]):
    """The 409 problem: what the client has not seen, and the text as it is now."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    requestId = serializers.CharField()
    revision = serializers.IntegerField()
    sha256 = serializers.CharField()
    text = serializers.CharField()
    missing = StoredEdits(many=True)


class ProblemList(serializers.Serializer[Any]):
    revision = serializers.IntegerField()
    items = DefinitionProblem(many=True)


def present_edit(edit: DraftEdit) -> dict[str, Any]:
    return {
        "revision": edit.revision,
        "id": edit.edit_id,
        "author": edit.author.shown_name if edit.author else None,
        "at": wire_time(edit.at),
        "sha256": edit.sha256,
        "edits": loads(edit.edits),
    }


class DraftView(TenantView):
    verbs = {"GET": "workflow.read"}

    @extend_schema(operation_id="getDraft", responses=Draft)
    def get(self, request: Request, tenant: str, workflow_id: str) -> Response:
        workflow = services.find(self.tenant, workflow_id)
        return Response(
            {
                "text": workflow.draft_text,
                "revision": workflow.draft_revision,
                "sha256": workflow.draft_sha256,
                "problems": problems.of_draft(workflow),
                "manifests": catalog.manifests_for(workflow.draft_text),
                "workflow": presented(workflow),
            }
        )


class DraftEditsView(TenantView):
    verbs = {"GET": "workflow.read", "POST": "workflow.edit"}

    @extend_schema(
        operation_id="listDraftEdits",
        parameters=[
            OpenApiParameter(
                "since", int, description="A revision; edits after it, of more than 1,000 the newest."
            )
        ],
        responses=StoredEditsList,
    )
    def get(self, request: Request, tenant: str, workflow_id: str) -> Response:
        workflow = services.find(self.tenant, workflow_id)
        since = request.query_params.get("since", "0")
        if not since.isdecimal():
            raise FieldsInvalid({"since": ["This must be a revision number."]})
        items = [present_edit(edit) for edit in drafts.edits_since(workflow, int(since))]
        return Response({"items": items, "revision": workflow.draft_revision})

    @extend_schema(
        operation_id="applyDraftEdits", request=DraftEdits, responses={200: DraftState, 409: StaleDraft}
    )
    def post(self, request: Request, tenant: str, workflow_id: str) -> Response:
        size = int(request.headers.get("Content-Length") or 0)
        if size > settings.EDITS_SIZE_LIMIT:
            raise TooLarge("This request of edits", size, settings.EDITS_SIZE_LIMIT)
        form = DraftEdits(data=request.data)
        form.is_valid(raise_exception=True)
        workflow = services.find(self.tenant, workflow_id)
        # The edits as they were sent: serializers would drop members that only newer clients know.
        edit = drafts.apply_edits(
            self.actor,
            workflow,
            edit_id=form.validated_data["id"],
            base=form.validated_data["base"],
            edits=request.data["edits"],
        )
        return Response({"revision": edit.revision, "sha256": edit.sha256})


class ProblemsView(TenantView):
    verbs = {"GET": "workflow.read"}

    @extend_schema(operation_id="listProblems", responses=ProblemList)
    def get(self, request: Request, tenant: str, workflow_id: str) -> Response:
        workflow = services.find(self.tenant, workflow_id)
        return Response({"revision": workflow.draft_revision, "items": problems.of_draft(workflow)})
