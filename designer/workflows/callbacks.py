"""Callback URLs: the signed public addresses of Request triggers (reference 5.5, 11.7)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, urlencode

from django.conf import settings
from django.http import HttpRequest

from designer import address
from designer.master_key import derive
from designer.workflows import texts
from runtime.language.definition import Trigger

if TYPE_CHECKING:
    from designer.tenants.actors import Actor
    from designer.workflows.models import Workflow

KeyName = Literal["primary", "secondary"]

API_VERSION = "2016-10-01"
SIGNATURE_VERSION = "1.0"
CALLABLE = {
    "Request",
    "HttpWebhook",
    "ApiConnectionWebhook",
    "ApiConnectionNotification",
    "OpenApiConnectionWebhook",
    "OpenApiConnectionNotification",
}


@dataclass(frozen=True, slots=True)
class Address:
    trigger: str
    method: str | None
    url: str
    curl: str
    relative_path: str | None
    # Signed with the other key: callers move to it while the first one is renewed.
    second_url: str

    def wire(self) -> dict[str, Any]:
        return {
            "trigger": self.trigger,
            "method": self.method,
            "url": self.url,
            "curl": self.curl,
            "relativePath": self.relative_path,
            "secondUrl": self.second_url,
        }


def permission_of(trigger: str) -> str:
    return f"/triggers/{trigger}/run"


def sign(key: bytes, workflow_id: object, permission: str, version: str, expires: str = "") -> str:
    """base64url HMAC-SHA256 without padding. The relative path is not signed: callers fill its parameters."""
    text = "\n".join((f"/workflows/{workflow_id}", permission, version, expires))
    digest = hmac.new(key, text.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def keys_of(workflow_id: object, primary_generation: int, secondary_generation: int) -> tuple[bytes, bytes]:
    """Derived, not stored: a higher generation makes every URL signed with the old key invalid."""
    master = str(settings.SECRET_KEY)
    return (
        derive(master, f"callback/{workflow_id}/primary/{primary_generation}"),
        derive(master, f"callback/{workflow_id}/secondary/{secondary_generation}"),
    )


def signature_fits(keys: tuple[bytes, bytes], workflow_id: object, query: Mapping[str, str]) -> bool:
    """Constant time, and both keys are always tried."""
    permission, version = query.get("sp", ""), query.get("sv", "")
    expires, given = query.get("se", ""), query.get("sig", "").encode("utf-8", "replace")
    fits = [
        hmac.compare_digest(sign(key, workflow_id, permission, version, expires).encode(), given)
        for key in keys
    ]
    return any(fits) and version == SIGNATURE_VERSION


def signed_url(workflow: Workflow, trigger: str, origin: str = "", signed_with: KeyName = "primary") -> str:
    """The address of a trigger without a relative path; what a trigger that subscribes hands out."""
    permission = permission_of(trigger)
    keys = keys_of(workflow.pk, workflow.primary_key_generation, workflow.secondary_key_generation)
    key = keys[0] if signed_with == "primary" else keys[1]
    query = {
        "api-version": API_VERSION,
        "sp": permission,
        "sv": SIGNATURE_VERSION,
        "sig": sign(key, workflow.pk, permission, SIGNATURE_VERSION),
    }
    path = f"/workflows/{workflow.pk}/triggers/{quote(trigger, safe='')}/paths/invoke"
    return f"{origin or origin_of(None)}{path}?{urlencode(query, quote_via=quote, safe='')}"


def address_of(workflow: Workflow, trigger: Trigger, origin: str) -> Address:
    inputs = trigger.inputs if isinstance(trigger.inputs, dict) else {}
    method, relative = inputs.get("method"), inputs.get("relativePath")
    shown_path = relative if isinstance(relative, str) else ""
    url = _below(signed_url(workflow, trigger.name, origin), shown_path)
    shown_method = method.upper() if isinstance(method, str) and method else None
    return Address(
        trigger=trigger.name,
        method=shown_method,
        url=url,
        curl=_curl(shown_method or "POST", url),
        relative_path=shown_path or None,
        second_url=_below(signed_url(workflow, trigger.name, origin, "secondary"), shown_path),
    )


def _below(url: str, relative: str) -> str:
    if not relative.strip("/"):
        return url
    path, _, query = url.partition("?")
    return f"{path}/{quote(relative.strip('/'), safe='/{}')}?{query}"


def _curl(method: str, url: str) -> str:
    if method in {"GET", "HEAD"}:
        return f"curl {shlex.quote(url)}"
    return f"curl -X {method} {shlex.quote(url)} -H 'Content-Type: application/json' -d '{{}}'"


def addresses(workflow: Workflow, origin: str) -> list[Address]:
    """Of the published version where there is one, else of the draft (they work once it is published)."""
    text = workflow.published.text if workflow.published else workflow.draft_text
    triggers = texts.definition_of(text).triggers.values()
    return [address_of(workflow, trigger, origin) for trigger in triggers if trigger.type in CALLABLE]


def read_addresses(actor: Actor, workflow: Workflow, origin: str) -> list[Address]:
    """For people: a callback URL is a credential, so it takes a permission to see one."""
    actor.require("callback.read")
    return addresses(workflow, origin)


def origin_of(request: HttpRequest | None) -> str:
    """Scheme, host and port callers reach us at."""
    if settings.PUBLIC_URL:
        return str(settings.PUBLIC_URL)
    if request is not None:
        return f"{request.scheme}://{request.get_host()}"
    return address.last_known()
