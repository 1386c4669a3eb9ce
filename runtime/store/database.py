"""The store over SQLite or PostgreSQL: one writer thread, a few reader threads, one heartbeat thread."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import platform
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from django.db import connections

from runtime import RELEASE
from runtime.language.values import Json
from runtime.store import admission, clock, lines, partitions, places, streams, takes
from runtime.store.batch import release
from runtime.store.clock import DatabaseClock
from runtime.store.contents import Content, Contents
from runtime.store.heartbeat import DEAD_SECONDS, Heart, Report
from runtime.store.records import (
    Append,
    ArrivalRow,
    ClaimedRun,
    ClockStep,
    ConnectionCall,
    ConnectionLimit,
    HoldRow,
    InboxRow,
    Intake,
    JournalEntry,
    Kinds,
    OwnedRun,
    PayloadRow,
    RunEnd,
    RunLimit,
    Schedule,
    Slots,
    SnapshotRow,
    Swept,
    TakenRow,
    Verdict,
    VersionText,
)
from runtime.store.sessions import Session, connection_lost, open_session
from runtime.store.writer import Writer

log = logging.getLogger(__name__)

READERS = 3
# A content that is gone from where its row said may just have been moved: the row is read again.
_LOOKS = 2

Result = TypeVar("Result")


class DatabaseStore:
    """See `records.Store`. Times of owners are compared by the database's clock, never by ours."""

    keeps_snapshots = True

    def __init__(self) -> None:
        self.clock = DatabaseClock()
        self.writer = Writer(self.clock.now)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="millrace-reader")
        self._sessions = threading.local()
        self._opened: list[Session] = []
        self.heart: Heart | None = None
        self._comparing: asyncio.Task[None] | None = None
        self.contents: Contents
        self.report: Report = dict  # what the heartbeat tells of this process
        self.sweep_age: Callable[[], float | None] = lambda: None

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.to_thread(partitions.extend_if_divided, datetime.now(UTC))
        self.writer.start(loop)
        if connections["default"].vendor != "sqlite":
            with contextlib.suppress(Exception):  # of a database that is away; the next time then
                await self._compare_clocks()
            self._comparing = loop.create_task(self._keep_comparing())
        place = places.configured(partial(self._change, loop))
        self.contents = Contents(place)
        await self.writer.ask(lambda session: places.remember(session, place.address))

    async def _compare_clocks(self) -> None:
        await self._read(lambda session: self.clock.learn(session.now))

    async def _keep_comparing(self) -> None:
        while True:
            await asyncio.sleep(clock.ASK_SECONDS)
            try:
                await self._compare_clocks()
            except Exception as error:
                log.debug("the database's clock could not be read: %s", error)

    async def close(self) -> None:
        if self._comparing:
            self._comparing.cancel()
        if self.heart:
            self.heart.stop()
        await self.writer.stop()
        self.contents.close()
        self._readers.shutdown(wait=True)
        for session in self._opened:
            session.close()

    # -- what comes in

    async def put_inbox(self, rows: Sequence[InboxRow]) -> None:
        for row in rows:
            if row.payloads:
                await self._put_contents(row)
        await asyncio.gather(*[self.writer.ask(row) for row in rows])
        for row in rows:
            if row.payloads:
                self.contents.committed(_contents(row))

    def put_arrived(self, row: InboxRow) -> asyncio.Future[None]:
        """The same for one row: the promise of the writer, or a task where contents have to be in their place
        first.
        """
        held = _contents(row)
        if self.contents.big(held):
            return asyncio.ensure_future(self.put_inbox([row]))
        answer = self.writer.ask(row)
        if held:
            answer.add_done_callback(lambda done: self._written(done, held))
        return answer

    async def put_within(self, row: InboxRow, slots: Slots, waiting: int) -> bool:
        await self._put_contents(row)
        return bool(await self.writer.ask(lambda session: takes.put_within(session, row, slots, waiting)))

    async def put_arrival(self, row: ArrivalRow) -> bool:
        return bool(await self.writer.ask(row))

    async def take_callback(self, run: UUID, token: str, row: ArrivalRow) -> bool:
        return bool(await self.writer.ask(lambda session: takes.take_callback(session, run, token, row)))

    # -- what a host takes and writes

    async def take_inbox(
        self,
        worker: UUID,
        limit: int,
        held: Mapping[UUID, int],
        now: datetime,
        slots: int = 0,
        kinds: Kinds | None = None,
    ) -> list[InboxRow]:
        taken: list[InboxRow] = await self.writer.ask(
            lambda session: takes.take_inbox(session, worker, limit, held, now, slots, kinds)
        )
        return taken

    async def claim(
        self, worker: UUID, limit: int, held: Mapping[UUID, int], now: datetime, slots: int = 0
    ) -> list[ClaimedRun]:
        claimed: list[ClaimedRun] = await self.writer.ask(
            lambda session: takes.claim(session, worker, limit, held, now, slots)
        )
        return claimed

    def finish(self, intake: Intake) -> asyncio.Future[list[Verdict] | None]:
        return self._ask(intake, intake.runs)

    def append(self, row: Append) -> asyncio.Future[Verdict]:
        return self._ask(row, (row,))

    def _ask(self, request: Intake | Append, rows: Sequence[Append]) -> asyncio.Future[Any]:
        """Of the writer; later, where contents have to be in their place first."""
        if all(not row.payloads and not self.contents.is_waiting(row.run) for row in rows):
            return self.writer.ask(request)
        held = [content for row in rows for content in _contents(row)]
        big = self.contents.big(held)
        runs = [row.run for row in rows]
        if not big and not any(self.contents.is_waiting(run) for run in runs):
            return self.writer.ask(request)
        answer = self.contents.ask_after(runs, big, lambda: self.writer.ask(request))
        answer.add_done_callback(lambda done: self._written(done, held))
        return answer

    def _written(self, done: asyncio.Future[Any], held: Sequence[Content]) -> None:
        if not done.cancelled() and done.exception() is None and done.result() is not Verdict.REFUSED:
            self.contents.committed(held)

    async def keep_body(
        self, tenant: UUID, body: streams.Spool | bytes, way: streams.Way, content_type: str | None
    ) -> tuple[Json, PayloadRow] | None:
        """See `streams.keep_body`."""
        source = streams.Held(body) if isinstance(body, bytes) else body
        return await self.contents.in_thread(
            partial(streams.keep_body, self.contents.place, tenant, source, way, content_type)
        )

    async def _put_contents(self, row: InboxRow) -> None:
        if big := self.contents.big(_contents(row)):
            await self.contents.put(big)

    def _change(self, loop: asyncio.AbstractEventLoop, work: Callable[[Session], Result]) -> Result:
        """From a thread: in one transaction of the writer."""

        async def ask() -> Result:
            result: Result = await self.writer.ask(work)
            return result

        return asyncio.run_coroutine_threadsafe(ask(), loop).result()

    async def release(self, run: UUID, epoch: int, seen_ready_at: datetime | None) -> bool:
        return bool(await self.writer.ask(lambda session: release(session, run, epoch, seen_ready_at)))

    async def abandon(self, run: UUID, epoch: int, worker: UUID) -> None:
        await self.writer.ask(lambda session: takes.abandon(session, run, epoch, worker))

    async def put_back(self, worker: UUID, rows: Sequence[TakenRow]) -> int:
        found: int = await self.writer.ask(lambda session: takes.put_back(session, worker, rows))
        return found

    # -- what a host reads

    async def journal(self, run: UUID, after: int = 0) -> list[JournalEntry]:
        return await self._read(lambda session: takes.journal(session, run, after))

    async def history(self, run: UUID, schema: str) -> tuple[SnapshotRow | None, list[JournalEntry]]:
        return await self._read(lambda session: takes.history(session, run, schema))

    def put_snapshot(self, tenant: UUID, run: UUID, schema: str, row: SnapshotRow) -> asyncio.Future[Any]:
        return self.writer.ask(lambda session: takes.put_snapshot(session, tenant, run, schema, row))

    async def arrivals(self, run: UUID) -> tuple[list[ArrivalRow], datetime | None]:
        return await self._read(lambda session: takes.arrivals(session, run))

    async def owned(self, worker: UUID) -> list[OwnedRun]:
        return await self._read(lambda session: takes.owned(session, worker))

    async def taken(self, worker: UUID) -> list[TakenRow]:
        return await self._read(lambda session: takes.taken(session, worker))

    async def end_of(self, run: UUID) -> RunEnd | None:
        return await self._read(lambda session: takes.end_of(session, run))

    async def payload(self, tenant: UUID, content_hash: str) -> bytes | None:
        for _ in range(_LOOKS):
            found = await self._read(lambda session: takes.payload(session, tenant, content_hash))
            if found is None or not found[1]:
                return found[0] if found else None
            if (content := await self.contents.get(found[1])) is not None:
                return content
        return None

    async def payload_text(self, tenant: UUID, content_hash: str) -> bytearray | None:
        """JSON text that lies outside its row, without a second copy; None where that cannot be had."""
        for _ in range(_LOOKS):
            found = await self._read(lambda session: takes.payload_place(session, tenant, content_hash))
            if found is None:
                return None
            try:
                return await self.contents.in_thread(partial(streams.load_text, self.contents.place, *found))
            except FileNotFoundError:
                continue
        return None

    async def version(self, version: UUID) -> VersionText | None:
        return await self._read(lambda session: takes.version(session, version))

    async def find_version(self, tenant: UUID, workflow: str) -> VersionText | None:
        return await self._read(lambda session: takes.find_version(session, tenant, workflow))

    async def active_runs(self, workflow: UUID, trigger: str) -> int:
        return await self._read(lambda session: takes.active_runs(session, workflow, trigger))

    async def batch_of(self, release: UUID) -> list[tuple[str, str, str, bytes]]:
        return await self._read(lambda session: admission.batch_of(session, release))

    async def unsettled(self, row: InboxRow, kinds: Sequence[str]) -> int:
        return await self._read(lambda session: takes.unsettled(session, row, kinds))

    # -- the clock

    async def fire(self, now: datetime, schedule: Schedule, limit: int) -> Swept:
        swept: Swept = await self.writer.ask(lambda session: takes.fire(session, now, schedule, limit))
        return swept

    async def register(self, worker: UUID, kind: str) -> None:
        machine, pid = platform.node()[:200], os.getpid()
        _workers_here.add(worker)

        def insert(session: Session) -> datetime | None:
            rows = session.all(
                f"INSERT INTO runtime_worker (id, kind, machine, pid, release, started_at, heartbeat_at, "
                f"figures) VALUES (?, ?, ?, ?, ?, {session.clock()}, {session.clock()}, ?) "
                "RETURNING heartbeat_at",
                (worker, kind, machine, pid, RELEASE, json.dumps(self.report())),
            )
            return session.time(rows[0][0])

        self.heart = Heart(worker, self.report, self.sweep_age)
        if (written := await self.writer.ask(insert)) is not None:
            self.heart.witness.wrote(written)
        self.heart.start()

    async def retire(self, worker: UUID) -> None:
        if self.heart:
            self.heart.stop()
        _workers_here.discard(worker)
        await self.writer.ask(lambda session: takes.retire(session, worker))

    async def bury(self) -> int:
        watched = self.heart.witness.watched if self.heart else None
        if watched is None:
            return 0
        buried: int = await self.writer.ask(lambda session: takes.bury(session, DEAD_SECONDS, watched))
        return buried

    async def hold(self, row: HoldRow) -> None:
        await self.writer.ask(lambda session: takes.hold(session, row))

    async def unhold(self, run: UUID, action: str) -> None:
        await self.writer.ask(lambda session: takes.unhold(session, run, action))

    async def connection_limits(self) -> list[ConnectionLimit]:
        return await self._read(lines.connection_limits)

    async def run_limits(self) -> list[RunLimit]:
        return await self._read(lines.run_limits)

    async def rouse(self, limit: RunLimit | None, most: int) -> int:
        now = self.clock.now()
        roused: int = await self.writer.ask(
            lambda session: (
                admission.rouse(session, limit, now, most, asleep=True)
                if limit
                else admission.rouse_free(session, now, most)
            )
        )
        return roused

    async def enter_connection(self, call: ConnectionCall) -> float | None:
        rest: float | None = await self.writer.ask(lambda session: lines.enter_connection(session, call))
        return rest

    async def leave_connection(self, call: UUID) -> None:
        await self.writer.ask(lambda session: lines.leave_connection(session, call))

    async def adopt(self) -> int:
        adopted: int = await self.writer.ask(takes.adopt)
        return adopted

    async def set_back(self, now: datetime, step: ClockStep) -> int:
        moved: int = await self.writer.ask(lambda session: takes.set_back(session, now, step))
        return moved

    async def bury_processes(self, survivor: UUID) -> int:
        """SQLite only: every owner is a process of this machine, so whoever is gone can be seen at once."""
        if connections["default"].vendor != "sqlite":
            return 0
        buried: int = await self.writer.ask(lambda session: takes.bury_processes(session, survivor, _alive))
        return buried

    async def _read(self, question: Callable[[Session], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._answer, question)

    def _answer(self, question: Callable[[Session], Result]) -> Result:
        for attempt in range(5):
            session: Session | None = getattr(self._sessions, "session", None)
            try:
                if session is None:
                    session = self._sessions.session = open_session()
                    self._opened.append(session)
                answer = question(session)
            except Exception as error:
                self._sessions.session = None
                if session is not None and session in self._opened:
                    self._opened.remove(session)
                    session.close()
                if not connection_lost(error) or attempt == 4:
                    raise
                threading.Event().wait(0.1 * 2**attempt)
            else:
                return answer
        raise AssertionError("unreachable")


def _contents(row: InboxRow | Append) -> list[Content]:
    return [(row.tenant, payload) for payload in row.payloads]


# The workers of this very process: a row with our number may also be of an earlier process that had it.
_workers_here: set[UUID] = set()


def _alive(worker: UUID, machine: str, pid: int) -> bool:
    if machine != platform.node()[:200]:
        return True
    if pid == os.getpid():
        return worker in _workers_here
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
