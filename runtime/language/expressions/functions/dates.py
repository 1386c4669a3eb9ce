"""Date and time functions (reference 4.6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date
from typing import TYPE_CHECKING

from runtime.language.expressions.errors import ExpressionError
from runtime.language.expressions.functions.cultures import numbers_of
from runtime.language.expressions.functions.date_format import (
    LONGEST_SPAN,
    FormatError,
    format_moment,
    format_span,
    parse_span,
)
from runtime.language.expressions.functions.date_text import parse_exact, parse_moment
from runtime.language.expressions.functions.moments import DAY, HOUR, LAST_TICK, MINUTE, SECOND, Kind, Moment
from runtime.language.expressions.functions.registry import failure, family, see, wrong_kind
from runtime.language.expressions.functions.zones import (
    NoSuchTime,
    find_zone,
    from_utc,
    is_utc,
    standard_name,
    to_utc,
)
from runtime.language.expressions.limits import charge_turns
from runtime.language.values import Json

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from runtime.language.template import Scope

function = family("date and time")

_FORMATS = (
    "The format must be a valid single format specifier character (such as 'd' or 'g') or a valid custom "
    "format pattern (such as 'MMMM dd, yyyy' or 'hh:mm:ss.ff'). For details please review the Standard Date "
    "and Time Format Strings and the Custom Date and Time Format Strings of the .Net framework."
)


def parse_timestamp(text: str) -> Moment | None:
    """The moment an ISO 8601 or similar text names; None when it names none or leaves out the date."""
    return parse_moment(text, lambda: date(1, 1, 1))


def format_timestamp(moment: Moment, pattern: str = "o", locale: str = "en-US") -> str:
    """The moment in a .NET date format; raises FormatError (a ValueError) for a bad format."""
    return format_moment(moment, pattern, locale)


def _timestamp(scope: Scope, name: str, text: str, locale: str = "en-US") -> Moment:
    moment = parse_moment(text, lambda: scope.now().astimezone(UTC).date(), locale)
    if moment is None:
        raise _not_a_timestamp(name, text)
    return moment


def _not_a_timestamp(name: str, text: str) -> ExpressionError:
    return ExpressionError(
        "InvalidTemplate",
        f"In function '{name}', the value provided for date time string '{text}' was not valid. The "
        "datetime string "
        f"must match ISO 8601 format. {see(name)}",
    )


def _formatted(name: str, moment: Moment, pattern: Json, which: str, locale: str = "en-US") -> str:
    if type(pattern) is not str:
        raise wrong_kind(name, f"its {which} parameter to be of type string", pattern)
    charge_turns(name, len(pattern))
    try:
        return format_moment(moment, pattern, locale)
    except FormatError:
        raise failure(name, f"format parameter '{pattern}' is not supported. {_FORMATS}") from None


def _no_time(name: str, value: Json) -> ExpressionError:
    return wrong_kind(name, "its first parameter to be a string that contains the time", value)


_LONGEST_STEP = 10_000 * 366 * DAY  # beyond this the amount itself is out of range, whatever the timestamp


def _outside(name: str, amount: int, unit: str) -> ExpressionError:
    """The error of addDays and its like for a result outside the calendar, in the engine's three wordings."""
    if unit in ("day", "hour"):
        return failure(
            name,
            f"second parameter '{amount}' is not valid. The added or subtracted value results in an "
            "unrepresentable DateTime.",
        )
    if abs(amount) * (MINUTE if unit == "minute" else SECOND) > _LONGEST_STEP:
        return ExpressionError("InvalidTemplate", "Value to add was out of range. (Parameter 'value')")
    return ExpressionError(
        "InvalidTemplate",
        "The added or subtracted value results in an un-representable DateTime. (Parameter 'value')",
    )


_UNITS: dict[str, Callable[[Moment, int], Moment | None]] = {
    "second": lambda moment, n: moment.plus(n * SECOND),
    "minute": lambda moment, n: moment.plus(n * MINUTE),
    "hour": lambda moment, n: moment.plus(n * HOUR),
    "day": lambda moment, n: moment.plus(n * DAY),
    "week": lambda moment, n: moment.plus(n * 7 * DAY),
    "month": lambda moment, n: moment.plus_months(n),
    "year": lambda moment, n: moment.plus_months(12 * n),
}


def _stepped(name: str, moment: Moment, amount: int, unit: str) -> Moment:
    """The moment a number of units later; the engine counts with 32 bits and lets them wrap."""
    count = (amount + 2**31) % 2**32 - 2**31
    moved = _UNITS[_unit(name, unit)](moment, count)
    if moved is None:
        raise failure(
            name,
            f"could not create time value with time interval '{count}' and time unit '{unit}'. It results "
            "in an out of time range value.",
        )
    return moved


def _unit(name: str, value: str) -> str:
    unit = value.strip().lower()
    if unit not in _UNITS:
        raise failure(
            name,
            "expects its second parameter to be a string that represents a valid time unit. The provided "
            f"value '{value}' is not a valid time unit.",
        )
    return unit


def _addition(name: str, unit: str) -> None:
    plural = f"{unit}s"

    def add(scope: Scope, timestamp: Json, amount: Json, pattern: Json = "o") -> str:
        if type(timestamp) is not str:
            raise _no_time(name, timestamp)
        if type(amount) is not int:
            raise wrong_kind(name, "its second parameter to be an integer", amount)
        moved = _UNITS[unit](_timestamp(scope, name, timestamp), amount)
        if moved is None:
            raise _outside(name, amount, unit)
        return _formatted(name, moved, pattern, "third")

    function(
        f"{name}(timestamp: string, {plural}: int, format?: string)",
        "string",
        f"Add a number of {plural} to a timestamp.",
        f"a timestamp as the first parameter, the number of {plural} to add as the second parameter, and an "
        "optional format string as the third parameter",
        form="scoped",
    )(add)


for _name, _what in (
    ("addDays", "day"),
    ("addHours", "hour"),
    ("addMinutes", "minute"),
    ("addSeconds", "second"),
):
    _addition(_name, _what)


def _shift(name: str, sign: int, summary: str) -> None:
    def shift(scope: Scope, timestamp: Json, interval: Json, unit: Json, pattern: Json = "o") -> str:
        if type(timestamp) is not str:
            raise _no_time(name, timestamp)
        if type(interval) is not int:
            raise wrong_kind(name, "its second parameter to be an integer", interval)
        if type(unit) is not str:
            raise wrong_kind(name, "its third parameter to be a string that contains the time unit", unit)
        moment = _timestamp(scope, name, timestamp)
        return _formatted(name, _stepped(name, moment, sign * interval, unit), pattern, "fourth")

    function(
        f"{name}(timestamp: string, interval: int, timeUnit: string, format?: string)",
        "string",
        summary,
        "a timestamp as the first parameter, an interval as the second parameter, a time unit as the third "
        "parameter, and an optional format string as the fourth parameter",
        form="scoped",
    )(shift)


_shift("addToTime", 1, "Add a number of time units to a timestamp.")
_shift("subtractFromTime", -1, "Subtract a number of time units from a timestamp.")


def _from_now(name: str, sign: int, summary: str) -> None:
    def shift(scope: Scope, interval: Json, unit: Json, pattern: Json = "o") -> str:
        if type(interval) is not int:
            raise wrong_kind(name, "its first parameter to be an integer", interval)
        if type(unit) is not str:
            raise wrong_kind(name, "its second parameter to be a string that contains the time unit", unit)
        moment = _stepped(name, Moment.of(scope.now()), sign * interval, unit)
        return _formatted(name, moment, pattern, "third")

    function(
        f"{name}(interval: int, timeUnit: string, format?: string)",
        "string",
        summary,
        "an interval as the first parameter, a time unit as the second parameter, and an optional format "
        "string as the third parameter",
        form="scoped",
    )(shift)


_from_now("getFutureTime", 1, "Now plus a number of time units, in UTC.")
_from_now("getPastTime", -1, "Now minus a number of time units, in UTC.")


@function(
    "utcNow(format?: string)",
    "string",
    "The current time in UTC.",
    "can be invoked with no parameters or with an optional format parameter. The function was "
    "invoked with '{count}' parameter(s).",
    form="scoped",
)
def utc_now(scope: Scope, pattern: Json = "o") -> str:
    return _formatted("utcNow", Moment.of(scope.now()), pattern, "first")


def _zone_argument(name: str, value: Json, which: str, what: str) -> None:
    if type(value) is not str:
        raise wrong_kind(name, f"its {which} parameter to be a string that contains {what} time zone", value)


def _format_argument(name: str, value: Json, which: str) -> None:
    if type(value) is not str:
        raise wrong_kind(
            name, f"its {which} parameter to be a string that contains a date time format", value
        )


def _zone(name: str, value: str) -> ZoneInfo:
    zone = find_zone(value)
    if zone is None:
        raise ExpressionError(
            "InvalidTemplate",
            f"In the template language function '{name}', the value provided for the time zone id '{value}' "
            "was not "
            f"valid. {see(name)}",
        )
    return zone


def _at_the_edge(moment: Moment, kind: Kind) -> Moment:
    """The first or last moment of the calendar, where a conversion would leave it."""
    return Moment(0 if moment.ticks < LAST_TICK // 2 else LAST_TICK, kind)


def _from_utc(moment: Moment, zone: ZoneInfo) -> Moment:
    return from_utc(moment, zone) or _at_the_edge(moment, "utc" if is_utc(zone) else "none")


def _to_utc(name: str, moment: Moment, zone_name: str, zone: ZoneInfo) -> Moment:
    try:
        moved = to_utc(moment, zone)
    except NoSuchTime:
        raise failure(
            name,
            f"was given a timestamp '{format_moment(moment)}' that was invalid or ambiguous in the source "
            "time zone "
            f"'{standard_name(zone_name, zone)}'.",
        ) from None
    return moved or _at_the_edge(moment, "utc")


@function(
    "convertFromUtc(timestamp: string, destinationTimeZone: string, format?: string)",
    "string",
    "The wall clock of a zone at a moment of UTC.",
    "a timestamp as the first parameter, a target time zone as the second parameter, and an optional"
    " format string as the third parameter",
    form="scoped",
)
def convert_from_utc(scope: Scope, timestamp: Json, zone_name: Json, pattern: Json = "o") -> str:
    name = "convertFromUtc"
    if type(timestamp) is not str:
        raise _no_time(name, timestamp)
    _zone_argument(name, zone_name, "second", "the target")
    _format_argument(name, pattern, "third")
    moment = _timestamp(scope, name, timestamp)
    if moment.kind != "utc":
        raise failure(
            name,
            "expects its first parameter to be a string that contains a UTC date time. The value was "
            f"'{format_moment(moment)}'.",
        )
    zone = _zone(name, zone_name)
    return _formatted(name, _from_utc(moment, zone), pattern, "third")


@function(
    "convertToUtc(timestamp: string, sourceTimeZone: string, format?: string)",
    "string",
    "The moment of UTC at a zone's wall clock.",
    "a timestamp as the first parameter, a source time zone as the second parameter, and an optional"
    " format string as the third parameter",
    form="scoped",
)
def convert_to_utc(scope: Scope, timestamp: Json, zone_name: Json, pattern: Json = "o") -> str:
    name = "convertToUtc"
    if type(timestamp) is not str:
        raise _no_time(name, timestamp)
    _zone_argument(name, zone_name, "second", "the source")
    _format_argument(name, pattern, "third")
    zone = _zone(name, zone_name)
    moment = _timestamp(scope, name, timestamp)
    if moment.kind != "none" and not (moment.kind == "utc" and is_utc(zone)):
        raise failure(
            name,
            "expects its second parameter to be a time zone matching the time zone indicated by the "
            f"timestamp. The provided value '{zone_name}' is not valid or does not match the timestamp "
            f"'{format_moment(moment)}'.",
        )
    utc = moment if moment.kind == "utc" else _to_utc(name, moment, zone_name, zone)
    return _formatted(name, utc, pattern, "third")


@function(
    "convertTimeZone(timestamp: string, sourceTimeZone: string, destinationTimeZone: string, format?: "
    "string)",
    "string",
    "The wall clock of one zone at that of another; a zone in the timestamp wins.",
    "a timestamp as the first parameter, a source time zone as the second parameter, a target time "
    "zone as the third parameter, and an optional format string as the fourth parameter",
    form="scoped",
)
def convert_time_zone(
    scope: Scope, timestamp: Json, source: Json, destination: Json, pattern: Json = "o"
) -> str:
    name = "convertTimeZone"
    if type(timestamp) is not str:
        raise _no_time(name, timestamp)
    _zone_argument(name, source, "second", "a source")
    _zone_argument(name, destination, "third", "the target")
    _format_argument(name, pattern, "fourth")
    moment = _timestamp(scope, name, timestamp)
    from_zone, to_zone = _zone(name, source), _zone(name, destination)
    utc = moment if moment.kind != "none" else _to_utc(name, moment, source, from_zone)
    return _formatted(name, _from_utc(utc, to_zone), pattern, "fourth")


@function(
    "dateDifference(startDate: string, endDate: string)",
    "string",
    "The time between two timestamps.",
    "a timestamp as the first parameter and timestamp as the second parameter",
    form="scoped",
)
def date_difference(scope: Scope, start: Json, end: Json) -> str:
    for which, value in (("first", start), ("second", end)):
        if type(value) is not str:
            raise wrong_kind("dateDifference", f"its {which} parameter to be of type string", value)
    moments = [_timestamp(scope, "dateDifference", value) for value in (start, end)]
    return format_span(moments[1].ticks - moments[0].ticks)


def _reading(name: str, returns: str, summary: str, read: Callable[[Moment], int]) -> None:
    def answer(scope: Scope, timestamp: Json) -> int:
        if type(timestamp) is not str:
            raise wrong_kind(name, "its parameter to be a string that represents a timestamp", timestamp)
        return read(_timestamp(scope, name, timestamp))

    function(
        f"{name}(timestamp: string)",
        returns,
        summary,
        "expects a single parameter that is a timestamp. The function was invoked with '{count}' "
        "parameter(s).",
        form="scoped",
    )(answer)


_reading("dayOfMonth", "integer", "The day of the month.", lambda moment: moment.date.day)
_reading(
    "dayOfWeek", "integer", "The day of the week; Sunday is 0.", lambda moment: moment.date.isoweekday() % 7
)
_reading("dayOfYear", "integer", "The day of the year.", lambda moment: moment.date.timetuple().tm_yday)
_reading("ticks", "integer", "Hundreds of nanoseconds since year 1.", lambda moment: moment.ticks)


@function(
    "formatDateTime(timestamp: string, format?: string, locale?: string)",
    "string",
    "Write a timestamp in a .NET date format.",
    "a timestamp as the first parameter, an optional format string as the second parameter and an "
    "optional locale as the third parameter",
    form="scoped",
)
def format_date_time(scope: Scope, timestamp: Json, pattern: Json = "o", locale: Json = "en-US") -> str:
    name = "formatDateTime"
    if type(timestamp) is not str:
        raise wrong_kind(name, "its first parameter to be of type string", timestamp)
    moment = _timestamp(scope, name, timestamp)
    for which, value in (("second", pattern), ("third", locale)):
        if type(value) is not str:
            raise wrong_kind(name, f"its {which} parameter to be of type string", value)
    return _formatted(name, moment, pattern, "second", locale)


@function(
    "parseDateTime(timestamp: string, locale?: string, format?: string)",
    "string",
    "Read a timestamp as a culture writes it, or by a format.",
    "a timestamp as the first parameter, an optional locale string as the second parameter, and an "
    "optional format string as the third parameter",
    form="scoped",
)
def parse_date_time(scope: Scope, timestamp: Json, locale: Json = "en-US", pattern: Json = "") -> str:
    name = "parseDateTime"
    for which, value in (("first", timestamp), ("second", locale), ("third", pattern)):
        if type(value) is not str:
            raise wrong_kind(name, f"its {which} parameter to be of type string", value)
    if not pattern:
        return format_moment(_timestamp(scope, name, timestamp, locale))
    moment = parse_exact(timestamp, pattern, lambda: scope.now().astimezone(UTC).date(), locale)
    if moment is None:
        raise _not_a_timestamp(name, timestamp)
    return format_moment(moment)


def _start(name: str, unit: str, cut: Callable[[Moment], int]) -> None:
    def start(scope: Scope, timestamp: Json, pattern: Json = "o") -> str:
        if type(timestamp) is not str:
            raise wrong_kind(
                name, "its first parameter to be a string that represents a timestamp", timestamp
            )
        moment = _timestamp(scope, name, timestamp)
        return _formatted(name, Moment(cut(moment), moment.kind), pattern, "second")

    function(
        f"{name}(timestamp: string, format?: string)",
        "string",
        f"The start of the {unit}.",
        "a timestamp as the first parameter and an optional format string as the second parameter",
        form="scoped",
    )(start)


_start("startOfDay", "day", lambda moment: moment.ticks // DAY * DAY)
_start("startOfHour", "hour", lambda moment: moment.ticks // HOUR * HOUR)
_start("startOfMonth", "month", lambda moment: (moment.date.replace(day=1).toordinal() - 1) * DAY)


@function(
    "formatTimeSpan(timeSpan: string, format: string, locale?: string)",
    "string",
    "Write a time span in a .NET format.",
    "a timespan as the first parameter, an optional format string as the second parameter and an optional "
    "locale "
    "as the third parameter",
)
def format_time_span(span: Json, pattern: Json, locale: Json = "en-US") -> str:
    name = "formatTimeSpan"
    if type(span) is not str:
        raise wrong_kind(name, "its first parameter to be of type string", span)
    ticks = parse_span(span)
    if ticks is None or abs(ticks) > LONGEST_SPAN:
        raise ExpressionError(
            "InvalidTemplate",
            f"In function '{name}', the value provided for date time string '{span}' was not valid. The "
            f"timespan string must match ISO 8601 format. {see(name)}",
        )
    for which, value in (("second", pattern), ("third", locale)):
        if type(value) is not str:
            raise wrong_kind(name, f"its {which} parameter to be of type string", value)
    charge_turns(name, len(pattern))
    try:
        return format_span(ticks, pattern or "c", numbers_of(locale).decimal)
    except FormatError:
        raise failure(
            name,
            f"format parameter '{pattern}' is not supported. The format must be a valid single format "
            "specifier character (such as 'd' or 'g') or a valid custom format pattern (such as "
            "'hh:mm:ss.ff'). For details please review the Standard Date and Time Format Strings and the "
            "Custom Date and Time Format Strings of the .Net framework. Note that it may be necessary to "
            "prefix custom format strings with the percent character (%) where they conflict with standard "
            "format strings.",
        ) from None
