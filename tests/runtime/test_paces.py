"""Rate limits learned from the other side: it is left alone as long as it asks, and the action says why it waits."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from uuid import UUID

import pytest

from runtime import services
from runtime.engine.events import Outcome
from runtime.executor import Call
from runtime.host.loop import Limits
from runtime.host.paces import RECOVERED, Paces
from runtime.models import Hold, Run
from tests.runtime.worlds import (
    Recorder,
    arrival,
    chain,
    definition,
    ended,
    http,
    make_tenant,
    make_version,
    process,
    read,
    until,
)

OK = Outcome("Succeeded", "OK", outputs={"statusCode": 200, "headers": {}})


def no(seconds: float | None) -> Outcome:
    return Outcome(
        "Failed",
        "TooManyRequests",
        outputs={"statusCode": 429, "headers": {}},
        retry_after=seconds,
        retryable=False,
    )


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_a_pace_opens_again_one_by_one() -> None:
    clock = Clock()
    paces, key = Paces(clock), ("t", "example.org")
    paces.leave(key, False, no(0.05))
    assert "asked for a pause" in paces.reason(key)[0]  # type: ignore[index]
    clock.now = 0.06
    assert paces.reason(key) is None
    assert await paces.enter(key)
    assert "one at a time" in paces.reason(key)[0]  # type: ignore[index]
    second = asyncio.create_task(paces.enter(key))
    await asyncio.sleep(0.01)
    assert not second.done()
    paces.leave(key, True, OK)
    assert await second
    paces.leave(key, True, OK)
    for _ in range(RECOVERED):
        paces.leave(key, await paces.enter(key), OK)
    assert not paces, "all is well again, and forgotten"


async def test_who_says_no_again_is_left_alone_for_longer() -> None:
    clock = Clock()
    paces, key = Paces(clock), ("t", "example.org")
    rests = []
    for _ in range(4):
        paces.leave(key, False, no(None))
        before = clock.now
        while paces.reason(key):
            clock.now += 0.5
        rests.append(clock.now - before)
    assert rests == [1, 2, 4, 8]


@pytest.mark.usefixtures("database")
async def test_others_wait_as_well_and_the_action_says_why() -> None:
    tenant = await read(make_tenant)
    same = await read(
        lambda: make_version(definition(chain(("Call", http("http://busy.example/a")))), tenant)
    )
    other = await read(
        lambda: make_version(definition(chain(("Call", http("http://free.example/a")))), tenant)
    )
    refusals = [no(3.0)]
    at: list[tuple[str, float]] = []

    def answer(call: Call) -> Any:
        assert isinstance(call.inputs, dict)
        at.append((str(call.inputs["uri"]), time.monotonic()))
        return refusals.pop() if refusals and "busy" in at[-1][0] else OK

    async with process(executor=Recorder(answer)):
        first = await services.receive(arrival(same))
        assert (await ended(first.run_id)).status == "Failed", "its own policy says not to try again"
        refused = time.monotonic()
        held = await services.receive(arrival(same))
        await ended((await services.receive(arrival(other))).run_id)
        assert [uri for uri, _ in at] == ["http://busy.example/a", "http://free.example/a"], (
            "another address is not held up"
        )
        await until(lambda: Hold.objects.filter(run_id=held.run_id).exists())
        shown = await read(lambda: services.run_snapshot(tenant.pk, held.run_id)["actions"]["Call"]["waits"])
        assert shown["reason"].startswith("busy.example asked for a pause (too many requests).")
        assert shown["until"]
        detail = await read(lambda: services.action_detail(tenant.pk, held.run_id, "Call"))
        assert detail["waits"] == shown
        assert (await ended(held.run_id)).status == "Succeeded"
        assert at[-1][1] - refused > 2
        await until(lambda: not Hold.objects.filter(run_id=held.run_id).exists())


@pytest.mark.usefixtures("database")
async def test_an_action_without_a_place_says_so() -> None:
    version = await read(lambda: make_version(definition(chain(("Call", http("http://slow.example"))))))
    go = asyncio.Event()
    async with process(executor=Recorder(lambda call: go.wait()), limits=Limits(effects=1)):
        receipts = [await services.receive(arrival(version)) for _ in range(2)]
        runs = [receipt.run_id for receipt in receipts]
        await until(lambda: Hold.objects.filter(run_id__in=runs).count() == 1)
        hold = await read(lambda: Hold.objects.get(run_id__in=runs))
        assert "operations" in hold.reason
        go.set()
        for run in runs:
            assert (await ended(run)).status == "Succeeded"


@pytest.mark.usefixtures("database")
async def test_what_a_dead_owner_told_of_waiting_is_forgotten() -> None:
    version = await read(lambda: make_version(definition(chain(("Call", http("http://slow.example"))))))
    async with process(executor=Recorder(lambda call: asyncio.sleep(60))) as running:
        run: UUID = (await services.receive(arrival(version))).run_id
        await until(lambda: Run.objects.filter(pk=run).exists())
        running.host.stopping = True
    await read(
        lambda: Hold.objects.create(run_id=run, tenant_id=version.tenant_id, action="Call", reason="old")
    )
    async with process():
        await ended(run)
        await until(lambda: not Hold.objects.filter(run_id=run).exists())
