"""Limits that people set on connections: how many calls at a time, and how many a minute.

A limit holds for all processes together, so whoever calls stands in a row of the store
(`models.ConnectionCall`): the order of arrival, who is under way, and when the next may begin. Connections
without a limit, which are nearly all, cost nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from uuid_utils.compat import uuid7

from runtime.store.records import ConnectionCall, ConnectionLimit

if TYPE_CHECKING:
    from runtime.host.loop import Host

# What others have freed is seen after this long; what this process frees, at once.
LOOK_SECONDS = 0.25
# What somebody has set holds after this long.
REFRESH_SECONDS = 2.0


class Quotas:
    """Of one host."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._limits: dict[tuple[UUID, str], ConnectionLimit] = {}
        self._read_at = float("-inf")
        # Who waits in this process, the oldest first: only the first asks the store again.
        self._lines: dict[UUID, asyncio.Lock] = {}
        self._freed: dict[UUID, asyncio.Event] = {}

    def __bool__(self) -> bool:
        return bool(self._limits)

    def of(self, tenant: UUID, connection: str) -> ConnectionLimit | None:
        return self._limits.get((tenant, connection.lower())) if connection else None

    async def refresh(self) -> None:
        """Called with every look around; reads what has a limit, which is little."""
        if time.monotonic() - self._read_at < REFRESH_SECONDS:
            return
        self._read_at = time.monotonic()
        found = await self._host.store.connection_limits()
        self._limits = {(limit.tenant, limit.name.lower()): limit for limit in found}

    @asynccontextmanager
    async def one(self, limit: ConnectionLimit, run: UUID, action: str) -> AsyncIterator[None]:
        """A call of the connection; entered when it may begin."""
        call = ConnectionCall(uuid7(), limit, run, action, self._host.id)
        try:
            if not await self._begins(call):
                async with self._lines.setdefault(limit.connection, asyncio.Lock()):
                    while not await self._begins(call):
                        await self._wait(limit.connection)
            yield
        finally:
            # Not awaited by whoever was cancelled; should this process die, the sweeper does it.
            self._host.spawn(self._leave(call))

    async def _begins(self, call: ConnectionCall) -> bool:
        limit = self.of(call.limit.tenant, call.limit.name)
        if limit is None:
            return True  # lifted while it waited
        call = replace(call, limit=limit)
        rest = await self._host.store.enter_connection(call)
        if rest is None:
            return True
        if rest > 0:
            # Its moment is its own, whatever others do.
            await asyncio.sleep(rest)
            return await self._host.store.enter_connection(call) is None
        return False

    async def _wait(self, connection: UUID) -> None:
        freed = self._freed.setdefault(connection, asyncio.Event())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await freed.wait()
        freed.clear()

    async def _leave(self, call: ConnectionCall) -> None:
        await self._host.store.leave_connection(call.id)
        if (freed := self._freed.get(call.limit.connection)) is not None:
            freed.set()
