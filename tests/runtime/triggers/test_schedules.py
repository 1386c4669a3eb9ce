"""Recurrence and SlidingWindow (reference 5.2 to 5.4): pauses, clocks that jump, and the long night of autumn."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from runtime.host.loop import SystemClock
from runtime.models import Inbox, Timer, TriggerState
from runtime.store import codec
from runtime.store.database import DatabaseStore
from runtime.store.records import DueTrigger
from runtime.triggers import arming
from tests.runtime.triggers.outsider import Outsider, Reply
from tests.runtime.triggers.places import (
    change,
    disable,
    enable,
    ends,
    has_ends,
    inbox,
    living,
    memory_of,
    publish,
    record_of,
    runs,
    state_of,
    until,
    until_ends,
)
from tests.runtime.worlds import definition, http, make_tenant, make_version, read

pytestmark = pytest.mark.usefixtures("database")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def recurring(**recurrence: Any) -> dict[str, Any]:
    return {"type": "Recurrence", "recurrence": {"frequency": "Day", "interval": 1, **recurrence}}


class Machine:
    """A trigger and a clock that is set by hand, without a database: what fires at each look."""

    def __init__(self, trigger: dict[str, Any], armed: str, **parameters: Any) -> None:
        import json

        whole = definition({}, trigger)
        whole["parameters"] = {name: {"type": "Object"} for name in parameters}
        self.text, self.parameters = json.dumps({"definition": whole}), json.dumps(parameters)
        read_definition = arming.definition_of(self.text)
        self.armed = at(armed)
        memory: dict[str, Any] = {}
        self.due = arming.first_due(
            read_definition.triggers["manual"], read_definition, self.parameters, self.armed, memory
        )
        self.memory = codec.pack_value(memory)
        self.problem = ""

    def look(self, now: str) -> list[dict[str, Any]]:
        """The records of the rows that are put down when a host looks at the clock now."""
        made: list[dict[str, Any]] = []
        for _ in range(1000):
            passed = [moment for moment in self.due if moment <= at(now)]
            if not passed:
                return made
            due = DueTrigger(
                *[uuid.uuid4()] * 4,
                "manual",
                self.text,
                self.armed,
                self.memory,
                None,
                passed[0],
                self.parameters,
            )
            fired = arming.schedule(due, at(now))
            self.due = [moment for moment in self.due if moment != passed[0]] + fired.next_due
            self.memory, self.problem = fired.memory, fired.problem
            made += [codec.unpack_value(row.record) for row in fired.inbox]  # type: ignore[misc]
        raise AssertionError("it never ends")


def times(records: list[dict[str, Any]]) -> list[str]:
    return [record["scheduledTime"][:16] for record in records if "missed" not in record]


def test_missed_occurrences_are_told_and_not_made_up() -> None:
    machine = Machine(recurring(startTime="2026-01-01T08:00:00Z"), "2026-01-01T00:00:00")
    assert times(machine.look("2026-01-01T08:00:02")) == ["2026-01-01T08:00"]
    (missed,) = machine.look("2026-01-05T07:00:00")
    assert "3 occurrences since 2026-01-02T08:00" in missed["missed"]
    assert times(machine.look("2026-01-05T08:00:01")) == ["2026-01-05T08:00"]


def test_a_short_pause_is_no_miss() -> None:
    machine = Machine(recurring(startTime="2026-01-01T08:00:00Z"), "2026-01-01T00:00:00")
    assert times(machine.look("2026-01-01T08:03:00")) == ["2026-01-01T08:00"]


def catching_up(**catch_up: Any) -> dict[str, Any]:
    """Every hour since the start of the year."""
    trigger = recurring(frequency="Hour", startTime="2026-01-01T00:00:00Z")
    return {**trigger, "metadata": {"millrace": {"catchUp": catch_up}}}


@pytest.mark.parametrize(
    "catch_up, expected, told",
    [
        ({"policy": "Skip"}, [], "4 occurrences since 2026-01-01T01:00"),
        ({"policy": "Once"}, ["04:00"], "One run stands for all of them"),
        ({"policy": "All"}, ["01:00", "02:00", "03:00", "04:00"], ""),
        ({"policy": "All", "most": 2}, ["03:00", "04:00"], "The newest 2 are made up"),
        ({"policy": "All", "most": "none"}, ["01:00", "02:00", "03:00", "04:00"], ""),
    ],
)
def test_the_author_says_what_becomes_of_missed_occurrences(
    catch_up: dict[str, Any], expected: list[str], told: str
) -> None:
    machine = Machine(catching_up(**catch_up), "2026-01-01T00:30:00")
    made = machine.look("2026-01-01T04:30:00")
    assert [time[11:] for time in times(made)] == expected
    missed = [record["missed"] for record in made if "missed" in record]
    assert len(missed) == bool(told)
    assert told in "".join(missed)
    # It goes on as if nothing had been, also when the clock is set back now.
    assert machine.look("2026-01-01T02:10:00") == []
    assert times(machine.look("2026-01-01T05:00:01")) == ["2026-01-01T05:00"]


def test_a_run_for_each_also_after_a_year_of_seconds() -> None:
    trigger = recurring(frequency="Second", startTime="2025-01-01T00:00:00Z")
    trigger["metadata"] = {"millrace": {"catchUp": {"policy": "all", "most": 3}}}
    machine = Machine(trigger, "2025-01-01T00:00:00")
    made = machine.look("2026-01-01T00:00:00")
    assert [record["scheduledTime"][:19] for record in made if "missed" not in record] == [
        "2025-12-31T23:59:58", "2025-12-31T23:59:59", "2026-01-01T00:00:00",
    ]  # fmt: skip
    assert "1000 or more occurrences" in made[0]["missed"]
    assert machine.due == [at("2026-01-01T00:00:01")]


def test_a_tick_in_time_is_one_run_under_every_policy() -> None:
    for policy in ("Skip", "Once", "All"):
        machine = Machine(catching_up(policy=policy), "2026-01-01T00:30:00")
        assert times(machine.look("2026-01-01T01:00:01")) == ["2026-01-01T01:00"]
        assert times(machine.look("2026-01-01T02:00:01")) == ["2026-01-01T02:00"]


def test_without_a_start_the_first_is_at_once_however_late_it_is_seen() -> None:
    machine = Machine(recurring(), "2026-01-01T10:00:00")
    assert times(machine.look("2026-01-01T12:00:00")) == ["2026-01-01T10:00"]
    assert machine.due == [at("2026-01-02T10:00:00")]


@pytest.mark.parametrize(
    "look, expected",
    [
        # 02:30 does not exist on 8 March: it comes an hour later by the clock on the wall.
        ("2026-03-09T12:00:00", ["2026-03-08T07:30", "2026-03-09T06:30"]),
        # 01:30 comes twice on 1 November: the first time counts.
        ("2026-11-02T12:00:00", ["2026-11-01T05:30", "2026-11-02T06:30"]),
    ],
)
def test_the_nights_when_clocks_change(look: str, expected: list[str]) -> None:
    hour = {"03": 2, "11": 1}[look[5:7]]
    trigger = recurring(timeZone="Eastern Standard Time", schedule={"hours": [hour], "minutes": [30]})
    machine = Machine(
        trigger, f"{expected[0][:8]}{'07' if hour == 2 else '01'}T{'12' if hour == 2 else '00'}:00:00"
    )
    found: list[str] = []
    moment = machine.armed
    while moment <= at(look):
        found += times(machine.look(moment.isoformat()[:19]))
        moment += timedelta(minutes=1)
    assert found == expected


def test_a_clock_that_goes_back_fires_nothing_twice() -> None:
    machine = Machine(recurring(frequency="Hour", startTime="2026-01-01T00:00:00Z"), "2026-01-01T00:30:00")
    assert times(machine.look("2026-01-01T03:00:01")) == []  # the first is missed: two hours late
    assert times(machine.look("2026-01-01T04:00:01")) == ["2026-01-01T04:00"]
    assert machine.look("2026-01-01T02:00:01") == []
    # Armed again while the clock is wrong: what has fired stays fired.
    machine.due = [at("2026-01-01T03:00:00"), at("2026-01-01T04:00:00")]
    assert times(machine.look("2026-01-01T04:00:02")) == []
    assert times(machine.look("2026-01-01T05:00:00")) == ["2026-01-01T05:00"]


def test_a_clock_that_was_years_ahead_does_not_silence_the_trigger() -> None:
    machine = Machine(recurring(startTime="2026-01-01T08:00:00Z"), "2026-01-01T00:00:00")
    machine.memory = codec.pack_value({"last": "2031-01-01T08:00:00+00:00"})
    assert times(machine.look("2026-01-01T08:00:01")) == ["2026-01-01T08:00"]


def test_windows_come_in_order_and_none_is_left_out() -> None:
    trigger = {
        "type": "SlidingWindow", "inputs": {"delay": "PT5S"},
        "recurrence": {"frequency": "Hour", "interval": 1, "startTime": "2026-01-01T00:00:00Z"},
    }  # fmt: skip
    machine = Machine(trigger, "2026-01-01T02:30:00")
    made = machine.look("2026-01-01T02:30:00")
    assert machine.look("2026-01-01T03:00:04") == []
    made += machine.look("2026-01-01T03:00:05")
    made += machine.look("2026-01-20T00:00:06")
    windows = [
        (record["outputs"]["body"]["windowStartTime"], record["outputs"]["body"]["windowEndTime"])
        for record in made
    ]
    assert len(windows) == 19 * 24
    assert windows[0] == ("2026-01-01T00:00:00.0000000Z", "2026-01-01T01:00:00.0000000Z")
    assert all(before[1] == after[0] for before, after in itertools.pairwise(windows))


def test_windows_of_days_follow_the_wall_clock() -> None:
    trigger = {
        "type": "SlidingWindow",
        "recurrence": {"frequency": "Day", "interval": 1, "startTime": "2026-03-07T00:00:00",
                       "timeZone": "Eastern Standard Time", "endTime": "2026-03-09T00:00:00"},
    }  # fmt: skip
    machine = Machine(trigger, "2026-03-01T00:00:00")
    made = machine.look("2026-06-01T00:00:00")
    assert [record["outputs"]["body"]["windowEndTime"][:13] for record in made] == [
        "2026-03-08T05",
        "2026-03-09T04",
    ]
    assert machine.due == []


def test_a_recurrence_may_come_from_parameters() -> None:
    trigger = recurring(interval="@parameters('days')", startTime="2026-01-01T00:00:00Z")
    machine = Machine(trigger, "2026-01-01T12:00:00", days=3)
    assert machine.due == [at("2026-01-04T00:00:00")]


def test_what_cannot_be_followed_is_told_on_the_trigger() -> None:
    machine = Machine(recurring(), "2026-01-01T00:00:00")
    machine.text = machine.text.replace('"Day"', '"Fortnight"')
    assert machine.look("2026-01-01T00:00:01") == []
    assert "Fortnight" in machine.problem


async def test_one_moment_is_one_timer_and_two_sweeps_fire_it_once() -> None:
    version = await read(lambda: make_version(definition({}, recurring()), make_tenant()))
    now = datetime.now(UTC)

    def prepare() -> TriggerState:
        state = TriggerState.objects.create(
            tenant_id=version.tenant_id, workflow_id=version.workflow_id, version_id=version.pk, trigger="manual",
            anchor=now, memory=b"",
        )  # fmt: skip
        Timer.objects.create(tenant_id=version.tenant_id, trigger=state, due_at=now)
        with pytest.raises(IntegrityError), transaction.atomic():
            Timer.objects.create(tenant_id=version.tenant_id, trigger=state, due_at=now)
        return state

    state = await read(prepare)
    stores = [DatabaseStore(), DatabaseStore(), DatabaseStore()]
    for store in stores:
        await store.open()
    later = now + timedelta(seconds=1)
    await asyncio.gather(*[store.fire(later, arming.schedule, 100) for store in stores * 3])
    for store in stores:
        await store.close()
    assert await read(lambda: Inbox.objects.filter(workflow=version.workflow_id).count()) == 1
    assert await read(lambda: Timer.objects.filter(trigger=state).count()) == 1


async def test_a_published_recurrence_runs_and_stops_with_the_workflow(tmp_path: Path) -> None:
    workflow = await read(lambda: publish(recurring(frequency="Second")))
    async with living(tmp_path):
        await until(lambda: _fired(workflow, 3))
        await read(lambda: disable(workflow))
        await asyncio.sleep(0.3)
        count = len(await inbox(workflow))
        await asyncio.sleep(1.3)
        assert len(await inbox(workflow)) == count
        assert not await read(lambda: Timer.objects.filter(trigger__workflow=workflow).exists())
    record = await record_of((await runs(workflow))[0])
    assert "outputs" not in record
    assert record["scheduledTime"]
    moments = [(await record_of(run))["scheduledTime"] for run in await runs(workflow)]
    assert len(set(map(str, moments))) == len(moments)


async def _fired(workflow: Any, count: int) -> bool:
    return len(await runs(workflow)) >= count


async def test_a_pause_of_the_process_is_told(tmp_path: Path) -> None:
    workflow = await read(lambda: publish(recurring(startTime="2020-01-01T00:00:00Z")))
    overdue = datetime.now(UTC) - timedelta(days=2)

    def set_back() -> None:
        Timer.objects.filter(trigger__workflow=workflow).update(due_at=overdue)

    await read(set_back)
    async with living(tmp_path):
        rows = await until_ends(workflow, [("schedule", "skipped")])
    assert "not made up" in rows[0].detail
    assert await runs(workflow) == []


class SetClock(SystemClock):
    """The machine's clock, and how far somebody has set it."""

    by = timedelta()

    def now(self) -> datetime:
        return super().now() + self.by


@pytest.mark.parametrize("how", ["nothing ran", "the clock jumped"])
@pytest.mark.parametrize(
    "catch_up, expected",
    [
        ({"policy": "Skip"}, 0),
        ({"policy": "Once"}, 1),
        ({"policy": "All"}, 6),
        ({"policy": "All", "most": 4}, 4),
    ],
)
async def test_the_scheduler_was_off_for_an_hour(
    catch_up: dict[str, Any], expected: int, how: str, outsider: Outsider, tmp_path: Path
) -> None:
    """Calls counted by the server that the runs call; the moments are those of a clock on the wall."""
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1, minutes=1)
    if how == "the clock jumped":
        start += timedelta(hours=1)
    # Six of these lie within the hour; the next comes ten minutes after it.
    trigger = recurring(frequency="Minute", interval=10, startTime=f"{start:%Y-%m-%dT%H:%M:%SZ}")
    trigger["metadata"] = {"millrace": {"catchUp": catch_up}}
    call = http(f"{outsider.url}/tick", body={"at": "@trigger()?['scheduledTime']"})
    workflow = await read(lambda: publish(trigger, {"Call": call}))
    outsider.answers["/tick"] = [Reply(200)]
    first = start + timedelta(minutes=10)
    await read(lambda: Timer.objects.filter(trigger__workflow=workflow).update(due_at=first))
    async with living(tmp_path) as running:
        if how == "the clock jumped":
            clock = SetClock()
            clock.by = timedelta(hours=1)
            running.host.clock = clock
        await until(lambda: has_ends(workflow, 1))
        await until(lambda: _all_ended(workflow, expected))
    moments = [first + timedelta(minutes=10 * number) for number in range(6)][6 - expected :]
    assert sorted(asked.body["at"][:19] for asked in outsider.asked) == [
        f"{at:%Y-%m-%dT%H:%M:%S}" for at in moments
    ]
    skipped = [row for row in await inbox(workflow) if row.state == "skipped"]
    assert len(skipped) == (expected < 6)


async def _all_ended(workflow: Any, count: int) -> bool:
    found = await runs(workflow)
    return len(found) >= count and all(run.ended_at for run in found)


async def test_windows_missed_while_switched_off_are_made_up_once_each(tmp_path: Path) -> None:
    start = (datetime.now(UTC) - timedelta(seconds=4)).replace(microsecond=0)
    trigger = {
        "type": "SlidingWindow",
        "recurrence": {"frequency": "Second", "interval": 1, "startTime": start.strftime("%Y-%m-%dT%H:%M:%SZ")},
        "runtimeConfiguration": {"concurrency": {"runs": 1}},
    }  # fmt: skip
    workflow = await read(lambda: publish(trigger))
    async with living(tmp_path):
        await until(lambda: _fired(workflow, 4))
        await read(lambda: disable(workflow))
        before = memory_of(await state_of(workflow))["end"]
        await asyncio.sleep(2)
        assert memory_of(await state_of(workflow))["end"] == before
        await read(lambda: enable(workflow))
        await until(lambda: _fired(workflow, 8))
        await read(
            lambda: change(
                workflow, lambda text: text["actions"].update(More={"type": "Compose", "inputs": 1})
            )
        )
        await until(lambda: _fired(workflow, 10))
        await read(lambda: disable(workflow))
    await asyncio.sleep(0)
    windows = []
    for run in await runs(workflow):
        outputs: Any = (await record_of(run))["outputs"]
        windows.append(outputs["body"]["windowStartTime"])
    expected = [
        (start + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%S.0000000Z")
        for number in range(len(windows))
    ]
    assert windows == expected
    assert {kind for kind, _ in await ends(workflow)} == {"schedule"}


async def test_what_cannot_be_armed_is_refused_when_it_is_published() -> None:
    from designer.workflows.errors import PublishRefused
    from runtime.triggers.recurrence import RecurrenceError

    with pytest.raises((RecurrenceError, PublishRefused)):
        await read(lambda: publish(recurring(timeZone="Atlantis Standard Time")))
