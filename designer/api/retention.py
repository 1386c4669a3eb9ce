"""How long finished runs are kept, for the tenant and for one workflow."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from designer.api.tenant_view import TenantView
from designer.workflows import retention

_MOST_DAYS, _MOST_RUNS = 36_500, 100_000_000


class KeptRuns(serializers.Serializer[Any]):
    """Null: as the next wider rule says. 0: no limit."""

    days = serializers.IntegerField(
        allow_null=True, min_value=0, max_value=_MOST_DAYS, help_text="Days after their end."
    )
    runs = serializers.IntegerField(
        allow_null=True, min_value=0, max_value=_MOST_RUNS, help_text="The newest so many of each workflow."
    )


class RetentionShown(serializers.Serializer[Any]):
    """`own` is what was set here, `inherited` what would hold without it, `effective` what holds."""

    own = KeptRuns()
    inherited = KeptRuns()
    effective = KeptRuns()


class RetentionView(TenantView):
    verbs = {"GET": "run.read", "PUT": "settings.write"}

    @extend_schema(operation_id="getRetention", responses=RetentionShown)
    def get(self, request: Request, tenant: str) -> Response:
        return Response(retention.of_tenant(self.tenant))

    @extend_schema(operation_id="setRetention", request=KeptRuns, responses=RetentionShown)
    def put(self, request: Request, tenant: str) -> Response:
        retention.change(self.actor, None, **_given(request))
        return Response(retention.of_tenant(self.tenant))


class WorkflowRetentionView(TenantView):
    verbs = {"GET": "run.read", "PUT": "settings.write"}

    @extend_schema(operation_id="getWorkflowRetention", responses=RetentionShown)
    def get(self, request: Request, tenant: str, workflow_id: uuid.UUID) -> Response:
        return Response(retention.of_workflow(self.tenant, workflow_id))

    @extend_schema(operation_id="setWorkflowRetention", request=KeptRuns, responses=RetentionShown)
    def put(self, request: Request, tenant: str, workflow_id: uuid.UUID) -> Response:
        retention.of_workflow(
            self.tenant, workflow_id
        )  # that it exists comes before what is wrong with the body
        retention.change(self.actor, workflow_id, **_given(request))
        return Response(retention.of_workflow(self.tenant, workflow_id))


def _given(request: Request) -> dict[str, int | None]:
    form = KeptRuns(data=request.data)
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)
