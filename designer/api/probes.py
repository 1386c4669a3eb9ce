"""`/healthz`, `/readyz`, `/metrics`: for machines that watch this one. Beside Django, like the callbacks.

`/healthz` answers from the loop alone: it says that the process lives, also while the database is away.
`/readyz` says whether requests can be served; its sentences name no addresses, because anybody may read them.
`/metrics` is for this machine, or for whoever has MILLRACE_METRICS_TOKEN.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import json
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.conf import settings

from designer.tenants import walls
from runtime import health, metrics

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
# Probes come from several watchers; they share an answer for this long.
KEEP_SECONDS = 1.0
CHECK_SECONDS = 8.0
_TEXT = b"text/plain; version=0.0.4; charset=utf-8"
_JSON = b"application/json"
_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


class _Kept:
    """The last answer of a blocking question, and the one question under way."""

    def __init__(self, ask: Callable[[], Any]) -> None:
        self._ask = ask
        self._answer: Any = None
        self._until = 0.0
        self._asking: asyncio.Task[Any] | None = None

    async def get(self) -> Any:
        if time.monotonic() < self._until:
            return self._answer
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(asyncio.to_thread(self._ask))
        # A thread cannot be interrupted: whoever comes next waits for the same one.
        self._answer = await asyncio.wait_for(asyncio.shield(self._asking), CHECK_SECONDS)
        self._until = time.monotonic() + KEEP_SECONDS
        return self._answer


def _over_all(question: Callable[[], Any]) -> Any:
    with walls.everywhere():
        return question()


_readiness = _Kept(lambda: _over_all(health.readiness))
_metrics = _Kept(lambda: _over_all(metrics.exposition))


def handles(path: str) -> bool:
    return path in PATHS


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["method"] not in {"GET", "HEAD"}:
        await _answer(scope, send, 405, b"", _TEXT)
    elif scope["path"] == "/healthz":
        await _answer(scope, send, 200, b'{"status": "alive"}', _JSON)
    elif scope["path"] == "/readyz":
        await _answer(scope, send, *await _ready())
    elif not may_read_metrics(scope):
        detail = (
            "The metrics are for this machine. From elsewhere, set MILLRACE_METRICS_TOKEN and send it as "
            "Authorization: Bearer."
        )
        await _answer(scope, send, 403, detail.encode(), _TEXT)
    else:
        await _answer(scope, send, *await _figures())


async def _ready() -> tuple[int, bytes, bytes]:
    try:
        found: list[health.Finding] = await _readiness.get()
    except TimeoutError:
        late = "The checks did not end in time; something this process needs does not answer."
        found = [health.Finding("checks", False, late)]
    ready = all(finding.ok for finding in found)
    checks = {finding.name: {"ok": finding.ok, "detail": _told(finding)} for finding in found}
    body = json.dumps({"status": "ready" if ready else "not ready", "checks": checks}, indent=2)
    return 200 if ready else 503, body.encode(), _JSON


def _told(finding: health.Finding) -> str:
    return finding.sentence if finding.ok else f"{finding.sentence} {finding.advice}".rstrip()


async def _figures() -> tuple[int, bytes, bytes]:
    try:
        text: str = await _metrics.get()
    except TimeoutError:
        return 503, b"The figures could not be read in time. /readyz says what does not answer.", _TEXT
    except Exception:
        # The page says no more than this: it may be read by a program that keeps what it reads.
        log.exception("The figures of /metrics could not be read")
        return 503, b"The figures could not be read; the log of this process says why. See /readyz.", _TEXT
    return 200, text.encode(), _TEXT


def may_read_metrics(scope: Scope) -> bool:
    """With the token; or from this machine, by one of its own names, and not passed on by a proxy."""
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    given = headers.get(b"authorization", "")
    if settings.METRICS_TOKEN and hmac.compare_digest(
        given.encode("latin-1"), f"Bearer {settings.METRICS_TOKEN}".encode()
    ):
        return True
    if b"x-forwarded-for" in headers or b"forwarded" in headers:
        return False
    host = headers.get(b"host", "")
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    return name in _LOCAL_NAMES and _is_loopback((scope.get("client") or ("", 0))[0])


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


async def _answer(scope: Scope, send: Send, status: int, body: bytes, kind: bytes) -> None:
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
