"""HttpWebhook triggers (reference 5.7): subscribed while enabled, called back, and unsubscribed."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from runtime.models import Timer, TriggerState
from runtime.triggers import outside
from tests.runtime.triggers.caller import call
from tests.runtime.triggers.outsider import Outsider, Reply
from tests.runtime.triggers.places import (
    change,
    delete,
    disable,
    enable,
    living,
    publish,
    record_of,
    runs,
    state_of,
    until,
    until_ends,
)
from tests.runtime.worlds import compose, read

pytestmark = pytest.mark.usefixtures("database")

SUBSCRIBED, ENDED, FIRED = (
    ("subscribe", "subscribed"),
    ("unsubscribe", "unsubscribed"),
    ("webhook", "started"),
)


def webhook(outsider: Outsider, **policy: Any) -> dict[str, Any]:
    body = {"callbackUrl": "@{listCallbackUrl()}"}
    given = {"retryPolicy": policy or {"type": "none"}}
    return {
        "type": "HttpWebhook",
        "inputs": {
            "subscribe": {"method": "POST", "uri": f"{outsider.url}/subscribe", "body": body, **given},
            "unsubscribe": {"method": "POST", "uri": f"{outsider.url}/unsubscribe", "body": body, **given},
        },
    }


async def test_subscribed_called_back_and_unsubscribed(outsider: Outsider, tmp_path: Path) -> None:
    outsider.answers["/subscribe"] = [Reply(201, {"id": 7})]
    outsider.answers["/unsubscribe"] = [Reply(200)]
    workflow = await read(lambda: publish(webhook(outsider)))
    async with living(tmp_path):
        await until_ends(workflow, [SUBSCRIBED])
        url = outsider.calls("/subscribe")[0].body["callbackUrl"]
        status, _, headers = await call(url, {"order": 1}, **{"x-source": "shop"})
        assert status == 202
        assert headers["x-ms-workflow-run-id"]
        await until_ends(workflow, [SUBSCRIBED, FIRED])
        record: Any = await record_of((await runs(workflow))[0])
        assert record["outputs"]["body"] == {"order": 1}
        assert record["outputs"]["statusCode"] == 200
        assert record["outputs"]["headers"]["X-Source"] == "shop"
        assert "queries" not in record["outputs"] or "sig" not in record["outputs"]["queries"]
        await read(lambda: disable(workflow))
        await until_ends(workflow, [SUBSCRIBED, FIRED, ENDED])
        assert outsider.calls("/unsubscribe")[0].body["callbackUrl"] == url
        assert (await call(url, {}))[0] == 404, "a workflow that is switched off takes no calls"
        await read(lambda: enable(workflow))
        await until_ends(workflow, [SUBSCRIBED, FIRED, ENDED, SUBSCRIBED])
        await read(lambda: delete(workflow))
        await until_ends(workflow, [SUBSCRIBED, FIRED, ENDED, SUBSCRIBED, ENDED])
    assert (outsider.count("/subscribe"), outsider.count("/unsubscribe")) == (2, 2)


async def test_the_address_is_kept_sealed(outsider: Outsider, tmp_path: Path) -> None:
    outsider.answers["/subscribe"] = [Reply(200)]
    workflow = await read(lambda: publish(webhook(outsider)))
    async with living(tmp_path):
        await until_ends(workflow, [SUBSCRIBED])
    state = await state_of(workflow)
    assert b"sig" not in bytes(state.memory)


async def test_a_version_that_leaves_the_trigger_alone_keeps_the_subscription(
    outsider: Outsider, tmp_path: Path
) -> None:
    outsider.answers["/subscribe"] = [Reply(200)]
    outsider.answers["/unsubscribe"] = [Reply(200)]
    workflow = await read(lambda: publish(webhook(outsider)))
    async with living(tmp_path):
        await until_ends(workflow, [SUBSCRIBED])
        await read(lambda: change(workflow, lambda text: text["actions"].update(More=compose("more"))))
        await asyncio.sleep(0.3)
        assert outsider.count("/subscribe") == 1
        url = outsider.calls("/subscribe")[0].body["callbackUrl"]
        await call(url, {})
        await until_ends(workflow, [SUBSCRIBED, FIRED])
        assert (await runs(workflow))[0].version_id == workflow.published_id
        # Another body is another subscription: the old one ends before the new one begins.
        edit = {"callbackUrl": "@{listCallbackUrl()}", "more": True}
        await read(
            lambda: change(
                workflow, lambda text: text["triggers"]["When"]["inputs"]["subscribe"].update(body=edit)
            )
        )
        await until(lambda: outsider.count("/subscribe") == 2, timeout=15)
        paths = [asked.path for asked in outsider.asked]
        assert paths == ["/subscribe", "/unsubscribe", "/subscribe"]
        assert outsider.calls("/subscribe")[1].body["more"] is True


async def test_a_refused_subscription_is_told_and_tried_again_later(
    outsider: Outsider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    monkeypatch.setattr(outside, "_SUBSCRIBE_AGAIN", timedelta(seconds=1))
    outsider.answers["/subscribe"] = [Reply(400, {"error": "no"}), Reply(200)]
    workflow = await read(lambda: publish(webhook(outsider)))
    async with living(tmp_path):
        rows = await until_ends(workflow, [("subscribe", "rejected")])
        assert "not subscribed" in rows[0].detail
        assert (await state_of(workflow)).last_problem == rows[0].detail
        await until_ends(workflow, [("subscribe", "rejected"), SUBSCRIBED])
    assert (await state_of(workflow)).last_problem == ""


async def test_subscribing_follows_the_retry_policy(outsider: Outsider, tmp_path: Path) -> None:
    outsider.answers["/subscribe"] = [Reply(503), Reply(200)]
    trigger = webhook(outsider, type="fixed", count=2, interval="PT5S")
    workflow = await read(lambda: publish(trigger))
    async with living(tmp_path):
        await until_ends(workflow, [SUBSCRIBED])
    assert outsider.count("/subscribe") == 2


async def test_switched_off_while_subscribing_is_undone(outsider: Outsider, tmp_path: Path) -> None:
    """Whoever is subscribed after all is unsubscribed by the row that found the trigger switched off."""
    entered, go_on = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def slowly(_: Any) -> Reply:
        loop.call_soon_threadsafe(entered.set)
        asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result(10)
        return Reply(200)

    outsider.answers["/subscribe"] = slowly
    outsider.answers["/unsubscribe"] = [Reply(200)]
    workflow = await read(lambda: publish(webhook(outsider)))
    async with living(tmp_path):
        await asyncio.wait_for(entered.wait(), 10)
        await read(lambda: disable(workflow))
        go_on.set()
        await until_ends(workflow, [("subscribe", "skipped"), ENDED])
    assert outsider.count("/unsubscribe") == 1


async def test_a_managed_webhook_says_that_nothing_fires_it(tmp_path: Path) -> None:
    trigger = {
        "type": "ApiConnectionWebhook",
        "inputs": {"host": {"connection": {"name": "@parameters('$connections')['o']['connectionId']"}},
                   "path": "/$subscriptions", "body": {"NotificationUrl": "@{listCallbackUrl()}"}},
    }  # fmt: skip
    declared = {
        "parameters": {
            "$connections": {"type": "Object", "defaultValue": {"o": {"connectionId": "/x/shared_office365"}}}
        }
    }
    workflow = await read(lambda: publish(trigger, whole=declared))
    async with living(tmp_path):
        rows = await until_ends(workflow, [("subscribe", "rejected")])
    assert "ApiConnectionWebhook" in rows[0].detail or "counterpart" in rows[0].detail
    state = await read(lambda: TriggerState.objects.get(workflow=workflow))
    assert state.last_problem
    assert not await read(lambda: Timer.objects.filter(trigger=state).exists()), "asking again would not help"
