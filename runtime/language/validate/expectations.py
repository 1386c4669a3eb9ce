"""What a literal must look like. Strings that hold expressions are left to the run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from runtime.language.validate.problems import Problems, below
from runtime.language.values import Json

Check = Callable[[Json], str | None]

_DURATION: Final = re.compile(
    r"-?P(?=.)(?:\d+Y)?(?:\d+M)?(?:\d+W)?(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?",
    re.IGNORECASE,
)
_AMOUNT: Final = re.compile(r"(\d+(?:\.\d+)?)([YMWDHS])")
_INTEGER: Final = re.compile(r"[+-]?\d+")
_TIMESTAMP: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
)
OFFSET: Final = re.compile(r"T.*[+-]\d{2}:?\d{2}$")


def open_ended(value: Json) -> bool:
    """Whether a value is known only later: an expression, or a template expression a deployment resolves."""
    if not isinstance(value, str):
        return False
    return value.startswith("@") or "@{" in value or (value.startswith("[") and value.endswith("]"))


def text(value: Json) -> str | None:
    return None if isinstance(value, str) else "must be a text"


def non_empty_text(value: Json) -> str | None:
    return None if isinstance(value, str) and value.strip() else "must be a text that is not empty"


def an_object(value: Json) -> str | None:
    return None if isinstance(value, dict) else "must be an object"


def an_array(value: Json) -> str | None:
    return None if isinstance(value, list) else "must be an array"


def anything(value: Json) -> str | None:
    return None


def boolean(value: Json) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def integer(low: int, high: int) -> Check:
    """An integer, or a text of digits, within bounds."""

    def check(value: Json) -> str | None:
        number = _integer(value)
        if number is None:
            return "must be an integer"
        return None if low <= number <= high else f"must lie between {low:,} and {high:,}, not {number:,}"

    return check


def _integer(value: Json) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        return int(value)
    return None


def one_of(*words: str) -> Check:
    """One of some words, ignoring case."""
    folded = {word.lower() for word in words}

    def check(value: Json) -> str | None:
        if isinstance(value, str) and value.lower() in folded:
            return None
        shown = f"'{value}'" if isinstance(value, str) else "that"
        return f"must be one of {', '.join(words)}, not {shown}"

    return check


def duration(value: Json) -> str | None:
    if isinstance(value, str) and _DURATION.fullmatch(value.strip()):
        return None
    shown = f", not '{value}'" if isinstance(value, str) else ""
    return f"must be an ISO 8601 duration such as PT30S or P1D{shown}"


_UNITS_OF_DURATION: Final = {
    "W": 604_800, "D": 86_400, "TH": 3_600, "TM": 60, "TS": 1, "Y": 31_536_000, "M": 2_592_000,
}  # fmt: skip


def seconds_of(value: Json) -> float | None:
    """How long a duration is, a year being 365 days and a month 30; None where it is none."""
    if not isinstance(value, str) or not _DURATION.fullmatch(value.strip()):
        return None
    written = value.strip().upper()
    days, _, times = written.lstrip("-").removeprefix("P").partition("T")
    parts = [(part, "") for part in _AMOUNT.findall(days)] + [(part, "T") for part in _AMOUNT.findall(times)]
    total = sum(float(amount) * _UNITS_OF_DURATION[prefix + unit] for (amount, unit), prefix in parts)
    return -total if written.startswith("-") else total


def lasting(low: str, high: str) -> Check:
    """A duration within bounds; what is no duration at all is for `duration` to say."""
    least, most = seconds_of(low) or 0.0, seconds_of(high) or 0.0

    def check(value: Json) -> str | None:
        seconds = seconds_of(value)
        if seconds is None or least <= seconds <= most:
            return None
        return f"should lie between {low} and {high}, not {value}"

    return check


def timestamp(value: Json) -> str | None:
    if isinstance(value, str) and _TIMESTAMP.fullmatch(value.strip()):
        return None
    return "must be a time such as 2026-01-31T08:00:00Z"


def array_or(check: Check) -> Check:
    """A value, or an array of such values."""

    def each(value: Json) -> str | None:
        values: Iterable[Json] = value if isinstance(value, list) else [value]
        return next((wrong for one in values if not open_ended(one) and (wrong := check(one))), None)

    return each


class Shape:
    """Checks the members of one object and says what is missing or wrong."""

    def __init__(
        self, problems: Problems, pointer: str, what: str, value: Json, missing: str, wrong: str
    ) -> None:
        self.problems = problems
        self.pointer = pointer
        self.what = what
        self.value = value
        self.missing_code = missing
        self.wrong_code = wrong

    def requires(self, name: str, check: Check = anything) -> None:
        """A member that must be there."""
        if isinstance(self.value, dict) and name in self.value:
            self.allows(name, check)
        elif isinstance(self.value, dict):
            self.problems.error(
                self.missing_code, self.pointer, f"{self.what} needs '{name}', which is not there."
            )

    def allows(self, name: str, check: Check) -> None:
        """A member that may be there; null counts as absent."""
        value = self.value.get(name) if isinstance(self.value, dict) else None
        if value is None or open_ended(value):
            return
        wrong = check(value)
        if wrong:
            place = below(self.pointer, name)
            self.problems.error(self.wrong_code, place, f"'{name}' of {self.what} {wrong}.")

    def advises(self, name: str, check: Check, remedy: str = "") -> None:
        """Like `allows`, for what works here nevertheless: a warning."""
        value = self.value.get(name) if isinstance(self.value, dict) else None
        if value is None or open_ended(value):
            return
        wrong = check(value)
        if wrong:
            place = below(self.pointer, name)
            self.problems.warning(self.wrong_code, place, f"'{name}' of {self.what} {wrong}.{remedy}")

    def inner(self, *path: str) -> Shape:
        """The same for an object further inside; nothing is said where it is absent."""
        value: Json = self.value
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        place = below(self.pointer, *path)
        what = f"'{'.'.join(path)}' of {self.what}"
        return Shape(self.problems, place, what, value, self.missing_code, self.wrong_code)
