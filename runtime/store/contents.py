"""Big contents on their way into the store: each lies in its place before the row that names it is asked for.

Rows of one run reach the writer in the order in which they were asked for, also where an earlier one still
waits for its contents: a journal has no gaps.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from uuid import UUID

from runtime.store.places import Place, new_key
from runtime.store.records import PayloadRow

WRITERS = 8
# A content stored so recently is not written again: its row cannot have been swept since (an hour).
_KNOWN_SECONDS = 1200.0
_KNOWN_MOST = 4096

Result = TypeVar("Result")
Ask = Callable[[], "asyncio.Future[Any]"]
Content = tuple[UUID, PayloadRow]


class Contents:
    """Of one process; lives on its loop."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._threads = ThreadPoolExecutor(WRITERS, thread_name_prefix="millrace-payloads")
        self._asking: dict[UUID, asyncio.Task[asyncio.Future[Any]]] = {}
        self._known: OrderedDict[tuple[UUID, str], tuple[str, float]] = OrderedDict()

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def big(self, payloads: Iterable[Content]) -> list[Content]:
        """Those whose content does not belong in a row."""
        threshold = self.place.threshold
        return [held for held in payloads if not held[1].place and len(held[1].content) >= threshold]

    def is_waiting(self, run: UUID) -> bool:
        return run in self._asking

    def ask_after(self, runs: Sequence[UUID], big: Sequence[Content], ask: Ask) -> asyncio.Future[Any]:
        """Store the contents, wait for what these runs asked before, then ask. Fails as a whole, and so do
        the rows of these runs that come after.
        """
        before = [self._asking[run] for run in runs if run in self._asking]
        asking = asyncio.ensure_future(self._prepare(before, big, ask))
        for run in runs:
            self._asking[run] = asking
        asking.add_done_callback(lambda done: self._asked(runs, done))
        return asyncio.ensure_future(_answered(asking))

    async def _prepare(
        self, before: Sequence[asyncio.Task[Any]], big: Sequence[Content], ask: Ask
    ) -> asyncio.Future[Any]:
        await self.put(big)
        for task in before:
            await task
        return ask()

    def _asked(self, runs: Sequence[UUID], done: asyncio.Task[Any]) -> None:
        for run in runs:
            if self._asking.get(run) is done:
                del self._asking[run]

    async def put(self, big: Sequence[Content]) -> None:
        """Into the place; their rows name the keys afterwards. Raises PlaceFailed."""
        await asyncio.gather(*[self._put(tenant, row) for tenant, row in big])

    async def _put(self, tenant: UUID, row: PayloadRow) -> None:
        name = tenant, row.hash
        known = self._known.get(name)
        if known is not None and time.monotonic() - known[1] < _KNOWN_SECONDS:
            row.place, row.content = known[0], b""
            return
        key = new_key(tenant)
        await asyncio.get_running_loop().run_in_executor(self._threads, self.place.write, key, [row.content])
        row.place, row.content = key, b""

    def committed(self, payloads: Iterable[Content]) -> None:
        """Rows that name a place are durable: the same value need not be written again for a while."""
        for tenant, row in payloads:
            if row.place:
                self._known[tenant, row.hash] = row.place, time.monotonic()
                self._known.move_to_end((tenant, row.hash))
        while len(self._known) > _KNOWN_MOST:
            self._known.popitem(last=False)

    async def in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def get(self, key: str) -> bytes | None:
        """None for one that is not there. Raises PlaceFailed."""

        def read() -> bytes | None:
            try:
                return b"".join(self.place.read(key))
            except FileNotFoundError:
                return None

        return await self.in_thread(read)


async def _answered(asking: asyncio.Task[asyncio.Future[Any]]) -> Any:
    return await (await asking)
