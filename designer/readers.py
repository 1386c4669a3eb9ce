"""Database reads for code on the loop: a few threads of their own, each with a connection of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from uuid import UUID

from django.db import connection

from designer.tenants import walls

Result = TypeVar("Result")


class Readers:
    """`size` threads bound the connections, and a burst in one place cannot take the threads of another."""

    def __init__(self, name: str, size: int) -> None:
        self._threads = ThreadPoolExecutor(max_workers=size, thread_name_prefix=name)

    async def read(self, work: Callable[[], Result], tenant: UUID | None = None) -> Result:
        """Of one tenant, or a look-up by which the tenant is found out."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, _with_connection, work, tenant)


def _with_connection(work: Callable[[], Result], tenant: UUID | None) -> Result:
    try:
        with walls.everywhere() if tenant is None else walls.within(tenant):
            return work()
    finally:
        # A pooled connection goes back at once; SQLite's stays open, for opening costs more than the query.
        if connection.vendor != "sqlite" and not connection.in_atomic_block:
            connection.close()
