"""The settings of an organisation: its limits, and what it keeps. Retention has its own routes."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from designer.api.tenant_view import TenantView
from designer.tenants.errors import FieldsInvalid
from designer.workflows import limits


class ByteLimit(serializers.Serializer[Any]):
    """`own` is what was set here, `inherited` what the installation allows, `effective` what holds."""

    own = serializers.IntegerField(allow_null=True)
    inherited = serializers.IntegerField()
    effective = serializers.IntegerField()


class StorageUsed(serializers.Serializer[Any]):
    payloads = serializers.IntegerField(help_text="Values above 4 KB that runs keep.")
    payloadBytes = serializers.IntegerField(help_text="As JSON text, before compression.")
    payloadStore = serializers.CharField(help_text="Where new ones go.")
    fileBytes = serializers.IntegerField()
    fileQuota = serializers.IntegerField(allow_null=True, help_text="Null: no limit.")


class SettingsShown(serializers.Serializer[Any]):
    bodyLimit = ByteLimit()
    runsAtOnce = serializers.IntegerField(
        allow_null=True, help_text="Active runs of all workflows together. Null: any number."
    )
    storage = StorageUsed()


class SettingsChange(serializers.Serializer[Any]):
    """What is left out stays as it is."""

    bodyLimit = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=2**50,
        help_text="Bytes of a call's body. Null: no own limit.",
    )
    runsAtOnce = serializers.IntegerField(
        required=False, allow_null=True, help_text="1 to 10,000; further runs wait. Null: any number."
    )


class WorkflowLimitsChange(serializers.Serializer[Any]):
    runsAtOnce = serializers.IntegerField(
        allow_null=True, help_text="1 to 10,000; further runs wait. Null: any number."
    )


class WorkflowLimits(WorkflowLimitsChange):
    inherited = serializers.IntegerField(allow_null=True, help_text="Of all workflows together.")
    active = serializers.IntegerField(help_text="Its runs that have begun and not ended.")
    waiting = serializers.IntegerField(help_text="Its runs that wait for a place.")


class SettingsView(TenantView):
    verbs = {"GET": "settings.write", "PUT": "settings.write"}

    @extend_schema(operation_id="getSettings", responses=SettingsShown)
    def get(self, request: Request, tenant: str) -> Response:
        return Response(limits.of_tenant(self.tenant))

    @extend_schema(operation_id="changeSettings", request=SettingsChange, responses=SettingsShown)
    def put(self, request: Request, tenant: str) -> Response:
        form = SettingsChange(data=request.data)
        form.is_valid(raise_exception=True)
        if not form.validated_data:
            raise FieldsInvalid(
                {str(name): ["Say what is to be changed: one of these."] for name in form.fields}
            )
        limits.change(self.actor, form.validated_data)
        return Response(limits.of_tenant(self.tenant))


class WorkflowLimitsView(TenantView):
    verbs = {"GET": "run.read", "PUT": "settings.write"}

    @extend_schema(operation_id="getWorkflowLimits", responses=WorkflowLimits)
    def get(self, request: Request, tenant: str, workflow_id: uuid.UUID) -> Response:
        return Response(limits.of_workflow(self.tenant, workflow_id))

    @extend_schema(
        operation_id="changeWorkflowLimits", request=WorkflowLimitsChange, responses=WorkflowLimits
    )
    def put(self, request: Request, tenant: str, workflow_id: uuid.UUID) -> Response:
        limits.of_workflow(self.tenant, workflow_id)  # that it exists comes before what is wrong in the body
        form = WorkflowLimitsChange(data=request.data)
        form.is_valid(raise_exception=True)
        limits.change_of_workflow(self.actor, workflow_id, form.validated_data["runsAtOnce"])
        return Response(limits.of_workflow(self.tenant, workflow_id))
