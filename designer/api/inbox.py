"""The inbox: list, one arrival with what it brought, redrive."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from designer.api.runs import RunCreated, RunWorkflow, is_uuid, limit_of
from designer.api.shapes import page_of
from designer.api.tenant_view import TenantView
from designer.tenants.errors import FieldsInvalid
from designer.workflows import inbox


class ArrivalItem(serializers.Serializer[Any]):
    """`outcome` is where the arrival stands or how it ended, `detail` why."""

    id = serializers.UUIDField()
    workflow = RunWorkflow()
    trigger = serializers.CharField()
    kind = serializers.CharField(help_text="callback, webhook, schedule, poll, manual, resubmit, child, …")
    outcome = serializers.ChoiceField(choices=inbox.STATES)
    detail = serializers.CharField(allow_null=True)
    runs = serializers.IntegerField(help_text="How many runs it started.")
    attempts = serializers.IntegerField()
    receivedAt = serializers.DateTimeField()
    clientTrackingId = serializers.CharField(allow_null=True)
    duplicateOf = serializers.UUIDField(
        allow_null=True, help_text="The arrival before that it repeats, and the id of the run that started."
    )


class ArrivalDetail(ArrivalItem):
    """`outputs` is a value of the language: read it losslessly. A big body is {"$ref": {…}}."""

    requestId = serializers.CharField(allow_null=True)
    actor = serializers.CharField(allow_null=True)
    deduplicationKey = serializers.CharField(allow_null=True)
    outputs = serializers.JSONField(allow_null=True)
    secured = serializers.BooleanField(help_text="Its author secured what this trigger brings.")
    runIds = serializers.ListField(child=serializers.UUIDField(), help_text="At most the first hundred.")


ArrivalPage = page_of(ArrivalItem)


class InboxView(TenantView):
    verbs = {"GET": "run.read"}

    @extend_schema(
        operation_id="listInbox",
        parameters=[
            OpenApiParameter("workflow", OpenApiTypes.UUID),
            OpenApiParameter("outcome", str, description="One or more, separated by commas."),
            OpenApiParameter("cursor", str),
            OpenApiParameter("limit", int),
        ],
        responses=ArrivalPage,
    )
    def get(self, request: Request, tenant: str) -> Response:
        query = request.query_params
        workflow = query.get("workflow")
        if workflow and not is_uuid(workflow):
            raise FieldsInvalid({"workflow": ["This must be the id of a workflow."]})
        return Response(
            inbox.page(
                self.tenant,
                workflow_id=uuid.UUID(workflow) if workflow else None,
                state=query.get("outcome", ""),
                cursor=query.get("cursor"),
                limit=limit_of(request, 200),
            )
        )


class ArrivalView(TenantView):
    verbs = {"GET": "run.read"}

    @extend_schema(operation_id="getArrival", responses=ArrivalDetail)
    def get(self, request: Request, tenant: str, arrival_id: uuid.UUID) -> Response:
        return Response(inbox.detail(self.tenant, arrival_id))


class Correction(serializers.Serializer[Any]):
    body = serializers.JSONField(
        required=False,
        allow_null=True,
        help_text="In place of the body that arrived; takes the permission to edit the workflow.",
    )


class RedriveView(TenantView):
    verbs = {"POST": "run.resubmit"}

    @extend_schema(operation_id="redriveArrival", request=Correction, responses={202: RunCreated})
    def post(self, request: Request, tenant: str, arrival_id: uuid.UUID) -> Response:
        given = request.data if isinstance(request.data, dict) else {}
        if "body" in given:
            # As sent: a serializer would turn numbers into Python's.
            new_id = inbox.redrive_with(self.actor, arrival_id, given["body"])
        else:
            new_id = inbox.redrive(self.actor, arrival_id)
        return Response({"runId": str(new_id)}, status=202)
