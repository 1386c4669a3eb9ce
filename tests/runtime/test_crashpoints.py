"""Every named crash point, one by one: the process dies there, the next one finishes the work, and nothing
happens twice but the effect that was in flight; what must happen at most once does not even then.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime import services
from runtime.crashpoints import POINTS
from runtime.models import Inbox, JournalRow, Run
from tests.runtime import quick_hearts
from tests.runtime.chaos import connector
from tests.runtime.servers import CountingServer, Program, free_port, post, wait_for_port
from tests.runtime.stores import REDIS, redis_or_skip
from tests.runtime.worlds import chain, compose, definition, http, make_version, read, wait

pytestmark = pytest.mark.timeout(300)

# Points that the worker of a cluster passes; the others belong to the process that accepts.
_OF_RUNS = tuple(point for point in POINTS if not point.startswith("move."))  # those: `test_moving.py`
_OF_THE_WORKER = tuple(point for point in _OF_RUNS if not point.startswith("inbox."))
# The workflow calls twice: what may be repeated, then what must not. `:2` dies at the second call.
_CASES = (*_OF_RUNS, "effect.before:2", "effect.after:2")
# Only after this may an effect be called again: it was in flight.
_IN_FLIGHT = ("effect.after",)
# Died between the announcement and the result of what must not be repeated: whether it was called or not, it
# is not called again.
_INTERRUPTED = ("effect.before:2", "effect.after:2")


def workflow_of(server: CountingServer) -> dict[str, Any]:
    provider = {
        "serviceProviderId": "/serviceProviders/chaos", "operationId": "callOnce", "connectionName": "chaos",
    }  # fmt: skip
    once = {"uri": f"{server.url}/once", "key": "@{triggerBody()?['key']}-once"}
    actions = chain(
        ("Wait", wait(1)),
        ("Call", http(f"{server.url}/call", body={"key": "@{triggerBody()?['key']}"})),
        ("Once", {"type": "ServiceProvider", "inputs": {"parameters": once, "serviceProviderConfiguration": provider}}),
        ("After", compose("@body('Call')")),
    )  # fmt: skip
    actions["After"]["runAfter"] = {"Once": ["Succeeded", "Failed"]}
    return definition(actions)


@pytest.fixture(scope="module")
def environment(database: str, tmp_path_factory: Any) -> Iterator[dict[str, str]]:
    folder = tmp_path_factory.mktemp("crash")
    common = {
        "DATABASE_URL": database, "MILLRACE_DATA": str(folder), "MILLRACE_SECRET_KEY": "test",
        "MILLRACE_PRIVATE_ADDRESSES": "allow",
        "PYTHONPATH": connector.install(folder),
    }  # fmt: skip
    if database.startswith("sqlite"):
        yield {**common, "BROKER_URL": "memory://", "REDIS_URL": ""}
    else:
        redis_or_skip()
        yield {**common, "BROKER_URL": f"{REDIS}/9", "REDIS_URL": f"{REDIS}/10"}


@pytest.mark.parametrize("point", _CASES)
async def test_a_crash_there_loses_and_doubles_nothing(
    point: str, environment: dict[str, str], tmp_path: Path
) -> None:
    embedded = environment["BROKER_URL"] == "memory://"
    if not embedded and point == "timer.fired":
        pytest.skip("in a cluster whoever looks first passes it: covered by the embedded case")
    server, port = CountingServer(), free_port()
    version = await read(lambda: make_version(workflow_of(server)))
    armed = {**environment, "MILLRACE_CRASH_AT": point}
    on_worker = not embedded and point.partition(":")[0] in _OF_THE_WORKER
    web = Program(
        "web", quick_hearts.command("web", str(port)), environment if on_worker else armed, tmp_path
    )
    worker = Program("worker", quick_hearts.command("worker"), armed if on_worker else environment, tmp_path)
    programs = [web] if embedded else [web, worker]
    crashing = worker if on_worker else web
    for program in programs:
        program.start()
    try:
        wait_for_port(port, web)
        accepted = await _send(port, version, point)
        await _until(lambda: not crashing.running, f"{crashing.name} never passed {point}", crashing)
        crashing.replace_environment(environment)
        crashing.start()
        wait_for_port(port, web)
        if not accepted:
            again = await _send(port, version, "again")
            assert again
        await _until_quiet(version)
        await _check(version, server, point, accepted)
    finally:
        for program in programs:
            program.stop(timeout=10)
        server.close()


async def _send(port: int, version: Any, key: str) -> bool:
    for _ in range(100):
        try:
            status, _answer = await post(port, f"/{version.pk}", {"key": key})
        except ConnectionRefusedError:
            await asyncio.sleep(0.1)
            continue
        except (OSError, ValueError, IndexError):
            return False
        return status == 202
    return False


async def _until(fact: Any, otherwise: str, program: Program) -> None:
    deadline = time.monotonic() + 40
    while not fact():
        assert time.monotonic() < deadline, f"{otherwise}:\n{program.log()}"
        await asyncio.sleep(0.05)


async def _until_quiet(version: Any) -> None:
    deadline = time.monotonic() + 100
    while True:
        waiting = await read(
            lambda: (
                Inbox.objects.filter(workflow=version.workflow_id, state="new").count()
                + Run.objects.filter(workflow=version.workflow_id, ended_at=None).count()
            )
        )
        finished = await read(lambda: Run.objects.filter(workflow=version.workflow_id).count())
        if not waiting and finished:
            return
        assert time.monotonic() < deadline, f"{waiting} still wait"
        await asyncio.sleep(0.1)


async def _check(version: Any, server: CountingServer, point: str, accepted: bool) -> None:
    runs = await read(lambda: list(Run.objects.filter(workflow=version.workflow_id)))
    assert {run.status for run in runs} == {"Succeeded"}
    rows = await read(lambda: list(JournalRow.objects.filter(run__in=runs).values_list("run_id", "seq")))
    assert len(rows) == len(set(rows))
    assert server.calls[point] == 1 + (point in _IN_FLIGHT) or not accepted
    if point == "inbox.before":
        # Never stored, never acknowledged: it is as if it had not been sent.
        assert not accepted
        assert server.calls[point] == 0
    once = {key: count for key, count in server.calls.items() if key.endswith("-once")}
    assert max(once.values(), default=0) <= 1, "called twice, and must not be"
    assert sum(once.values()) == len(runs) - (point == "effect.before:2")
    assert sum(server.calls.values()) - sum(once.values()) == len(runs) + (point in _IN_FLIGHT)
    for run in runs:
        detail = await read(lambda run=run: services.action_detail(run.tenant_id, run.pk, "Once"))
        interrupted = point in _INTERRUPTED
        assert detail["code"] == ("ActionInterrupted" if interrupted else "OK")
        assert [attempt["interrupted"] for attempt in detail["tries"]] == [interrupted]


def test_an_unknown_point_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from runtime import crashpoints

    monkeypatch.setenv("MILLRACE_CRASH_AT", "no.such")
    with pytest.raises(ValueError, match=r"journal\.committed"):
        crashpoints._armed()
