"""Batch triggers and SendToBatch (reference 5.10, 6.19): every message in exactly one run."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from designer.workflows.models import Workflow
from runtime import services
from runtime.models import BatchMessage
from tests.runtime.triggers.places import (
    actor,
    arrival,
    bodies,
    disable,
    enable,
    inbox,
    living,
    publish,
    record_of,
    runs,
    until,
    until_ends,
)
from tests.runtime.worlds import ended, make_tenant, process, read

pytestmark = pytest.mark.usefixtures("database")


def collector(criteria: dict[str, Any], who: Any, name: str = "Collector", **more: Any) -> Workflow:
    trigger = {
        "type": "Batch",
        "inputs": {"mode": "Inline", "configurations": {"orders": {"releaseCriteria": criteria}}},
        **more,
    }
    return publish(trigger, who=who, name=name)


def sender(who: Any, to: str = "Collector", **message: Any) -> Workflow:
    host = {"triggerName": "When", "workflow": {"id": to}}
    inputs = {"batchName": "orders", "content": "@triggerBody()", "host": host, **message}
    actions = {"Send": {"type": "SendToBatch", "inputs": inputs}}
    return publish({"type": "Request", "kind": "Http"}, actions, who=who)


async def send(workflow: Workflow, *contents: Any) -> list[Any]:
    receipts = await asyncio.gather(*[services.receive(arrival(workflow, content)) for content in contents])
    return [await ended(receipt.run_id) for receipt in receipts]


async def test_a_full_batch_starts_one_run(tmp_path: Path) -> None:
    who = await read(actor)
    receiver = await read(lambda: collector({"messageCount": 3}, who))
    source = await read(lambda: sender(who, messageId="@{triggerBody()?['n']}"))
    async with living(tmp_path):
        for number in range(1, 3):
            (run,) = await send(source, {"n": number})
            assert run.status == "Succeeded"
        assert await runs(receiver) == []
        rows = await until_ends(receiver, [("batch", "batched")] * 2)
        assert rows[-1].detail == "Message 2 of partition 'DEFAULT' in batch 'orders'"
        await send(source, {"n": 3})
        await until(lambda: runs(receiver))
    assert await bodies(receiver) == [
        {
            "batchName": "orders",
            "partitionName": "DEFAULT",
            "items": [{"content": {"n": number}, "messageId": str(number)} for number in (1, 2, 3)],
        }
    ]
    assert await read(lambda: BatchMessage.objects.filter(workflow=receiver).count()) == 0


async def test_many_senders_at_once_lose_and_double_nothing(tmp_path: Path) -> None:
    who = await read(actor)
    receiver = await read(lambda: collector({"messageCount": 10}, who))
    source = await read(lambda: sender(who, partitionName="@triggerBody()?['p']"))
    async with living(tmp_path):
        await send(source, *[{"n": number, "p": "ab"[number % 2]} for number in range(100)])
        await until(lambda: _count(receiver, 10))
    found: list[Any] = await bodies(receiver)
    assert Counter(body["partitionName"] for body in found) == {"a": 5, "b": 5}
    assert {len(body["items"]) for body in found} == {10}
    numbers = Counter(item["content"]["n"] for body in found for item in body["items"])
    assert numbers == dict.fromkeys(range(100), 1)


async def _count(receiver: Workflow, wanted: int) -> bool:
    return len(await runs(receiver)) == wanted


async def test_two_hosts_share_the_work_and_a_batch_is_still_one_run(tmp_path: Path) -> None:
    who = await read(actor)
    receiver = await read(lambda: collector({"messageCount": 5}, who))
    source = await read(lambda: sender(who))
    async with process(), living(tmp_path):
        await send(source, *[{"n": number} for number in range(40)])
        await until(lambda: _count(receiver, 8), timeout=20)
    numbers = Counter(
        item["content"]["n"]
        for body in await bodies(receiver)
        for item in body["items"]  # type: ignore[index, call-overload, union-attr]
    )
    assert numbers == dict.fromkeys(range(40), 1)


async def test_a_batch_is_released_by_its_size(tmp_path: Path) -> None:
    who = await read(actor)
    receiver = await read(lambda: collector({"batchSize": 10_000}, who))
    source = await read(lambda: sender(who))
    async with living(tmp_path):
        await send(source, "x" * 6_000)
        assert not await runs(receiver)
        await send(source, "y" * 6_000)
        await until(lambda: _count(receiver, 1))
        run = (await runs(receiver))[0]
        body: Any = (await record_of(run))["outputs"]
    assert len(str(body)) > 0


async def test_a_batch_is_released_by_the_clock_each_partition_by_itself(tmp_path: Path) -> None:
    who = await read(actor)
    criteria = {"messageCount": 100, "recurrence": {"frequency": "Second", "interval": 2}}
    receiver = await read(lambda: collector(criteria, who))
    source = await read(lambda: sender(who, partitionName="@{triggerBody()}"))
    async with living(tmp_path):
        await send(source, "a", "b", "a")
        await until(lambda: _count(receiver, 2))
        found = {(body["partitionName"], len(body["items"])) for body in await bodies(receiver)}  # type: ignore[index, call-overload, arg-type]
        assert found == {("a", 2), ("b", 1)}
        await asyncio.sleep(2.5)
        assert await _count(receiver, 2), "an empty batch starts nothing"


async def test_messages_wait_while_the_receiver_is_off(tmp_path: Path) -> None:
    who = await read(actor)
    receiver = await read(lambda: collector({"messageCount": 2}, who))
    source = await read(lambda: sender(who))
    async with living(tmp_path):
        await send(source, 1)
        await read(lambda: disable(receiver))
        (refused,) = await send(source, 2)
        assert refused.status == "Failed"
        assert "NestedWorkflowNotFound" in refused.error
        await read(lambda: enable(receiver))
        await send(source, 3)
        await until(lambda: _count(receiver, 1))
    body: Any = (await bodies(receiver))[0]
    assert [item["content"] for item in body["items"]] == [1, 3]


async def test_an_unknown_batch_fails_where_it_is_sent(tmp_path: Path) -> None:
    who = await read(actor)
    await read(lambda: collector({"messageCount": 2}, who))
    source = await read(lambda: sender(who, batchName="others"))
    async with living(tmp_path):
        (run,) = await send(source, 1)
    assert run.status == "Failed"
    assert "has no batch 'others'" in run.error
    assert "'orders'" in run.error


async def test_a_batch_of_an_integration_account_says_that_there_is_none(tmp_path: Path) -> None:
    who = await read(actor)
    inputs = {"mode": "IntegrationAccount", "batchGroupName": "orders"}
    await read(lambda: publish({"type": "Batch", "inputs": inputs}, who=who, name="Collector"))
    source = await read(lambda: sender(who))
    async with living(tmp_path):
        (run,) = await send(source, 1)
    assert run.status == "Failed"
    assert "takes its batches from an integration account, which is not here" in run.error


async def test_conditions_apply_to_the_released_batch(tmp_path: Path) -> None:
    who = await read(actor)
    condition = {"expression": "@greater(length(triggerBody()['items']), 5)"}
    receiver = await read(lambda: collector({"messageCount": 2}, who, conditions=[condition]))
    source = await read(lambda: sender(who))
    async with living(tmp_path):
        await send(source, 1, 2)
        await until(lambda: _has(receiver, ("release", "filtered")))
    assert not await runs(receiver)


async def _has(workflow: Workflow, wanted: tuple[str, str]) -> bool:
    return wanted in [(row.kind, row.state) for row in await inbox(workflow)]


async def test_another_tenants_batch_is_out_of_reach(tmp_path: Path) -> None:
    await read(lambda: collector({"messageCount": 1}, actor()))
    source = await read(lambda: sender(actor(make_tenant())))
    async with living(tmp_path):
        (run,) = await send(source, 1)
    assert run.status == "Failed"
