"""The values of a workflow's parameters."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from designer.api.tenant_view import TenantView
from designer.workflows import services, values
from designer.workflows.models import Workflow


class ParameterValue(serializers.Serializer[Any]):
    name = serializers.CharField()
    secret = serializers.BooleanField(help_text="There is a value, and nobody is shown it.")
    value = serializers.JSONField(allow_null=True, help_text="Null where it is secret.")


class ParameterValues(serializers.Serializer[Any]):
    items = ParameterValue(many=True)
    published = serializers.BooleanField(help_text="Whether the published version has the same values.")


class ParameterValuesChange(serializers.Serializer[Any]):
    """What is not named stays as it is."""

    values = serializers.DictField(child=serializers.JSONField(allow_null=True), default=dict)
    removed = serializers.ListField(child=serializers.CharField(), default=list)
    renamed = serializers.DictField(
        child=serializers.CharField(), default=dict, help_text="Old name of a parameter, new name."
    )


class ParameterValuesView(TenantView):
    verbs = {"GET": "workflow.read", "PATCH": "workflow.edit"}

    @extend_schema(operation_id="getParameterValues", responses=ParameterValues)
    def get(self, request: Request, tenant: str, workflow_id: uuid.UUID) -> Response:
        return Response(_present(services.find(self.tenant, workflow_id)))

    @extend_schema(
        operation_id="changeParameterValues", request=ParameterValuesChange, responses=ParameterValues
    )
    def patch(self, request: Request, tenant: str, workflow_id: uuid.UUID) -> Response:
        workflow = services.find(self.tenant, workflow_id)
        form = ParameterValuesChange(data=request.data)
        form.is_valid(raise_exception=True)
        wanted = form.validated_data
        values.change(self.actor, workflow, wanted["values"], wanted["removed"], wanted["renamed"])
        return Response(_present(services.find(self.tenant, workflow_id)))


def _present(workflow: Workflow) -> dict[str, Any]:
    published = workflow.published
    return {
        "items": values.shown(workflow),
        "published": published is not None and published.parameters == workflow.parameters,
    }
