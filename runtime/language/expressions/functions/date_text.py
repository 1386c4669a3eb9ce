"""Text to points in time: as tolerant as .NET's DateTime.Parse (reference 4.6), or by an exact format."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache

from runtime.language.expressions.functions.date_culture import DateCulture, dates_of
from runtime.language.expressions.functions.moments import (
    HOUR,
    MINUTE,
    SECOND,
    Kind,
    Moment,
    days_in_month,
    ticks_at,
)

Today = Callable[[], date]

_LONGEST = 200
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,40}))?)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII
)
_TIME = re.compile(
    r"(?:(?<=\d)\s*T\s+|(?<=\d)T(?=\d\d:\d\d\b)|(?<![\d:.T]))(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,40}))?)?)?(?![\d:])(?:\s*(AM|PM)\b)?",
    re.ASCII | re.IGNORECASE,
)
_ZONE = re.compile(r"(?:\s*(Z|GMT)|\s*([+-])(\d{1,2})(?::?(\d\d))?)$", re.ASCII | re.IGNORECASE)
_LONE_ZONE = re.compile(r"(?<=\d)\s*(?:(Z|GMT)|([+-])(\d{1,2}):(\d\d))$", re.ASCII | re.IGNORECASE)
_EAST_ASIAN = re.compile(r"(\d+)\s*[年년]\s*(\d+)\s*[月월]\s*(\d+)\s*[日일]")
_PIECE = re.compile(r"\d+|[^\W\d_]+\.?|[\s,/.\-]+", re.UNICODE)


def parse_moment(text: str, today: Today, locale: str = "en-US") -> Moment | None:
    """The moment a text names in a culture, or None. Missing parts come from today."""
    if len(text) > _LONGEST:
        return None
    match = _ISO.fullmatch(text)
    if match is not None:  # nearly every timestamp is of this shape
        return _iso(match)
    return _Loose(text.strip(), today, dates_of(locale)).moment()


def _iso(match: re.Match[str]) -> Moment | None:
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    clock = _clock(int(hour or 0), int(minute or 0), int(second or 0), fraction)
    ticks = None if clock is None else ticks_at(int(year), int(month), int(day), clock)
    if ticks is None:
        return None
    if zone is None:
        return Moment(ticks, "none")
    if zone == "Z":
        return Moment(ticks, "utc")
    return _shifted(ticks, zone[0], int(zone[1:3]), int(zone[4:6]))


def _clock(hour: int, minute: int, second: int, fraction: str | None) -> int | None:
    if hour > 23 or minute > 59 or second > 59:
        return None
    digits = (fraction or "0").ljust(8, "0")
    return hour * HOUR + minute * MINUTE + second * SECOND + (int(digits[:8]) + 5) // 10


def _shifted(ticks: int, sign: str, hours: int, minutes: int) -> Moment | None:
    if hours * 60 + minutes > 14 * 60 or minutes > 59:
        return None
    offset = hours * HOUR + minutes * MINUTE
    return Moment(ticks, "local").plus(-offset if sign == "+" else offset)


class _Loose:
    """One text that is not plain ISO 8601, taken apart from the end: zone, time, then the date."""

    def __init__(self, text: str, today: Today, culture: DateCulture) -> None:
        self.rest = _EAST_ASIAN.sub(r"\1-\2-\3", text.strip("#"))
        self.today = today
        self.culture = culture
        self.kind: Kind = "none"
        self.offset: tuple[str, int, int] | None = None

    def moment(self) -> Moment | None:
        clock = self.take_time()
        if clock is None:
            return None
        day = self.date()
        if day is None:
            return None
        ticks = ticks_at(*day, clock)
        if ticks is None or not self.weekday_fits(day):
            return None
        if self.offset is not None:
            return _shifted(ticks, *self.offset)
        return Moment(ticks, self.kind)

    def take_time(self) -> int | None:
        """Ticks of the clock, removed from the text together with the zone; 0 when there is none."""
        found = None
        bare = _LONE_ZONE.search(self.rest)
        if bare is not None and ":" not in self.rest[: bare.start()]:
            return self.take_lone_zone()
        for match in _TIME.finditer(self.rest):
            if match[2] is not None or match[5] is not None:
                found = match
                break
        if found is None:
            return self.take_lone_zone()
        after = self.rest[found.end() :]
        zone = _ZONE.match(after)
        if zone is not None:
            self.take_zone(zone)
            after = after[zone.end() :]
        before = self.rest[: found.start()]
        iso = "t" in found[0].lower().replace("am", "")[: found.start(1) - found.start()]
        if iso and (not before or found[5] is not None):
            return None
        if after.strip() and re.search(r"[^\W\d_]", before):
            return None  # `Thu Mar 15 13:05:09 2018`
        self.rest = f"{before.rstrip()} {after.strip()}".strip()
        self.timed = True
        hour = int(found[1])
        if found[5] is not None:
            afternoon = found[5][0] in "Pp"
            if hour > 12 and not afternoon:
                return None
            hour = hour % 12 + 12 * afternoon if hour <= 12 else hour
        return _clock(hour, int(found[2] or 0), int(found[3] or 0), found[4])

    timed = False
    weekday: int | None = None

    def take_lone_zone(self) -> int:
        """A zone may follow a bare date: `2025-09-05Z`."""
        match = _LONE_ZONE.search(self.rest)
        if match is not None:
            self.take_zone(match)
            self.rest = self.rest[: match.start()]
        return 0

    def take_zone(self, match: re.Match[str]) -> None:
        if match[1]:
            self.kind = "utc"
        else:
            self.offset = (match[2], int(match[3]), int(match[4] or 0))

    def date(self) -> tuple[int, int, int] | None:
        if not self.rest:
            if not self.timed:
                return None
            now = self.today()
            return now.year, now.month, now.day
        pieces = _PIECE.findall(self.rest)
        if "".join(pieces) != self.rest or self.rest[0] in "-/.,":
            return None
        numbers: list[str] = []
        month: int | None = None
        for piece in pieces:
            if piece[0].isdecimal():
                numbers.append(piece)
            elif piece[0].isalpha():
                word = _word(piece, self.culture)
                if word is None or (word[0] == "month" and month is not None):
                    return None
                if word[0] == "month":
                    month = word[1]
                else:
                    self.weekday = word[1]
        if not all(number.isascii() and len(number) <= 4 for number in numbers):
            return None
        return self.with_month(numbers, month) if month is not None else self.from_numbers(numbers)

    def with_month(self, numbers: list[str], month: int) -> tuple[int, int, int] | None:
        if len(numbers) == 1:
            if len(numbers[0]) > 2:
                return int(numbers[0]), month, 1
            if self.rest[0].isdecimal() and self.culture.patterns["m"].startswith("M"):
                return _year(numbers[0]), month, 1  # where the day stands last, what stands first is a year
            return self.today().year, month, int(numbers[0])
        if len(numbers) != 2:
            return None
        day, year = numbers
        if len(day) > 2:
            day, year = year, day
        return (_year(year), month, int(day)) if len(day) <= 2 else None

    def from_numbers(self, numbers: list[str]) -> tuple[int, int, int] | None:
        if len(numbers) == 2:
            first, second = numbers
            if len(first) > 2:
                return int(first), int(second), 1
            if len(second) > 2:
                return int(second), int(first), 1
            month, day = (
                (second, first)
                if self.culture.order.index("d") < self.culture.order.index("m")
                else (first, second)
            )
            return self.today().year, int(month), int(day)
        if len(numbers) != 3:
            return None
        order = "ymd" if len(numbers[0]) > 2 else self.culture.order
        if len(numbers[2]) > 2 and order[0] == "y":
            order = "dmy" if self.culture.order == "dmy" else "mdy"
        if len(numbers[0]) > 2 and len(numbers[2]) > 2:
            return None
        parts = dict(zip(order, numbers, strict=False))
        return _year(parts["y"]), int(parts["m"]), int(parts["d"])

    def weekday_fits(self, day: tuple[int, int, int]) -> bool:
        """A day name must be that day's."""
        return self.weekday is None or date(*day).weekday() == self.weekday


def _year(text: str) -> int:
    year = int(text)
    if len(text) > 2:
        return year
    return year + (2000 if year <= 29 else 1900)


def _word(piece: str, culture: DateCulture) -> tuple[str, int] | None:
    """What a word names: ("month", 1-12) or ("day", 0-6)."""
    wanted = piece.rstrip(".").lower()
    known = (culture, dates_of(""))
    months = [t for c in known for t in (c.months, c.short_months, c.lone_months, c.short_lone_months)]
    days = [t for c in known for t in (c.days, c.short_days)]
    for kind, first, tables in (("month", 1, months), ("day", 0, days)):
        for table in tables:
            for index, name in enumerate(table):
                if name.rstrip(".").lower() == wanted:
                    return kind, index + first
    return None


def parse_exact(text: str, pattern: str, today: Today, locale: str) -> Moment | None:
    """The moment a text names by a format, or None where it does not match. A missing year is today's."""
    if len(text) > _LONGEST or len(pattern) > _LONGEST:
        return None
    culture = dates_of(locale)
    shape = _exact_shape(pattern, locale)
    match = shape.fullmatch(text) if shape else None
    return None if match is None else _from_groups(match.groupdict(), today, culture)


_STANDARD = {
    "o": "yyyy-MM-dd'T'HH:mm:ss.fffffffK",
    "s": "yyyy-MM-dd'T'HH:mm:ss",
    "u": "yyyy-MM-dd HH:mm:ss'Z'",
    "r": "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
}


def standard_pattern(letter: str, culture: DateCulture) -> str | None:
    """The custom pattern behind a standard letter, or None for a letter that is none."""
    patterns = culture.patterns
    pairs = {"f": "Dt", "F": "DT", "U": "DT", "g": "dt", "G": "dT"}
    if letter in pairs:
        return f"{patterns[pairs[letter][0]]} {patterns[pairs[letter][1]]}"
    if letter in "oOrRsu":
        return _STANDARD[letter.lower()]
    return patterns.get({"M": "m", "Y": "y"}.get(letter, letter))


TOKEN = re.compile(
    r"""(?P<quote>'[^']*'|"[^"]*")|\\(?P<escaped>.)|%?(?P<letters>([dfFghHKmMstyz])\4*)
    |%(?P<single>[^%'"\\])|(?P<other>.)""",
    re.DOTALL | re.VERBOSE,
)
_NUMBER_SHAPES = {
    "d": ("day", r"\d{1,2}"),
    "dd": ("day", r"\d\d"),
    "M": ("month", r"\d{1,2}"),
    "MM": ("month", r"\d\d"),
    "y": ("year", r"\d{1,2}"),
    "yy": ("year", r"\d\d"),
    "yyy": ("year", r"\d{3,4}"),
    "yyyy": ("year", r"\d{4}"),
    "h": ("hour", r"\d{1,2}"),
    "hh": ("hour", r"\d\d"),
    "H": ("hour", r"\d{1,2}"),
    "HH": ("hour", r"\d\d"),
    "m": ("minute", r"\d{1,2}"),
    "mm": ("minute", r"\d\d"),
    "s": ("second", r"\d{1,2}"),
    "ss": ("second", r"\d\d"),
    "z": ("zone", r"[+-]\d{1,2}"),
    "zz": ("zone", r"[+-]\d\d"),
    "zzz": ("zone", r"[+-]\d\d:?\d\d"),
    "K": ("zone", r"Z|[+-]\d\d:\d\d|"),
}


@lru_cache(maxsize=256)
def _exact_shape(pattern: str, locale: str) -> re.Pattern[str] | None:
    culture = dates_of(locale)
    if len(pattern) == 1:
        standard = standard_pattern(pattern, culture)
        if standard is None:
            return None
        pattern = standard
    parts: list[str] = []
    used: set[str] = set()
    for match in TOKEN.finditer(pattern):
        letters = match["letters"]
        if letters:
            name, shape = _letters_shape(letters, culture)
            parts.append(f"(?P<{name}>{shape})" if name and name not in used else f"(?:{shape})")
            used.add(name)
        else:
            other = (
                match["quote"][1:-1]
                if match["quote"]
                else match["escaped"] or match["single"] or match["other"]
            )
            if match["other"] == "Z" and "zone" not in used:
                parts.append("(?P<zone>Z|GMT)")
                used.add("zone")
                continue
            separator = {"/": culture.date_separator, ":": culture.time_separator}.get(other, other)
            parts.append(re.escape(separator if match["other"] or match["single"] else other))
    return re.compile("".join(parts), re.ASCII | re.IGNORECASE)


def _letters_shape(letters: str, culture: DateCulture) -> tuple[str, str]:
    known = _NUMBER_SHAPES.get(letters)
    if known is not None:
        return known
    letter = letters[0]
    if letter == "d":
        return "dayname", _alternatives(culture.days if len(letters) > 3 else culture.short_days)
    if letter == "M":
        long = len(letters) > 3
        return ("longmonth" if long else "shortmonth"), _alternatives(
            culture.months if long else culture.short_months
        )
    if letter == "f":
        return "fraction", rf"\d{{{len(letters)}}}"
    if letter == "F":
        return "fraction", rf"\d{{0,{len(letters)}}}"
    if letter == "t":
        return "period", _alternatives(
            (culture.morning, culture.afternoon, culture.morning[:1], culture.afternoon[:1])
        )
    if letter == "y":
        return "year", rf"\d{{{len(letters)}}}"
    return "", ".*?" if letter == "g" else r"\d\d"


def _alternatives(words: tuple[str, ...]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _from_groups(parts: dict[str, str | None], today: Today, culture: DateCulture) -> Moment | None:
    month = int(parts.get("month") or 0)
    for key, names in (("longmonth", culture.months), ("shortmonth", culture.short_months)):
        word = parts.get(key)
        if word:
            month = [name.lower() for name in names].index(word.lower()) + 1
    hour = int(parts.get("hour") or 0)
    period = parts.get("period")
    if period:
        hour = hour % 12 + (12 if culture.afternoon.lower().startswith(period.lower()[:1]) else 0)
    clock = _clock(hour, int(parts.get("minute") or 0), int(parts.get("second") or 0), parts.get("fraction"))
    year = parts.get("year")
    now = today()
    undated = not (year or month or parts.get("day"))
    day = int(parts.get("day") or (now.day if undated else 1))
    month = month or (now.month if undated else 1)
    if clock is None or month > 12 or day > days_in_month(2000, month):
        return None
    ticks = ticks_at(_year(year) if year else now.year, month, day, clock)
    if ticks is None:
        return None
    zone = parts.get("zone")
    if not zone:
        return Moment(ticks, "none")
    if zone.upper() in ("Z", "GMT"):
        return Moment(ticks, "utc")
    digits = zone[1:].replace(":", "")
    return _shifted(ticks, zone[0], int(digits[:2]), int(digits[2:] or 0))
