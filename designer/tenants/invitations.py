"""Invitations: an open place in a tenant, taken by whoever holds the link. Only a hash of it is kept.

No mail is sent from here: the inviting person passes the link on, by the way they trust.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from designer.tenants import doors, passwords, policies
from designer.tenants.actors import Actor
from designer.tenants.errors import FieldsInvalid, InvitationInvalid, NotFound
from designer.tenants.models import Invitation, User
from designer.tenants.writes import Change, write

LIFETIME = timedelta(days=7)
MOST_OPEN = 200


def invite(actor: Actor, *, email: str, role: str) -> tuple[Invitation, str]:
    """The invitation and the secret of its link. An open one for the same address is replaced."""
    wanted = email.strip().lower()
    if not policies.GRANTS[role] <= policies.GRANTS[actor.role]:
        raise FieldsInvalid({"role": [f"As {actor.role} you cannot invite somebody as {role}."]})
    if actor.tenant.members.filter(user__email=wanted).exists():
        raise FieldsInvalid({"email": [f"{wanted} is a member already."]})
    secret = secrets.token_urlsafe(32)
    with write(actor, "member.write", "member.invite") as change:
        actor.tenant.invitations.filter(email=wanted, accepted_at=None).delete()
        if actor.tenant.invitations.filter(accepted_at=None).count() >= MOST_OPEN:
            raise FieldsInvalid({"email": [f"{MOST_OPEN} invitations are open. Withdraw some first."]})
        invitation = actor.tenant.invitations.create(
            email=wanted,
            role=role,
            token_hash=doors.hashed(secret),
            invited_by=actor.user,
            expires_at=timezone.now() + LIFETIME,
        )
        change.about("invitation", invitation.pk, wanted, after={"role": role})
    return invitation, secret


def withdraw(actor: Actor, invitation_id: UUID | str) -> None:
    with write(actor, "member.write", "member.withdraw") as change:
        invitation = actor.tenant.invitations.filter(pk=invitation_id, accepted_at=None).first()
        if invitation is None:
            raise NotFound("invitation")
        change.about("invitation", invitation.pk, invitation.email, before={"role": invitation.role})
        invitation.delete()


def open_invitation(token: str) -> Invitation:
    """Raises InvitationInvalid: unknown, withdrawn, used or expired."""
    invitation = doors.invitation_by_token(token)
    if invitation is None or invitation.expires_at <= timezone.now():
        raise InvitationInvalid
    return invitation


def accept(token: str, *, user: User | None, name: str, password: str, request_id: str) -> User:
    """Makes the invited person a member: a new account, or the one they are signed in with.

    An account that exists already has to be signed in: whoever holds a link must not get into it.
    Raises InvitationInvalid, FieldsInvalid.
    """
    with transaction.atomic():
        invitation = open_invitation(token)
        known = doors.user_by_email(invitation.email)
        if known is not None and known != user:
            raise FieldsInvalid(
                {"email": [f"Sign in as {invitation.email} first; then open this link again."]}
            )
        person = known or _account(invitation.email, name, password)
        member, created = invitation.tenant.members.get_or_create(
            user=person, defaults={"role": invitation.role}
        )
        invitation.accepted_at = timezone.now()
        invitation.save(update_fields=["accepted_at"])
        if created:
            actor = Actor(person, invitation.tenant, member.role, request_id, person.email)
            change = Change(actor, "member.join")
            change.about("member", member.pk, person.email, after={"role": member.role})
            change.finish()
    return person


def _account(email: str, name: str, password: str) -> User:
    passwords.check(password, User(email=email, name=name))
    return doors.create_user(email, password, name.strip())
