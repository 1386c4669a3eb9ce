"""Workflows by name, for choosing one and for showing which one a definition means."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from designer.api.tenant_view import TenantView
from designer.tenants.errors import FieldsInvalid
from designer.workflows import naming
from designer.workflows.models import Workflow


class NamedWorkflow(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class NamedWorkflows(serializers.Serializer[Any]):
    """At most 50, by name."""

    items = NamedWorkflow(many=True)
    more = serializers.BooleanField(help_text="There are more than these: search for a part of the name.")


class ReferredWorkflow(serializers.Serializer[Any]):
    reference = serializers.CharField()
    workflow = NamedWorkflow(allow_null=True, help_text="Null: none here has this id or name.")


class ReferredWorkflows(serializers.Serializer[Any]):
    items = ReferredWorkflow(many=True)


def _present(workflow: Workflow) -> dict[str, str]:
    return {"id": str(workflow.pk), "name": workflow.name}


class WorkflowNamesView(TenantView):
    verbs = {"GET": "workflow.read"}

    @extend_schema(
        operation_id="listWorkflowNames",
        parameters=[
            OpenApiParameter("search", str, description="A part of the name."),
            OpenApiParameter("trigger", str, description="The type of the draft's first trigger."),
            OpenApiParameter("except", UUID, description="The id of one that is left out."),
        ],
        responses=NamedWorkflows,
    )
    def get(self, request: Request, tenant: str) -> Response:
        query = request.query_params
        found, more = naming.offered(
            self.tenant, query.get("search", ""), query.get("trigger", ""), _id_of(query.get("except", ""))
        )
        return Response({"items": [_present(workflow) for workflow in found], "more": more})


class WorkflowReferencesView(TenantView):
    verbs = {"GET": "workflow.read"}

    @extend_schema(
        operation_id="listWorkflowReferences",
        parameters=[
            OpenApiParameter(
                "reference",
                str,
                many=True,
                required=True,
                description=f"An id, a name, or an address that ends in one; at most {naming.REFERENCES}.",
            )
        ],
        responses=ReferredWorkflows,
    )
    def get(self, request: Request, tenant: str) -> Response:
        references = list(dict.fromkeys(request.query_params.getlist("reference")))
        if len(references) > naming.REFERENCES:
            raise FieldsInvalid({"reference": [f"Ask for at most {naming.REFERENCES} at once."]})
        found = naming.referred(self.tenant, references)
        items = [
            {"reference": reference, "workflow": workflow and _present(workflow)}
            for reference, workflow in found
        ]
        return Response({"items": items})


def _id_of(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise FieldsInvalid({"except": ["This must be the id of a workflow."]}) from None
