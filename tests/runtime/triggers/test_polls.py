"""HTTP polling (reference 5.6): what fires, what does not, and who decides when it is asked again."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from runtime.models import Timer
from tests.runtime.triggers.outsider import Outsider, Reply
from tests.runtime.triggers.places import (
    bodies,
    change,
    delete,
    disable,
    enable,
    ends,
    has_ends,
    living,
    memory_of,
    publish,
    record_of,
    runs,
    state_of,
    until,
    until_ends,
)
from tests.runtime.worlds import read

pytestmark = pytest.mark.usefixtures("database")


def poll(uri: str, seconds: int = 3600, **more: Any) -> dict[str, Any]:
    inputs = {"method": "GET", "uri": uri, "retryPolicy": {"type": "none"}, **more.pop("inputs", {})}
    return {
        "type": "Http", "inputs": inputs, "recurrence": {"frequency": "Second", "interval": seconds}, **more
    }  # fmt: skip


async def test_200_fires_and_202_does_not(outsider: Outsider, tmp_path: Path) -> None:
    outsider.answers["/news"] = [Reply(202), Reply(200, {"id": 1}), Reply(202)]
    workflow = await read(lambda: publish(poll(f"{outsider.url}/news", 1)))
    async with living(tmp_path):
        await until(lambda: outsider.count("/news") >= 3)
        await read(lambda: disable(workflow))
    assert (await ends(workflow))[:3] == [("poll", "filtered"), ("poll", "started"), ("poll", "filtered")]
    assert await bodies(workflow) == [{"id": 1}]
    record: Any = await record_of((await runs(workflow))[0])
    assert record["outputs"]["statusCode"] == 200
    assert record["code"] == "OK"
    assert record["scheduledTime"]


async def test_the_first_poll_is_at_once_and_a_disabled_workflow_is_not_asked(
    outsider: Outsider, tmp_path: Path
) -> None:
    workflow = await read(lambda: publish(poll(f"{outsider.url}/news")))  # once an hour
    async with living(tmp_path):
        await until(lambda: outsider.count("/news") == 1)
        await read(lambda: disable(workflow))
        settled = outsider.count("/news")
        assert not await read(lambda: Timer.objects.filter(trigger__workflow=workflow).exists())
        await read(lambda: enable(workflow))
        await until(lambda: outsider.count("/news") > settled)
        await read(lambda: delete(workflow))
        assert not await read(lambda: Timer.objects.filter(trigger__workflow=workflow).exists())


async def test_location_and_retry_after_say_where_and_when_to_ask_next(
    outsider: Outsider, tmp_path: Path
) -> None:
    """Retry-After 0 beats an hourly recurrence, the Location is asked instead of the URI, and forgotten again."""
    outsider.answers["/first"] = [
        Reply(200, 1, {"Location": "/second?from=1", "Retry-After": "0"}),
        Reply(202),
    ]
    outsider.answers["/second"] = [Reply(200, 2, {"Retry-After": "1"})]
    workflow = await read(lambda: publish(poll(f"{outsider.url}/first")))
    async with living(tmp_path):
        await until(lambda: outsider.count("/first") == 2)
        await until_ends(workflow, [("poll", "started"), ("poll", "started"), ("poll", "filtered")])
    assert [asked.path for asked in outsider.asked] == ["/first", "/second?from=1", "/first"]
    waited = outsider.asked[2].at - outsider.asked[1].at
    assert 0.9 < waited < 60
    assert await bodies(workflow) == [1, 2]
    assert "location" not in memory_of(await state_of(workflow))


async def test_the_retry_policy_is_followed_and_then_the_row_fails(
    outsider: Outsider, tmp_path: Path
) -> None:
    outsider.answers["/news"] = [Reply(503), Reply(503), Reply(202)]
    policy = {"retryPolicy": {"type": "fixed", "count": 1, "interval": "PT5S"}}
    workflow = await read(lambda: publish(poll(f"{outsider.url}/news", inputs=policy)))
    async with living(tmp_path):
        rows = await until_ends(workflow, [("poll", "rejected")])
        assert outsider.count("/news") == 2
    assert outsider.asked[1].at - outsider.asked[0].at > 4.5
    assert "503" in rows[0].detail or "ServiceUnavailable" in rows[0].detail
    state = await state_of(workflow)
    assert state.last_problem
    assert await read(lambda: Timer.objects.filter(trigger=state).count()) == 1, (
        "it is asked again by its recurrence"
    )


async def test_a_client_error_is_not_tried_again(outsider: Outsider, tmp_path: Path) -> None:
    outsider.answers["/news"] = [Reply(404)]
    workflow = await read(lambda: publish(poll(f"{outsider.url}/news", inputs={"retryPolicy": {}})))
    async with living(tmp_path):
        await until_ends(workflow, [("poll", "rejected")])
    assert outsider.count("/news") == 1


async def test_conditions_replace_the_rule_of_200(outsider: Outsider, tmp_path: Path) -> None:
    outsider.answers["/news"] = [Reply(500, {"error": "x"}), Reply(200, {})]
    trigger = poll(
        f"{outsider.url}/news", 1, conditions=[{"expression": "@equals(triggers().code, 'InternalServerError')"}]
    )  # fmt: skip
    workflow = await read(lambda: publish(trigger))
    async with living(tmp_path):
        await until(lambda: has_ends(workflow, 2))
        await read(lambda: disable(workflow))
    assert (await ends(workflow))[:2] == [("poll", "started"), ("poll", "filtered")]
    assert await bodies(workflow) == [{"error": "x"}]


async def test_a_connector_without_counterpart_says_so_once(tmp_path: Path) -> None:
    trigger = {
        "type": "ApiConnection",
        "inputs": {"host": {"connection": {"name": "@parameters('$connections')['sp']['connectionId']"}},
                   "method": "get", "path": "/datasets/default/onnew"},
        "recurrence": {"frequency": "Second", "interval": 1},
    }  # fmt: skip
    declared = {
        "parameters": {
            "$connections": {
                "type": "Object",
                "defaultValue": {"sp": {"connectionId": "/x/shared_sharepointonline"}},
            }
        }
    }
    workflow = await read(lambda: publish(trigger, whole=declared))
    async with living(tmp_path):
        rows = await until_ends(workflow, [("poll", "rejected")])
        assert "has no counterpart here" in rows[0].detail
    assert "has no counterpart here" in (await state_of(workflow)).last_problem
    assert not await read(lambda: Timer.objects.filter(trigger__workflow=workflow).exists())


async def test_a_new_version_goes_on_where_the_poll_was(outsider: Outsider, tmp_path: Path) -> None:
    outsider.answers["/first"] = [Reply(200, 1, {"Location": "/second"})]
    workflow = await read(lambda: publish(poll(f"{outsider.url}/first")))
    async with living(tmp_path):
        await until(lambda: outsider.count("/first") == 1)
        await until_ends(workflow, [("poll", "started")])
        await read(
            lambda: change(
                workflow, lambda text: text["actions"].update(More={"type": "Compose", "inputs": 1})
            )
        )
        await until(lambda: outsider.count("/second") == 1)
        # Another address is another trigger: what was remembered of the old one does not hold.
        other = f"{outsider.url}/other"
        await read(
            lambda: change(workflow, lambda text: text["triggers"]["When"]["inputs"].update(uri=other))
        )
        await until(lambda: outsider.count("/other") == 1)
    assert outsider.count("/first") == 1


async def test_secure_parameters_do_not_show_in_the_inputs(outsider: Outsider, tmp_path: Path) -> None:
    outsider.answers["/news"] = [Reply(200, {})]
    trigger = poll(f"{outsider.url}/news", inputs={"headers": {"X-Key": "@parameters('key')"}})
    declared = {"parameters": {"key": {"type": "SecureString", "defaultValue": "open sesame"}}}
    workflow = await read(lambda: publish(trigger, whole=declared))
    async with living(tmp_path):
        await until_ends(workflow, [("poll", "started")])
    assert outsider.asked[0].headers["X-Key"] == "open sesame"
    assert "sesame" not in str(await record_of((await runs(workflow))[0]))


async def test_a_poll_that_a_stop_interrupted_is_asked_again_and_runs_once(
    outsider: Outsider, tmp_path: Path
) -> None:
    entered, stopped = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def slowly(_: Any) -> Reply:
        if outsider.count("/news") == 1:
            loop.call_soon_threadsafe(entered.set)
            stopped.wait(60)
        return Reply(200, {"Location": 1}, {"Location": "/later"})

    outsider.answers["/news"] = slowly
    workflow = await read(lambda: publish(poll(f"{outsider.url}/news")))
    async with living(tmp_path):
        await asyncio.wait_for(entered.wait(), 60)
    assert await ends(workflow) == [("poll", "new")]
    stopped.set()
    assert "location" not in memory_of(await state_of(workflow)), (
        "its place is remembered with its run, not before"
    )
    async with living(tmp_path):
        await until_ends(workflow, [("poll", "started")])
    assert len(await runs(workflow)) == 1
    assert memory_of(await state_of(workflow))["location"] == f"{outsider.url}/later"


async def test_settings_of_a_poll_may_be_expressions_of_parameters(
    outsider: Outsider, tmp_path: Path
) -> None:
    outsider.answers["/news"] = [Reply(200, {"value": [1, 2], "nextLink": f"{outsider.url}/more"})]
    outsider.answers["/more"] = [Reply(200, {"value": [3]})]
    policy = {"paginationPolicy": {"minimumItemCount": "@parameters('most')"}}
    whole = {"parameters": {"most": {"type": "Int", "defaultValue": 3}}}
    trigger = poll(f"{outsider.url}/news", runtimeConfiguration=policy)
    workflow = await read(lambda: publish(trigger, whole=whole))
    async with living(tmp_path):
        await until_ends(workflow, [("poll", "started")])
    assert [body["value"] for body in await bodies(workflow)] == [[1, 2, 3]]
