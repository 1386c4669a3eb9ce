"""When a recurrence comes round (reference 5.2). Pure.

Intervals of days, weeks and months, and schedules, follow the wall clock of the time zone; seconds,
minutes and hours are counted in absolute time. A time that a spring change leaves out moves forward by the
change; one that an autumn change repeats happens once, the first time.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from runtime.engine.durations import UNITS, later
from runtime.language.expressions.functions.zones import find_zone
from runtime.language.values import Json

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LIMITS = {
    "second": 9_999_999, "minute": 72_000, "hour": 12_000, "day": 500, "week": 71, "month": 16, "year": 1,
}  # fmt: skip
# No schedule is searched further than this: 29 February on a Monday comes within 28 years.
_SEARCH_YEARS = 30


class RecurrenceError(ValueError):
    """The recurrence cannot be followed; the message says which member and why."""


@dataclass(frozen=True, slots=True)
class Schedule:
    hours: tuple[int, ...]
    minutes: tuple[int, ...]
    week_days: tuple[int, ...]
    month_days: tuple[int, ...]
    occurrences: tuple[tuple[int, int], ...]  # weekday, which of the month (-1 the last)


@dataclass(frozen=True, slots=True)
class Recurrence:
    """`start` None: counted from when the trigger was armed. Times are aware, in `zone`."""

    frequency: str
    interval: int
    zone: ZoneInfo
    start: datetime | None
    end: datetime | None
    schedule: Schedule | None

    @property
    def fires_at_once(self) -> bool:
        """Without a start time and a schedule the first occurrence is when the trigger is armed."""
        return self.start is None and self.schedule is None


def read(recurrence: Mapping[str, Json]) -> Recurrence:
    """Raises RecurrenceError."""
    members = {str(name).lower(): value for name, value in recurrence.items()}
    frequency = str(members.get("frequency", "")).lower()
    if frequency not in _LIMITS:
        raise RecurrenceError(
            f"The recurrence's frequency is {members.get('frequency')!r}. Use Second, Minute, Hour, "
            "Day, Week or Month."
        )
    interval = _number(members.get("interval", 1), "interval", 1, _LIMITS[frequency])
    zone_name = members.get("timezone")
    zone = find_zone(str(zone_name)) if zone_name else ZoneInfo("UTC")
    if zone is None:
        raise RecurrenceError(
            f"The recurrence's timeZone {zone_name!r} is no time zone. Use a Windows id, or UTC."
        )
    return Recurrence(
        frequency,
        interval,
        zone,
        _moment(members.get("starttime"), "startTime", zone),
        _moment(members.get("endtime"), "endTime", zone),
        _schedule(members.get("schedule")),
    )


def next_occurrences(recurrence: Recurrence, after: datetime, count: int, anchor: datetime) -> list[datetime]:
    """The first `count` occurrences later than `after`, in UTC, fewer when the recurrence ends.

    `anchor` is when the trigger was armed: without a start time intervals count from there.
    """
    found: list[datetime] = []
    for moment in _occurrences(recurrence, after, anchor):
        if recurrence.end is not None and moment > recurrence.end:
            break
        if moment > after and (not found or moment > found[-1]):
            found.append(moment.astimezone(UTC))
            if len(found) == count:
                break
    return found


def newest_passed(
    recurrence: Recurrence, since: datetime, until: datetime, most: int, anchor: datetime
) -> tuple[list[datetime], bool]:
    """The last `most` occurrences from `since` to `until`, oldest first, and whether there were more.

    Looks back from the end in ever longer steps, so a pause of a year costs no more than what it gives.
    """
    earliest = since - timedelta(microseconds=1)
    back = timedelta(seconds=most + 1)
    while True:
        begin = max(earliest, until - back)
        found: list[datetime] = []
        for moment in next_occurrences(recurrence, begin, 4 * (most + 2), anchor):
            if moment > until:
                break
            found.append(moment)
        if len(found) > most:
            return found[-most:], True
        if begin == earliest:
            return found, False
        back *= 4


def first_occurrence(recurrence: Recurrence, armed: datetime) -> datetime | None:
    """The first occurrence of a trigger armed at that moment (reference 5.2)."""
    if recurrence.fires_at_once:
        return armed if recurrence.end is None or armed <= recurrence.end else None
    earlier = armed - timedelta(microseconds=1)
    found = next_occurrences(recurrence, earlier, 1, armed)
    return found[0] if found else None


def _occurrences(recurrence: Recurrence, after: datetime, anchor: datetime) -> Iterator[datetime]:
    start = recurrence.start or anchor.astimezone(recurrence.zone)
    if recurrence.schedule is None:
        yield from _grid(recurrence, start, after)
    elif recurrence.frequency in ("second", "minute", "hour"):
        yield from _within_hours(recurrence, recurrence.schedule, start, after)
    else:
        yield from _on_days(recurrence, recurrence.schedule, start, after)


def _grid(recurrence: Recurrence, start: datetime, after: datetime) -> Iterator[datetime]:
    """start, start + interval, …, from the last one not later than `after`."""
    frequency, interval = recurrence.frequency, recurrence.interval
    if frequency in ("second", "minute", "hour"):
        step = UNITS[frequency] * interval
        begin = start.astimezone(UTC)
        number = max(0, (after - begin) // step)
        while True:
            yield begin + step * number
            number += 1
    naive = start.replace(tzinfo=None)
    passed = max(timedelta(0), after.astimezone(recurrence.zone).replace(tzinfo=None) - naive)
    days = {"day": 1, "week": 7, "month": 31, "year": 366}[frequency] * interval
    number = max(0, passed // timedelta(days=days) - 1)
    while True:
        try:
            local = later(naive, interval * number, frequency)
        except OverflowError:
            return
        assert local is not None
        yield _absolute(local, recurrence.zone)
        number += 1


def _within_hours(
    recurrence: Recurrence, schedule: Schedule, start: datetime, after: datetime
) -> Iterator[datetime]:
    """A schedule under an hourly (or shorter) frequency: the grid, at the minutes and hours it lists."""
    if recurrence.frequency != "hour":
        yield from _grid(recurrence, start, after)
        return
    hour = start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    step = timedelta(hours=recurrence.interval)
    number = max(0, (after - hour) // step)
    last = after + timedelta(days=366 * _SEARCH_YEARS)
    while hour + step * number <= last:
        for minute in schedule.minutes or (start.minute,):
            moment = hour + step * number + timedelta(minutes=minute)
            local = moment.astimezone(recurrence.zone)
            if moment >= start and (not schedule.hours or local.hour in schedule.hours):
                yield moment
        number += 1


def _on_days(
    recurrence: Recurrence, schedule: Schedule, start: datetime, after: datetime
) -> Iterator[datetime]:
    zone = recurrence.zone
    start_second = start.second if recurrence.start is not None else 0
    times = [
        time(hour, minute, start_second)
        for hour in schedule.hours or (start.hour,)
        for minute in schedule.minutes or (start.minute,)
    ]
    day = max(start.date(), after.astimezone(zone).date() - timedelta(days=1))
    last = day + timedelta(days=366 * _SEARCH_YEARS)
    # Without hours and minutes the armed moment itself has the time of day, but not the first occurrence.
    earliest = start if recurrence.start is not None else start.replace(second=0, microsecond=0)
    while day <= last:
        if _matches(recurrence, schedule, start.date(), day):
            for moment in sorted(_absolute(datetime.combine(day, at), zone) for at in times):
                if moment >= earliest:
                    yield moment
        try:
            day += timedelta(days=1)
        except OverflowError:
            return


def _matches(recurrence: Recurrence, schedule: Schedule, start: date, day: date) -> bool:
    interval = recurrence.interval
    if recurrence.frequency == "day":
        return (day - start).days % interval == 0
    if recurrence.frequency == "week":
        weeks = (_monday(day) - _monday(start)).days // 7
        return weeks % interval == 0 and day.weekday() in (schedule.week_days or (start.weekday(),))
    months = (day.year - start.year) * 12 + day.month - start.month
    if months % (interval * (12 if recurrence.frequency == "year" else 1)):
        return False
    length = calendar.monthrange(day.year, day.month)[1]
    if schedule.month_days or schedule.occurrences:
        return (
            day.day in schedule.month_days
            or day.day - length - 1 in schedule.month_days
            or any(_is_occurrence(day, length, *wanted) for wanted in schedule.occurrences)
        )
    if schedule.week_days:
        return day.weekday() in schedule.week_days
    return day.day == min(start.day, length)


def _is_occurrence(day: date, length: int, weekday: int, which: int) -> bool:
    if day.weekday() != weekday:
        return False
    return day.day > length - 7 if which == -1 else (day.day - 1) // 7 + 1 == which


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _absolute(local: datetime, zone: ZoneInfo) -> datetime:
    """A wall clock time as a moment. Left out in spring: later by the change; repeated in autumn: the
    first.
    """
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)


def _moment(value: Json, name: str, zone: ZoneInfo) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise RecurrenceError(
            f"The recurrence's {name} {value!r} is no time. Write it like 2026-09-07T08:00:00, or with a Z."
        ) from None
    if moment.tzinfo is None:
        return _absolute(moment, zone).astimezone(zone)
    return moment.astimezone(zone)


def _schedule(value: Json) -> Schedule | None:
    if not isinstance(value, Mapping) or not value:
        return None
    members = {str(name).lower(): item for name, item in value.items()}
    schedule = Schedule(
        _numbers(members.get("hours"), "hours", 0, 23),
        _numbers(members.get("minutes"), "minutes", 0, 59),
        tuple(sorted({_weekday(day) for day in _listed(members.get("weekdays"))})),
        _month_days(members.get("monthdays")),
        tuple(_occurrence(item) for item in _listed(members.get("monthlyoccurrences"))),
    )
    return schedule if any((schedule.hours, schedule.minutes, schedule.week_days, schedule.month_days,
                            schedule.occurrences)) else None  # fmt: skip


def _listed(value: Json) -> list[Json]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def _numbers(value: Json, name: str, least: int, most: int) -> tuple[int, ...]:
    return tuple(sorted({_number(item, f"schedule.{name}", least, most) for item in _listed(value)}))


def _month_days(value: Json) -> tuple[int, ...]:
    days = {_number(item, "schedule.monthDays", -31, 31) for item in _listed(value)}
    return tuple(sorted(days - {0}))


def _number(value: Json, name: str, least: int, most: int) -> int:
    try:
        number = int(str(value))
    except ValueError:
        number = least - 1
    if not least <= number <= most or isinstance(value, bool):
        raise RecurrenceError(
            f"The recurrence's {name} is {value!r}. Use a whole number from {least} to {most}."
        )
    return number


def _weekday(value: Json) -> int:
    name = str(value).lower()
    if name not in WEEKDAYS:
        raise RecurrenceError(f"The recurrence's schedule names the day {value!r}. Use Monday to Sunday.")
    return WEEKDAYS.index(name)


def _occurrence(value: Json) -> tuple[int, int]:
    if not isinstance(value, Mapping):
        raise RecurrenceError("schedule.monthlyOccurrences must list objects with dayOfWeek and occurrence.")
    members = {str(name).lower(): item for name, item in value.items()}
    day = _weekday(members.get("dayofweek", members.get("day")))
    return day, _number(members.get("occurrence", 1), "schedule.monthlyOccurrences.occurrence", -1, 5)
