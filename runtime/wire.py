"""Bells between processes, over Redis: news that everybody hears, hints that one host takes.

Straight on the loop that needs them: no thread, no poll, one round trip. Everything here may be lost, because
whoever listens also looks once a second; so nothing is kept, repeated or waited for, and a Redis that is away
costs a warning. `up` says whether the last attempt succeeded.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from redis import asyncio as redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

# Who follows runs hears of rows; who carries runs hears of what arrived for them.
ROWS, ARRIVALS = "millrace.rows", "millrace.arrivals"
HINTS = "millrace.hints."
INBOX, RUNS = b"inbox", b"runs"
# A hint more often than this would cost a busy host more than the wait.
HINT_SECONDS = 0.003
# Nobody takes hints while all hosts are full, and each of them looks when it has room again.
MOST_HINTS = 20
MOST_UNSENT = 1000
BLOCK_SECONDS = 10
PAUSES = (0.1, 5.0)

Heard = Callable[[bytes], None]
Rung = Callable[[bytes], None]


class Wire(Protocol):
    """What the feed and the process need of it. All calls on the loop."""

    async def open(self, heard: Heard) -> None: ...
    async def close(self) -> None: ...
    def tell(self, channel: str, message: bytes) -> None: ...


class RedisWire:
    """The bells of one process, which hears what is told on these channels."""

    def __init__(self, url: str, channels: Sequence[str]) -> None:
        self._channels = channels
        self._redis: Any = redis.Redis.from_url(
            url, socket_connect_timeout=2, socket_keepalive=True, health_check_interval=BLOCK_SECONDS
        )
        self._tasks: set[asyncio.Task[Any]] = set()
        self._news: list[tuple[str, bytes]] = []
        self._hints: dict[str, bytes] = {}
        self._resting: set[str] = set()
        self._ready = asyncio.Event()
        self.up = False

    async def open(self, heard: Heard) -> None:
        self._spawn(self._send())
        self._spawn(self._keep(lambda: self._hear(heard)))

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(Exception):
            await self._redis.aclose()

    # -- telling

    def tell(self, channel: str, message: bytes) -> None:
        """To every process that hears this channel, our own too."""
        if len(self._news) < MOST_UNSENT:
            self._news.append((channel, message))
        self._ready.set()

    def hint(self, queue: str, what: bytes) -> None:
        """To one host that takes from this queue and has room: INBOX, or RUNS and perhaps the inbox as
        well.
        """
        if self._hints.get(queue) != RUNS:
            self._hints[queue] = what
        if queue not in self._resting:
            self._ready.set()

    async def _send(self) -> None:
        while True:
            await self._ready.wait()
            self._ready.clear()
            news, self._news = self._news, []
            hints = {queue: what for queue, what in self._hints.items() if queue not in self._resting}
            for queue in hints:
                del self._hints[queue]
                self._resting.add(queue)
                asyncio.get_running_loop().call_later(HINT_SECONDS, self._rested, queue)
            try:
                for queue, what in hints.items():
                    if await self._redis.rpush(HINTS + queue, what) > MOST_HINTS:
                        await self._redis.ltrim(HINTS + queue, -MOST_HINTS // 2, -1)
                for channel, message in news:
                    await self._redis.publish(channel, message)
            except (RedisError, OSError) as error:
                if self.up:
                    log.warning("Redis does not take bells (%s); hosts look every second meanwhile", error)
                self.up = False
            else:
                self.up = True

    def _rested(self, queue: str) -> None:
        self._resting.discard(queue)
        if queue in self._hints:
            self._ready.set()

    # -- listening

    def listen(self, queues: list[str], room: Callable[[], bool], rung: Rung) -> None:
        """Take hints of these queues while there is room."""
        self._spawn(self._keep(lambda: self._take(queues, room, rung)))

    async def _take(self, queues: list[str], room: Callable[[], bool], rung: Rung) -> None:
        keys = [HINTS + queue for queue in queues]
        while True:
            while not room():  # noqa: ASYNC110  # a full host looks by itself when it has room
                await asyncio.sleep(0.05)
            taken = await self._redis.blpop(keys, timeout=BLOCK_SECONDS)
            if taken is not None:
                rung(taken[1])

    async def _hear(self, heard: Heard) -> None:
        async with self._redis.pubsub(ignore_subscribe_messages=True) as subscription:
            await subscription.subscribe(*self._channels)
            self.up = True
            while True:
                message = await subscription.get_message(timeout=BLOCK_SECONDS)
                if message is not None:
                    heard(message["data"])

    async def _keep(self, work: Callable[[], Awaitable[None]]) -> None:
        """Again and again, with growing pauses, while Redis is away."""
        pause, longest = PAUSES
        while True:
            begun = asyncio.get_running_loop().time()
            try:
                await work()
            except (RedisError, OSError) as error:
                if asyncio.get_running_loop().time() - begun > longest:
                    pause = PAUSES[0]
                log.warning("No bells from the other processes (%s); looking every second meanwhile", error)
            self.up = False
            await asyncio.sleep(pause)
            pause = min(pause * 2, longest)

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
