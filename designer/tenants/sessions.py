"""Signing in and out, with a brake on guessing."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from designer.live import bell
from designer.tenants import doors
from designer.tenants.errors import TooManyAttempts, WrongCredentials
from designer.tenants.models import User

_ADDRESS_FACTOR = 10  # One address may serve a whole office: it gets more tries than one account.


def sign_in(request: HttpRequest, email: str, password: str) -> User:
    """Starts a session. Raises WrongCredentials (the same for an unknown email) or TooManyAttempts."""
    keys = _keys(email, request.META.get("REMOTE_ADDR") or "")
    _refuse_when_exhausted(keys)
    user = authenticate(request, username=email.strip().lower(), password=password)
    if not isinstance(user, User):
        _count_failure(keys)
        raise WrongCredentials
    forgive(user)
    begin(request, user)
    return user


def confirm(request: HttpRequest, user: User, password: str) -> bool:
    """Whether a person who is signed in knows their password. Raises TooManyAttempts."""
    keys = _keys(user.email, request.META.get("REMOTE_ADDR") or "")
    _refuse_when_exhausted(keys)
    if user.check_password(password):
        return True
    _count_failure(keys)
    return False


def forgive(user: User) -> None:
    """Forgets the wrong passwords that were tried for an account."""
    doors.sign_in_failures().filter(key__in=list(_keys(user.email, ""))[:1]).delete()


def begin(request: HttpRequest, user: User) -> None:
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")


def sign_out(request: HttpRequest) -> None:
    user_id = request.user.pk if request.user.is_authenticated else None
    logout(request)
    if user_id is not None:
        bell.recheck(user_id)


def _keys(email: str, address: str) -> dict[str, int]:
    """Key → failures allowed. Hashed: the table is no list of what people mistyped."""

    def key(kind: str, value: str) -> str:
        return hashlib.sha256(f"{kind}/{value}".encode()).hexdigest()

    allowed = settings.SIGN_IN_FAILURES_ALLOWED
    return {key("email", email.strip().lower()): allowed, key("address", address): allowed * _ADDRESS_FACTOR}


def _refuse_when_exhausted(keys: dict[str, int]) -> None:
    now = timezone.now()
    for row in doors.sign_in_failures().filter(key__in=keys):
        until: datetime = row.window_started_at + settings.SIGN_IN_WINDOW
        if row.count >= keys[row.key] and until > now:
            raise TooManyAttempts(until, max(1, int((until - now).total_seconds())))


def _count_failure(keys: dict[str, int]) -> None:
    now = timezone.now()
    with transaction.atomic():
        for key in sorted(keys):  # one order everywhere, so that two requests cannot lock each other
            doors.sign_in_failures().get_or_create(key=key, defaults={"window_started_at": now})
            row = doors.sign_in_failures().select_for_update().get(key=key)
            if row.window_started_at + settings.SIGN_IN_WINDOW <= now:
                row.window_started_at, row.count = now, 0
            row.count += 1
            row.save()
