"""The bells between processes, over a Redis that may be away, and the looks that make good what is lost."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from runtime import services, wire
from runtime.feed import Feed, Ring
from runtime.models import Run, Timer
from runtime.wire import ARRIVALS, INBOX, ROWS, RUNS, RedisWire
from tests.runtime.servers import free_port
from tests.runtime.stores import REDIS, redis_or_skip
from tests.runtime.worlds import arrival, chain, definition, http, make_version, process, read, until, wait


@asynccontextmanager
async def wires(monkeypatch: pytest.MonkeyPatch, *channels: str) -> AsyncIterator[list[RedisWire]]:
    redis_or_skip()
    monkeypatch.setattr(wire, "HINTS", f"millrace.test.{uuid.uuid4().hex}.")
    opened = [RedisWire(f"{REDIS}/8", [channel]) for channel in channels]
    try:
        yield opened
    finally:
        for each in opened:
            await each.close()


async def soon(fact: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not fact():
            await asyncio.sleep(0.02)


async def always(act: Callable[[], None]) -> None:
    while True:
        act()
        await asyncio.sleep(0.01)


@pytest.mark.redis
async def test_rows_are_heard_by_the_other_processes_and_arrivals_by_those_that_carry(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with wires(monkeypatch, ROWS, ARRIVALS) as (of_web, of_worker):
        web, worker = Feed(of_web), Feed(of_worker)
        rings: list[Ring] = []
        woken: list[uuid.UUID] = []
        web.on_ring(rings.append)
        worker.on_wake(woken.extend)
        for feed in (web, worker):
            await feed.open()
        await soon(lambda: of_web.up and of_worker.up)
        ring = Ring(uuid.uuid4(), uuid.uuid4(), uuid.uuid4(), 7, True, False)
        worker.ring([ring])
        web.wake([ring.run])
        await soon(lambda: bool(rings and woken))
    assert rings == [ring]
    assert woken == [ring.run]


@pytest.mark.redis
async def test_a_hint_is_taken_by_one_host_that_has_room(monkeypatch: pytest.MonkeyPatch) -> None:
    async with wires(monkeypatch, ROWS, ARRIVALS, ARRIVALS) as (web, full, free):
        for each in (web, full, free):
            await each.open(lambda data: None)
        told: list[tuple[str, bytes]] = []
        full.listen(["runs"], lambda: False, lambda what: told.append(("full", what)))
        free.listen(["runs"], lambda: True, lambda what: told.append(("free", what)))
        web.hint("runs", INBOX)
        await soon(lambda: bool(told))
        assert told == [("free", INBOX)]
        # Hints that come close together are one, and a run to look for is not forgotten over an arrival.
        for what in (INBOX, RUNS, INBOX, INBOX):
            web.hint("runs", what)
        await soon(lambda: len(told) > 1)
        await asyncio.sleep(0.3)
    assert told == [("free", INBOX), ("free", RUNS)]


async def test_a_redis_that_is_away_costs_nothing_but_bells(caplog: pytest.LogCaptureFixture) -> None:
    away = RedisWire(f"redis://127.0.0.1:{free_port()}/0", [ROWS])
    await away.open(lambda data: None)
    for number in range(5000):
        away.tell(ROWS, b"%d" % number)
    away.hint("runs", INBOX)
    await soon(lambda: "looking every second" in caplog.text)
    assert not away.up
    assert len(away._news) <= wire.MOST_UNSENT
    await asyncio.wait_for(away.close(), 60)
    assert "looking every second" in caplog.text


@pytest.mark.usefixtures("database")
async def test_a_host_that_is_rung_for_the_inbox_all_the_time_still_finds_ready_runs() -> None:
    version = await read(
        lambda: make_version(definition(chain(("Wait", wait(60)), ("Call", http("http://x")))))
    )
    async with process() as running:
        assert running.host is not None
        receipt = await services.receive(arrival(version))
        await until(
            lambda: (
                Timer.objects.filter(run=receipt.run_id).count() == 2
                and receipt.run_id not in running.host.runs
            )
        )
        lost = datetime.now(UTC) - timedelta(seconds=1)
        await read(lambda: Run.objects.filter(pk=receipt.run_id).update(ready_at=lost))  # nobody rings
        epoch = (await read(lambda: Run.objects.get(pk=receipt.run_id))).epoch
        ringing = asyncio.create_task(always(lambda: running.host.ring(runs=False)))
        await until(lambda: Run.objects.get(pk=receipt.run_id).epoch > epoch)
        ringing.cancel()
