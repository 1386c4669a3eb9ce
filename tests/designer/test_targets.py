"""What the public addresses keep of the workflows they name."""

from __future__ import annotations

import asyncio
import uuid

import pytest

from designer.workflows import doors


async def test_a_burst_asks_the_database_once_and_calls_that_go_on_do_not_wait_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(doors, "KEPT_SECONDS", 60.0)
    target = doors.CallbackTarget(uuid.uuid4(), uuid.uuid4(), "T", True, 0, 0, None, None, None)
    asked: list[asyncio.Event] = []

    async def find(workflow_id: uuid.UUID) -> doors.CallbackTarget:
        asked.append(asyncio.Event())
        await asked[-1].wait()
        return target

    targets = doors.Targets(find)
    burst = [asyncio.create_task(targets.get(target.workflow_id)) for _ in range(20)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(asked) == 1
    asked[0].set()
    assert await asyncio.gather(*burst) == [target] * 20
    then, _ = targets._kept[target.workflow_id]
    targets._kept[target.workflow_id] = (then - 40, target)
    assert [await targets.get(target.workflow_id) for _ in range(3)] == [target] * 3
    await asyncio.sleep(0)
    assert len(asked) == 2, "ahead of time, and nobody has waited for it"
    asked[1].set()
