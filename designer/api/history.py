"""The past of a draft: who changed what, its text at any moment, and back to it."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from designer.api.rendering import wire_time
from designer.api.shapes import page_of
from designer.api.tenant_view import TenantView
from designer.api.versions import RestoreResult
from designer.workflows import drafts, history, services, texts
from designer.workflows.models import DraftEdit
from runtime.language.values import loads


class PastEdit(serializers.Serializer[Any]):
    name = serializers.CharField()
    arguments = serializers.JSONField(help_text="Long texts are cut: enough to say what was done.")


class PastEdits(serializers.Serializer[Any]):
    revision = serializers.IntegerField(help_text="What the draft was after them.")
    author = serializers.CharField(allow_null=True)
    at = serializers.DateTimeField()
    edits = PastEdit(many=True)


class PastDraft(serializers.Serializer[Any]):
    revision = serializers.IntegerField()
    text = serializers.CharField()
    sha256 = serializers.CharField()


PastEditsPage = page_of(PastEdits)


def present(edit: DraftEdit) -> dict[str, Any]:
    return {
        "revision": edit.revision,
        "author": edit.author.shown_name if edit.author else None,
        "at": wire_time(edit.at),
        "edits": [
            {"name": each["name"], "arguments": history.shortened(each.get("arguments"))}
            for each in loads(edit.edits)
        ],
    }


class HistoryView(TenantView):
    verbs = {"GET": "workflow.read"}

    @extend_schema(
        operation_id="listDraftHistory",
        parameters=[OpenApiParameter("cursor", str)],
        responses=PastEditsPage,
        description="The edits of the last 90 days, newest first.",
    )
    def get(self, request: Request, tenant: str, workflow_id: str) -> Response:
        workflow = services.find(self.tenant, workflow_id)
        page = history.edits(workflow, request.query_params.get("cursor"))
        return Response({"items": [present(edit) for edit in page.items], "nextCursor": page.next_cursor})


class PastDraftView(TenantView):
    verbs = {"GET": "workflow.read"}

    @extend_schema(
        operation_id="getPastDraft",
        responses=PastDraft,
        description="The draft as it stood after a revision; 404 where that is not kept any more.",
    )
    def get(self, request: Request, tenant: str, workflow_id: str, revision: int) -> Response:
        text = history.text_at(services.find(self.tenant, workflow_id), revision)
        return Response({"revision": revision, "text": text, "sha256": texts.sha256_of(text)})


class RestorePastView(TenantView):
    verbs = {"POST": "workflow.edit"}

    @extend_schema(operation_id="restorePastDraft", request=None, responses=RestoreResult)
    def post(self, request: Request, tenant: str, workflow_id: str, revision: int) -> Response:
        workflow = services.find(self.tenant, workflow_id)
        edit = drafts.replace_text(
            self.actor,
            workflow,
            history.text_at(workflow, revision),
            edit_id=f"restore-{uuid.uuid4()}",
            name="restoreDraft",
        )
        return Response({"revision": edit.revision, "sha256": edit.sha256})
