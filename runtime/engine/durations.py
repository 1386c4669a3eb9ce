"""ISO 8601 durations and calendar units, as limits, waits and retry policies give them."""

from __future__ import annotations

import calendar
import re
from datetime import datetime, timedelta

from runtime.language.values import Json

_DURATION = re.compile(
    r"([+-])?P(?:(\d+(?:\.\d+)?)Y)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?"
    r"(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?",
    re.IGNORECASE,
)
# Years and months count as .NET's XmlConvert counts them.
_SECONDS = (365 * 86400, 30 * 86400, 7 * 86400, 86400, 3600, 60, 1)

UNITS = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}


def parse_duration(value: Json) -> timedelta | None:
    """`PT1M30S` and the like; None when it is no duration."""
    if not isinstance(value, str):
        return None
    match = _DURATION.fullmatch(value.strip())
    if match is None or not any(match.groups()[1:]):
        return None
    seconds = sum(float(part or 0) * unit for part, unit in zip(match.groups()[1:], _SECONDS, strict=True))
    try:
        return timedelta(seconds=-seconds if match[1] == "-" else seconds)
    except OverflowError:
        return None


def after(moment: datetime, length: timedelta) -> datetime:
    """`moment` plus `length`: at the earliest now, at the latest where the calendar ends."""
    try:
        return moment + max(length, timedelta(0))
    except OverflowError:
        return datetime.max.replace(tzinfo=moment.tzinfo) - timedelta(
            days=2
        )  # any time zone can still show it


def format_duration(duration: timedelta) -> str:
    """The shortest ISO 8601 spelling: `PT15S`, `P1DT2H`; `PT0S` for nothing."""
    seconds = duration.days * 86400 + duration.seconds
    text = "-P" if seconds < 0 else "P"
    days, seconds = divmod(abs(seconds), 86400)
    hours, seconds = divmod(seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    fraction = f".{duration.microseconds:06d}".rstrip("0") if duration.microseconds else ""
    text += f"{days}D" if days else ""
    clock = f"{hours}H" if hours else ""
    clock += f"{minutes}M" if minutes else ""
    clock += f"{seconds}{fraction}S" if seconds or fraction else ""
    if clock:
        return f"{text}T{clock}"
    return text if days else "PT0S"


def later(moment: datetime, count: int, unit: str) -> datetime | None:
    """`moment` plus `count` units (Second … Month, Year, any case); None for an unknown unit.

    Raises OverflowError where the calendar ends.
    """
    name = unit.strip().lower()
    if name in UNITS:
        return moment + UNITS[name] * count
    if name not in ("month", "year"):
        return None
    months = moment.year * 12 + moment.month - 1 + count * (12 if name == "year" else 1)
    year, month = divmod(months, 12)
    if not 1 <= year <= 9999:
        raise OverflowError("the date is out of range")
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)
