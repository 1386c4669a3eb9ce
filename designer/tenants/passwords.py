"""Changing a password, by whoever knows the present one, or by command for whoever forgot it."""

from __future__ import annotations

import uuid

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest

from designer.live import bell
from designer.tenants import doors, sessions
from designer.tenants.actors import Actor
from designer.tenants.errors import FieldsInvalid
from designer.tenants.models import User
from designer.tenants.writes import Change


def check(password: str, user: User, field: str = "password") -> None:
    """Raises FieldsInvalid with the sentences of every rule that the password breaks."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise FieldsInvalid({field: [str(message) for message in error.messages]}) from None


def change(request: HttpRequest, user: User, *, current: str, new: str, request_id: str) -> None:
    """Signs the person out everywhere else; this browser goes on with a new session.

    Raises FieldsInvalid, and TooManyAttempts: whoever finds an open browser must not guess either.
    """
    if not sessions.confirm(request, user, current):
        raise FieldsInvalid({"current": ["This is not your present password."]})
    if new == current:
        raise FieldsInvalid({"password": ["This is the password you have already."]})
    check(new, user)
    _set(user, new, request_id)
    sessions.begin(request, user)
    bell.recheck(user.pk)


def replace(email: str, new: str) -> User:
    """For the command: whoever may start it can read the database anyway. Raises FieldsInvalid."""
    user = doors.user_by_email(email)
    if user is None:
        raise FieldsInvalid({"email": [f"There is no account with the email {email}."]})
    check(new, user)
    _set(user, new, f"command-{uuid.uuid4().hex[:16]}")
    sessions.forgive(user)
    bell.recheck(user.pk)
    return user


def _set(user: User, new: str, request_id: str) -> None:
    """Every organisation of the person finds it in its audit trail."""
    with transaction.atomic():
        user.set_password(new)
        user.save(update_fields=["password"])
        doors.end_sessions(user)
        for member in doors.memberships(user):
            actor = Actor(user, member.tenant, member.role, request_id, user.email)
            done = Change(actor, "password.change")
            done.about("user", user.pk, user.email)
            done.finish()
