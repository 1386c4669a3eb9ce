"""When recurrences come round (reference 5.2), as a table of cases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runtime.triggers.recurrence import RecurrenceError, first_occurrence, next_occurrences, read


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


CASES: dict[str, tuple[dict[str, Any], str, list[str]]] = {
    "an interval counts from the armed moment": (
        {"frequency": "Minute", "interval": 5},
        "2026-01-01T00:02:30",
        ["2026-01-01T00:05:00", "2026-01-01T00:10:00"],
    ),
    "a start time in the past sets the grid and nothing is made up": (
        {"frequency": "Hour", "interval": 2, "startTime": "2020-01-01T01:00:00Z"},
        "2026-01-01T00:00:00",
        ["2026-01-01T01:00:00", "2026-01-01T03:00:00"],
    ),
    "never before a start time in the future": (
        {"frequency": "Day", "interval": 1, "startTime": "2026-02-01T08:00:00", "timeZone": "W. Europe Standard Time"},
        "2026-01-01T00:00:00",
        ["2026-02-01T07:00:00", "2026-02-02T07:00:00"],
    ),
    "every second week on Mondays at two times": (
        {
            "frequency": "Week", "interval": 2, "startTime": "2026-09-07T00:00:00", "timeZone": "Pacific Standard Time",
            "schedule": {"hours": ["10"], "minutes": [0, 30], "weekDays": ["Monday"]},
        },
        "2026-09-01T00:00:00",
        ["2026-09-07T17:00:00", "2026-09-07T17:30:00", "2026-09-21T17:00:00"],
    ),
    "half past two in the spring gap moves forward": (
        {"frequency": "Day", "interval": 1, "timeZone": "Eastern Standard Time", "schedule": {"hours": [2], "minutes": [30]}},
        "2026-03-07T12:00:00",
        ["2026-03-08T07:30:00", "2026-03-09T06:30:00"],
    ),
    "half past one on the long autumn night happens once, the first time": (
        {"frequency": "Day", "interval": 1, "timeZone": "Eastern Standard Time", "schedule": {"hours": [1], "minutes": [30]}},
        "2026-10-31T12:00:00",
        ["2026-11-01T05:30:00", "2026-11-02T06:30:00"],
    ),
    "two times that fall together in the spring gap are one": (
        {"frequency": "Day", "interval": 1, "timeZone": "Eastern Standard Time", "schedule": {"hours": [2, 3], "minutes": [30]}},
        "2026-03-08T00:00:00",
        ["2026-03-08T07:30:00", "2026-03-09T06:30:00", "2026-03-09T07:30:00"],
    ),
    "a daily interval at half past two moves forward in the gap and comes back the day after": (
        {"frequency": "Day", "interval": 1, "startTime": "2026-03-07T02:30:00", "timeZone": "Eastern Standard Time"},
        "2026-03-07T12:00:00",
        ["2026-03-08T07:30:00", "2026-03-09T06:30:00"],
    ),
    "Sundays in Europe": (
        {"frequency": "Week", "interval": 1, "timeZone": "W. Europe Standard Time",
         "schedule": {"weekDays": ["Sunday"], "hours": [2], "minutes": [30]}},
        "2026-03-22T12:00:00",
        ["2026-03-29T01:30:00", "2026-04-05T00:30:00"],
    ),
    "a zone whose clocks change by half an hour": (
        {"frequency": "Day", "interval": 1, "timeZone": "Lord Howe Standard Time", "schedule": {"hours": [1], "minutes": [45]}},
        "2026-04-04T12:00:00",
        ["2026-04-04T14:45:00", "2026-04-05T15:15:00"],
    ),
    "without a zone the wall clock of people shifts": (
        {"frequency": "Day", "interval": 1, "schedule": {"hours": [7], "minutes": [0]}},
        "2026-03-07T12:00:00",
        ["2026-03-08T07:00:00", "2026-03-09T07:00:00"],
    ),
    "an interval of hours is absolute time": (
        {"frequency": "Hour", "interval": 1, "startTime": "2026-03-08T00:30:00", "timeZone": "Eastern Standard Time"},
        "2026-03-08T05:30:00",
        ["2026-03-08T06:30:00", "2026-03-08T07:30:00"],
    ),
    "an interval of days follows the wall clock": (
        {"frequency": "Day", "interval": 1, "startTime": "2026-03-07T09:00:00", "timeZone": "Eastern Standard Time"},
        "2026-03-07T00:00:00",
        ["2026-03-07T14:00:00", "2026-03-08T13:00:00"],
    ),
    "the 31st of short months is their last day": (
        {"frequency": "Month", "interval": 1, "startTime": "2026-01-31T08:00:00Z"},
        "2026-02-01T00:00:00",
        ["2026-02-28T08:00:00", "2026-03-31T08:00:00"],
    ),
    "month days count from the end": (
        {"frequency": "Month", "interval": 1, "schedule": {"monthDays": [-1], "hours": [6], "minutes": [0]}},
        "2026-01-31T07:00:00",
        ["2026-02-28T06:00:00", "2026-03-31T06:00:00"],
    ),
    "the last Friday of every second month": (
        {
            "frequency": "Month", "interval": 2, "startTime": "2026-01-01T08:00:00Z",
            "schedule": {"monthlyOccurrences": [{"dayOfWeek": "Friday", "occurrence": -1}]},
        },
        "2026-01-01T00:00:00",
        ["2026-01-30T08:00:00", "2026-03-27T08:00:00"],
    ),
    "29 February": (
        {"frequency": "Month", "interval": 12, "startTime": "2028-02-01T00:00:00Z", "schedule": {"monthDays": 29}},
        "2028-03-01T00:00:00",
        ["2032-02-29T00:00:00"],
    ),
    "after the end there is nothing": (
        {"frequency": "Day", "interval": 1, "startTime": "2026-01-01T00:00:00Z", "endTime": "2026-01-02T00:00:00Z"},
        "2026-01-01T12:00:00",
        ["2026-01-02T00:00:00"],
    ),
    "a schedule without hours keeps the hour of the start": (
        {"frequency": "Day", "interval": 1, "startTime": "2026-01-01T09:15:00Z", "schedule": {"minutes": [0, 45]}},
        "2026-01-01T00:00:00",
        ["2026-01-01T09:45:00", "2026-01-02T09:00:00", "2026-01-02T09:45:00"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_occurrences(name: str) -> None:
    recurrence, after, expected = CASES[name]
    found = next_occurrences(read(recurrence), at(after), len(expected), at("2026-01-01T00:00:00"))
    assert found == [at(text) for text in expected]


def test_without_start_and_schedule_the_first_is_at_once() -> None:
    armed = at("2026-01-01T00:00:07")
    assert first_occurrence(read({"frequency": "Day", "interval": 1}), armed) == armed


def test_with_a_schedule_the_first_is_the_first_that_matches() -> None:
    armed = at("2026-01-01T10:00:07")
    recurrence = read({"frequency": "Day", "interval": 1, "schedule": {"hours": [9]}})
    assert first_occurrence(recurrence, armed) == at("2026-01-02T09:00:00")


def test_a_year_of_minutes_is_found_without_counting_them() -> None:
    recurrence = read({"frequency": "Second", "interval": 1, "startTime": "1990-01-01T00:00:00Z"})
    now = at("2026-06-01T00:00:00") + timedelta(milliseconds=1)
    assert next_occurrences(recurrence, now, 1, now) == [at("2026-06-01T00:00:01")]


@pytest.mark.parametrize(
    "wrong, word",
    [
        ({"frequency": "Fortnight"}, "frequency"),
        ({"frequency": "Day", "interval": 501}, "interval"),
        ({"frequency": "Day", "interval": 0}, "interval"),
        ({"frequency": "Day", "timeZone": "Nowhere"}, "timeZone"),
        ({"frequency": "Day", "startTime": "tomorrow"}, "startTime"),
        ({"frequency": "Day", "schedule": {"hours": [24]}}, "hours"),
        ({"frequency": "Week", "schedule": {"weekDays": ["Moonday"]}}, "day"),
    ],
)
def test_what_cannot_be_followed_is_told(wrong: dict[str, Any], word: str) -> None:
    with pytest.raises(RecurrenceError, match=word):
        read(wrong)
