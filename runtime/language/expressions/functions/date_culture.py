"""How cultures write dates: names, patterns in .NET's letters and separators, from CLDR.

en-US has the spellings of Windows: plain spaces, no narrow ones (reference 15.11).
"""

from __future__ import annotations

import pickle
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import localedata

from runtime.language.expressions.functions.cultures import locale_of


@dataclass(frozen=True, slots=True)
class DateCulture:
    """Names from Monday and January on; `patterns` by standard letter d D t T m y; `order` like "mdy".

    `months` stand beside a day, `lone_months` without one.
    """

    days: tuple[str, ...]
    short_days: tuple[str, ...]
    months: tuple[str, ...]
    short_months: tuple[str, ...]
    lone_months: tuple[str, ...]
    short_lone_months: tuple[str, ...]
    morning: str
    afternoon: str
    era: str
    patterns: dict[str, str]
    date_separator: str
    time_separator: str
    order: str

    def with_lone_months(self) -> DateCulture:
        """The same culture, in which months are named without a day."""
        return replace(self, months=self.lone_months, short_months=self.short_lone_months)


_ENGLISH_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ENGLISH_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_INVARIANT = {
    "d": "MM/dd/yyyy",
    "D": "dddd, dd MMMM yyyy",
    "t": "HH:mm",
    "T": "HH:mm:ss",
    "m": "MMMM dd",
    "y": "yyyy MMMM",
}
_UNITED_STATES = {
    "d": "M/d/yyyy",
    "D": "dddd, MMMM d, yyyy",
    "t": "h:mm tt",
    "T": "h:mm:ss tt",
    "m": "MMMM d",
    "y": "MMMM yyyy",
}


def _english(patterns: dict[str, str], era: str) -> DateCulture:
    short = tuple(month[:3] for month in _ENGLISH_MONTHS)
    days = tuple(day[:3] for day in _ENGLISH_DAYS)
    return DateCulture(
        _ENGLISH_DAYS, days, _ENGLISH_MONTHS, short, _ENGLISH_MONTHS, short,
        "AM", "PM", era, patterns, "/", ":", "mdy",
    )  # fmt: skip


INVARIANT_DATES = _english(_INVARIANT, "A.D.")
UNITED_STATES = _english(_UNITED_STATES, "A.D.")


@lru_cache(maxsize=256)
def dates_of(name: str) -> DateCulture:
    """Date data of a culture; unknown names get the invariant culture."""
    if name.lower() == "en-us":
        return UNITED_STATES
    locale: Any = locale_of(name)
    if locale is None:
        return INVARIANT_DATES
    skeletons = locale.datetime_skeletons
    patterns = {
        "d": _net_pattern(locale.date_formats["short"].pattern),
        "D": _net_pattern(locale.date_formats["full"].pattern),
        "t": _net_pattern(locale.time_formats["short"].pattern),
        "T": _net_pattern(locale.time_formats["medium"].pattern),
        "m": _net_pattern(skeletons["MMMMd"].pattern) if "MMMMd" in skeletons else "MMMM d",
        "y": _net_pattern(skeletons["yMMMM"].pattern) if "yMMMM" in skeletons else "MMMM yyyy",
    }
    width = "wide" if locale.language in ("ko", "he") else "abbreviated"
    periods = locale.day_periods.get("format", {}).get(width, {})
    return DateCulture(
        days=_alone(locale, "days", "wide", range(7)),
        short_days=_alone(locale, "days", "abbreviated", range(7)),
        months=_names(locale.months["format"]["wide"], range(1, 13)),
        short_months=_names(locale.months["format"]["abbreviated"], range(1, 13)),
        lone_months=_alone(locale, "months", "wide", range(1, 13)),
        short_lone_months=_alone(locale, "months", "abbreviated", range(1, 13)),
        morning=periods.get("am", "AM"),
        afternoon=periods.get("pm", "PM"),
        era=locale.eras["abbreviated"].get(1, "A.D."),
        patterns=patterns,
        date_separator=_separator(patterns["d"], "/"),
        time_separator=_separator(patterns["t"], ":"),
        order="".join(dict.fromkeys(re.findall("[dmy]", patterns["d"].lower()))),
    )


def _names(table: Any, keys: range) -> tuple[str, ...]:
    return tuple(str(table[key]) for key in keys)


def _alone(locale: Any, what: str, width: str, keys: range) -> tuple[str, ...]:
    """Names as they stand alone, where the culture has such, else those inside of dates.

    Read from the culture's own file: what Babel inherits here can come from another culture that was
    loaded before.
    """
    names = {key: getattr(locale, what)["format"][width][key] for key in keys}
    for identifier in (locale.language, str(locale)):
        if localedata.exists(identifier):
            path = localedata.resolve_locale_filename(identifier)
            own = pickle.loads(Path(path).read_bytes()).get(what, {})  # noqa: S301 - part of the package
            found = own.get("stand-alone", {}) if isinstance(own, dict) else {}
            found = found.get(width, {}) if isinstance(found, dict) else {}
            names.update(found if isinstance(found, dict) else {})
    return _names(names, keys)


_LETTERS = {"y": "yyyy", "a": "tt", "b": "tt", "B": "tt", "z": "", "v": "", "G": "g"}


def _net_pattern(pattern: str) -> str:
    """A CLDR pattern in .NET's letters."""

    def translate(match: re.Match[str]) -> str:
        text = match[0]
        letter = text[0]
        if letter == "'":
            return text
        if letter in "Ec":
            return "dddd" if len(text) == 4 else "ddd"
        if letter == "L":
            return "M" * len(text)
        return _LETTERS.get(letter, text)

    plain = re.sub(r"'[^']*'|([A-Za-z])\1*", translate, pattern)
    return plain.replace("\u202f", " ").replace("\u00a0", " ").strip()


def _separator(pattern: str, default: str) -> str:
    match = re.search(r"[A-Za-z]+([^A-Za-z' ]+)", pattern)
    return match[1] if match else default
