"""Limits of runs at once, of a workflow and of a tenant: counted by the server that the runs call."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from typing import Any

import pytest

from runtime import services
from runtime.host import crowding
from runtime.host.loop import Limits
from runtime.models import Inbox, Run
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
    respond,
    until,
)

pytestmark = pytest.mark.usefixtures("database")
QUICK = Limits(look_seconds=0.1)


@pytest.fixture(autouse=True)
def read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowding, "REFRESH_SECONDS", 0.0)


class Server:
    """The other side: how many runs are at it together, by the path they call."""

    def __init__(self) -> None:
        self.here: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.runs: list[str] = []
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def __call__(self, call: Any) -> Any:
        path = call.inputs["uri"].rpartition("/")[2]
        self.runs.append(call.run_id)
        for name in (path, "all"):
            self.here[name] += 1
            self.most[name] = max(self.most[name], self.here[name])
        try:
            await asyncio.sleep(0.05)
            await self.go_on.wait()
        finally:
            for name in (path, "all"):
                self.here[name] -= 1


def calling(path: str, tenant: Any, trigger: dict[str, Any] | None = None) -> Any:
    return make_version(definition({"Call": http(f"http://other.example/{path}")}, trigger), tenant)


def waiting(tenant: Any) -> int:
    return Inbox.objects.filter(tenant=tenant, state="new").exclude(waits_for="").count()


async def start(version: Any, count: int = 1, **more: Any) -> list[Any]:
    return [await read(lambda: services.start_run(arrival(version, **more))) for _ in range(count)]


async def test_no_more_runs_of_a_workflow_than_allowed_over_all_processes() -> None:
    tenant = await read(make_tenant)
    limited, free = [await read(lambda path=path: calling(path, tenant)) for path in ("limited", "free")]
    await read(lambda: services.set_run_limit(tenant.pk, limited.workflow_id, 3))
    server = Server()
    server.go_on.clear()
    recorder = Recorder(server)
    async with process(executor=recorder, limits=QUICK), process("worker", executor=recorder, limits=QUICK):
        # Some at a time, so that they are looked at in one commit and in several.
        runs = [(await services.receive(arrival(limited))).run_id for _ in range(6)]
        runs += await start(limited, 6)
        others = await start(free, 6)
        await until(lambda: waiting(tenant) == 9)
        await until(lambda: Run.objects.filter(workflow=free.workflow_id).count() == 6)
        server.go_on.set()
        for run in runs + others:
            assert (await ended(run)).status == "Succeeded"
    assert server.most["limited"] == 3
    assert len(server.runs) == len(set(server.runs)) == 18


async def test_of_one_process_the_oldest_begins_first() -> None:
    tenant = await read(make_tenant)
    version = await read(lambda: calling("limited", tenant))
    await read(lambda: services.set_run_limit(tenant.pk, version.workflow_id, 1))
    server = Server()
    server.go_on.clear()
    async with process(executor=Recorder(server), limits=QUICK):
        runs = await start(version, 8)
        await until(lambda: waiting(tenant) == 7)
        server.go_on.set()
        for run in runs:
            await ended(run)
    # Which of them was the first to be looked at is open.
    assert server.runs[1:] == [str(run) for run in runs if str(run) != server.runs[0]]


async def test_a_tenant_may_have_so_many_over_all_its_workflows() -> None:
    tenant, neighbour = await read(make_tenant), await read(make_tenant)
    versions = [await read(lambda path=path: calling(path, tenant)) for path in ("one", "two")]
    other = await read(lambda: calling("other", neighbour))
    await read(lambda: services.set_run_limit(tenant.pk, None, 2))
    await read(lambda: services.set_run_limit(tenant.pk, versions[0].workflow_id, 1))
    server = Server()
    server.go_on.clear()
    async with process(executor=Recorder(server), limits=QUICK):
        runs = [run for version in versions for run in await start(version, 4)]
        await until(lambda: waiting(tenant) == 6)
        rows = Inbox.objects.filter(tenant=tenant, state="new").values_list("waits_for", flat=True)
        kept = await read(lambda: Counter(rows))
        # Who waits for its own workflow does not keep another from the tenant's place.
        assert server.here == {"one": 1, "two": 1, "all": 2}
        assert kept == {"workflow": 3, "tenant": 3}
        others = await start(other, 3)
        await until(lambda: Run.objects.filter(workflow=other.workflow_id).count() == 3)
        server.go_on.set()
        for run in runs + others:
            await ended(run)
    assert server.most["one"] == 1
    assert len(server.runs) == 11


async def test_a_limit_that_is_raised_or_lifted_lets_in_who_waits() -> None:
    tenant = await read(make_tenant)
    version = await read(lambda: calling("limited", tenant))
    server = Server()
    server.go_on.clear()
    await read(lambda: services.set_run_limit(tenant.pk, version.workflow_id, 1))
    async with process(executor=Recorder(server), limits=QUICK):
        runs = await start(version, 6)
        await until(lambda: waiting(tenant) == 5)
        await read(lambda: services.set_run_limit(tenant.pk, version.workflow_id, 3))
        await until(lambda: Run.objects.filter(workflow=version.workflow_id).count() == 3)
        assert await read(lambda: services.run_limit_of(tenant.pk, version.workflow_id)) == 3
        await read(lambda: services.set_run_limit(tenant.pk, version.workflow_id, None))
        await until(lambda: Run.objects.filter(workflow=version.workflow_id).count() == 6)
        server.go_on.set()
        for run in runs:
            await ended(run)


async def test_a_limit_lifted_while_nothing_ran_is_found_at_the_start() -> None:
    tenant = await read(make_tenant)
    version = await read(lambda: calling("limited", tenant))
    await read(lambda: services.set_run_limit(tenant.pk, version.workflow_id, 1))
    server = Server()
    server.go_on.clear()
    async with process(executor=Recorder(server), limits=QUICK):
        runs = await start(version, 3)
        await until(lambda: waiting(tenant) == 2)
    await read(lambda: services.set_run_limit(tenant.pk, version.workflow_id, None))
    server.go_on.set()
    async with process(executor=Recorder(server), limits=QUICK):
        for run in runs:
            await ended(run)


def call_of(name: str, body: Any) -> dict[str, Any]:
    return {"type": "Workflow", "inputs": {"host": {"workflow": {"id": name}}, "body": body}}


async def test_a_called_workflow_does_not_wait_for_its_own_caller() -> None:
    tenant = await read(make_tenant)
    child = await read(lambda: make_version(definition({"Answer": respond()}), tenant))
    calling_it = definition({"Call_it": call_of(child.workflow.name, {})})
    parent = await read(lambda: make_version(calling_it, tenant))
    await read(lambda: services.set_run_limit(tenant.pk, None, 1))
    async with process(executor=Recorder(Server()), limits=QUICK):
        runs = await start(parent, 3)
        for run in runs:
            assert (await ended(run)).status == "Succeeded"
    assert await read(lambda: Run.objects.filter(workflow=child.workflow_id).count()) == 3


async def test_workflows_that_call_each_other_do_not_wait_for_each_other() -> None:
    tenant = await read(make_tenant)

    def calling_back(name: str, other: str) -> Any:
        again = call_of(other, {"n": "@sub(triggerBody()['n'], 1)"})
        more = {"and": [{"greater": ["@triggerBody()['n']", 0]}]}
        actions = chain(
            ("More", {"type": "If", "expression": more, "actions": {"Again": again}}), ("Answer", respond())
        )
        return make_version(definition(actions), tenant, name)

    ping = await read(lambda: calling_back("Ping", "Pong"))
    await read(lambda: calling_back("Pong", "Ping"))
    await read(lambda: services.set_run_limit(tenant.pk, ping.workflow_id, 1))
    async with process(executor=Recorder(Server()), limits=QUICK):
        [run] = await start(ping, body={"n": 4})
        assert (await ended(run)).status == "Succeeded"
    assert await read(lambda: Run.objects.filter(tenant=tenant).count()) == 5


async def test_items_of_an_array_are_admitted_one_by_one() -> None:
    tenant = await read(make_tenant)
    trigger = {"type": "Request", "kind": "Http", "inputs": {}, "splitOn": "@triggerBody()"}
    version = await read(lambda: calling("limited", tenant, trigger))
    await read(lambda: services.set_run_limit(tenant.pk, version.workflow_id, 2))
    server = Server()
    async with process(executor=Recorder(server), limits=QUICK):
        await start(version, body=list(range(7)))
        runs = Run.objects.filter(workflow=version.workflow_id, ended_at__isnull=False)
        await until(lambda: runs.all().count() == 7)
    assert server.most["limited"] == 2


async def test_beside_the_limit_of_the_trigger_the_lower_one_holds() -> None:
    tenant = await read(make_tenant)

    def version_of(runs: int) -> Any:
        concurrency = {"runs": runs, "maximumWaitingRuns": 100}
        trigger = {
            "type": "Request", "kind": "Http", "inputs": {},
            "runtimeConfiguration": {"concurrency": concurrency},
        }  # fmt: skip
        return calling(f"t{runs}", tenant, trigger)

    narrow, wide = [await read(lambda runs=runs: version_of(runs)) for runs in (1, 5)]
    for version in (narrow, wide):
        await read(lambda version=version: services.set_run_limit(tenant.pk, version.workflow_id, 3))
    server = Server()
    async with process(executor=Recorder(server), limits=QUICK):
        runs = [run for version in (narrow, wide) for run in await start(version, 9)]
        for run in runs:
            await ended(run)
    assert (server.most["t1"], server.most["t5"]) == (1, 3)


async def test_what_dies_with_its_process_frees_its_place() -> None:
    """The row of a run that is handed over stays active; nothing begins twice in its place."""
    tenant = await read(make_tenant)
    version = await read(lambda: calling("limited", tenant))
    await read(lambda: services.set_run_limit(tenant.pk, version.workflow_id, 2))
    server = Server()
    server.go_on.clear()
    runs: list[Any] = []
    with contextlib.suppress(asyncio.CancelledError):
        async with process(executor=Recorder(server), limits=QUICK):
            runs = await start(version, 5)
            await until(lambda: waiting(tenant) == 3)
    again = Server()
    async with process(executor=Recorder(again), limits=QUICK):
        for run in runs:
            await ended(run)
    assert again.most["limited"] <= 2
    assert set(again.runs) == set(map(str, runs))
