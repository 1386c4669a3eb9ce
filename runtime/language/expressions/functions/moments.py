"""Points in time as .NET's DateTime has them.

100 ns ticks since year 1, and whether the text named a zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

SECOND = 10_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
LAST_TICK = 3_155_378_975_999_999_999

Kind = Literal["utc", "local", "none"]


@dataclass(frozen=True, slots=True)
class Moment:
    """`ticks` since 0001-01-01.

    `kind` is utc for Z, local for an offset (the server's zone is UTC), else none.
    """

    ticks: int
    kind: Kind

    @staticmethod
    def of(moment: datetime) -> Moment:
        """The moment of an aware datetime, in UTC."""
        naive = moment.astimezone(UTC).replace(tzinfo=None)
        return Moment(ticks_of(naive), "utc")

    def wall_clock(self) -> datetime:
        """The same wall clock without a zone, cut to microseconds."""
        return datetime(1, 1, 1) + timedelta(days=self.ticks // DAY, microseconds=self.ticks % DAY // 10)

    def instant(self) -> datetime:
        """The moment as an aware datetime; a text without zone counts as UTC."""
        return self.wall_clock().replace(tzinfo=UTC)

    @property
    def date(self) -> date:
        return date.fromordinal(self.ticks // DAY + 1)

    def plus(self, ticks: int) -> Moment | None:
        """The moment that much later, or None outside the years 1 to 9999."""
        total = self.ticks + ticks
        return Moment(total, self.kind) if 0 <= total <= LAST_TICK else None

    def plus_months(self, months: int) -> Moment | None:
        """The same day so many months later, or the last day of a shorter month."""
        day = self.date
        index = day.year * 12 + day.month - 1 + months
        year, month = index // 12, index % 12 + 1
        if not 1 <= year <= 9999:
            return None
        moved = date(year, month, min(day.day, days_in_month(year, month)))
        return Moment((moved.toordinal() - 1) * DAY + self.ticks % DAY, self.kind)


def days_in_month(year: int, month: int) -> int:
    """Number of days."""
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def ticks_of(naive: datetime) -> int:
    """Ticks of a datetime without zone."""
    span = naive - datetime(1, 1, 1)
    return span.days * DAY + span.seconds * SECOND + span.microseconds * 10


def ticks_at(year: int, month: int, day: int, clock: int) -> int | None:
    """Ticks of a calendar day and the ticks of its clock, or None when there is no such day."""
    try:
        total = (date(year, month, day).toordinal() - 1) * DAY + clock
    except ValueError:
        return None
    return total if total <= LAST_TICK else None
