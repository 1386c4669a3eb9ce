"""Points in time to text: .NET's standard and custom date formats (reference 4.6)."""

from __future__ import annotations

import re

from runtime.language.expressions.functions.date_culture import DateCulture, dates_of
from runtime.language.expressions.functions.date_text import TOKEN, standard_pattern
from runtime.language.expressions.functions.moments import DAY, HOUR, MINUTE, SECOND, Moment


class FormatError(ValueError):
    """A date format that .NET refuses."""


def format_moment(moment: Moment, pattern: str = "o", locale: str = "en-US") -> str:
    """The moment in this format and culture. Raises FormatError."""
    if pattern in ("o", "O"):  # the default of every function
        return _round_trip(moment)
    culture = dates_of(locale)
    pattern = pattern or "G"
    if len(pattern) == 1:
        if pattern in "rRsu":
            culture = dates_of("")
        standard = standard_pattern(pattern, culture)
        if standard is None:
            raise FormatError
        pattern = standard
    return "".join(_pieces(moment, pattern, culture))


def _round_trip(moment: Moment) -> str:
    day, clock = moment.date, moment.ticks % DAY
    seconds, fraction = divmod(clock, SECOND)
    minutes, second = divmod(seconds, 60)
    zone = {"utc": "Z", "local": "+00:00", "none": ""}[moment.kind]
    return f"{day.isoformat()}T{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}.{fraction:07d}{zone}"


def _pieces(moment: Moment, pattern: str, culture: DateCulture) -> list[str]:
    output: list[str] = []
    for match in TOKEN.finditer(pattern):
        letters = match["letters"]
        if letters:
            text = _letters(
                letters, moment, culture if letters[:3] != "MMM" else _beside_day(pattern, match, culture)
            )
            if letters[0] == "F" and not text and output and output[-1] == ".":
                output.pop()
            output.append(text)
        elif match["quote"]:
            output.append(match["quote"][1:-1])
        elif match["escaped"]:
            output.append(match["escaped"])
        else:
            other = match["single"] or match["other"]
            if other in "'\"%\\":
                raise FormatError
            output.append({"/": culture.date_separator, ":": culture.time_separator}.get(other, other))
    return output


def _beside_day(pattern: str, month: re.Match[str], culture: DateCulture) -> DateCulture:
    """The culture whose months are those of this place: many languages inflect a month beside its day."""
    before = re.search(r"(d+)[^d]*$", pattern[: month.start()])
    after = re.search(r"d+", pattern[month.end() :])
    if (before and len(before[1]) < 3) or (after and len(after[0]) < 3):
        return culture
    return culture.with_lone_months()


def _letters(letters: str, moment: Moment, culture: DateCulture) -> str:
    letter, count = letters[0], len(letters)
    clock = moment.ticks % DAY
    if letter in "dMyg":
        return _calendar(letter, count, moment, culture)
    if letter in "fF":
        if count > 7:
            raise FormatError
        digits = f"{clock % SECOND:07d}"[:count]
        return digits if letter == "f" else digits.rstrip("0")
    if letter == "t":
        name = culture.afternoon if clock >= 12 * HOUR else culture.morning
        return name[:1] if count == 1 else name
    if letter == "K":
        return {"utc": "Z", "local": "+00:00", "none": ""}[moment.kind] * count
    if letter == "z":
        return "+0" if count == 1 else "+00" if count == 2 else "+00:00"
    hour = clock // HOUR
    value = {
        "H": hour,
        "h": hour % 12 or 12,
        "m": clock // MINUTE % 60,
        "s": clock // SECOND % 60,
    }[letter]
    return str(value) if count == 1 else f"{value:02d}"


def _calendar(letter: str, count: int, moment: Moment, culture: DateCulture) -> str:
    day = moment.date
    if letter == "g":
        return culture.era
    if letter == "y":
        return f"{day.year % 100:0{count}d}" if count < 3 else f"{day.year:0{count}d}"
    number, names, short = (
        (day.day, culture.days, culture.short_days)
        if letter == "d"
        else (day.month, culture.months, culture.short_months)
    )
    if count < 3:
        return f"{number:0{count}d}"
    index = day.weekday() if letter == "d" else day.month - 1
    return short[index] if count == 3 else names[index]


_SPAN = re.compile(
    r"\s*(-)?(?:(\d{1,8})[.:](?=\d{1,2}:\d{1,2}:))?(\d{1,8}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?\s*|\s*(-)?(\d{1,8})\s*",
    re.ASCII,
)
LONGEST_SPAN = 2**63 - 1


def parse_span(text: str) -> int | None:
    """Ticks of a time span text, or None. `26:03:04` reads as 26 days."""
    match = _SPAN.fullmatch(text) if len(text) < 64 else None
    if match is None:
        return None
    if match[8] is not None:
        ticks = int(match[8]) * DAY
        return -ticks if match[7] else ticks
    days, hours, minutes, seconds = int(match[2] or 0), int(match[3]), int(match[4]), int(match[5] or 0)
    if hours > 23 and match[2] is None and match[5] is not None:
        days, hours, minutes, seconds = hours, minutes, seconds, 0
    if hours > 23 or minutes > 59 or seconds > 59:
        return None
    fraction = int((match[6] or "0").ljust(7, "0"))
    ticks = days * DAY + hours * HOUR + minutes * MINUTE + seconds * SECOND + fraction
    return -ticks if match[1] else ticks


def format_span(ticks: int, pattern: str = "c", decimal: str = ".") -> str:
    """A time span in this format. Raises FormatError."""
    sign = "-" if ticks < 0 else ""
    days, clock = divmod(abs(ticks), DAY)
    hours, minutes, seconds = clock // HOUR, clock // MINUTE % 60, clock // SECOND % 60
    fraction = f"{clock % SECOND:07d}"
    if pattern in ("c", "t", "T"):
        tail = f".{fraction}" if clock % SECOND else ""
        return f"{sign}{f'{days}.' if days else ''}{hours:02d}:{minutes:02d}:{seconds:02d}{tail}"
    if pattern == "g":
        tail = f"{decimal}{fraction.rstrip('0')}" if clock % SECOND else ""
        return f"{sign}{f'{days}:' if days else ''}{hours}:{minutes:02d}:{seconds:02d}{tail}"
    if pattern == "G":
        return f"{sign}{days}:{hours:02d}:{minutes:02d}:{seconds:02d}{decimal}{fraction}"
    if len(pattern) < 2:
        raise FormatError
    return _custom_span(pattern, {"d": days, "h": hours, "m": minutes, "s": seconds}, fraction)


_SPAN_TOKEN = re.compile(
    r"""'([^']*)'|"([^"]*)"|\\(.)|%?(d{1,8}|h{1,2}|m{1,2}|s{1,2}|f{1,7}|F{1,7})""", re.DOTALL
)


def _custom_span(pattern: str, values: dict[str, int], fraction: str) -> str:
    output: list[str] = []
    position = 0
    while position < len(pattern):
        match = _SPAN_TOKEN.match(pattern, position)
        if match is None:
            raise FormatError
        position = match.end()
        letters = match[4]
        if letters is None:
            output.append(match[1] or match[2] or match[3] or "")
        elif letters[0] == "f":
            output.append(fraction[: len(letters)])
        elif letters[0] == "F":
            output.append(fraction[: len(letters)].rstrip("0"))
        else:
            output.append(f"{values[letters[0]]:0{len(letters)}d}")
    return "".join(output)
