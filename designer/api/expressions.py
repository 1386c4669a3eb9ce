"""Previews: what an expression of the draft gives over the data of a past run, or over a sample."""

from __future__ import annotations

import re
import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from designer.api.shapes import RunError
from designer.api.tenant_view import TenantView
from designer.workflows import expressions, services
from runtime import services as runtime

_REPETITION = re.compile(r"(?:\d{1,9}(?:-\d{1,9}){0,15})?")


class Place(serializers.Serializer[Any]):
    """`run` gives the data; without it `sample` stands for the body that reaches the trigger."""

    run = serializers.UUIDField(required=False, allow_null=True)
    action = serializers.CharField(
        required=False, allow_null=True, max_length=200, help_text="Whose field it is: for item() and loops."
    )
    repetition = serializers.RegexField(
        _REPETITION, required=False, allow_blank=True, help_text='"3-0": turns, outermost loop first.'
    )
    sample = serializers.JSONField(required=False, allow_null=True)

    def validate_repetition(self, text: str) -> str:
        if _REPETITION.fullmatch(text) is None:
            raise serializers.ValidationError("Turns are numbers with hyphens between, e.g. 3-0.")
        return text


class Evaluation(Place):
    template = serializers.JSONField(allow_null=True, help_text="A string with expressions, or any value.")


class Evaluations(Place):
    templates = serializers.ListField(
        child=serializers.JSONField(allow_null=True), max_length=200, help_text="Strings, or any values."
    )


class Evaluated(serializers.Serializer[Any]):
    """Either a value or an error in words."""

    value = serializers.JSONField(
        required=False, allow_null=True, help_text="Null too where the value is large."
    )
    text = serializers.CharField(required=False, help_text="The value as people read it, cut where long.")
    type = serializers.CharField(required=False, help_text="Null String Integer Float Boolean Array Object")
    truncated = serializers.BooleanField(required=False)
    error = RunError(required=False)


class EvaluatedList(serializers.Serializer[Any]):
    items = Evaluated(many=True, help_text="In the order of the templates.")


class EvaluateView(TenantView):
    verbs = {"POST": "workflow.edit"}

    @extend_schema(operation_id="evaluateExpression", request=Evaluation, responses=Evaluated)
    def post(self, request: Request, tenant: str, workflow_id: uuid.UUID) -> Response:
        workflow = services.find(self.tenant, workflow_id)
        asked = Evaluation(data=request.data)
        asked.is_valid(raise_exception=True)
        desk = expressions.Desk(workflow, viewpoint(asked.validated_data))
        return Response(desk.evaluate(asked.validated_data["template"]))


class EvaluateAllView(TenantView):
    verbs = {"POST": "workflow.edit"}

    @extend_schema(operation_id="evaluateExpressions", request=Evaluations, responses=EvaluatedList)
    def post(self, request: Request, tenant: str, workflow_id: uuid.UUID) -> Response:
        workflow = services.find(self.tenant, workflow_id)
        asked = Evaluations(data=request.data)
        asked.is_valid(raise_exception=True)
        desk = expressions.Desk(workflow, viewpoint(asked.validated_data))
        return Response({"items": desk.evaluate_all(asked.validated_data["templates"])})


def viewpoint(given: dict[str, Any]) -> runtime.Viewpoint:
    turns = tuple(int(turn) for turn in (given.get("repetition") or "").split("-") if turn)
    return runtime.Viewpoint(
        run=given.get("run"),
        action=given.get("action") or None,
        repetition=turns,
        sample=given.get("sample"),
        has_sample="sample" in given,
    )
