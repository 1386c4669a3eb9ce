"""Trigger concurrency (reference 5.13): how many run, who waits, in which order, and who is turned away."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path
from typing import Any

import pytest

from designer.workflows import callbacks
from designer.workflows.models import Workflow
from runtime import services
from runtime.engine.plan import Parameters
from runtime.host import plans
from runtime.language import definition as language
from runtime.models import Run
from tests.runtime.triggers.caller import call
from tests.runtime.triggers.outsider import Outsider, Reply
from tests.runtime.triggers.places import (
    arrival,
    bodies,
    disable,
    ends,
    has_ends,
    inbox,
    living,
    publish,
    runs,
    until,
)
from tests.runtime.worlds import ended, http, process, read, respond, wait

pytestmark = pytest.mark.usefixtures("database")

PAUSE = {"Pause": wait(1)}


def limited(most: int, waiting: int | None = None, **more: Any) -> dict[str, Any]:
    concurrency = {"runs": most} | ({} if waiting is None else {"maximumWaitingRuns": waiting})
    return {"type": "Request", "kind": "Http", "runtimeConfiguration": {"concurrency": concurrency}, **more}


async def _active(workflow: Workflow) -> int:
    return await read(lambda: Run.objects.filter(workflow=workflow, ended_at=None).count())  # type: ignore[no-any-return]


async def test_never_more_than_the_limit_and_first_come_first_served(tmp_path: Path) -> None:
    workflow = await read(lambda: publish(limited(2), PAUSE))
    highest = 0
    async with living(tmp_path):
        for number in range(6):
            await services.receive(arrival(workflow, number))
        while len(await runs(workflow)) < 6 or await _active(workflow):
            highest = max(highest, await _active(workflow))
            await asyncio.sleep(0.05)
        assert highest == 2
    assert await bodies(workflow) == [0, 1, 2, 3, 4, 5]
    assert {state for _, state in await ends(workflow)} == {"started"}


async def test_limits_may_be_expressions_of_parameters(tmp_path: Path) -> None:
    most, waiting = "@parameters('Most')", "@sub(parameters('most'), 1)"
    whole = {"parameters": {"most": {"type": "Int", "defaultValue": 2}}}
    workflow = await read(lambda: publish(limited(most, waiting), {"Pause": wait(60)}, whole=whole))  # type: ignore[arg-type]
    url = await read(lambda: callbacks.signed_url(workflow, "When"))
    async with living(tmp_path):
        answers = [await call(url, {"n": number}) for number in range(4)]
        assert [status for status, _, _ in answers] == [202, 202, 202, 429]


@pytest.mark.parametrize("written", ["@parameters('nobody')", "@triggerBody()", "@concat(", "x@{1}"])
def test_a_limit_that_is_no_number_is_the_default(written: str) -> None:
    definition = {"triggers": {"When": limited(written)}}  # type: ignore[arg-type]
    read_ = language.read(definition)
    parameters = Parameters(read_, {}, {})
    slots = plans.slots_of(read_.triggers["When"], uuid.uuid4(), parameters)
    assert slots is not None
    assert slots.most == plans.DEFAULT_RUNS
    assert plans.waiting_limit(read_.triggers["When"], slots, parameters) == 10 + plans.DEFAULT_RUNS


async def test_two_hosts_together_keep_to_the_limit(tmp_path: Path) -> None:
    workflow = await read(lambda: publish(limited(1), PAUSE))
    async with process(), living(tmp_path):
        await asyncio.gather(*[services.receive(arrival(workflow, number)) for number in range(4)])
        while len(await runs(workflow)) < 4 or await _active(workflow):
            assert await _active(workflow) <= 1
            await asyncio.sleep(0.05)
    found = await runs(workflow)
    spans = sorted((run.started_at, run.ended_at) for run in found)
    assert len(spans) == 4
    assert {state for _, state in await ends(workflow)} == {"started"}


async def test_who_comes_when_enough_wait_gets_429(tmp_path: Path) -> None:
    workflow = await read(lambda: publish(limited(1, waiting=2), PAUSE))
    url = await read(lambda: callbacks.signed_url(workflow, "When"))
    async with living(tmp_path):
        answers = [await call(url, {"n": number}) for number in range(5)]
        assert [status for status, _, _ in answers] == [202, 202, 202, 429, 429]
        _, problem, headers = answers[-1]
        assert problem["code"] == "WorkflowMaximumWaitingRunCountExceeded"
        assert int(headers["retry-after"]) > 0
        await until(lambda: _all_over(workflow, 3), timeout=15)
        assert (await call(url, {"n": 9}))[0] == 202


async def _all_over(workflow: Workflow, count: int) -> bool:
    found = await runs(workflow)
    return len(found) == count and all(run.ended_at for run in found)


async def test_a_burst_is_counted_exactly(tmp_path: Path) -> None:
    workflow = await read(lambda: publish(limited(1, waiting=3), PAUSE))
    url = await read(lambda: callbacks.signed_url(workflow, "When"))
    async with living(tmp_path):
        answers = await asyncio.gather(*[call(url, {"n": number}) for number in range(12)])
    assert sorted(status for status, _, _ in answers) == [202] * 4 + [429] * 8


async def test_a_caller_who_waits_for_the_response_waits_for_the_slot_too(tmp_path: Path) -> None:
    actions = {**PAUSE, "Answer": {**respond(), "runAfter": {"Pause": ["Succeeded"]}}}
    workflow = await read(lambda: publish(limited(1), actions))
    url = await read(lambda: callbacks.signed_url(workflow, "When"))
    async with living(tmp_path):
        answers = await asyncio.gather(*[call(url, number) for number in range(3)])
    assert sorted((status, body) for status, body, _ in answers) == [(200, 0), (200, 1), (200, 2)]


async def test_waiting_survives_the_process(tmp_path: Path) -> None:
    workflow = await read(lambda: publish(limited(1), PAUSE))
    async with living(tmp_path):
        for number in range(3):
            await services.receive(arrival(workflow, number))
        await until(lambda: runs(workflow))
    rows = [row for row in await inbox(workflow) if row.state == "new"]
    assert rows
    async with living(tmp_path):
        await until(lambda: _all_over(workflow, 3), timeout=15)
    assert await bodies(workflow) == [0, 1, 2]


async def test_single_instance_skips_and_does_not_queue(tmp_path: Path) -> None:
    """Of arrivals within the same milliseconds it is open which one is first."""
    trigger = {"type": "Request", "kind": "Http", "operationOptions": "SingleInstance"}
    workflow = await read(lambda: publish(trigger, PAUSE))
    async with living(tmp_path):
        for number in range(3):
            await services.receive(arrival(workflow, number))
        await until(lambda: has_ends(workflow, 3))
        assert sorted(state for _, state in await ends(workflow)) == ["skipped", "skipped", "started"]
        assert all("SingleInstance" in row.detail for row in await inbox(workflow) if row.state == "skipped")
        (first,) = await runs(workflow)
        await ended(first.pk)
        again = await services.receive(arrival(workflow, 3))
        await ended(again.run_id)
    assert (await bodies(workflow))[1:] == [3]


async def test_single_instance_of_a_poll_does_not_even_ask(outsider: Outsider, tmp_path: Path) -> None:
    outsider.answers["/news"] = [Reply(200, 1)]
    trigger = {
        "type": "Http", "inputs": {"method": "GET", "uri": f"{outsider.url}/news"},
        "recurrence": {"frequency": "Second", "interval": 1}, "operationOptions": "SingleInstance",
    }  # fmt: skip
    workflow = await read(lambda: publish(trigger, {"Long": wait(30)}))
    async with living(tmp_path):
        await until(lambda: has_ends(workflow, 3))
        await read(lambda: disable(workflow))
    assert outsider.count("/news") == 1
    assert [state for _, state in await ends(workflow)][:3] == ["started", "skipped", "skipped"]


async def test_what_a_poll_brought_waits_without_asking_again(outsider: Outsider, tmp_path: Path) -> None:
    outsider.answers["/news"] = [
        Reply(200, 1, {"Retry-After": "0"}),
        Reply(200, 2, {"Retry-After": "0"}),
        Reply(202),
    ]
    trigger = {
        "type": "Http", "inputs": {"method": "GET", "uri": f"{outsider.url}/news"},
        "recurrence": {"frequency": "Hour", "interval": 1},
        "runtimeConfiguration": {"concurrency": {"runs": 1}},
    }  # fmt: skip
    workflow = await read(lambda: publish(trigger, PAUSE))
    async with living(tmp_path):
        await until(lambda: _all_over(workflow, 2))
    assert await bodies(workflow) == [1, 2]
    assert outsider.count("/news") == 3


async def test_items_of_a_split_wait_for_slots_each(tmp_path: Path) -> None:
    trigger = limited(2, splitOn="@triggerBody()")
    workflow = await read(lambda: publish(trigger, PAUSE))
    async with living(tmp_path):
        await services.receive(arrival(workflow, [1, 2, 3, 4]))
        while len(await runs(workflow)) < 4 or await _active(workflow):
            assert await _active(workflow) <= 2
            await asyncio.sleep(0.05)
    assert await bodies(workflow) == [1, 2, 3, 4]
    assert [kind for kind, _ in await ends(workflow)] == ["callback", "item", "item", "item", "item"]


async def test_more_than_a_hundred_items_are_refused_where_runs_are_limited(tmp_path: Path) -> None:
    workflow = await read(lambda: publish(limited(2, splitOn="@triggerBody()")))
    async with living(tmp_path):
        await services.receive(arrival(workflow, list(range(101))))
        await until(lambda: has_ends(workflow, 1))
    assert [state for _, state in await ends(workflow)] == ["rejected"]
    assert "100 is the most" in (await inbox(workflow))[0].detail


async def test_a_slow_call_holds_its_slot(outsider: Outsider, tmp_path: Path) -> None:
    outsider.answers["/slow"] = [Reply(200, {})]
    workflow = await read(lambda: publish(limited(1), {"Call": http(f"{outsider.url}/slow")}))
    async with living(tmp_path):
        await asyncio.gather(*[services.receive(arrival(workflow, number)) for number in range(5)])
        await until(lambda: _all_over(workflow, 5))
    assert outsider.count("/slow") == 5
