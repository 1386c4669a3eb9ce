"""When a schedule of the draft would fire."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from designer.api.rendering import wire_time
from designer.api.tenant_view import TenantView
from designer.workflows import services, texts
from runtime import services as runtime
from runtime.language.values import loads


class Schedule(serializers.Serializer[Any]):
    recurrence = serializers.DictField(
        child=serializers.JSONField(allow_null=True), help_text="As it stands in the trigger."
    )
    count = serializers.IntegerField(min_value=1, max_value=50, default=10)


class Occurrences(serializers.Serializer[Any]):
    """Where it is published now; an error in words where the recurrence cannot be followed."""

    times = serializers.ListField(child=serializers.DateTimeField(), help_text="The next ones, in UTC.")
    zone = serializers.CharField(allow_blank=True, help_text="IANA name of the schedule's own time zone.")
    counted = serializers.BooleanField(help_text="The first is the moment of publishing.")
    error = serializers.CharField(allow_blank=True)


class OccurrencesView(TenantView):
    verbs = {"POST": "workflow.read"}

    @extend_schema(operation_id="previewSchedule", request=Schedule, responses=Occurrences)
    def post(self, request: Request, tenant: str, workflow_id: uuid.UUID) -> Response:
        workflow = services.find(self.tenant, workflow_id)
        form = Schedule(data=request.data)
        form.is_valid(raise_exception=True)
        definition = texts.definition_of(workflow.draft_text)
        told = runtime.forecast(
            definition,
            form.validated_data["recurrence"],
            runtime.open_values(self.tenant.pk, definition, loads(workflow.parameters)),
            form.validated_data["count"],
        )
        return Response(
            {
                "times": [wire_time(moment) for moment in told.times],
                "zone": told.zone,
                "counted": told.counted,
                "error": told.error,
            }
        )
