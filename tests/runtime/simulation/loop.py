"""An event loop whose time is a number: nothing waits, and the same seed gives the same run."""

from __future__ import annotations

import asyncio
import random
import selectors
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID

from runtime.host.loop import SystemClock
from tests.engine.driver import START


class Deadlock(AssertionError):
    """Nothing is scheduled any more, and the simulation is not over."""


class _Jump(selectors.BaseSelector):
    """A selector without files: waiting moves the clock."""

    def __init__(self) -> None:
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise Deadlock("Nothing can happen any more.")
        self.now += max(timeout, 0.0)
        return []

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return selectors.SelectorKey(fileobj, 0, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return selectors.SelectorKey(fileobj, 0, 0, None)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return {}


class VirtualLoop(asyncio.SelectorEventLoop):
    """Runs callbacks in the order asyncio promises; between them time jumps to the next timer."""

    def __init__(self) -> None:
        self.jump = _Jump()
        super().__init__(self.jump)

    def time(self) -> float:
        return self.jump.now


class VirtualClock(SystemClock):
    """The host's clock on that loop."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def now(self) -> datetime:
        return START + timedelta(seconds=self._loop.time())


class Crash(asyncio.CancelledError):
    """The process is gone: no code of the host handles it, and no task reports it."""


# The host on whose behalf code runs; tasks and callbacks inherit it.
current: ContextVar[Any] = ContextVar("current", default=None)


class _Ids:
    """Version 7 UUIDs that follow from the seed, in the order they are asked for."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._count = 0

    def __call__(self) -> UUID:
        self._count += 1
        moment = (int(START.timestamp() * 1000) + self._count) << 80
        return UUID(int=moment | 0x7 << 76 | 0x2 << 62 | self._chance.getrandbits(62))


class _Stopwatch:
    """Stands for the module `time` where the host measures its slices: sometimes a slice is over at once."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._now = 0.0

    def perf_counter(self) -> float:
        self._now += self._chance.choice((0.0, 0.0, 0.0, 0.01))
        return self._now


@contextmanager
def determined(seed: int) -> Iterator[None]:
    """Everything the host would draw from the system comes from `seed`; crash points end the host."""
    chance = random.Random(f"{seed} system")
    ids, stopwatch = _Ids(chance), _Stopwatch(chance)

    def crash_point(name: str) -> None:
        process = current.get()
        if process is not None:
            process.passes(name)

    with (
        patch("runtime.host.loop.uuid7", ids),
        patch("runtime.store.memory.uuid7", ids),
        patch("runtime.triggers.intake.uuid7", ids),
        patch("runtime.host.reception.time", stopwatch),
        patch("runtime.host.active.time", stopwatch),
        patch("runtime.host.active._chance.draw", lambda: chance.randbytes(32)),
        patch("runtime.host.loop.crash_point", crash_point),
        patch("runtime.host.effects.crash_point", crash_point),
    ):
        yield
