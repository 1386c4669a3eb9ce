"""When a recurrence would come round if its workflow were published now, for the designer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from runtime.language.definition import Definition
from runtime.language.values import Json, dumps
from runtime.triggers import recurrence as recurrences
from runtime.triggers.arming import settled
from runtime.triggers.recurrence import RecurrenceError


@dataclass(frozen=True, slots=True)
class Forecast:
    """`times` in UTC; `zone` is that of the schedule; `counted`: the first is the moment of publishing."""

    times: list[datetime]
    zone: str
    counted: bool
    error: str = ""


def forecast(
    definition: Definition,
    recurrence: Mapping[str, Json],
    values: Mapping[str, Json],
    count: int,
    now: datetime | None = None,
) -> Forecast:
    """The first `count` occurrences after now. Never raises: what cannot be followed is told in `error`."""
    armed = now or datetime.now(UTC)
    try:
        given = settled(dict(recurrence), definition, dumps(dict(values)))
        read = recurrences.read(given if isinstance(given, dict) else {})
        first = recurrences.first_occurrence(read, armed)
        if first is None:
            return Forecast([], read.zone.key, read.fires_at_once)
        following = recurrences.next_occurrences(read, first, count - 1, armed)
        return Forecast([first, *following], read.zone.key, read.fires_at_once)
    except (RecurrenceError, ValueError, OverflowError) as error:
        return Forecast([], "", False, str(error))
