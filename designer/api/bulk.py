"""Commands for several workflows at once, each answered by what became of each."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from designer.api.tenant_view import TenantView
from designer.workflows import bulk, tags


class WorkflowIds(serializers.Serializer[Any]):
    workflows = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=bulk.MOST)


class WorkflowTagging(WorkflowIds):
    add = serializers.ListField(
        child=serializers.CharField(max_length=200), required=False, default=list, max_length=tags.MOST
    )
    remove = serializers.ListField(
        child=serializers.CharField(max_length=200), required=False, default=list, max_length=500
    )


class WorkflowOutcome(serializers.Serializer[Any]):
    workflow = serializers.UUIDField()
    problem = serializers.CharField(allow_null=True, help_text="Why nothing was done with this one.")


class WorkflowOutcomes(serializers.Serializer[Any]):
    items = WorkflowOutcome(many=True)


def _ids(request: Request) -> list[uuid.UUID]:
    form = WorkflowIds(data=request.data)
    form.is_valid(raise_exception=True)
    return list(dict.fromkeys(form.validated_data["workflows"]))


class EnableWorkflowsView(TenantView):
    verbs = {"POST": "workflow.enable"}

    @extend_schema(operation_id="enableWorkflows", request=WorkflowIds, responses=WorkflowOutcomes)
    def post(self, request: Request, tenant: str) -> Response:
        return Response({"items": bulk.enable_all(self.actor, _ids(request))})


class DisableWorkflowsView(TenantView):
    verbs = {"POST": "workflow.enable"}

    @extend_schema(operation_id="disableWorkflows", request=WorkflowIds, responses=WorkflowOutcomes)
    def post(self, request: Request, tenant: str) -> Response:
        return Response({"items": bulk.disable_all(self.actor, _ids(request))})


class DeleteWorkflowsView(TenantView):
    verbs = {"POST": "workflow.delete"}

    @extend_schema(operation_id="deleteWorkflows", request=WorkflowIds, responses=WorkflowOutcomes)
    def post(self, request: Request, tenant: str) -> Response:
        return Response({"items": bulk.delete_all(self.actor, _ids(request))})


class TagWorkflowsView(TenantView):
    verbs = {"POST": "workflow.edit"}

    @extend_schema(operation_id="tagWorkflows", request=WorkflowTagging, responses=WorkflowOutcomes)
    def post(self, request: Request, tenant: str) -> Response:
        form = WorkflowTagging(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        ids = list(dict.fromkeys(given["workflows"]))
        return Response({"items": bulk.retag_all(self.actor, ids, given["add"], given["remove"])})


class ExportWorkflowsView(TenantView):
    verbs = {"POST": "workflow.read"}

    @extend_schema(
        operation_id="exportWorkflows",
        request=WorkflowIds,
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
    )
    def post(self, request: Request, tenant: str) -> HttpResponse:
        packed = bulk.archive(self.tenant, _ids(request))
        response = HttpResponse(packed, content_type="application/zip")
        response["Content-Disposition"] = 'attachment; filename="workflows.zip"'
        return response
