"""API tokens of a tenant: a program's way in."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from designer.api.rendering import wire_time
from designer.api.shapes import page_of
from designer.api.tenant_view import TenantView
from designer.tenants import policies, services
from designer.tenants.models import ApiToken


class TokenItem(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=policies.ROLES)
    prefix = serializers.CharField()
    createdAt = serializers.DateTimeField()
    expiresAt = serializers.DateTimeField(allow_null=True)
    lastUsedAt = serializers.DateTimeField(allow_null=True)


class TokenCreate(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    role = serializers.ChoiceField(choices=policies.ROLES)
    expiresAt = serializers.DateTimeField(required=False, allow_null=True)


class TokenCreated(TokenItem):
    token = serializers.CharField(help_text="Shown once.")


TokenPage = page_of(TokenItem)


def present_token(token: ApiToken) -> dict[str, Any]:
    return {
        "id": str(token.pk),
        "name": token.name,
        "role": token.role,
        "prefix": token.prefix,
        "createdAt": wire_time(token.created_at),
        "expiresAt": wire_time(token.expires_at),
        "lastUsedAt": wire_time(token.last_used_at),
    }


class TokensView(TenantView):
    verbs = {"GET": "token.write", "POST": "token.write"}

    @extend_schema(operation_id="listTokens", responses=TokenPage)
    def get(self, request: Request, tenant: str) -> Response:
        tokens = self.tenant.api_tokens.filter(revoked_at=None).order_by("-created_at")
        return Response({"items": [present_token(token) for token in tokens], "nextCursor": None})

    @extend_schema(operation_id="createToken", request=TokenCreate, responses={201: TokenCreated})
    def post(self, request: Request, tenant: str) -> Response:
        form = TokenCreate(data=request.data)
        form.is_valid(raise_exception=True)
        values = form.validated_data
        token, secret = services.create_token(
            self.actor, name=values["name"], role=values["role"], expires_at=values.get("expiresAt")
        )
        return Response({**present_token(token), "token": secret}, status=201)


class TokenView(TenantView):
    verbs = {"DELETE": "token.write"}

    @extend_schema(operation_id="revokeToken", request=None, responses={204: None})
    def delete(self, request: Request, tenant: str, token_id: str) -> Response:
        services.revoke_token(self.actor, token_id)
        return Response(status=204)
