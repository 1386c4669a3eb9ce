"""The writer thread: the only connection of this process that writes what runs live from.

It commits whatever has gathered since the last commit and answers the loop once per commit. Where that is
more than one short transaction holds, arrivals go first, for somebody waits until they are accepted, and
rows of runs take turns, tenant by tenant.

When the database refuses a batch, each request is tried alone, so one bad row fails alone. When the
connection is lost, the batch is kept and repeated: every statement of a batch may be executed twice without
harm (`runtime.store.batch`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from runtime.crashpoints import crash_point
from runtime.figures import SIZES, Histogram
from runtime.shares import Turns
from runtime.store import admission, batch
from runtime.store.records import Append, ArrivalRow, InboxRow, Intake, StoreClosed
from runtime.store.sessions import Session, connection_lost, open_session

log = logging.getLogger(__name__)

# More than this in one transaction makes the first of them wait too long; rows of runs and the ends of
# arrivals cost about ten times what an accepted arrival does.
_MOST = 1000
_MOST_OF_RUNS = 100

Call = Callable[[Session], Any]
Request = InboxRow | ArrivalRow | Intake | Append | Call


class Promise(asyncio.Future[Any]):
    """What is written whether or not anybody still waits for it: a task that awaits it and is cancelled ends
    after the commit.
    """

    def cancel(self, msg: Any = None) -> bool:
        return False


@dataclass(slots=True)
class _Asked:
    request: Request
    answer: asyncio.Future[Any]


@dataclass(slots=True)
class Figures:
    """What the writer has done, for metrics and the bench."""

    commits: int = 0
    requests: int = 0
    refused: int = 0
    commit_seconds: Histogram = field(default_factory=Histogram)
    commit_rows: Histogram = field(default_factory=lambda: Histogram(SIZES))


class Writer:
    def __init__(self, now: Callable[[], datetime]) -> None:
        self.figures = Figures()
        self._now = now
        self._asked: deque[_Asked] = deque()
        self._of_runs: Turns[_Asked] = Turns()  # taken from there by the thread, and for a later transaction
        self._bell = threading.Event()
        self._closing = False
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._thread = threading.Thread(target=self._work, name="millrace-writer", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """Write what was asked so far, then end the thread."""
        self._closing = True
        self._bell.set()
        if self._thread:
            await asyncio.get_running_loop().run_in_executor(None, self._thread.join)
        while self._asked:
            asked = self._asked.popleft()
            if not asked.answer.done():
                asked.answer.set_exception(StoreClosed())

    @property
    def waiting(self) -> int:
        return len(self._asked) + len(self._of_runs)

    def ask(self, request: Request) -> asyncio.Future[Any]:
        """Called on the loop. The future is answered after the commit."""
        if self._closing or self._loop is None:
            raise StoreClosed
        answer: asyncio.Future[Any] = (
            Promise(loop=self._loop) if type(request) is InboxRow else self._loop.create_future()
        )
        self._asked.append(_Asked(request, answer))
        if not self._bell.is_set():
            self._bell.set()
        return answer

    # -- on the thread -----------------------------------------------------------------------------

    def _work(self) -> None:
        session: Session | None = None
        while True:
            self._bell.wait()
            self._bell.clear()
            while self.waiting:
                session = self._write(session, self._gather())
            if self._closing and not self.waiting:
                if session:
                    session.close()
                return

    def _gather(self) -> list[_Asked]:
        """What goes into the next transaction. Within a tenant the order that was asked for is kept, so a
        run's rows stay behind each other and behind the arrival that begins it.
        """
        if not self._of_runs and len(self._asked) <= _MOST_OF_RUNS:
            return [self._asked.popleft() for _ in range(len(self._asked))]
        gathered = []
        for _ in range(min(len(self._asked), _MOST)):
            asked = self._asked.popleft()
            match asked.request:
                case Intake() | Append() as row:
                    self._of_runs.add(_tenant(row), asked)
                case _:
                    gathered.append(asked)
        gathered += [self._of_runs.next() for _ in range(min(len(self._of_runs), _MOST_OF_RUNS))]
        return gathered

    def _write(self, session: Session | None, gathered: list[_Asked]) -> Session | None:
        started = time.perf_counter()
        pause = 0.05
        while True:
            try:
                if session is None:
                    session = open_session(durable=True)
                answers = _transaction(session, [asked.request for asked in gathered], self._now())
                break
            except Exception as error:
                if connection_lost(error):
                    log.warning("The database does not answer (%s); trying again in %.2g s", error, pause)
                    _abandon(session)
                    session = None
                    time.sleep(pause)
                    pause = min(pause * 2, 5)
                    if self._closing and pause > 1:
                        answers = [StoreClosed()] * len(gathered)
                        break
                    continue
                if session:
                    session.rollback()
                if len(gathered) == 1:
                    self.figures.refused += 1
                    answers = [error]
                else:
                    # One of them is bad; alone, each gets its own answer.
                    for asked in gathered:
                        session = self._write(session, [asked])
                    return session
                break
        self.figures.commits += 1
        self.figures.requests += len(gathered)
        self.figures.commit_seconds.observe(time.perf_counter() - started)
        self.figures.commit_rows.observe(len(gathered))
        assert self._loop is not None
        self._loop.call_soon_threadsafe(_tell, gathered, answers)
        return session


def _tenant(request: Intake | Append) -> UUID | None:
    if isinstance(request, Append):
        return request.tenant
    if request.row is not None:
        return request.row.tenant
    return request.runs[0].tenant if request.runs else None


def _abandon(session: Session | None) -> None:
    if session is not None:
        with contextlib.suppress(Exception):
            session.close()


def _tell(gathered: Sequence[_Asked], answers: Sequence[Any]) -> None:
    for asked, answer in zip(gathered, answers, strict=True):
        if asked.answer.done():
            continue
        if isinstance(answer, BaseException):
            asked.answer.set_exception(answer)
        else:
            asked.answer.set_result(answer)


def _transaction(session: Session, requests: list[Request], now: datetime) -> list[Any]:
    """Write all of it, commit, and give the answers in the order of the requests."""
    session.begin()
    _lock(session, requests)
    answers: dict[int, Any] = {id(request): request(session) for request in requests if callable(request)}
    inbox = [request for request in requests if type(request) is InboxRow]
    if inbox:
        crash_point("inbox.before")
        batch.put_inbox(session, inbox)
    arrivals = sorted(
        (request for request in requests if type(request) is ArrivalRow), key=lambda row: row.run
    )
    answers |= _by_id(arrivals, batch.put_arrivals(session, arrivals, now))
    intakes = [request for request in requests if type(request) is Intake]
    if intakes:
        answers |= _by_id(intakes, batch.settle(session, intakes, now))
    appends = _appends(requests, answers)
    if appends:
        answers |= _by_id(appends, batch.write(session, appends, now))
    if inbox or appends:
        crash_point("batch.before_commit")
    session.commit()
    if inbox:
        crash_point("inbox.committed")
    if appends:
        crash_point("journal.committed")
    for intake in intakes:
        if answers[id(intake)]:
            answers[id(intake)] = [answers[id(append)] for append in intake.runs]
        else:
            answers[id(intake)] = None
    return [answers.get(id(request)) for request in requests]


def _lock(session: Session, requests: list[Request]) -> None:
    """What others must not decide at the same moment: free slots, full batches."""
    names = {
        name
        for request in requests
        if isinstance(request, (Intake, Append))
        for name in admission.locks(request)
    }
    if names:
        session.lock(names)


def _by_id(requests: Sequence[Any], verdicts: Sequence[Any]) -> dict[int, Any]:
    return {id(request): verdict for request, verdict in zip(requests, verdicts, strict=True)}


def _appends(requests: list[Request], answers: dict[int, Any]) -> list[Append]:
    """In the order they were asked for; those of a refused intake are left out."""
    appends: list[Append] = []
    for request in requests:
        if type(request) is Append:
            appends.append(request)
        elif type(request) is Intake and answers[id(request)]:
            appends.extend(request.runs)
    return appends
