"""The few look-ups that cannot start at a tenant, because they are how one is found.

Everything else reads through `tenant.<things>`; an architecture test refuses `Model.objects` anywhere but
here.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import timedelta

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet
from django.utils import timezone

from designer.tenants.errors import TenantNotFound
from designer.tenants.models import ApiToken, Invitation, Member, SetupLink, SignInFailures, Tenant, User
from designer.tenants.policies import GRANTS

_TOUCH_EVERY = timedelta(minutes=5)


def hashed(secret: str) -> str:
    """How one-time links and tokens are stored. They carry 256 bits of randomness, so a plain
    hash is enough.
    """
    return hashlib.sha256(secret.encode()).hexdigest()


def any_user() -> bool:
    return User.objects.exists()


def user_by_email(email: str) -> User | None:
    return User.objects.filter(email=email.strip().lower()).first()


def user_by_id(user_id: uuid.UUID | str) -> User | None:
    return User.objects.filter(pk=user_id, is_active=True).first()


def create_user(email: str, password: str, name: str) -> User:
    return User.objects.create_user(email, password, name)


def tenant_by_slug(slug: str) -> Tenant | None:
    return Tenant.objects.filter(slug=slug).first()


def tenant_by_id(tenant_id: uuid.UUID) -> Tenant | None:
    return Tenant.objects.filter(pk=tenant_id).first()


def all_tenants() -> QuerySet[Tenant]:
    """For commands, which act for the whole installation."""
    return Tenant.objects.order_by("created_at")


def slug_taken(slug: str) -> bool:
    return Tenant.objects.filter(slug=slug).exists()


def create_tenant(slug: str, name: str) -> Tenant:
    return Tenant.objects.create(slug=slug, name=name)


def memberships(user: User) -> QuerySet[Member]:
    return Member.objects.filter(user=user).select_related("tenant").order_by("tenant__name")


def tenant_for(user: User, slug: str, token: ApiToken | None = None) -> tuple[Tenant, str]:
    """The tenant and the role in it; TenantNotFound for strangers, whether or not it exists.

    A token never gives more than its own role, nor more than its maker still has.
    """
    member = Member.objects.filter(user=user, tenant__slug=slug).select_related("tenant").first()
    if member is None or (token is not None and token.tenant_id != member.tenant_id):
        raise TenantNotFound
    role = member.role
    if token is not None and GRANTS[token.role] < GRANTS[role]:
        role = token.role
    return member.tenant, role


def token_by_secret(secret: str) -> ApiToken | None:
    now = timezone.now()
    token = (
        ApiToken.objects.filter(token_hash=hashed(secret), revoked_at=None, user__is_active=True)
        .filter(Q(expires_at=None) | Q(expires_at__gt=now))
        .select_related("user")
        .first()
    )
    if token and (token.last_used_at is None or token.last_used_at < now - _TOUCH_EVERY):
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def setup_links() -> QuerySet[SetupLink]:
    return SetupLink.objects.all()


def invitation_by_token(secret: str) -> Invitation | None:
    found = Invitation.objects.filter(token_hash=hashed(secret), accepted_at=None)
    return found.select_related("tenant").first()


def sign_in_failures() -> QuerySet[SignInFailures]:
    return SignInFailures.objects.all()


def end_sessions(user: User) -> None:
    """Signs a person out everywhere."""
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if session.get_decoded().get(SESSION_KEY) == str(user.pk):
            session.delete()
