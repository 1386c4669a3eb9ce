"""Versions: publish the draft, list, read, restore."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from designer.api.rendering import wire_time
from designer.api.shapes import page_of
from designer.api.tenant_view import TenantView
from designer.workflows import publishing, services
from designer.workflows.models import Version, Workflow


class PublishForm(serializers.Serializer[Any]):
    comment = serializers.CharField(max_length=500, allow_blank=True, default="")
    revision = serializers.IntegerField(min_value=0)


class VersionItem(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    comment = serializers.CharField(allow_blank=True)
    author = serializers.CharField(allow_null=True)
    createdAt = serializers.DateTimeField()
    current = serializers.BooleanField()
    sha256 = serializers.CharField()
    revision = serializers.IntegerField(allow_null=True, help_text="Of the draft that became this version.")


class VersionDetail(VersionItem):
    text = serializers.CharField()


class PublishResult(serializers.Serializer[Any]):
    version = VersionItem()


class RestoreResult(serializers.Serializer[Any]):
    revision = serializers.IntegerField()
    sha256 = serializers.CharField()


VersionPage = page_of(VersionItem)


def present_version(version: Version, workflow: Workflow) -> dict[str, Any]:
    return {
        "number": version.number,
        "comment": version.comment,
        "author": version.author.shown_name if version.author else None,
        "createdAt": wire_time(version.created_at),
        "current": version.pk == workflow.published_id,
        "sha256": version.sha256,
        "revision": version.facts.get("revision"),
    }


class PublishView(TenantView):
    verbs = {"POST": "workflow.publish"}

    @extend_schema(operation_id="publishWorkflow", request=PublishForm, responses={201: PublishResult})
    def post(self, request: Request, tenant: str, workflow_id: str) -> Response:
        form = PublishForm(data=request.data)
        form.is_valid(raise_exception=True)
        workflow = services.find(self.tenant, workflow_id)
        version = publishing.publish(self.actor, workflow, **form.validated_data)
        workflow.refresh_from_db()
        return Response({"version": present_version(version, workflow)}, status=201)


class VersionsView(TenantView):
    verbs = {"GET": "workflow.read"}

    @extend_schema(
        operation_id="listVersions", parameters=[OpenApiParameter("cursor", str)], responses=VersionPage
    )
    def get(self, request: Request, tenant: str, workflow_id: str) -> Response:
        workflow = services.find(self.tenant, workflow_id)
        page = publishing.versions(workflow, request.query_params.get("cursor"))
        items = [present_version(version, workflow) for version in page.items]
        return Response({"items": items, "nextCursor": page.next_cursor})


class VersionView(TenantView):
    verbs = {"GET": "workflow.read"}

    @extend_schema(operation_id="getVersion", responses=VersionDetail)
    def get(self, request: Request, tenant: str, workflow_id: str, number: int) -> Response:
        workflow = services.find(self.tenant, workflow_id)
        version = publishing.version(workflow, number)
        return Response({**present_version(version, workflow), "text": version.text})


class RestoreView(TenantView):
    verbs = {"POST": "workflow.edit"}

    @extend_schema(operation_id="restoreVersion", request=None, responses=RestoreResult)
    def post(self, request: Request, tenant: str, workflow_id: str, number: int) -> Response:
        workflow = services.find(self.tenant, workflow_id)
        edit = publishing.restore(self.actor, workflow, publishing.version(workflow, number))
        return Response({"revision": edit.revision, "sha256": edit.sha256})
