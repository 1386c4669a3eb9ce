"""What a host looks for each second: news a lost ring would have told, owners that died, rows nobody owns,
and a clock that was set back.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from runtime.engine.state import TIMER
from runtime.store.records import ClockStep, StoreClosed, TakenRow
from runtime.triggers.arming import POLLED, SUBSCRIBED, definition_of

if TYPE_CHECKING:
    from runtime.host.loop import Host

log = logging.getLogger(__name__)

# A run that is ours in the database and in nobody's memory for so many looks was lost by a fault of ours.
STRAY_LOOKS = 5
ADOPT_LOOKS = 5
# A clock that goes back by less is being corrected, and nothing waits for longer than that.
SET_BACK = timedelta(seconds=2)
UNSEEN = timedelta(minutes=1)


class Sweeper:
    """Of one host; each sweeps for all. What it finds is counted (`millrace_sweeper_findings_total`)."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._strays: Counter[UUID] = Counter()
        self._mislaid: set[TakenRow] = set()
        self._looks = 0
        self._after_death = False
        self._clock: datetime | None = None
        self._steady = time.monotonic()

    async def serve(self) -> None:
        host, never = self._host, asyncio.Event()
        look = timedelta(seconds=host.limits.look_seconds)
        while not host.stopping:
            await host.clock.wait(never, host.clock.now() + look)
            try:
                await self.look_around()
                host.watch.swept("looks")
            except StoreClosed:
                return
            except Exception:
                log.exception("Looking around failed; trying again in a second")

    async def look_around(self) -> None:
        """One look at everything."""
        # First: it is what cannot wait, and nothing that fails below may keep it back.
        buried = await self._host.store.bury()
        if buried:
            self._found("buried", buried)
        await self._host.quotas.refresh()
        await self._host.crowding.refresh()
        await self._look_at_own_runs()
        # One look after a death as well: what was locked at that moment may be free by now.
        adopts = self._after_death or self._looks % ADOPT_LOOKS == 0
        if adopts and (adopted := await self._host.store.adopt()):
            self._found("adopted", adopted)
        if self._looks % ADOPT_LOOKS == 0:
            await self._look_at_own_arrivals()
        self._looks += 1
        self._after_death = buried > 0
        await self._compare_clocks()

    def _found(self, kind: str, count: int) -> None:
        log.warning("The sweeper found %d: %s", count, kind)
        self._host.figures[kind] += count
        self._host.ring()

    async def _look_at_own_runs(self) -> None:
        """Runs the database says are ours: news for those held here; a stray nobody holds is handed over."""
        host = self._host
        strays: Counter[UUID] = Counter()
        for owned in await host.store.owned(host.id):
            run = host.runs.get(owned.id)
            if run is None:
                strays[owned.id] = self._strays[owned.id] + 1
                if strays[owned.id] > STRAY_LOOKS:
                    host.figures["strays"] += 1
                    await host.store.abandon(owned.id, owned.epoch, host.id)
            elif owned.ready_at != run.seen_ready_at and not run.releasing:
                host.spawn(host.look(run))
        self._strays = strays

    async def _look_at_own_arrivals(self) -> None:
        """Arrivals the database says are ours and nobody here has in hand: taken by a commit whose answer was
        lost, or dropped by a fault of ours. Those still there at the next look go back to the inbox.
        """
        host = self._host
        mislaid = set(await host.store.taken(host.id)) - host.reception.in_hand
        again, self._mislaid = mislaid & self._mislaid, mislaid
        if again and (found := await host.store.put_back(host.id, sorted(again))):
            self._found("mislaid", found)

    async def _compare_clocks(self) -> None:
        host, now, steady = self._host, self._host.clock.now(), time.monotonic()
        before, passed = self._clock, timedelta(seconds=steady - self._steady)
        if before is None:
            # It may have been set back while nothing ran. Clocks of several machines differ by less.
            await host.store.set_back(now, ClockStep(None, UNSEEN, False, is_relative))
        elif now < before - SET_BACK:
            self._found("clock_set_back", 1)
            step = ClockStep(before + passed - now, timedelta(seconds=1), host.is_alone, is_relative)
            await host.store.set_back(now, step)
        self._clock, self._steady = now, steady  # not before: what failed is seen once more


def is_relative(text: str, key: str, trigger: str) -> bool:
    """Whether a timer waits for a length of time. A recurrence, a release of a batch and a Wait `until` wait
    for a moment on the wall, wherever its hands are put.
    """
    if not text:
        return False
    definition = definition_of(text)
    if trigger:
        found = definition.triggers.get(trigger)
        return found is not None and found.type in POLLED | SUBSCRIBED
    kind, _, place = key.partition(":")
    if kind != TIMER:
        return True
    name = place.partition("@")[0]
    action = next((action for action in definition.every_action() if action.name == name), None)
    inputs = action.inputs if action is not None else None
    return isinstance(inputs, dict) and "until" not in {str(member).lower() for member in inputs}
