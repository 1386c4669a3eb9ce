"""What needs attention, above the list of workflows."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from designer.api.rendering import wire_time
from designer.api.tenant_view import TenantView
from designer.workflows import attention, connections


class FailingWorkflow(serializers.Serializer[Any]):
    workflowId = serializers.UUIDField()
    name = serializers.CharField()
    runId = serializers.UUIDField(help_text="The newest run that failed.")
    at = serializers.DateTimeField(help_text="When that run began.")
    action = serializers.CharField(allow_null=True, help_text="Its first failed action.")
    code = serializers.CharField(allow_null=True)
    failed = serializers.IntegerField()
    ended = serializers.IntegerField(help_text="Newest runs of the last 24 hours that ended, at most 50.")
    last = serializers.BooleanField(help_text="Whether the newest of them failed.")


class FailingConnection(serializers.Serializer[Any]):
    name = serializers.CharField()
    message = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True)


class Attention(serializers.Serializer[Any]):
    workflows = FailingWorkflow(many=True)
    connections = FailingConnection(many=True)


def present(found: attention.Failing) -> dict[str, Any]:
    run = found.run
    return {
        "workflowId": str(found.workflow.pk),
        "name": found.workflow.name,
        "runId": str(run.pk),
        "at": wire_time(run.started_at),
        "action": run.first_failed_action or None,
        "code": run.code or None,
        "failed": found.failed,
        "ended": found.ended,
        "last": found.last,
    }


class AttentionView(TenantView):
    verbs = {"GET": "workflow.read"}

    @extend_schema(operation_id="listAttention", responses=Attention)
    def get(self, request: Request, tenant: str) -> Response:
        broken = [each for each in connections.all_of(self.tenant) if each.state == "failing"]
        return Response(
            {
                "workflows": [present(found) for found in attention.failing(self.tenant)],
                "connections": [
                    {"name": each.name, "message": each.state_message, "at": wire_time(each.last_tested)}
                    for each in broken[:20]
                ],
            }
        )
