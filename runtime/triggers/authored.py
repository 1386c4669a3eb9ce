"""What an author says about a trigger that the language has no member for: `metadata.millrace`.

`metadata` is free in the language and ignored by its other engines (reference 5.1), so a definition that
says these things imports, exports and runs elsewhere unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from runtime.engine.codes import whole_number
from runtime.engine.durations import parse_duration
from runtime.language.definition import Trigger
from runtime.language.values import Json

# How many missed occurrences are made up where the author gave no number, and at most.
DEFAULT_MADE_UP, MOST_MADE_UP = 100, 1000
DEFAULT_WINDOW, LONGEST_WINDOW = timedelta(days=1), timedelta(days=30)


@dataclass(frozen=True, slots=True)
class CatchUp:
    """What becomes of occurrences that passed while nothing ran here; `most` counts for "all" alone."""

    policy: Literal["skip", "once", "all"] = "skip"
    most: int = DEFAULT_MADE_UP


@dataclass(frozen=True, slots=True)
class Deduplication:
    """Arrivals that are one event are told by `key`, a template over the trigger, for as long as `window`."""

    key: str
    window: timedelta


def catch_up(trigger: Trigger) -> CatchUp:
    given = _member(_extension(trigger), "catchUp")
    policy = str(_member(given, "policy")).lower()
    if policy == "once":
        return CatchUp("once")
    if policy == "all":
        most = whole_number(_member(given, "most"))
        return CatchUp("all", DEFAULT_MADE_UP if most is None else min(max(1, most), MOST_MADE_UP))
    return CatchUp()


def deduplication(trigger: Trigger) -> Deduplication | None:
    given = _member(_extension(trigger), "deduplicate")
    key = _member(given, "key")
    if not isinstance(key, str) or not key.strip():
        return None
    window = parse_duration(_member(given, "window")) or DEFAULT_WINDOW
    return Deduplication(key, min(max(window, timedelta(seconds=1)), LONGEST_WINDOW))


def _extension(trigger: Trigger) -> Json:
    return _member(trigger.raw.get("metadata"), "millrace")


def _member(value: Json, name: str) -> Json:
    return value.get(name) if isinstance(value, dict) else None
