"""`millrace up`, from the first start to the last: what a new user does, over HTTP and the socket alone."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.designer.started import Browser, Server, signed_in, start

ROOT = Path(__file__).resolve().parents[2]
DEFINITION = json.dumps(
    {
        "definition": {
            "triggers": {"manual": {"type": "Request", "kind": "Http", "inputs": {"method": "POST"}}},
            "actions": {
                "Wait": {
                    "type": "Wait",
                    "inputs": {"interval": {"count": 1, "unit": "Second"}},
                    "runAfter": {},
                },
                "Double": {
                    "type": "Compose",
                    "inputs": "@mul(triggerBody()?['n'], 2)",
                    "runAfter": {"Wait": ["Succeeded"]},
                },
                "Response": {
                    "type": "Response",
                    "kind": "Http",
                    "inputs": {"statusCode": 201, "body": {"doubled": "@outputs('Double')"}},
                    "runAfter": {"Double": ["Succeeded"]},
                },
            },
        },
        "kind": "Stateful",
    }
)


async def events(socket: aiohttp.ClientWebSocketResponse, until: str) -> list[dict[str, Any]]:
    """Events of the run until the run itself has this status."""
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(60):
        while True:
            frame = json.loads((await socket.receive()).data)
            if frame["type"] == "event":
                found.append(frame)
                if frame["data"].get("run", {}).get("status") == until:
                    return found


async def test_from_set_up_to_a_run_seen_live(server: Server):
    async with signed_in(server) as browser:
        http = browser.http
        made = await browser.ask("POST", "/t/acme/workflows", {"name": "Doubler", "text": DEFINITION}, 201)
        workflow = f"/t/acme/workflows/{made['id']}"
        draft = await browser.ask("GET", f"{workflow}/draft")
        assert [item for item in draft["problems"] if item["severity"] == "error"] == []
        await browser.ask("POST", f"{workflow}/publish", {"revision": draft["revision"]}, 201)
        (address,) = await browser.ask("GET", f"{workflow}/callbacks")

        url = server.address.replace("http", "ws") + "/ws/t/acme/"
        async with http.ws_connect(url, origin=server.address) as socket:
            started = await browser.ask("POST", f"{workflow}/run", {"payload": {"n": 4}}, 202)
            run = await wait_for_run(browser, started["runId"])
            await socket.send_json({"type": "sub", "topic": f"run:{run['id']}", "since": run["seq"]})
            live = await events(socket, "Succeeded")
        statuses = {(item["action"], item["status"]) for frame in live for item in frame["data"]["actions"]}
        assert {("Wait", "Succeeded"), ("Double", "Succeeded")} <= statuses
        assert [frame["seq"] for frame in live] == sorted({frame["seq"] for frame in live})

        async with http.post(address["url"], json={"n": 21}) as answer:
            assert (answer.status, await answer.json()) == (201, {"doubled": 42})
            run_id = answer.headers["x-ms-workflow-run-id"]
        detail = await browser.until(f"/t/acme/runs/{run_id}", "Succeeded")
        assert detail["text"] == DEFINITION
        assert detail["trigger"] == {"name": "manual", "type": "Request"}
        assert detail["actions"]["Double"]["status"] == "Succeeded"
        assert detail["response"]["status"] == 201
        action = await browser.ask("GET", f"/t/acme/runs/{run_id}/actions/Double")
        assert action["outputs"] == 42
        trigger = await browser.ask("GET", f"/t/acme/runs/{run_id}/trigger")
        assert trigger["outputs"]["body"] == {"n": 21}
        again = await browser.ask("POST", f"/t/acme/runs/{run_id}/resubmit", None, 202)
        await browser.until(f"/t/acme/runs/{again['runId']}", "Succeeded")
        listed = await browser.ask("GET", f"/t/acme/runs?workflow={made['id']}&status=Succeeded")
        assert {item["id"] for item in listed["items"]} == {run["id"], run_id, again["runId"]}
        (item,) = (await browser.ask("GET", "/t/acme/workflows"))["items"]
        assert item["health"][-1]["ok"] + item["health"][-2]["ok"] == 3
    assert server.stop() == 0


async def wait_for_run(browser: Browser, run_id: str) -> Any:
    for _ in range(3000):
        answer = await browser.http.get(f"{browser.address}/api/v1/t/acme/runs/{run_id}")
        if answer.status == 200:
            return await answer.json()
        await asyncio.sleep(0.02)
    raise AssertionError("the run did not appear")


async def until_a_run_waits(browser: Browser) -> None:
    async with asyncio.timeout(60):
        while not (await browser.ask("GET", "/t/acme/runs"))["items"]:
            await asyncio.sleep(0.05)


async def test_a_run_can_be_cancelled(server: Server):
    slow = DEFINITION.replace('"count": 1', '"count": 100')
    async with signed_in(server) as browser:
        made = await browser.ask("POST", "/t/acme/workflows", {"name": "Slow", "text": slow}, 201)
        started = await browser.ask("POST", f"/t/acme/workflows/{made['id']}/run", {"payload": {"n": 1}}, 202)
        path = f"/t/acme/runs/{started['runId']}"
        await wait_for_run(browser, started["runId"])
        await browser.ask("POST", f"{path}/cancel", None, 202)
        assert (await browser.until(path, "Cancelled"))["actions"]["Wait"]["status"] == "Cancelled"
        refused = await browser.ask("POST", f"{path}/cancel", None, 409)
        assert refused["code"] == "RunFinished"


def test_the_second_start_is_quick_and_the_link_changes(data: Path):
    first = start(data)
    assert first.stop(signal.SIGTERM) == 0
    second = start(data)
    try:
        assert second.started_in < 5
        assert second.token
        assert second.token != first.token
    finally:
        assert second.stop() == 0
    errors = (data.parent / "stderr.txt").read_text()
    assert "Traceback" not in errors
    assert "ERROR" not in errors


async def test_stopping_tells_those_who_wait_and_a_second_signal_leaves_at_once(data: Path):
    slow = DEFINITION.replace('"count": 1', '"count": 100')
    for signals, status in ((1, 0), (2, 130)):
        server = start(data.with_name(f"var{signals}"))
        async with signed_in(server) as browser:
            made = await browser.ask("POST", "/t/acme/workflows", {"name": "Slow", "text": slow}, 201)
            workflow = f"/t/acme/workflows/{made['id']}"
            await browser.ask("POST", f"{workflow}/publish", {"revision": 1}, 201)
            (address,) = await browser.ask("GET", f"{workflow}/callbacks")
            call = asyncio.create_task(browser.http.post(address["url"], json={"n": 1}))
            await until_a_run_waits(browser)
            began = time.monotonic()
            server.process.send_signal(signal.SIGINT)
            if signals == 2:
                while (data.parent / "stderr.txt").read_text().count("Stopping.") < signals:
                    await asyncio.sleep(0.02)
                server.process.send_signal(signal.SIGINT)
            assert await asyncio.to_thread(server.process.wait, 60) == status
            if signals == 1:
                answer = await call
                assert (answer.status, (await answer.json())["code"]) == (503, "ServiceUnavailable")
            else:
                assert time.monotonic() - began < 15, "it waits for nobody"
                with pytest.raises(aiohttp.ClientError):
                    await call
    assert "Traceback" not in (data.parent / "stderr.txt").read_text()
