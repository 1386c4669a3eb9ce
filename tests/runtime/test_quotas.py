"""Limits of connections: calls at a time and a minute, over all processes, and what people read meanwhile.

Counted by the server that is called.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import Counter
from typing import Any

import pytest

from connectors import services as connections
from connectors.models import Connection
from runtime import services
from runtime.host import quotas
from runtime.host.loop import Limits
from runtime.models import ConnectionCall, Run
from tests.runtime.worlds import (
    Recorder,
    arrival,
    definition,
    ended,
    make_tenant,
    make_version,
    process,
    read,
    until,
)

pytestmark = pytest.mark.usefixtures("database")
QUICK = Limits(look_seconds=0.1)


@pytest.fixture(autouse=True)
def read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quotas, "REFRESH_SECONDS", 0.0)


def mail(name: str = "limited") -> dict[str, Any]:
    """An action of a connector that has connections."""
    provider = {
        "connectionName": name, "operationId": "sendEmail", "serviceProviderId": "/serviceProviders/email",
    }  # fmt: skip
    parameters = {"to": "a@x.example", "subject": "s", "body": "b"}
    inputs = {"parameters": parameters, "serviceProviderConfiguration": provider}
    return {"type": "ServiceProvider", "inputs": {**inputs, "retryPolicy": {"type": "none"}}}


def limited(tenant: Any, name: str = "Limited", **limits: int) -> Connection:
    given = {"host": "mail.example", "from": "s@x.example"}
    return connections.create(tenant.pk, name, "email", given, limits=limits)


class Mailer:
    """The other side: how many calls it has at a time, of each connection, and when each began."""

    def __init__(self, seconds: float = 0.1) -> None:
        self.under_way: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.began: list[float] = []
        self.runs: list[str] = []
        self.seconds = seconds
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def __call__(self, call: Any) -> Any:
        name = call.inputs["serviceProviderConfiguration"]["connectionName"].lower()
        self.began.append(time.monotonic())
        self.runs.append(call.run_id)
        self.under_way[name] += 1
        self.most[name] = max(self.most[name], self.under_way[name])
        try:
            await asyncio.sleep(self.seconds)
            await self.go_on.wait()
        finally:
            self.under_way[name] -= 1


async def test_no_more_calls_at_a_time_than_allowed_over_all_processes() -> None:
    tenant = await read(make_tenant)
    await read(lambda: limited(tenant, most_at_once=2))
    await read(lambda: limited(tenant, "Free"))
    versions = [
        await read(lambda name=name: make_version(definition({"Send": mail(name)}), tenant))
        for name in ("limited", "free")
    ]
    mailer = Mailer(0.5)
    recorder = Recorder(mailer)
    async with process(executor=recorder, limits=QUICK), process("worker", executor=recorder, limits=QUICK):
        runs = [
            await read(lambda version=version: services.start_run(arrival(version)))
            for version in versions * 8
        ]
        for run in runs:
            assert (await ended(run)).status == "Succeeded"
        await until(lambda: not ConnectionCall.objects.exists())
    assert mailer.most["limited"] == 2
    assert mailer.most["free"] > 2, "the other connection has no limit"
    assert len(mailer.runs) == 16


async def test_the_run_says_for_what_it_waits_and_how_many_are_ahead() -> None:
    tenant = await read(make_tenant)
    await read(lambda: limited(tenant, most_at_once=1))
    version = await read(lambda: make_version(definition({"Send": mail()}), tenant))
    mailer = Mailer(0)
    mailer.go_on.clear()
    async with process(executor=Recorder(mailer), limits=QUICK):
        runs = []
        for waiting in range(4):
            runs.append((await services.receive(arrival(version))).run_id)
            await until(lambda waiting=waiting: ConnectionCall.objects.count() == waiting + 1)
        told = [await read(lambda run=run: services.run_waits(tenant.pk, run)) for run in runs]
        shown = (await read(lambda: services.run_snapshot(tenant.pk, runs[3])))["actions"]["Send"]["waits"]
        mailer.go_on.set()
        for run in runs:
            await ended(run)
    said = "It waits for a slot of the connection 'Limited' (1 at a time),"
    assert [waits.get("Send", {}).get("reason") for waits in told] == [
        None, f"{said} nobody ahead.", f"{said} 1 ahead.", f"{said} 2 ahead.",
    ]  # fmt: skip
    assert shown["reason"] == f"{said} 2 ahead."
    assert mailer.runs == [str(run) for run in runs]  # first come, first served


async def test_calls_a_minute_are_evenly_spread_over_all_processes() -> None:
    tenant = await read(make_tenant)
    await read(lambda: limited(tenant, most_per_minute=300))
    version = await read(lambda: make_version(definition({"Send": mail()}), tenant))
    mailer = Mailer(0)
    recorder, start = Recorder(mailer), time.monotonic()
    async with process(executor=recorder, limits=QUICK), process("worker", executor=recorder, limits=QUICK):
        runs = [await read(lambda: services.start_run(arrival(version))) for _ in range(8)]
        for run in runs:
            await ended(run)
    assert len(mailer.began) == 8
    # A fifth of a second from moment to moment, whichever of the two processes called.
    late = [began - start - 0.2 * number for number, began in enumerate(sorted(mailer.began))]
    assert min(late) > 0


async def test_a_slot_of_a_process_that_died_is_free_again() -> None:
    tenant = await read(make_tenant)
    connection = await read(lambda: limited(tenant, most_at_once=1))
    version = await read(lambda: make_version(definition({"Send": mail()}), tenant))
    lost = ConnectionCall(
        tenant=tenant, connection=connection.pk, run_id=uuid.uuid4(), action="Send", worker=uuid.uuid4(),
        begun_at=connection.created_at,
    )  # fmt: skip
    await read(lost.save)
    mailer = Mailer(0)
    async with process(executor=Recorder(mailer), limits=QUICK):
        run = (await services.receive(arrival(version))).run_id
        assert (await ended(run)).status == "Succeeded"
    assert len(mailer.runs) == 1


async def test_who_is_cancelled_leaves_the_line_and_a_higher_limit_lets_others_go_on() -> None:
    tenant = await read(make_tenant)
    connection = await read(lambda: limited(tenant, most_at_once=1))
    version = await read(lambda: make_version(definition({"Send": mail()}), tenant))
    mailer = Mailer(0)
    mailer.go_on.clear()
    async with process(executor=Recorder(mailer), limits=QUICK):
        runs = []
        for waiting in range(3):
            runs.append((await services.receive(arrival(version))).run_id)
            await until(lambda waiting=waiting: ConnectionCall.objects.count() == waiting + 1)
        await read(lambda: services.cancel(tenant.pk, runs[1], "a", "r"))
        assert (await ended(runs[1])).status == "Cancelled"
        await until(lambda: not ConnectionCall.objects.filter(run=runs[1]).exists())
        await read(lambda: Connection.objects.filter(pk=connection.pk).update(most_at_once=2))
        await until(lambda: ConnectionCall.objects.filter(begun_at__isnull=False).count() == 2)
        mailer.go_on.set()
        for run in (runs[0], runs[2]):
            assert (await ended(run)).status == "Succeeded"
    assert mailer.runs == [str(runs[0]), str(runs[2])]
    assert await read(lambda: Run.objects.filter(pk__in=runs, ended_at=None).count()) == 0
