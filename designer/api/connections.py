"""Connections of a tenant, and the connectors they are made for."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from connectors.models import Connection
from designer.api.rendering import wire_time
from designer.api.shapes import CONNECTION_STATES, page_of
from designer.api.tenant_view import TenantView
from designer.workflows import connections
from runtime import catalog


class ConnectorItem(serializers.Serializer[Any]):
    id = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    icon = serializers.CharField(help_text="Inline SVG")
    color = serializers.CharField(allow_null=True)
    connectionForm = serializers.DictField(
        allow_null=True, help_text="JSON schema of a connection's parameters; null where none is needed."
    )


class ConnectionItem(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    connector = serializers.CharField()
    state = serializers.ChoiceField(choices=CONNECTION_STATES)
    stateMessage = serializers.CharField(allow_blank=True)
    lastTested = serializers.DateTimeField(allow_null=True)
    usedBy = serializers.IntegerField(help_text="Number of workflows that name it.")
    createdAt = serializers.DateTimeField()
    updatedAt = serializers.DateTimeField()


class ConnectionLimits(serializers.Serializer[Any]):
    """Null: no limit. Both hold for all workflows and processes together, within two seconds."""

    mostAtOnce = serializers.IntegerField(
        source="most_at_once", allow_null=True, required=False, min_value=1, max_value=10_000,
        help_text="Calls at a time; further ones wait in order.",
    )  # fmt: skip
    mostPerMinute = serializers.IntegerField(
        source="most_per_minute", allow_null=True, required=False, min_value=1, max_value=100_000,
        help_text="Calls a minute, evenly spread.",
    )  # fmt: skip


class ConnectionDetail(ConnectionItem):
    limits = ConnectionLimits()
    parameters = serializers.DictField(
        child=serializers.JSONField(allow_null=True),
        help_text="Without secrets: they never leave the server.",
    )
    secretsSet = serializers.ListField(child=serializers.CharField())


class ConnectionCreate(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80)
    connector = serializers.CharField(max_length=80)
    parameters = serializers.DictField(child=serializers.JSONField(allow_null=True))
    limits = ConnectionLimits(required=False)


class ConnectionChange(serializers.Serializer[Any]):
    """A secret that is left out keeps its value."""

    name = serializers.CharField(max_length=80, required=False)
    parameters = serializers.DictField(child=serializers.JSONField(allow_null=True), required=False)
    limits = ConnectionLimits(required=False)


class TestResult(serializers.Serializer[Any]):
    ok = serializers.BooleanField()
    message = serializers.CharField()
    testedAt = serializers.DateTimeField()


ConnectionPage = page_of(ConnectionItem)


def present_connection(connection: Connection, used_by: int) -> dict[str, Any]:
    return {
        "id": str(connection.pk),
        "name": connection.name,
        "connector": connection.connector,
        "state": connection.state,
        "stateMessage": connection.state_message,
        "lastTested": wire_time(connection.last_tested),
        "usedBy": used_by,
        "createdAt": wire_time(connection.created_at),
        "updatedAt": wire_time(connection.updated_at),
    }


def present_detail(connection: Connection) -> dict[str, Any]:
    shown = connections.without_secrets(connection)
    used_by = connections.usage(connection.tenant)[connection.name.lower()]
    return {
        **present_connection(connection, used_by),
        "parameters": shown.parameters,
        "limits": {"mostAtOnce": connection.most_at_once, "mostPerMinute": connection.most_per_minute},
        "secretsSet": shown.secrets_set,
    }


class ConnectorsView(TenantView):
    verbs = {"GET": "operation.read"}

    @extend_schema(operation_id="listConnectors", responses=ConnectorItem(many=True))
    def get(self, request: Request, tenant: str) -> Response:
        return Response(catalog.connectors())


class ConnectionsView(TenantView):
    verbs = {"GET": "connection.read", "POST": "connection.write"}

    @extend_schema(operation_id="listConnections", responses=ConnectionPage)
    def get(self, request: Request, tenant: str) -> Response:
        used = connections.usage(self.tenant)
        items = [
            present_connection(item, used[item.name.lower()]) for item in connections.all_of(self.tenant)
        ]
        return Response({"items": items, "nextCursor": None})

    @extend_schema(
        operation_id="createConnection", request=ConnectionCreate, responses={201: ConnectionDetail}
    )
    def post(self, request: Request, tenant: str) -> Response:
        form = ConnectionCreate(data=request.data)
        form.is_valid(raise_exception=True)
        connection = connections.create(self.actor, **form.validated_data)
        return Response(present_detail(connection), status=201)


class ConnectionView(TenantView):
    verbs = {"GET": "connection.read", "PATCH": "connection.write", "DELETE": "connection.write"}

    @extend_schema(operation_id="getConnection", responses=ConnectionDetail)
    def get(self, request: Request, tenant: str, connection_id: str) -> Response:
        return Response(present_detail(connections.find(self.tenant, connection_id)))

    @extend_schema(operation_id="changeConnection", request=ConnectionChange, responses=ConnectionDetail)
    def patch(self, request: Request, tenant: str, connection_id: str) -> Response:
        form = ConnectionChange(data=request.data)
        form.is_valid(raise_exception=True)
        connection = connections.find(self.tenant, connection_id)
        return Response(present_detail(connections.change(self.actor, connection, **form.validated_data)))

    @extend_schema(operation_id="deleteConnection", request=None, responses={204: None})
    def delete(self, request: Request, tenant: str, connection_id: str) -> Response:
        connections.delete(self.actor, connections.find(self.tenant, connection_id))
        return Response(status=204)


class ConnectionTestView(TenantView):
    verbs = {"POST": "connection.use"}

    @extend_schema(operation_id="testConnection", request=None, responses=TestResult)
    def post(self, request: Request, tenant: str, connection_id: str) -> Response:
        connection = connections.test(self.actor, connections.find(self.tenant, connection_id))
        return Response(
            {
                "ok": connection.state == "ok",
                "message": connection.state_message,
                "testedAt": wire_time(connection.last_tested),
            }
        )
