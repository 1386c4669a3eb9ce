"""Shares that tenants share: a bounded number at a time, of which one tenant never takes all."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

Waiting = TypeVar("Waiting")


def most_for_one(places: int) -> int:
    """How many of so many places one tenant may hold: a quarter stays free for whoever comes next."""
    return max(1, places - places // 4)


class Shares:
    """At most `limit` holders at a time, at most `most_for_one` of them of one tenant.

    A place that becomes free goes to the waiting tenant that holds least, and within it to the oldest.
    """

    def __init__(self, limit: int) -> None:
        self.limit, self.most = limit, most_for_one(limit)
        self.held: Counter[Hashable] = Counter()
        self._taken = 0
        self._waiting: dict[Hashable, deque[asyncio.Future[None]]] = {}

    @property
    def waiting(self) -> int:
        return sum(map(len, self._waiting.values()))

    def free_for(self, tenant: Hashable) -> bool:
        """Whether `take` would not wait."""
        return self._taken < self.limit and self.held[tenant] < self.most and tenant not in self._waiting

    async def take(self, tenant: Hashable) -> None:
        """Wait for a place; give it back with `give`."""
        if self.free_for(tenant):
            self._hold(tenant)
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(tenant, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give(tenant)  # the place came together with the end
            else:
                self._forget(tenant, turn)
            raise

    def give(self, tenant: Hashable) -> None:
        self._taken -= 1
        self.held[tenant] -= 1
        if not self.held[tenant]:
            del self.held[tenant]
        self._pass_on()

    @asynccontextmanager
    async def one(self, tenant: Hashable) -> AsyncIterator[None]:
        await self.take(tenant)
        try:
            yield
        finally:
            self.give(tenant)

    # -- inside

    def _hold(self, tenant: Hashable) -> None:
        self._taken += 1
        self.held[tenant] += 1

    def _pass_on(self) -> None:
        while self._taken < self.limit:
            able = [tenant for tenant in self._waiting if self.held[tenant] < self.most]
            if not able:
                return
            tenant = min(able, key=lambda tenant: self.held[tenant])
            turn = self._waiting[tenant].popleft()
            if not self._waiting[tenant]:
                del self._waiting[tenant]
            if not turn.done():
                self._hold(tenant)
                turn.set_result(None)

    def _forget(self, tenant: Hashable, turn: asyncio.Future[None]) -> None:
        queue = self._waiting.get(tenant)
        if queue is not None and turn in queue:
            queue.remove(turn)
            if not queue:
                del self._waiting[tenant]


class Turns(Generic[Waiting]):
    """What waits for its turn: tenants one after the other, the oldest first within one."""

    def __init__(self) -> None:
        self._queues: OrderedDict[Hashable, deque[Waiting]] = OrderedDict()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, tenant: Hashable, waiting: Waiting) -> None:
        self._queues.setdefault(tenant, deque()).append(waiting)
        self._count += 1

    def next(self) -> Waiting:
        tenant, queue = self._queues.popitem(last=False)
        waiting = queue.popleft()
        self._count -= 1
        if queue:
            self._queues[tenant] = queue
        return waiting
