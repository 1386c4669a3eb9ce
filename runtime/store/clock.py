"""What time it is for all processes of an installation, however the clocks of their machines are set.

Arrivals, timers and deadlines are written by one process and compared by another. A machine whose clock is
minutes off would hold up what it receives and fire everybody's timers early; so each process asks the
database now and then, and corrects its own clock by what it finds.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

log = logging.getLogger(__name__)

ASK_SECONDS = 10.0
# Less is not worth a jump, and no more than what an answer may take.
TOLERANCE = timedelta(seconds=1)


def _local() -> datetime:
    return datetime.now(UTC)


class DatabaseClock:
    """Any thread may ask; one learns."""

    def __init__(self, local: Callable[[], datetime] = _local) -> None:
        self._local = local
        self.behind = timedelta()

    def now(self) -> datetime:
        return self._local() + self.behind

    def learn(self, ask: Callable[[], datetime]) -> None:
        """Compare with the database's clock, which `ask` reads."""
        begun = time.monotonic()
        told = ask()
        took = timedelta(seconds=time.monotonic() - begun)
        if took > TOLERANCE:
            return  # nobody knows when in that time it looked
        behind = told - (self._local() - took / 2)
        if abs(behind - self.behind) <= TOLERANCE:
            return
        self.behind = behind if abs(behind) > TOLERANCE else timedelta()
        log.warning(
            "This machine's clock is %+.1f s off the database's. Times here follow the database's; set the "
            "clock (NTP) all the same",
            -behind / timedelta(seconds=1),
        )


def first_id(moment: datetime) -> UUID:
    """No UUIDv7 of that moment or later is smaller."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def id_at(moment: datetime) -> UUID:
    """A UUIDv7 of that moment, which may not be the one of this machine's clock."""
    return UUID(int=first_id(moment).int | (uuid7().int & ((1 << 80) - 1)))


def made_at(made: UUID) -> datetime:
    return datetime.fromtimestamp((made.int >> 80) / 1000, UTC)
