"""The audit trail: who did what, when, to which object, and the facts before and after."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from designer.api.rendering import wire_time
from designer.api.runs import limit_of
from designer.api.tenant_view import TenantView
from designer.tenants import audit
from designer.tenants.models import AuditEntry


class AuditItem(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    actor = serializers.CharField()
    action = serializers.CharField(help_text="workflow.publish, member.role, …")
    kind = serializers.CharField(help_text="workflow, run, connection, member, …")
    objectId = serializers.CharField()
    objectName = serializers.CharField()
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)
    requestId = serializers.CharField()


class AuditPage(serializers.Serializer[Any]):
    items = AuditItem(many=True)
    nextCursor = serializers.CharField(allow_null=True)
    kinds = serializers.ListField(child=serializers.CharField(), help_text="Of which there are entries.")


class AuditQuery(serializers.Serializer[Any]):
    kind = serializers.CharField(required=False, max_length=40)
    person = serializers.CharField(required=False, max_length=254)
    object = serializers.CharField(required=False, max_length=60)
    before = serializers.DateTimeField(required=False)
    cursor = serializers.UUIDField(required=False)


def present_entry(entry: AuditEntry) -> dict[str, Any]:
    return {
        "id": str(entry.pk),
        "at": wire_time(entry.at),
        "actor": entry.actor_name,
        "action": entry.action,
        "kind": entry.object_kind,
        "objectId": entry.object_id,
        "objectName": entry.object_name,
        "before": entry.before,
        "after": entry.after,
        "requestId": entry.request_id,
    }


class AuditView(TenantView):
    verbs = {"GET": "audit.read"}

    @extend_schema(
        operation_id="listAudit",
        parameters=[
            OpenApiParameter("kind", str),
            OpenApiParameter("person", str, description="Part of a name or an address."),
            OpenApiParameter("object", str, description="The id of one object."),
            OpenApiParameter("before", OpenApiTypes.DATETIME),
            OpenApiParameter("cursor", OpenApiTypes.UUID),
            OpenApiParameter("limit", int),
        ],
        responses=AuditPage,
    )
    def get(self, request: Request, tenant: str) -> Response:
        form = AuditQuery(data=request.query_params)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        cursor: uuid.UUID | None = given.pop("cursor", None)
        filters = audit.Filters(object_id=given.pop("object", ""), **given)
        entries, following = audit.page(self.tenant, filters, cursor, limit_of(request, 200))
        return Response(
            {
                "items": [present_entry(entry) for entry in entries],
                "nextCursor": str(following) if following else None,
                "kinds": audit.kinds(self.tenant),
            }
        )
