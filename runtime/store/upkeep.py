"""Upkeep: finds what retention says has had its time, and removes it a little at a time.

The same code runs beside a host, every ten minutes in one process of the installation
(`runtime.host.upkeep`), and in `millrace purge`. It is synchronous and belongs in a thread of its own. After
every small transaction it rests four times as long as that took, so it never has more than a fifth of the
database's attention; the size of the next one follows from how long the last took.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol, TypeVar
from uuid import UUID

from runtime.store import retention
from runtime.store.places import Place, configured
from runtime.store.retention import Kept, Look, Rule
from runtime.store.sessions import Session, open_session

Result = TypeVar("Result")

# A limit by number never takes what ended just now: its caller may still ask for the answer.
SETTLED = timedelta(minutes=10)
SOON_ENOUGH = 0.02
_NIL = UUID(int=0)


class Stopped(Exception):
    """The process ends; what is left is done another time."""


class Hands(Protocol):
    """How upkeep reaches the database."""

    def read(self, question: Callable[[Session], Result]) -> Result: ...

    def change(self, work: Callable[[Session], Result]) -> Result:
        """In one transaction."""

    def rest(self, seconds: float) -> None:
        """Raises Stopped."""


class OwnHands:
    """Two connections of its own, one to look and one to change. Close it."""

    def __init__(self) -> None:
        self._reading = open_session()
        self._changing = open_session(durable=True)

    def close(self) -> None:
        self._reading.close()
        self._changing.close()

    def read(self, question: Callable[[Session], Result]) -> Result:
        return question(self._reading)

    def change(self, work: Callable[[Session], Result]) -> Result:
        self._changing.begin()
        try:
            result = work(self._changing)
        except BaseException:
            self._changing.rollback()
            raise
        self._changing.commit()
        return result

    def rest(self, seconds: float) -> None:
        time.sleep(seconds)


class Upkeep:
    """One round. `removed` counts runs, arrivals, payloads, payload_bytes, contents, keys and workers."""

    def __init__(self, hands: Hands, now: datetime, *, dry: bool = False) -> None:
        self._hands, self._now, self._dry = hands, now, dry
        self._size = 50
        self.spare = timedelta(0)  # see `runtime.store.partitions.spare`
        self.removed: Counter[str] = Counter()

    def apply(self, kept: Kept) -> None:
        """Remove what the rule of one workflow does not keep."""
        rule = kept.rule
        if rule.age is not None:
            before = self._now - rule.age - self.spare
            until = retention.moment_id(before)
            self._runs(kept.workflow, until, before)
        if rule.runs:
            oldest = self._hands.read(
                lambda session: retention.oldest_kept(session, kept.workflow, rule.runs)
            )
            if oldest is not None:
                self._runs(kept.workflow, oldest, self._now - SETTLED)
        self._arrivals(kept.workflow, rule)

    def small_things(self) -> None:
        """Expired deduplication keys and processes that ended long ago."""
        if self._dry:
            return
        while found := self._timed(lambda session: retention.delete_expired_keys(session, self._now)):
            self.removed["keys"] += found
        self.removed["workers"] += self._timed(retention.delete_stopped_workers)

    def sweep_payloads(self, since: datetime | None = None) -> datetime:
        """Remove payloads without a use, of those touched `since`; gives the moment to go on from next time.

        Older ones that had a use then can only have lost it through a deletion, which touches them.
        """
        until = self._now - retention.ORPHAN_AGE
        place: datetime | None = since or datetime.fromtimestamp(0, self._now.tzinfo)
        while place is not None:
            found = self._hands.read(partial(retention.orphans, after=place, until=until))
            if found.keys and not self._dry:
                for some in _slices(found.keys, self._size):
                    swept = self._timed(partial(retention.delete_payloads, keys=some, until=until))
                    self.removed["payloads"] += swept.number
                    if swept.places:
                        self._place().delete(swept.places)
            elif found.keys:
                self.removed["payloads"] += len(found.keys)
            self.removed["payload_bytes"] += found.bytes
            place = found.following
        return until

    def sweep_places(self) -> None:
        """Remove contents that no payload names: a process died, or another had stored the same value."""
        place = self._place()
        held: list[str] = []
        for key in place.keys(self._now - retention.UNNAMED_AGE):
            held.append(key)
            if len(held) == 500:
                self._unnamed(place, held)
                held = []
        if held:
            self._unnamed(place, held)

    def _unnamed(self, place: Place, keys: Sequence[str]) -> None:
        found = self._hands.read(lambda session: retention.unnamed(session, keys))
        self.removed["contents"] += len(found)
        if not self._dry:
            place.delete(found)
        self._hands.rest(0.01)

    def _place(self) -> Place:
        return configured(self._hands.change)

    def _runs(self, workflow: UUID, until: UUID, before: datetime) -> None:
        def look(after: UUID, session: Session) -> Look:
            return retention.old_runs(session, workflow, after, until, before)

        for ids in self._found(look):
            if self._dry:
                self.removed["runs"] += len(ids)
                continue
            for some in _slices(ids, self._size):
                self._shorten(some)
                self.removed["runs"] += self._timed(partial(retention.delete_runs, runs=some, now=self._now))

    def _shorten(self, runs: Sequence[UUID]) -> None:
        """Long journals go from their end, a slice at a time, before the runs go with what is left."""
        long = self._hands.read(lambda session: retention.long_journals(session, runs))
        for run, last in long:
            for seq in range(last - last % retention.JOURNAL_SLICE, 0, -retention.JOURNAL_SLICE):
                self._timed(partial(retention.delete_rows_from, run=run, seq=seq), sizing=False)

    def _arrivals(self, workflow: UUID, rule: Rule) -> None:
        inward = retention.moment_id(self._now - retention.INWARD_AGE)
        until = _NIL if rule.age is None else retention.moment_id(self._now - rule.age - self.spare)

        def look(after: UUID, session: Session) -> Look:
            return retention.old_arrivals(session, workflow, after, until, inward)

        for ids in self._found(look):
            if self._dry:
                self.removed["arrivals"] += len(ids)
                continue
            for some in _slices(ids, self._size):
                self.removed["arrivals"] += self._timed(
                    partial(retention.delete_arrivals, arrivals=some, now=self._now)
                )

    def _found(self, look: Callable[[UUID, Session], Look]) -> Iterator[list[UUID]]:
        after: UUID | None = _NIL
        while after is not None:
            found = self._hands.read(partial(look, after))
            if found.ids:
                yield found.ids
            after = found.following

    def _timed(self, work: Callable[[Session], Any], *, sizing: bool = True) -> Any:
        """One small transaction, and a rest."""
        took = 0.0

        def timed(session: Session) -> Any:
            nonlocal took
            began = time.perf_counter()
            result = work(session)
            took = time.perf_counter() - began
            return result

        result = self._hands.change(timed)
        if sizing:
            self._size = max(5, self._size // 2) if took > SOON_ENOUGH else min(200, self._size + 5)
        self._hands.rest(min(1.0, took * 4))
        return result


Item = TypeVar("Item")


def _slices(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
