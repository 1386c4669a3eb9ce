"""Dates in .NET's format strings, which DotLiquid's `Date` takes where Liquid's own takes `%Y`."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

_TOKEN = re.compile(
    r"'[^']*'|\"[^\"]*\"|\\.|d{1,4}|f{1,7}|F{1,7}|H{1,2}|h{1,2}|K|M{1,4}|m{1,2}|s{1,2}|t{1,2}|y{1,5}|z{1,3}"
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip
_LONG = "dddd, dd MMMM yyyy"
_ROUND_TRIP = "yyyy-MM-ddTHH:mm:ss.fffffffK"
_RFC1123 = "ddd, dd MMM yyyy HH:mm:ss 'GMT'"
# Standard formats of the invariant culture.
_STANDARD = {
    "d": "MM/dd/yyyy", "D": _LONG, "f": f"{_LONG} HH:mm", "F": f"{_LONG} HH:mm:ss", "g": "MM/dd/yyyy HH:mm",
    "G": "MM/dd/yyyy HH:mm:ss", "M": "MMMM dd", "m": "MMMM dd", "o": _ROUND_TRIP, "O": _ROUND_TRIP,
    "r": _RFC1123, "R": _RFC1123, "s": "yyyy-MM-ddTHH:mm:ss", "t": "HH:mm", "T": "HH:mm:ss",
    "u": "yyyy-MM-dd HH:mm:ss'Z'", "y": "yyyy MMMM", "Y": "yyyy MMMM",
}  # fmt: skip


def offset(moment: datetime, size: int) -> str:
    delta = moment.utcoffset()
    if delta is None:
        return ""
    minutes = int(delta.total_seconds() // 60)
    sign, minutes = ("-" if minutes < 0 else "+"), abs(minutes)
    if size == 1:
        return f"{sign}{minutes // 60}"
    return f"{sign}{minutes // 60:02d}" + (f":{minutes % 60:02d}" if size == 3 else "")


def _zone(moment: datetime, size: int) -> str:
    return "Z" if moment.utcoffset() == timedelta(0) else offset(moment, 3)


def _fraction(moment: datetime, size: int) -> str:
    return f"{moment.microsecond:06d}0"[:size]


def _padded(number: int, size: int) -> str:
    return str(number).zfill(min(size, 2))


_WRITE: dict[str, Callable[[datetime, int], str]] = {
    "d": lambda m, n: (
        (_DAYS[m.weekday()][:3] if n == 3 else _DAYS[m.weekday()]) if n > 2 else _padded(m.day, n)
    ),
    "M": lambda m, n: (
        (_MONTHS[m.month - 1][:3] if n == 3 else _MONTHS[m.month - 1]) if n > 2 else _padded(m.month, n)
    ),
    "y": lambda m, n: _padded(m.year % 100, n) if n < 3 else str(m.year).zfill(n),
    "H": lambda m, n: _padded(m.hour, n),
    "h": lambda m, n: _padded(m.hour % 12 or 12, n),
    "m": lambda m, n: _padded(m.minute, n),
    "s": lambda m, n: _padded(m.second, n),
    "t": lambda m, n: ("AM" if m.hour < 12 else "PM")[:n],
    "f": _fraction,
    "F": lambda m, n: _fraction(m, n).rstrip("0"),
    "z": offset,
    "K": _zone,
}


def write(moment: datetime, pattern: str) -> str:
    """The moment in a .NET format; one letter is a standard format."""
    if len(pattern) == 1:
        pattern = _STANDARD.get(pattern, pattern)
    pattern = pattern.removeprefix("%")

    def piece(found: re.Match[str]) -> str:
        token = found[0]
        if token[0] in "'\"":
            return token[1:-1]
        return token[1] if token[0] == "\\" else _WRITE[token[0]](moment, len(token))

    return _TOKEN.sub(piece, pattern)
