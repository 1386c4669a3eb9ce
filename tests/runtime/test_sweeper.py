"""What the sweeper finds: owners that died, owners that nobody knows, and clocks that are set."""

from __future__ import annotations

import asyncio
import os
import platform
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from runtime import metrics, services
from runtime.host.loop import Limits, SystemClock
from runtime.host.sweeper import is_relative
from runtime.models import Inbox, Run, Timer, Worker
from runtime.store import heartbeat
from runtime.store.clock import first_id, made_at
from runtime.store.records import ClockStep
from tests.runtime.worlds import (
    Recorder,
    arrival,
    chain,
    compose,
    definition,
    ended,
    http,
    make_version,
    process,
    read,
    until,
    wait,
)

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def quick_hearts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has just started may soon say who is dead."""
    monkeypatch.setattr(heartbeat, "FIRST_BEAT_SECONDS", 0.1)
    monkeypatch.setattr(heartbeat, "HEARTBEAT_SECONDS", 0.1)


CALLED = definition(chain(("Call", http("http://x")), ("After", compose(1))))


async def left_by(worker: dict[str, Any] | None) -> Run:
    """A run in the middle of an effect, and the worker it says it belongs to."""
    version = await read(lambda: make_version(CALLED))
    owner = uuid.uuid4()
    async with process(executor=Recorder(lambda call: asyncio.sleep(60))) as running:
        receipt = await services.receive(arrival(version))
        await until(lambda: Run.objects.filter(pk=receipt.run_id).exists())
        running.host.stopping = True
    now = datetime.now(UTC)
    if worker is not None:
        given = {
            "kind": "worker",
            "machine": "elsewhere",
            "pid": 1,
            "release": "0",
            "started_at": now,
            **worker,
        }
        await read(lambda: Worker.objects.create(id=owner, **given))
    await read(lambda: Run.objects.filter(pk=receipt.run_id).update(owner=owner, ready_at=now))
    return await read(lambda: Run.objects.get(pk=receipt.run_id))


LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.mark.usefixtures("quick_hearts")
@pytest.mark.parametrize(
    "worker",
    [
        {"heartbeat_at": LONG_AGO},
        # Declared dead, woke, took the run, and died before its next heartbeat.
        {"heartbeat_at": LONG_AGO, "stopped_at": LONG_AGO},
        None,
    ],
    ids=["dead", "declared dead before", "unknown"],
)
async def test_a_run_is_never_without_a_living_owner_for_long(worker: dict[str, Any] | None) -> None:
    run = await left_by(worker)
    if worker is None or "stopped_at" in worker:
        page = await asyncio.to_thread(metrics.exposition)
        assert "millrace_runs_unowned_running 1" in page
    recorder = Recorder()
    async with process(executor=recorder) as running:
        found = await ended(run.pk)
        assert running.host.figures["buried"] + running.host.figures["adopted"] == 1
        page = await asyncio.to_thread(metrics.exposition)
    assert "millrace_runs_unowned_running 0" in page
    assert "millrace_sweep_age_seconds" in page
    assert found.status == "Succeeded"
    assert found.epoch > run.epoch
    assert len(recorder.calls) == 1


async def test_a_second_worker_of_the_process_lets_the_first_live_and_an_earlier_process_rest() -> None:
    """By SQLite a worker that starts looks at once for processes that are gone."""
    earlier = {
        "id": uuid.uuid4(), "kind": "embedded", "machine": platform.node()[:200], "pid": os.getpid(),
        "release": "0", "started_at": datetime.now(UTC), "heartbeat_at": datetime.now(UTC),
    }  # fmt: skip
    await read(lambda: Worker.objects.create(**earlier))
    async with process() as first, process("worker"):
        stopped = await read(lambda: Worker.objects.get(pk=first.host.id).stopped_at)
        found = await read(lambda: Worker.objects.get(pk=earlier["id"]).stopped_at)
    assert stopped is None
    assert (found is not None) == (connection.vendor == "sqlite")


class SetClock(SystemClock):
    """The machine's clock, and how far somebody has set it."""

    def __init__(self) -> None:
        super().__init__()
        self.by = timedelta()

    def now(self) -> datetime:
        return super().now() + self.by


@pytest.mark.parametrize("hours", [-1, 1])
async def test_a_clock_that_jumps_loses_and_delays_nothing(hours: int) -> None:
    waiting = {"type": "Wait", "inputs": {"interval": {"count": 1, "unit": "Second"}}}
    version = await read(
        lambda: make_version(definition(chain(("Call", http("http://x")), ("Wait", waiting))))
    )
    jumped = asyncio.Event()
    clock, recorder = SetClock(), Recorder(lambda call: jumped.wait())
    async with process(executor=recorder, limits=Limits(look_seconds=0.1)) as running:
        running.host.clock = clock
        first = await services.receive(arrival(version))
        # What came before the jump, and is taken after it.
        row = await read(lambda: services.start_run(arrival(version)))
        clock.by = timedelta(hours=hours)
        jumped.set()
        for run in (first.run_id, row):
            found = await ended(run)
            assert found.status == "Succeeded"
    assert len(recorder.calls) == 2
    assert not await read(lambda: Inbox.objects.filter(workflow=version.workflow_id, state="new").exists())


def until_later(seconds: int) -> dict[str, Any]:
    moment = datetime.now(UTC) + timedelta(seconds=seconds)
    return {"type": "Wait", "inputs": {"until": {"timestamp": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}}}


@pytest.mark.parametrize("kind", ["embedded", "worker"])
async def test_who_waits_when_the_clock_is_set_back_does_not_wait_for_the_step_as_well(
    kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A length of time stays one; a moment on the wall stays where it is."""
    length = {"type": "Wait", "inputs": {"interval": {"count": 8, "unit": "Second"}}}
    relative = await read(lambda: make_version(definition({"Wait": length})))
    absolute = await read(lambda: make_version(definition({"Wait": until_later(60)})))
    clock = SetClock()
    async with process(kind, limits=Limits(look_seconds=0.1)) as running:
        running.host.clock = clock
        while running.host.watch.sweep_age is None:  # it knows what time it was before
            await asyncio.sleep(0.02)
        receipts = [await services.receive(arrival(version)) for version in (relative, absolute)]
        runs = [receipt.run_id for receipt in receipts]
        await until(lambda: Timer.objects.filter(run__in=runs, key__startswith="timer").count() == 2)
        assert not await read(lambda: Run.objects.filter(pk=runs[0], ended_at__isnull=False).exists())
        steps: list[timedelta | None] = []
        set_back = running.host.store.set_back

        async def noted(now: datetime, step: ClockStep) -> int:
            steps.append(step.by)
            return await set_back(now, step)

        monkeypatch.setattr(running.host.store, "set_back", noted)
        clock.by = timedelta(hours=-1)
        await ended(runs[0])
        by = next((by for by in steps if by is not None), None)
        assert by is not None, "the sweeper saw the step"
        assert abs(by - timedelta(hours=1)) < timedelta(seconds=1), "and is not cut short either"
        # Once more by the same step: it was moved already, and nothing else is.
        await running.host.store.set_back(
            clock.now(), ClockStep(timedelta(hours=1), timedelta(0), False, is_relative)
        )
        timer = await read(lambda: Timer.objects.get(run=runs[1], key__startswith="timer"))
        assert timer.due_at > clock.now() + timedelta(minutes=50)


async def test_a_clock_set_back_while_nothing_ran_delays_a_wait_by_no_more_than_its_length() -> None:
    version = await read(lambda: make_version(definition({"Wait": wait(2)})))
    async with process(limits=Limits(look_seconds=0.1)):
        receipt = await services.receive(arrival(version))
        await until(lambda: Timer.objects.filter(run=receipt.run_id, key__startswith="timer").exists())

    def an_hour_ahead() -> None:
        timer = Timer.objects.get(run=receipt.run_id, key__startswith="timer")
        made = first_id(made_at(timer.pk) + timedelta(hours=1))
        Timer.objects.filter(pk=timer.pk).update(id=made, due_at=made_at(made) + timedelta(seconds=2))

    await read(an_hour_ahead)
    async with process(limits=Limits(look_seconds=0.1)):
        assert (await ended(receipt.run_id)).status == "Succeeded"


@pytest.mark.usefixtures("quick_hearts")
async def test_a_heartbeat_from_before_the_databases_clock_was_set_back_is_that_of_the_dead() -> None:
    run = await left_by({"heartbeat_at": datetime.now(UTC) + timedelta(hours=1)})
    async with process(executor=Recorder()):
        found = await ended(run.pk)
    assert found.epoch > run.epoch
