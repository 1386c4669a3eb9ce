"""Members of a tenant and invitations to it; the public side of an invitation's link."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from designer import address
from designer.api.rendering import wire_time
from designer.api.session import Session, present_session
from designer.api.shapes import page_of
from designer.api.tenant_view import TenantView
from designer.tenants import doors, invitations, policies, services, sessions
from designer.tenants.errors import NotFound
from designer.tenants.models import Invitation, Member, User


class MemberItem(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=policies.ROLES)
    joinedAt = serializers.DateTimeField()
    you = serializers.BooleanField()


class MemberRole(serializers.Serializer[Any]):
    role = serializers.ChoiceField(choices=policies.ROLES)


class InvitationItem(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    role = serializers.ChoiceField(choices=policies.ROLES)
    invitedBy = serializers.CharField(allow_null=True)
    createdAt = serializers.DateTimeField()
    expiresAt = serializers.DateTimeField()


class InvitationCreate(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(choices=policies.ROLES)


class InvitationCreated(InvitationItem):
    url = serializers.CharField(help_text="Shown once: whoever holds it can join.")


class OpenInvitation(serializers.Serializer[Any]):
    tenantName = serializers.CharField()
    email = serializers.EmailField()
    role = serializers.ChoiceField(choices=policies.ROLES)
    hasAccount = serializers.BooleanField(help_text="True: sign in with this email, then accept.")


class InvitationToken(serializers.Serializer[Any]):
    token = serializers.CharField(max_length=200)


class InvitationAccept(InvitationToken):
    name = serializers.CharField(max_length=120, allow_blank=True, default="")
    password = serializers.CharField(
        max_length=1000, trim_whitespace=False, allow_blank=True, default="", help_text="For a new account."
    )


MemberPage = page_of(MemberItem)
InvitationPage = page_of(InvitationItem)


class MembersView(TenantView):
    verbs = {"GET": "member.read"}

    @extend_schema(operation_id="listMembers", responses=MemberPage)
    def get(self, request: Request, tenant: str) -> Response:
        members = self.tenant.members.select_related("user").order_by("created_at")
        return Response(
            {"items": [present_member(member, request.user) for member in members], "nextCursor": None}
        )


class MemberView(TenantView):
    verbs = {"PATCH": "member.write", "DELETE": "member.write"}

    @extend_schema(operation_id="changeRole", request=MemberRole, responses=MemberItem)
    def patch(self, request: Request, tenant: str, member_id: str) -> Response:
        member = self._member(member_id)
        form = MemberRole(data=request.data)
        form.is_valid(raise_exception=True)
        services.change_role(self.actor, member, form.validated_data["role"])
        return Response(present_member(member, request.user))

    @extend_schema(operation_id="removeMember", request=None, responses={204: None})
    def delete(self, request: Request, tenant: str, member_id: str) -> Response:
        services.remove_member(self.actor, self._member(member_id))
        return Response(status=204)

    def _member(self, member_id: str) -> Member:
        member = self.tenant.members.select_related("user").filter(pk=member_id).first()
        if member is None:
            raise NotFound("member")
        return member


class InvitationsView(TenantView):
    verbs = {"GET": "member.write", "POST": "member.write"}

    @extend_schema(operation_id="listInvitations", responses=InvitationPage)
    def get(self, request: Request, tenant: str) -> Response:
        found = self.tenant.invitations.filter(accepted_at=None).select_related("invited_by")
        items = [present_invitation(one) for one in found.order_by("-created_at")]
        return Response({"items": items, "nextCursor": None})

    @extend_schema(operation_id="invite", request=InvitationCreate, responses={201: InvitationCreated})
    def post(self, request: Request, tenant: str) -> Response:
        form = InvitationCreate(data=request.data)
        form.is_valid(raise_exception=True)
        made, secret = invitations.invite(self.actor, **form.validated_data)
        url = f"{address.last_known()}/join?token={quote(secret)}"
        return Response({**present_invitation(made), "url": url}, status=201)


class InvitationView(TenantView):
    verbs = {"DELETE": "member.write"}

    @extend_schema(operation_id="withdrawInvitation", request=None, responses={204: None})
    def delete(self, request: Request, tenant: str, invitation_id: str) -> Response:
        invitations.withdraw(self.actor, invitation_id)
        return Response(status=204)


class OpenInvitationView(APIView):
    """The token travels in the body, so that no log of addresses holds it."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="readInvitation", request=InvitationToken, responses=OpenInvitation)
    def post(self, request: Request) -> Response:
        form = InvitationToken(data=request.data)
        form.is_valid(raise_exception=True)
        found = invitations.open_invitation(form.validated_data["token"])
        return Response(
            {
                "tenantName": found.tenant.name,
                "email": found.email,
                "role": found.role,
                "hasAccount": doors.user_by_email(found.email) is not None,
            }
        )


class AcceptInvitationView(APIView):
    permission_classes = (AllowAny,)

    @extend_schema(operation_id="acceptInvitation", request=InvitationAccept, responses={201: Session})
    def post(self, request: Request) -> Response:
        form = InvitationAccept(data=request.data)
        form.is_valid(raise_exception=True)
        values = form.validated_data
        signed_in = request.user if isinstance(request.user, User) else None
        user = invitations.accept(
            values["token"],
            user=signed_in,
            name=values["name"],
            password=values["password"],
            request_id=getattr(request._request, "request_id", ""),
        )
        if signed_in != user:
            sessions.begin(request._request, user)
            request.user = user
        return Response(present_session(request), status=201)


def present_member(member: Member, user: Any) -> dict[str, Any]:
    return {
        "id": str(member.pk),
        "email": member.user.email,
        "name": member.user.shown_name,
        "role": member.role,
        "joinedAt": wire_time(member.created_at),
        "you": member.user == user,
    }


def present_invitation(one: Invitation) -> dict[str, Any]:
    return {
        "id": str(one.pk),
        "email": one.email,
        "role": one.role,
        "invitedBy": one.invited_by.shown_name if one.invited_by else None,
        "createdAt": wire_time(one.created_at),
        "expiresAt": wire_time(one.expires_at),
    }
