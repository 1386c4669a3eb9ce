"""Writes around people: API tokens, roles, leaving. The first account is made in setup.py."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from designer.live import bell
from designer.tenants import doors, policies
from designer.tenants.actors import Actor
from designer.tenants.errors import FieldsInvalid, LastOwner, NotFound
from designer.tenants.models import ApiToken, Member
from designer.tenants.writes import write

_TOKEN_MARK = "mr_"  # noqa: S105  # what tokens begin with, so that scanners can find a leaked one


def create_token(actor: Actor, *, name: str, role: str, expires_at: datetime | None) -> tuple[ApiToken, str]:
    """The token and its secret, which is not kept. A token cannot have more rights than its maker."""
    if not policies.GRANTS[role] <= policies.GRANTS[actor.role]:
        raise FieldsInvalid({"role": [f"As {actor.role} you cannot give a token the role {role}."]})
    if actor.user is None:
        raise FieldsInvalid({"name": ["A token belongs to a person; commands cannot make one."]})
    secret = _TOKEN_MARK + secrets.token_urlsafe(32)
    with write(actor, "token.write", "token.create") as change:
        token = actor.tenant.api_tokens.create(
            user=actor.user,
            name=name.strip(),
            role=role,
            prefix=secret[:8],
            token_hash=doors.hashed(secret),
            expires_at=expires_at,
        )
        change.about("token", token.pk, token.name, after={"role": role, "prefix": token.prefix})
    return token, secret


def revoke_token(actor: Actor, token_id: UUID | str) -> None:
    with write(actor, "token.write", "token.revoke") as change:
        token = actor.tenant.api_tokens.filter(pk=token_id, revoked_at=None).first()
        if token is None:
            raise NotFound("token")
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        change.about("token", token.pk, token.name)
    bell.recheck(token.user_id)


def add_member(actor: Actor, *, email: str, password: str, name: str, role: str) -> Member:
    """A new account, or an existing one, in the actor's tenant."""
    _refuse_higher(actor, role)
    with write(actor, "member.write", "member.add") as change:
        user = doors.user_by_email(email) or doors.create_user(email, password, name)
        member, created = actor.tenant.members.get_or_create(user=user, defaults={"role": role})
        if not created:
            raise FieldsInvalid({"email": [f"{user.email} is a member already."]})
        change.about("member", member.pk, user.email, after={"role": role})
    return member


def change_role(actor: Actor, member: Member, role: str) -> None:
    """Open sockets of the person check their permissions again at once."""
    _refuse_higher(actor, role)
    _refuse_higher(actor, member.role)
    with write(actor, "member.write", "member.role") as change:
        before = member.role
        if role != "owner":
            _keep_an_owner(member)
        member.role = role
        member.save(update_fields=["role"])
        change.about("member", member.pk, member.user.email, before={"role": before}, after={"role": role})
    bell.recheck(member.user_id)


def remove_member(actor: Actor, member: Member) -> None:
    _refuse_higher(actor, member.role)
    with write(actor, "member.write", "member.remove") as change:
        _keep_an_owner(member)
        change.about("member", member.pk, member.user.email, before={"role": member.role})
        # Who is invited again some day must not find old tokens working.
        tokens = actor.tenant.api_tokens.filter(user=member.user_id, revoked_at=None)
        tokens.update(revoked_at=timezone.now())
        member.delete()
    bell.recheck(member.user_id)


def _keep_an_owner(leaving: Member) -> None:
    """Locks the owners, so that two of them cannot leave at once."""
    if leaving.role != "owner":
        return
    owners = list(leaving.tenant.members.select_for_update().filter(role="owner"))
    if all(owner.pk == leaving.pk for owner in owners):
        raise LastOwner


def _refuse_higher(actor: Actor, role: str) -> None:
    if not policies.GRANTS[role] <= policies.GRANTS[actor.role]:
        raise FieldsInvalid({"role": [f"As {actor.role} you cannot act on the role {role}."]})
