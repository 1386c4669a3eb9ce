"""Who may write: paused owners, fairness, timers of schedules, strays."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import statistics
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from runtime import services
from runtime.executor import Call
from runtime.host.loop import Limits
from runtime.models import Inbox, JournalRow, Run, Timer, TriggerState, Worker
from runtime.shares import Shares
from runtime.store.takes import fair_shares
from tests.runtime.servers import (
    CountingServer,
    Program,
    free_port,
    manage,
    post,
    wait_for_port,
    web_for_tests,
)
from tests.runtime.stores import OTHER, REDIS, TENANT, redis_or_skip
from tests.runtime.worlds import (
    Recorder,
    arrival,
    chain,
    compose,
    definition,
    ended,
    http,
    make_tenant,
    make_version,
    process,
    read,
    until,
)


def test_places_go_to_whoever_holds_least_and_never_more_than_half_to_one() -> None:
    assert fair_shares([TENANT], {}, 10, 100) == {TENANT: 10}
    assert fair_shares([TENANT], {TENANT: 70}, 30, 100) == {TENANT: 5}, "some stay free for who comes later"
    assert fair_shares([TENANT, OTHER], {}, 10, 10) == {TENANT: 5, OTHER: 5}
    assert fair_shares([TENANT, OTHER], {TENANT: 4}, 4, 8) == {TENANT: 0, OTHER: 4}
    assert fair_shares([TENANT, OTHER], {TENANT: 20}, 10, 30) == {TENANT: 0, OTHER: 10}


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("quick", [True, False], ids=["quick effects", "effects without an end"])
async def test_one_tenants_flood_does_not_delay_anothers_call(quick: bool) -> None:
    """Queued events, and operations that take long: another's call finds a place at once all the same."""
    called = definition(chain(("Call", http("http://slow"))))
    flooding = await read(lambda: make_version(called, make_tenant()))
    quiet = await read(lambda: make_version(called, make_tenant()))
    over, flood = asyncio.Event(), [0]

    async def answer(call: Call) -> None:
        if call.workflow["id"] == str(flooding.workflow_id):
            flood[0] += 1
            await (asyncio.sleep(0.02) if quick else over.wait())

    passed = []
    async with process(executor=Recorder(answer), limits=Limits(runs=40, effects=10)) as running:
        await asyncio.gather(*[services.receive(arrival(flooding)) for _ in range(1000)])
        while not flood[0]:
            await asyncio.sleep(0.01)
        for _ in range(5):
            before = flood[0]
            receipt = await services.receive(arrival(quiet))
            await ended(receipt.run_id)
            passed.append(flood[0] - before)
        assert running.host.held[flooding.tenant_id] <= 35, "some places stay free"
        assert await read(lambda: Inbox.objects.filter(workflow=flooding.workflow_id, state="new").exists())
        running.host.stopping = True
        await read(lambda: Inbox.objects.filter(workflow=flooding.workflow_id).delete())
        over.set()
    # Behind the flood it would be all that are left of the thousand.
    assert statistics.median(passed) < 150, passed


async def test_a_place_goes_to_whoever_holds_least() -> None:
    places = Shares(4)
    taking = [asyncio.create_task(places.take("A")) for _ in range(6)]
    await asyncio.sleep(0)
    assert places.held == {"A": 3}
    assert places.waiting == 3
    assert places.free_for("B")
    taking += [asyncio.create_task(places.take("B")) for _ in range(2)]
    await asyncio.sleep(0)
    assert places.held == {"A": 3, "B": 1}
    places.give("A")
    await asyncio.sleep(0)
    assert places.held == {"A": 2, "B": 2}, "the other has waited longer, and holds more"
    for waiting in taking:
        waiting.cancel()
    await asyncio.gather(*taking, return_exceptions=True)
    assert places.waiting == 0


async def test_a_place_that_comes_together_with_the_end_is_not_lost() -> None:
    places = Shares(1)
    await places.take("A")
    waiting = asyncio.create_task(places.take("B"))
    await asyncio.sleep(0)
    places.give("A")
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert places.free_for("C")


@pytest.mark.usefixtures("database")
async def test_a_run_lost_by_its_owner_is_handed_over() -> None:
    version = await read(lambda: make_version(definition(chain(("Call", http("http://x"))))))
    ours: list[str] = []  # another test's runs may be left over in this database

    def answer(call: Call) -> object:
        if call.workflow["id"] != str(version.workflow_id):
            return None
        ours.append(call.run_id)
        return asyncio.sleep(60) if len(ours) == 1 else None

    recorder = Recorder(answer)
    limits = Limits(look_seconds=0.05)
    async with process(executor=recorder, limits=limits) as running:
        receipt = await services.receive(arrival(version))
        while not ours:
            await asyncio.sleep(0.01)
        running.host.forget(running.host.runs[receipt.run_id])  # a fault of ours
        run = await ended(receipt.run_id)
    assert run.status == "Succeeded"
    assert run.epoch > 1


@pytest.mark.usefixtures("database")
async def test_a_recurrence_fires_and_missed_occurrences_are_not_made_up() -> None:
    trigger = {"type": "Recurrence", "recurrence": {"frequency": "Second", "interval": 1}}
    version = await read(
        lambda: make_version(definition({"A": compose("@trigger()?['scheduledTime']")}, trigger))
    )
    await read(lambda: services.arm(version))
    await read(lambda: services.arm(version))  # arming twice is arming once
    assert await read(lambda: Timer.objects.filter(trigger__workflow=version.workflow_id).count()) == 1
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    await read(lambda: Timer.objects.filter(trigger__workflow=version.workflow_id).update(due_at=hour_ago))
    runs, begun = Run.objects.filter(workflow=version.workflow_id), time.monotonic()
    async with process():
        await until(lambda: runs.count() >= 2)
        await read(lambda: services.disarm(version.workflow))
        assert not await read(lambda: Timer.objects.filter(trigger__workflow=version.workflow_id).exists())
        arrivals = Inbox.objects.filter(workflow=version.workflow_id)
        await until(lambda: not arrivals.filter(state="new").exists())
        count = await read(runs.count)
        assert count <= 2 + time.monotonic() - begun  # the one an hour late, and one a second
        await asyncio.sleep(1.5)
    assert await read(runs.count) == count
    assert not await read(lambda: TriggerState.objects.get(workflow=version.workflow_id).armed)


@pytest.mark.usefixtures("database")
async def test_a_sliding_window_makes_up_every_window_in_order() -> None:
    start = (datetime.now(UTC) - timedelta(minutes=5)).replace(microsecond=0)
    trigger = {
        "type": "SlidingWindow",
        "recurrence": {
            "frequency": "Minute",
            "interval": 1,
            "startTime": start.strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
    }
    version = await read(lambda: make_version(definition({"A": compose(1)}, trigger)))
    await read(lambda: services.arm(version))
    windows = Run.objects.filter(workflow=version.workflow_id)
    async with process():
        await until(lambda: windows.count() >= 5)
    runs = await read(lambda: list(windows.order_by("pk")))
    assert len(runs) <= (datetime.now(UTC) - start) / timedelta(minutes=1), "none before its end"
    bodies = await read(
        lambda: [services.run_trigger(run.tenant_id, run.pk)["outputs"]["body"] for run in runs]
    )
    ends = sorted(body["windowEndTime"] for body in bodies)
    assert sorted(body["windowStartTime"] for body in bodies)[1:] == ends[:-1]


@pytest.mark.slow
@pytest.mark.postgresql
@pytest.mark.redis
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_a_paused_worker_wakes_and_changes_nothing(database: str, tmp_path: Path) -> None:
    redis_or_skip()
    server, port = CountingServer(delay=3), free_port()
    steps = chain(("Call", http(f"{server.url}/", body={"key": "k"})), ("After", compose(1)))
    version = await read(lambda: make_version(definition(steps)))
    environment = {
        "DATABASE_URL": database, "MILLRACE_DATA": str(tmp_path), "MILLRACE_SECRET_KEY": "test",
        "MILLRACE_PRIVATE_ADDRESSES": "allow", "BROKER_URL": f"{REDIS}/15", "REDIS_URL": f"{REDIS}/15",
    }  # fmt: skip
    web = Program("web", web_for_tests(port), environment, tmp_path)
    first = Program("first", manage("worker"), environment, tmp_path)
    second = Program("second", manage("worker"), environment, tmp_path)
    programs = [web, first, second]
    web.start()
    first.start()
    try:
        wait_for_port(port, web)
        status, answer = await post(port, f"/{version.pk}", {"key": "k"})
        assert status == 202
        while not server.calls:
            await asyncio.sleep(0.05)
        os.kill(first.pid, signal.SIGSTOP)
        second.start()
        run = await ended(json.loads(b'"' + answer + b'"'), 60)
        rows = await read(lambda: list(JournalRow.objects.filter(run=run).values_list("seq", "epoch")))
        os.kill(first.pid, signal.SIGCONT)
        await asyncio.sleep(7)
        assert (
            await read(lambda: list(JournalRow.objects.filter(run=run).values_list("seq", "epoch"))) == rows
        )
        assert server.calls["k"] == 2
        alive = await read(lambda: Worker.objects.filter(stopped_at=None, kind="worker").count())
        assert alive == 2
        assert await read(lambda: Inbox.objects.filter(state="new").count()) == 0
    finally:
        for program in programs:
            program.stop(10)
        server.close()
