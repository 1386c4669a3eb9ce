"""Events for the sockets, rung from any thread and sent from the loop that owns the sockets.

The channel layer is touched on the loop only: the in-memory layer called from another thread delivers up to
two seconds late. A process without a loop (a command) reaches the web processes through Redis, where there is
one, and otherwise has nobody to tell.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

from channels.layers import get_channel_layer
from django.conf import settings
from django.db import connections

log = logging.getLogger(__name__)
_planned: set[str] = set()
_loop: asyncio.AbstractEventLoop | None = None


def attach() -> None:
    """Called on the loop that serves the sockets, when it starts."""
    global _loop
    _loop = asyncio.get_running_loop()


def group_of(tenant_id: UUID, topic: str) -> str:
    """A channel group's name takes few characters and little length, a topic may have more."""
    return "t." + hashlib.sha256(f"{tenant_id}/{topic}".encode()).hexdigest()[:40]


def ring(tenant_id: UUID, topic: str, data: dict[str, Any]) -> None:
    send_to(group_of(tenant_id, topic), {"type": "topic.event", "topic": topic, "data": data})


def recheck(user_id: UUID) -> None:
    """Role, membership, session or token of this person changed: their sockets check their
    permissions again.
    """
    send_to(f"u.{user_id}", {"type": "permission.recheck"})


def send_to(group: str, message: dict[str, Any]) -> None:
    """Best effort: a lost event is found by `since` at the next subscription; a write never fails because of
    it.
    """
    loop = _loop
    if loop is not None and loop.is_running():
        loop.call_soon_threadsafe(lambda: loop.create_task(_send(group, message)))
    elif settings.REDIS_URL:
        asyncio.run(_send(group, message))


def later(key: str, delay: float, work: Callable[[], None]) -> None:
    """Runs `work` in a thread after `delay` seconds, once for all calls with this key until then.

    Without a loop (a command, a test of a service) nothing follows the topic, and nothing is done.
    """
    loop = _loop
    if loop is not None and loop.is_running():
        loop.call_soon_threadsafe(_plan, loop, key, delay, work)


def _plan(loop: asyncio.AbstractEventLoop, key: str, delay: float, work: Callable[[], None]) -> None:
    if key not in _planned:
        _planned.add(key)
        loop.call_later(delay, _begin, loop, key, work)


def _begin(loop: asyncio.AbstractEventLoop, key: str, work: Callable[[], None]) -> None:
    _planned.discard(key)
    loop.run_in_executor(None, _guarded, key, work)


def _guarded(key: str, work: Callable[[], None]) -> None:
    try:
        work()
    except Exception:
        log.exception("The background work %s failed.", key)
    finally:
        # A thread of the loop's executor has connections of its own, which no request will close.
        connections.close_all()


async def _send(group: str, message: dict[str, Any]) -> None:
    try:
        layer = get_channel_layer()
        if layer is not None:
            await layer.group_send(group, message)
    except Exception:
        log.warning("An event could not be sent; followers catch up at their next look.", exc_info=True)
