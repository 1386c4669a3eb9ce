"""Operations and expression functions: what a definition may name."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from designer.api.shapes import OPERATION_KINDS
from designer.api.tenant_view import TenantView
from designer.tenants.errors import NotFound
from runtime import catalog


class OperationItem(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="connector/operation")
    connector = serializers.CharField()
    connectorTitle = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    kind = serializers.ChoiceField(choices=OPERATION_KINDS)
    wdlType = serializers.CharField()
    category = serializers.CharField()
    icon = serializers.CharField(help_text="Inline SVG")
    color = serializers.CharField(allow_null=True)
    keywords = serializers.ListField(child=serializers.CharField())
    needsConnection = serializers.BooleanField()


class OperationManifest(serializers.Serializer[Any]):
    id = serializers.CharField()
    connector = serializers.CharField()
    connectorTitle = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    kind = serializers.ChoiceField(choices=OPERATION_KINDS)
    wdlType = serializers.CharField()
    icon = serializers.CharField()
    color = serializers.CharField(allow_null=True)
    needsConnection = serializers.BooleanField()
    inputs = serializers.DictField(help_text="JSON schema of the member's inputs, with x-ms-* hints.")
    outputs = serializers.DictField(help_text="JSON schema of the outputs object.")
    template = serializers.CharField(help_text="JSON text of the member to insert.")
    connection = serializers.DictField(allow_null=True, help_text="Which connector a connection must be of.")
    settings = serializers.ListField(
        child=serializers.CharField(), help_text="Names of the settings it takes, e.g. retryPolicy."
    )


class FieldValue(serializers.Serializer[Any]):
    value = serializers.JSONField(allow_null=True)
    title = serializers.CharField()


class FieldValuesQuery(serializers.Serializer[Any]):
    """`field` names the input whose choices are wanted; `inputs` are the values filled in so far."""

    field = serializers.CharField()
    connection = serializers.CharField(allow_null=True, required=False)
    inputs = serializers.DictField(child=serializers.JSONField(allow_null=True), required=False)


class FieldTreeQuery(serializers.Serializer[Any]):
    """`folder` is opened; with `search` whatever below all folders has such a name is found."""

    field = serializers.CharField()
    connection = serializers.CharField(allow_null=True, required=False)
    folder = serializers.CharField(required=False, allow_blank=True, max_length=2_000)
    search = serializers.CharField(required=False, allow_blank=True, max_length=200)


class FieldBranch(serializers.Serializer[Any]):
    value = serializers.CharField()
    title = serializers.CharField()
    isParent = serializers.BooleanField()


class FieldTree(serializers.Serializer[Any]):
    items = FieldBranch(many=True)
    more = serializers.BooleanField(help_text="There is more than is shown: search by name.")


class FieldValues(serializers.Serializer[Any]):
    items = FieldValue(many=True)


class FunctionItem(serializers.Serializer[Any]):
    name = serializers.CharField()
    category = serializers.CharField()
    signature = serializers.CharField()
    summary = serializers.CharField()
    minArgs = serializers.IntegerField()
    maxArgs = serializers.IntegerField(allow_null=True, help_text="Null: any number.")
    returns = serializers.CharField()


class TimeZoneItem(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="As a definition writes it.")
    offset = serializers.IntegerField(help_text="Minutes ahead of UTC in winter, without daylight saving.")
    place = serializers.CharField(help_text="The IANA name it stands for.")


class OperationsView(TenantView):
    verbs = {"GET": "operation.read"}

    @extend_schema(operation_id="listOperations", responses=OperationItem(many=True))
    def get(self, request: Request, tenant: str) -> Response:
        return Response(catalog.index())


class OperationView(TenantView):
    verbs = {"GET": "operation.read"}

    @extend_schema(operation_id="getOperation", responses=OperationManifest)
    def get(self, request: Request, tenant: str, connector: str, operation: str) -> Response:
        manifest = catalog.manifest(connector, operation)
        if manifest is None:
            raise NotFound("operation", f"{connector}/{operation}")
        return Response(manifest)


class OperationValuesView(TenantView):
    verbs = {"POST": "connection.use"}

    @extend_schema(operation_id="listFieldValues", request=FieldValuesQuery, responses=FieldValues)
    def post(self, request: Request, tenant: str, connector: str, operation: str) -> Response:
        form = FieldValuesQuery(data=request.data)
        form.is_valid(raise_exception=True)
        values = form.validated_data
        items = catalog.list_values(
            self.tenant.pk,
            connector,
            operation,
            field=values["field"],
            connection=values.get("connection"),
            inputs=values.get("inputs", {}),
        )
        return Response({"items": items})


class OperationTreeView(TenantView):
    verbs = {"POST": "connection.use"}

    @extend_schema(operation_id="listFieldBranches", request=FieldTreeQuery, responses=FieldTree)
    def post(self, request: Request, tenant: str, connector: str, operation: str) -> Response:
        form = FieldTreeQuery(data=request.data)
        form.is_valid(raise_exception=True)
        wanted = form.validated_data
        items, more = catalog.list_branches(
            self.tenant.pk,
            connector,
            operation,
            field=wanted["field"],
            connection=wanted.get("connection"),
            folder=wanted.get("folder", ""),
            search=wanted.get("search", ""),
        )
        return Response({"items": items, "more": more})


class FunctionsView(TenantView):
    verbs = {"GET": "operation.read"}

    @extend_schema(operation_id="listFunctions", responses=FunctionItem(many=True))
    def get(self, request: Request, tenant: str) -> Response:
        return Response(catalog.functions())


class TimeZonesView(TenantView):
    verbs = {"GET": "operation.read"}

    @extend_schema(operation_id="listTimeZones", responses=TimeZoneItem(many=True))
    def get(self, request: Request, tenant: str) -> Response:
        return Response(catalog.time_zones(), headers={"Cache-Control": "private, max-age=86400"})
