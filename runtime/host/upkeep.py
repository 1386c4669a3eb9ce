"""Upkeep beside a host: one process of the installation does it for all, every ten minutes."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from django.db import connections
from django.db.models import QuerySet

from runtime.models import Retention
from runtime.store import partitions, retention
from runtime.store.retention import Kept
from runtime.store.sessions import Session, open_session
from runtime.store.upkeep import OwnHands, Stopped, Upkeep
from runtime.store.writer import Writer

log = logging.getLogger(__name__)

CHORE = "upkeep"
EVERY_SECONDS = 600.0
LOOK_SECONDS = 30.0
LEASE_SECONDS = 120.0
# Every so many rounds all payloads are looked at, and not only those touched since the round before.
WHOLE_EVERY = 24

Result = TypeVar("Result")


class _Hands(OwnHands):
    """On SQLite one connection writes at a time, so what is changed there is part of the writer's commits."""

    def __init__(self, writer: Writer, loop: asyncio.AbstractEventLoop, stopped: threading.Event) -> None:
        super().__init__()
        self._writer, self._loop, self._stopped = writer, loop, stopped
        self._shares = connections["default"].vendor == "sqlite"

    def change(self, work: Callable[[Session], Result]) -> Result:
        if not self._shares:
            return super().change(work)

        async def ask() -> Result:
            result: Result = await self._writer.ask(work)
            return result

        waiting = asyncio.run_coroutine_threadsafe(ask(), self._loop)
        while True:
            try:
                return waiting.result(0.5)
            except TimeoutError:
                if self._stopped.is_set():
                    raise Stopped from None

    def rest(self, seconds: float) -> None:
        if self._stopped.wait(seconds):
            raise Stopped


class UpkeepThread:
    """Looks every half minute whether it is due, and then does a round."""

    def __init__(self, writer: Writer, worker: UUID, days: int, runs: int) -> None:
        self._writer, self._worker, self._days, self._runs = writer, worker, days, runs
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="millrace-upkeep", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._since: datetime | None = None
        self._rounds = 0
        # What this process has removed since it started, for metrics.
        self.removed: Counter[str] = Counter()

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    async def stop(self) -> None:
        self._stopped.set()
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join, 10)

    def _serve(self) -> None:
        while not self._stopped.wait(LOOK_SECONDS):
            try:
                self.round()
            except Stopped:
                return
            except Exception:
                log.exception("Upkeep failed; it is tried again when it is due")

    def round(self) -> bool:
        """A round if it is due and nobody else is at it; whether there was one."""
        assert self._loop is not None
        hands = _Hands(self._writer, self._loop, self._stopped)
        try:
            if not hands.change(
                lambda session: retention.claim_chore(session, CHORE, self._worker, LEASE_SECONDS)
            ):
                return False
            removed = self._work(hands)
            self.removed.update(removed)
            found = json.dumps(removed)
            hands.change(
                lambda session: retention.finish_chore(session, CHORE, self._worker, EVERY_SECONDS, found)
            )
            if removed:
                log.info("Upkeep removed %s", ", ".join(f"{n:,} {what}" for what, n in removed.items()))
            return True
        finally:
            hands.close()

    def _work(self, hands: _Hands) -> dict[str, int]:
        now = datetime.now(UTC)
        upkeep = Upkeep(hands, now)
        rules = hands.read(lambda session: retention.rules(session, self._days, self._runs))
        upkeep.removed["ranges"] = self._drop(hands, rules, now)
        upkeep.spare = hands.read(partitions.spare)
        for kept in rules:
            upkeep.apply(kept)
            if not hands.change(
                lambda session: retention.renew_chore(session, CHORE, self._worker, LEASE_SECONDS)
            ):
                break  # too slow for the lease: another process goes on
        upkeep.small_things()
        if self._rounds % WHOLE_EVERY == 0:
            self._since = None
            upkeep.sweep_places()
        self._since = upkeep.sweep_payloads(self._since)
        self._rounds += 1
        return {what: number for what, number in upkeep.removed.items() if number}

    def _drop(self, hands: _Hands, rules: Sequence[Kept], now: datetime) -> int:
        """Ranges of time that are over, and new ones ahead; none where nothing is divided."""
        session = open_session()
        try:
            if not partitions.is_partitioned(session):
                return 0
            partitions.extend(session, now)
            dropping = partitions.Dropping(hands, session, now)
            dropping.execute(rules, retention.rule_of(self._days, self._runs))
            return len(dropping.dropped)
        finally:
            session.close()


def retention_of(tenant_id: UUID, workflow_id: UUID | None) -> tuple[int | None, int | None]:
    """What was set for exactly this: days and number of runs. None: as the next wider rule says; 0: no
    limit.
    """
    row = _set(tenant_id, workflow_id).first()
    return (row.days, row.runs) if row is not None else (None, None)


def set_retention(tenant_id: UUID, workflow_id: UUID | None, days: int | None, runs: int | None) -> None:
    rows = _set(tenant_id, workflow_id)
    if days is None and runs is None:
        rows.delete()
    elif not rows.update(days=days, runs=runs):
        Retention.objects.create(tenant_id=tenant_id, workflow_id=workflow_id, days=days, runs=runs)


def _set(tenant_id: UUID, workflow_id: UUID | None) -> QuerySet[Retention]:
    rows = Retention.objects.filter(tenant_id=tenant_id)
    return rows.filter(workflow_id=workflow_id) if workflow_id else rows.filter(workflow__isnull=True)
