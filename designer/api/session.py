"""Who is signed in; signing in and out; the first account."""

from __future__ import annotations

from typing import Any

from django.middleware.csrf import get_token
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from designer.api.authentication import SignedIn
from designer.tenants import doors, passwords, policies, sessions, setup
from designer.tenants.models import User


class SessionUser(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    name = serializers.CharField()


class SessionTenant(serializers.Serializer[Any]):
    slug = serializers.CharField()
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=policies.ROLES)
    permissions = serializers.ListField(child=serializers.CharField())


class Session(serializers.Serializer[Any]):
    user = SessionUser(allow_null=True)
    tenants = SessionTenant(many=True)
    setupNeeded = serializers.BooleanField()
    csrfToken = serializers.CharField()


class SignIn(serializers.Serializer[Any]):
    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=1000, trim_whitespace=False)


class PasswordChange(serializers.Serializer[Any]):
    current = serializers.CharField(max_length=1000, trim_whitespace=False)
    password = serializers.CharField(max_length=1000, trim_whitespace=False)


class SetUp(serializers.Serializer[Any]):
    token = serializers.CharField(max_length=200)
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=1000, trim_whitespace=False)
    name = serializers.CharField(max_length=120, allow_blank=True, default="")
    tenantName = serializers.CharField(max_length=120)


def present_session(request: Request) -> dict[str, Any]:
    user = request.user if isinstance(request.user, User) else None
    return {
        "user": {"id": str(user.pk), "email": user.email, "name": user.shown_name} if user else None,
        "tenants": [
            {
                "slug": member.tenant.slug,
                "name": member.tenant.name,
                "role": member.role,
                "permissions": sorted(policies.GRANTS[member.role]),
            }
            for member in (doors.memberships(user) if user else ())
        ],
        "setupNeeded": user is None and not doors.any_user(),
        "csrfToken": get_token(request._request),
    }


class SessionView(APIView):
    permission_classes = (AllowAny,)

    @extend_schema(operation_id="getSession", responses=Session)
    def get(self, request: Request) -> Response:
        return Response(present_session(request), headers={"Cache-Control": "no-store"})

    @extend_schema(operation_id="signIn", request=SignIn, responses=Session)
    def post(self, request: Request) -> Response:
        form = SignIn(data=request.data)
        form.is_valid(raise_exception=True)
        request.user = sessions.sign_in(request._request, **form.validated_data)
        return Response(present_session(request))

    @extend_schema(operation_id="signOut", request=None, responses=Session)
    def delete(self, request: Request) -> Response:
        sessions.sign_out(request._request)
        request.user = request._request.user
        return Response(present_session(request))


class PasswordView(APIView):
    permission_classes = (SignedIn,)

    @extend_schema(operation_id="changePassword", request=PasswordChange, responses=Session)
    def put(self, request: Request) -> Response:
        user = request.user
        if request.auth is not None or not isinstance(user, User):
            raise PermissionDenied(
                "A password is changed by the person, signed in with a browser; not with an API token."
            )
        form = PasswordChange(data=request.data)
        form.is_valid(raise_exception=True)
        passwords.change(
            request._request,
            user,
            current=form.validated_data["current"],
            new=form.validated_data["password"],
            request_id=getattr(request._request, "request_id", ""),
        )
        return Response(present_session(request))


class SetupView(APIView):
    permission_classes = (AllowAny,)

    @extend_schema(operation_id="setUp", request=SetUp, responses={201: Session})
    def post(self, request: Request) -> Response:
        form = SetUp(data=request.data)
        form.is_valid(raise_exception=True)
        values = form.validated_data
        user = setup.use_link(
            token=values["token"],
            email=values["email"],
            password=values["password"],
            name=values["name"],
            tenant_name=values["tenantName"],
            request_id=getattr(request._request, "request_id", ""),
        )
        sessions.begin(request._request, user)
        request.user = user
        return Response(present_session(request), status=201)
