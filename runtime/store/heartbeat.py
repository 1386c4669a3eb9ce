"""The heartbeat of a worker, and by which others are declared dead.

A heartbeat that is old proves nothing: while the database was away, or everybody was paused, none could be
written. So whoever wants to declare others dead needs heartbeats of its own: dead is who has not been heard
for DEAD_SECONDS while we have written WITNESSES heartbeats in a row. All of it is the database's time, and
it does not matter how seldom anybody comes to look.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from runtime.store.sessions import Session, open_session

log = logging.getLogger(__name__)

# A worker is declared dead after DEAD_SECONDS and whoever looks does so each second, so no run is without a
# living owner for longer than 15 seconds.
HEARTBEAT_SECONDS = 4.0
# The first one soon after the start: until then nobody knows whether this process looks around.
FIRST_BEAT_SECONDS = 1.5
DEAD_SECONDS = 13.0
# From the first of them to the last the others have time for two of theirs, and they fit into DEAD_SECONDS.
WITNESSES = 3

Report = Callable[[], dict[str, Any]]


class Watched(NamedTuple):
    """A span in which heartbeats could be written, by the database's clock."""

    since: datetime
    until: datetime


class Witness:
    """The last heartbeats of one process that came without a break. One thread writes, any may ask."""

    def __init__(self) -> None:
        self._written: tuple[datetime, ...] = ()

    def wrote(self, at: datetime) -> None:
        """`at` is the database's time. It begins anew after a silence for which others could have declared us
        dead (we were paused, perhaps they were as well), and where the clock was set: old is not old then.
        """
        before = self._written[-1] if self._written else at
        if not timedelta(0) <= at - before <= timedelta(seconds=DEAD_SECONDS):
            self._written = ()
        self._written = (*self._written, at)[-WITNESSES:]

    def failed(self) -> None:
        """The others could not write either, perhaps."""
        self._written = ()

    @property
    def watched(self) -> Watched | None:
        """Whoever was silent all the time could have been heard; None where nobody can tell."""
        written = self._written
        return Watched(written[0], written[-1]) if len(written) == WITNESSES else None


class Heart:
    """On a thread and a connection of its own, so that neither loop nor writer can delay it."""

    def __init__(self, worker: UUID, report: Report, sweep_age: Callable[[], float | None]) -> None:
        self.witness = Witness()
        self._worker = worker
        self._report, self._sweep_age = report, sweep_age
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="millrace-heartbeat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _beat(self) -> None:
        session: Session | None = None
        pause = FIRST_BEAT_SECONDS
        while not self._stopped.wait(pause):
            pause = HEARTBEAT_SECONDS
            try:
                session = session or open_session()
                if (written := self._write(session)) is not None:
                    self.witness.wrote(written)
            except Exception as error:
                log.warning("The heartbeat of this process could not be written: %s", error)
                self.witness.failed()
                _closed(session)
                session = None
        _closed(session)

    def _write(self, session: Session) -> datetime | None:
        """The moment it was written; None when the row of this worker is gone."""
        age = self._sweep_age()
        swept_at = "NULL" if age is None else session.clock(-age)
        rows = session.all(
            f"UPDATE runtime_worker SET heartbeat_at = {session.clock()}, stopped_at = NULL, "
            f"swept_at = {swept_at}, figures = ? WHERE id = ? RETURNING heartbeat_at",
            (json.dumps(self._report()), self._worker),
        )
        return session.time(rows[0][0]) if rows else None


def _closed(session: Session | None) -> None:
    if session is not None:
        try:
            session.close()
        except Exception as error:
            log.debug("closing the heartbeat's connection failed: %s", error)
