"""Time zones by Windows and IANA names in any letter case (reference 4.6, appendix B)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from babel.core import get_global
from babel.dates import get_timezone_name

from runtime.language.expressions.functions.moments import SECOND, Moment, ticks_of

_UTC_NAMES = frozenset(
    {"utc", "etc/utc", "coordinated universal time", "zulu", "etc/zulu", "universal", "etc/uct"}
)


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """Every known name in lower case with the IANA name it stands for."""
    names = {name.lower(): name for name in available_timezones()}
    names.update({name.lower(): zone for name, zone in get_global("windows_zone_mapping").items()})
    names.update({f"utc{hours:+03d}": f"Etc/GMT{-hours:+d}" for hours in range(-12, 15) if hours})
    return names


@lru_cache(maxsize=1)
def windows_zones() -> tuple[tuple[str, ZoneInfo], ...]:
    """The names that definitions use, with their zones, from west to east."""
    known = {name: find_zone(name) for name in get_global("windows_zone_mapping")}
    found = [(name, zone) for name, zone in known.items() if zone is not None]
    return tuple(sorted(found, key=lambda one: (winter_offset(one[1]), one[0])))


def winter_offset(zone: ZoneInfo) -> int:
    """Minutes ahead of UTC outside daylight saving time, in either half of the world."""
    year = datetime.now(UTC).year
    offsets = (datetime(year, month, 1, tzinfo=zone).utcoffset() or timedelta() for month in (1, 7))
    return min(int(offset / timedelta(minutes=1)) for offset in offsets)


@lru_cache(maxsize=1024)
def find_zone(name: str) -> ZoneInfo | None:
    """The zone of that name, or None."""
    key = name.strip().lower()
    if key in _UTC_NAMES:
        return ZoneInfo("UTC")
    known = _names().get(key)
    try:
        return ZoneInfo(known) if known else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def is_utc(zone: ZoneInfo) -> bool:
    """Whether the zone is UTC itself."""
    return zone.key == "UTC"


def standard_name(name: str, zone: ZoneInfo) -> str:
    """What messages call the zone: its Windows id, or the English name of its standard time."""
    if name.strip().lower() in map(str.lower, get_global("windows_zone_mapping")):
        return name.strip()
    try:
        return str(get_timezone_name(zone, width="long", zone_variant="standard", locale="en_US"))
    except (LookupError, ValueError):
        return zone.key


def from_utc(moment: Moment, zone: ZoneInfo) -> Moment | None:
    """The wall clock of the zone at that moment of UTC, or None outside the calendar."""
    try:
        offset = moment.instant().astimezone(zone).utcoffset() or timedelta()
    except (OverflowError, ValueError):
        return None
    moved = moment.plus(_ticks(offset))
    return None if moved is None else Moment(moved.ticks, "utc" if is_utc(zone) else "none")


class NoSuchTime(ValueError):
    """A wall clock that the zone skips in spring or repeats in autumn."""


def to_utc(moment: Moment, zone: ZoneInfo) -> Moment | None:
    """The moment of UTC at that wall clock of the zone. Raises NoSuchTime; None outside the calendar."""
    wall = moment.wall_clock()
    try:
        first = wall.replace(tzinfo=zone, fold=0).utcoffset() or timedelta()
        second = wall.replace(tzinfo=zone, fold=1).utcoffset() or timedelta()
    except (OverflowError, ValueError):
        return None
    if first != second:
        raise NoSuchTime
    moved = moment.plus(-_ticks(first))
    return None if moved is None else Moment(moved.ticks, "utc")


def _ticks(span: timedelta) -> int:
    """An offset; .NET leaves out the seconds that old local times have."""
    return (int(span.total_seconds() / 60)) * 60 * SECOND


def utc_today(now: datetime) -> Moment:
    """Midnight of the day of `now` in UTC."""
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    return Moment(ticks_of(day), "none")
