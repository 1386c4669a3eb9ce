"""What a process that serves for long does about memory: full collections stay short, and what a big run
needed goes back to the system once it is over.

A loop of 100,000 items leaves pages behind in which a single object lives on, in Python's arenas and in those
of the C library. Neither is given back without being asked.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import time
from collections.abc import Callable

# A full collection walks all that was ever imported: 100 to 300 ms in which nobody is served.
COLLECTOR = (5_000, 20, 20)
SETTLED_SECONDS = 60.0
LOOK_SECONDS = 5.0
# Below the first share of a core it is idle, below the second it has time; and how many seconds of processor
# time it has worked since it was last tidied.
IDLE, IDLE_AFTER = 0.1, 0.5
CALM, CALM_AFTER = 0.5, 10.0
# Of the C library, by default eight for each core: threads of ours wait for one interpreter anyway.
ARENAS = 2
_M_ARENA_MAX = -8


def keep_few_arenas() -> None:
    """Before threads are started; without effect where the C library is not GNU's."""
    if hasattr(_library(), "mallopt"):
        _library().mallopt(_M_ARENA_MAX, ARENAS)


def spare_collector() -> None:
    """On the loop of a program that will serve for long: what is loaded by now, and what the first minute
    loads, is left out of every later collection.
    """
    gc.set_threshold(*COLLECTOR)
    gc.collect()
    gc.freeze()
    asyncio.get_running_loop().call_later(SETTLED_SECONDS, _settled)


def _settled() -> None:
    gc.freeze()
    Tidying().look_later()


def tidy() -> None:
    """Some 10 ms: what is frozen is not walked. A collection empties the interpreter's free lists as well."""
    gc.collect()
    if hasattr(_library(), "malloc_trim"):
        _library().malloc_trim(0)


class Tidying:
    """Tidies once the process has worked and has time."""

    def __init__(
        self, used: Callable[[], float] = time.process_time, tidy: Callable[[], None] = tidy
    ) -> None:
        self._used, self._tidy = used, tidy
        self._seen = self._tidied = used()

    def look_later(self) -> None:
        """On the loop, from now on."""
        asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look_again)

    def _look_again(self) -> None:
        self.look()
        self.look_later()

    def look(self) -> None:
        now = self._used()
        share, worked = (now - self._seen) / LOOK_SECONDS, now - self._tidied
        self._seen = now
        if share < CALM and worked >= (IDLE_AFTER if share < IDLE else CALM_AFTER):
            self._tidy()
            self._tidied = now


def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None)
