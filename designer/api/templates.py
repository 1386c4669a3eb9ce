"""Templates: ready workflows to start from."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from designer.api.tenant_view import TenantView
from designer.workflows import services, templates
from designer.workflows.templates import authoring


class TemplateNeed(serializers.Serializer[Any]):
    """A connection the template's definition names; `available` are the tenant's own of that connector."""

    connector = serializers.CharField()
    connection = serializers.CharField()
    title = serializers.CharField()
    available = serializers.ListField(child=serializers.CharField())


class TemplateParameter(serializers.Serializer[Any]):
    name = serializers.CharField()
    type = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    default = serializers.JSONField(allow_null=True)


class TemplateItem(serializers.Serializer[Any]):
    id = serializers.CharField()
    title = serializers.CharField()
    summary = serializers.CharField()
    category = serializers.CharField()
    triggerType = serializers.CharField()
    connectors = serializers.ListField(child=serializers.CharField())
    actions = serializers.IntegerField()
    own = serializers.BooleanField(help_text="Saved in this organisation, not shipped.")
    by = serializers.CharField(allow_null=True)
    changedAt = serializers.DateTimeField(allow_null=True)


class TemplateDetail(TemplateItem):
    needs = TemplateNeed(many=True)
    parameters = TemplateParameter(many=True)
    text = serializers.CharField()


class TemplateOutlineParameter(TemplateParameter):
    mustAsk = serializers.BooleanField(help_text="It has no value: whoever uses the template is asked.")
    secret = serializers.BooleanField()


class TemplateSecret(serializers.Serializer[Any]):
    """Stands in clear text in the draft; the template asks for `parameter` instead."""

    message = serializers.CharField()
    parameter = serializers.CharField()


class TemplateOutlineNeed(serializers.Serializer[Any]):
    connector = serializers.CharField()
    connection = serializers.CharField()
    title = serializers.CharField()


class TemplateOutline(serializers.Serializer[Any]):
    """What a template of a workflow's draft would hold."""

    needs = TemplateOutlineNeed(many=True)
    parameters = TemplateOutlineParameter(many=True)
    secrets = TemplateSecret(many=True)


class TemplateWords(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200)
    title = serializers.CharField(max_length=120, allow_blank=True, default="")
    description = serializers.CharField(max_length=500, allow_blank=True, default="")


class TemplateChange(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=200)
    summary = serializers.CharField(max_length=1_000, allow_blank=True, default="")
    category = serializers.CharField(max_length=200, allow_blank=True, default="")


class TemplateCreate(TemplateChange):
    """`parameters` are those to ask for; the others keep their value."""

    workflow = serializers.UUIDField()
    parameters = TemplateWords(many=True, default=list)


class TemplatesView(TenantView):
    verbs = {"GET": "template.read", "POST": "template.write"}

    @extend_schema(operation_id="listTemplates", responses=TemplateItem(many=True))
    def get(self, request: Request, tenant: str) -> Response:
        return Response([template.item() for template in templates.of_tenant(self.tenant)])

    @extend_schema(operation_id="saveTemplate", request=TemplateCreate, responses={201: TemplateItem})
    def post(self, request: Request, tenant: str) -> Response:
        form = TemplateCreate(data=request.data)
        form.is_valid(raise_exception=True)
        values = dict(form.validated_data)
        workflow = services.find(self.tenant, values.pop("workflow"))
        saved = authoring.save_workflow(self.actor, workflow, **values)
        return Response(templates.of_saved(saved).item(), status=201)


class TemplateView(TenantView):
    verbs = {"GET": "template.read", "PATCH": "template.write", "DELETE": "template.write"}

    @extend_schema(operation_id="getTemplate", responses=TemplateDetail)
    def get(self, request: Request, tenant: str, template_id: str) -> Response:
        return Response(templates.find_in(self.tenant, template_id).detail(self.tenant))

    @extend_schema(operation_id="changeTemplate", request=TemplateChange, responses=TemplateItem)
    def patch(self, request: Request, tenant: str, template_id: str) -> Response:
        form = TemplateChange(data=request.data)
        form.is_valid(raise_exception=True)
        saved = authoring.rename(self.actor, template_id, **form.validated_data)
        return Response(templates.of_saved(saved).item())

    @extend_schema(operation_id="deleteTemplate", request=None, responses={204: None})
    def delete(self, request: Request, tenant: str, template_id: str) -> Response:
        authoring.delete(self.actor, template_id)
        return Response(status=204)


class TemplateOutlineView(TenantView):
    verbs = {"GET": "template.write"}

    @extend_schema(operation_id="outlineTemplate", responses=TemplateOutline)
    def get(self, request: Request, tenant: str, workflow_id: str) -> Response:
        made = authoring.outline(services.find(self.tenant, workflow_id))
        secrets = [{"message": one.message, "parameter": one.parameter} for one in made.secrets]
        return Response({"needs": made.needs, "parameters": made.parameters, "secrets": secrets})
