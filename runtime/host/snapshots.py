"""Snapshots of long runs: made beside the run from what is stored, read where the run is read back.

A run gets one when its history has grown by half and by 5,000 events since the last, so making them costs no
more, all in all, than folding the history once or twice. It is made in a thread from the last one and the
rows since, never from memory: what is in it has been committed, and holds values as the journal does. A run
that has lived for a few seconds only gets none, since replaying it takes a fraction of that.
"""

from __future__ import annotations

import asyncio
import logging
import time
from uuid import UUID

from runtime.engine import snapshots
from runtime.engine.state import RunState, fold
from runtime.host.active import ActiveRun
from runtime.store import codec
from runtime.store.payloads import Seals
from runtime.store.records import JournalEntry, SnapshotRow, Store

log = logging.getLogger(__name__)

EVERY = 5_000
SETTLED_SECONDS = 5.0
# A journal of more rows is folded in a thread: the loop belongs to all.
_ROWS_AT_ONCE = 10


class Snapshots:
    """Of one host."""

    def __init__(self, store: Store, seals: Seals | None) -> None:
        self._store, self._seals = store, seals
        self._turn = asyncio.Semaphore(1)
        self._making: set[UUID] = set()
        self.unreadable = 0  # so often the journal was folded in place of one

    def is_due(self, run: ActiveRun) -> bool:
        grown = run.events - run.covered
        return (
            grown >= EVERY
            and grown * 2 >= run.covered
            and self._store.keeps_snapshots
            and run.id not in self._making
            # One that was read back comes and goes, so how long it is held this time says nothing.
            and (run.start is None or time.monotonic() - run.held_since >= SETTLED_SECONDS)
        )

    async def read(self, tenant: UUID, run: UUID) -> tuple[RunState, int, int, int]:
        """State, number of the last row, events in all, and events that a snapshot stood for."""
        snapshot, entries = await self._store.history(run, snapshots.SCHEMA)
        try:
            return await self._fold(tenant, snapshot, entries)
        except Exception:
            if snapshot is None:
                raise
            self.unreadable += 1
            log.warning("The snapshot of run %s cannot be read; its journal is folded instead", run)
            return await self._fold(tenant, None, await self._store.journal(run))

    async def _fold(
        self, tenant: UUID, snapshot: SnapshotRow | None, entries: list[JournalEntry]
    ) -> tuple[RunState, int, int, int]:
        if self._store.keeps_snapshots and (snapshot or len(entries) > _ROWS_AT_ONCE):
            return await asyncio.to_thread(folded, self._unseal(tenant), snapshot, entries)
        return folded(self._unseal(tenant), snapshot, entries)

    async def make(self, run: ActiveRun) -> None:
        """A new one for a run that is due, from what is stored of it."""
        self._making.add(run.id)
        try:
            async with self._turn:
                state, seq, events, covered = await self.read(run.tenant, run.id)
                if events - covered < EVERY:
                    return
                seal = self._seals(run.tenant)[0] if self._seals and run.planned.sealed else None
                data = await asyncio.to_thread(packed, state, seal)
                await self._store.put_snapshot(
                    run.tenant, run.id, snapshots.SCHEMA, SnapshotRow(seq, events, data)
                )
                run.covered = events
        except Exception:
            log.warning("No snapshot of run %s could be made", run.id, exc_info=True)
        finally:
            self._making.discard(run.id)

    def _unseal(self, tenant: UUID) -> codec.Seal | None:
        return self._seals(tenant)[1] if self._seals else None


def packed(state: RunState, seal: codec.Seal | None = None) -> bytes:
    return codec.wrap(codec.pack_plain(snapshots.dump(state)), seal)


def unpacked(data: bytes, unseal: codec.Seal | None = None) -> RunState:
    return snapshots.load(codec.unpack_plain(codec.unwrap(data, unseal)))


def folded(
    unseal: codec.Seal | None, snapshot: SnapshotRow | None, entries: list[JournalEntry]
) -> tuple[RunState, int, int, int]:
    """The state after the last entry; see `Snapshots.read`."""
    state = unpacked(snapshot.data, unseal) if snapshot else RunState.empty()
    seq, events = (snapshot.seq, snapshot.events) if snapshot else (0, 0)
    for entry in entries:
        found = codec.unpack_events(entry.events, unseal)
        fold(found, state)
        seq, events = entry.seq, events + len(found)
    return state, seq, events, snapshot.events if snapshot else 0
