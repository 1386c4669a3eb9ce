"""The first account and the first tenant: through a one-time link, or by command."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from designer.tenants import doors, passwords
from designer.tenants.actors import Actor
from designer.tenants.errors import FieldsInvalid, SetupLinkInvalid
from designer.tenants.models import SetupLink, Tenant, User
from designer.tenants.writes import Change

_RESERVED_SLUGS = {"new", "api", "static", "ws"}


def new_link() -> str | None:
    """The secret of a fresh set-up link, replacing older ones; None once there is an account."""
    if doors.any_user():
        return None
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        doors.setup_links().filter(used_at=None).delete()
        SetupLink(
            token_hash=doors.hashed(secret), expires_at=timezone.now() + settings.SETUP_LINK_LIFETIME
        ).save()
    return secret


def use_link(*, token: str, email: str, password: str, name: str, tenant_name: str, request_id: str) -> User:
    """Makes the owner and the tenant. Raises SetupLinkInvalid (unknown, used, expired), FieldsInvalid."""
    with transaction.atomic():
        link = (
            doors.setup_links()
            .select_for_update()
            .filter(token_hash=doors.hashed(token), used_at=None, expires_at__gt=timezone.now())
            .first()
        )
        if link is None or doors.any_user():
            raise SetupLinkInvalid
        user, _ = create_owner(
            email=email, password=password, name=name, tenant_name=tenant_name, request_id=request_id
        )
        link.used_at = timezone.now()
        link.save()
    return user


def create_owner(
    *, email: str, password: str, name: str, tenant_name: str, request_id: str
) -> tuple[User, Tenant]:
    """An account that owns a new tenant. Raises FieldsInvalid."""
    _check(email, password, tenant_name)
    with transaction.atomic():
        user = doors.create_user(email, password, name.strip())
        tenant = doors.create_tenant(free_slug(tenant_name), tenant_name.strip())
        tenant.members.create(user=user, role="owner")
        actor = Actor(user=user, tenant=tenant, role="owner", request_id=request_id, name=user.email)
        change = Change(actor, "tenant.create")
        change.about("tenant", tenant.pk, tenant.name, after={"slug": tenant.slug, "owner": user.email})
        change.finish()
    return user, tenant


def _check(email: str, password: str, tenant_name: str) -> None:
    fields: dict[str, list[str]] = {}
    try:
        validate_email(email.strip())
    except ValidationError:
        fields["email"] = ["This is not an email address."]
    if doors.user_by_email(email):
        fields["email"] = ["There is an account with this email already."]
    try:
        passwords.check(password, User(email=email.strip().lower()))
    except FieldsInvalid as error:
        fields |= error.fields
    if not tenant_name.strip():
        fields["tenantName"] = ["Give the organisation a name."]
    if fields:
        raise FieldsInvalid(fields)


def free_slug(name: str) -> str:
    """The name as part of an address; a number is added where it is taken."""
    wanted = slugify(name)[:50] or "tenant"
    candidate, number = wanted, 1
    while candidate in _RESERVED_SLUGS or doors.slug_taken(candidate):
        number += 1
        candidate = f"{wanted}-{number}"
    return candidate
