"""Who is calling: a browser session with CSRF, or an API token."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.middleware.csrf import CsrfViewMiddleware
from rest_framework import authentication, exceptions, permissions
from rest_framework.request import Request

from designer.tenants import doors
from designer.tenants.errors import CsrfRefused, SignInRequired
from designer.tenants.models import ApiToken, User

_SAFE = {"GET", "HEAD", "OPTIONS"}


class _CsrfCheck(CsrfViewMiddleware):
    """Says whether it would refuse, instead of making a response of its own."""

    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        return HttpResponseForbidden()


def enforce_csrf(request: HttpRequest) -> None:
    """Raises CsrfRefused unless the request carries this page's token in X-CSRFToken."""
    check = _CsrfCheck(lambda _request: HttpResponse())
    check.process_request(request)
    if check.process_view(request, HttpResponse, (), {}) is not None:
        raise CsrfRefused


class TokenOrSession(authentication.BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User, ApiToken | None] | None:
        header = request.headers.get("Authorization", "")
        if header.lower().startswith("bearer "):
            token = doors.token_by_secret(header[7:].strip())
            if token is None:
                raise exceptions.AuthenticationFailed("This API token is unknown, revoked or expired.")
            return token.user, token
        user = request._request.user
        if request.method not in _SAFE:
            enforce_csrf(request._request)
        return (user, None) if isinstance(user, User) and user.is_active else None

    def authenticate_header(self, request: Request) -> str:
        # Anything but "Basic": browsers must not open their own password dialog.
        return "Session"


class SignedIn(permissions.BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.user, User):
            raise SignInRequired
        return True
