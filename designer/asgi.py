"""The ASGI application: callbacks beside Django, sockets through Channels, everything else Django."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "designer.settings")

from django.core.asgi import get_asgi_application

_django = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402  # these need the loaded applications
from channels.routing import URLRouter  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import path  # noqa: E402

from designer.api import callbacks, probes  # noqa: E402
from designer.live import bell  # noqa: E402
from designer.live.consumer import LiveConsumer  # noqa: E402

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_sockets = AuthMiddlewareStack(URLRouter([path("ws/t/<slug:tenant>/", LiveConsumer.as_asgi())]))


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http" and callbacks.handles(scope["path"]):
        await callbacks.application(scope, receive, send)
    elif scope["type"] == "http" and probes.handles(scope["path"]):
        await probes.application(scope, receive, send)
    elif scope["type"] == "http":
        await _django(scope, _bounded(receive), send)  # type: ignore[arg-type]
    elif scope["type"] == "websocket":
        try:
            await _sockets(scope, receive, send)
        except ValueError:  # no route: URLRouter has no answer of its own
            await send({"type": "websocket.close", "code": 4404})
    elif scope["type"] == "lifespan":
        await _lifespan(receive, send)


def _bounded(receive: Receive) -> Receive:
    """Django writes a whole body to disk before it asks who sends it; ours are never large."""
    left = settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1
    cut = False

    async def bounded() -> MutableMapping[str, Any]:
        nonlocal left, cut
        message = await receive()
        while cut and message["type"] == "http.request":
            # Django waits for the caller to leave, and takes anything else for a fault.
            message = await receive()
        body = message.get("body", b"")
        if message["type"] == "http.request" and len(body) >= left:
            # One byte over the limit is passed on, and the rest is dropped: the parser answers 413.
            cut = True
            return {**message, "body": body[:left], "more_body": False}
        left -= len(body)
        return message

    return bounded


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            bell.attach()
            await send({"type": "lifespan.startup.complete"})
        else:
            await send({"type": "lifespan.shutdown.complete"})
            return
