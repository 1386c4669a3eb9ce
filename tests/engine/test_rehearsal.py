"""`millrace run`: the real host in memory, a mocked outside, a clock that can be told to move."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from runtime.language.values import Json
from runtime.management.commands.run import _answer, described
from runtime.rehearsal import CannotRun, Mock, Rehearsal, Rehearsed
from runtime.triggers.request import Request

ROOT = Path(__file__).parents[2]
TRIGGER = {"manual": {"type": "Request", "kind": "Http", "inputs": {}}}


def call(method: str = "POST", path: str = "", query: str = "", body: Json = None) -> Request:
    headers = [("Content-Type", "application/json")] if body is not None else []
    return Request(method, path, query, headers, json.dumps(body).encode() if body is not None else b"")


async def perform(actions: dict[str, Any], **more: Any) -> Rehearsed:
    definition = {"triggers": more.pop("triggers", TRIGGER), "actions": actions}
    more.setdefault("call", call(body={}))
    return await Rehearsal(definition, **more).perform()


def http(uri: str = "https://x.test/a", **inputs: Any) -> dict[str, Any]:
    return {"type": "Http", "inputs": {"method": "GET", "uri": uri, **inputs}}


def mock(url: str, status: int = 200, body: Json = None, calls: list[int] | None = None) -> Mock:
    respond: dict[str, Json] = {"status": status}
    if body is not None:
        respond["body"] = body
    value: dict[str, Json] = {"method": "GET", "url": url, "respond": respond}
    if calls:
        value["onCalls"] = calls
    return Mock.read(value)


async def test_mocks_answer_by_call_and_query() -> None:
    actions: dict[str, Any] = {
        "A": http("https://X.test/a?q=1"),
        "B": {**http("https://x.test/a"), "runAfter": {"A": ["Succeeded"]}},
        "C": {**http("https://x.test/b?x=a%20b"), "runAfter": {"B": ["Failed"]}},
    }
    mocks = [
        mock("https://x.test/a", 200, {"n": 1}, [1]),
        mock("https://x.test/a", 404, None, [2]),
        mock("https://x.test/b?x=a b", 200, "text"),
    ]
    done = await perform(actions, mocks=mocks)
    shown = described(done)
    assert {name: shown["actions"][name]["status"] for name in "ABC"} == {
        "A": "Succeeded",
        "B": "Failed",
        "C": "Succeeded",
    }
    assert shown["actions"]["A"]["outputs"]["body"] == {"n": 1}
    assert shown["actions"]["B"]["code"] == "NotFound"
    assert [request["url"] for request in shown["requests"]] == [
        "https://X.test/a?q=1",
        "https://x.test/a",
        "https://x.test/b?x=a%20b",
    ]


async def test_a_request_that_nothing_answers_is_a_host_out_of_reach() -> None:
    done = await perform({"A": http()})
    shown = described(done)
    assert shown["actions"]["A"]["code"] == "UnresolvableHostName"
    assert shown["status"] == "Failed"
    assert shown["error"]["action"] == "A"
    assert len(shown["requests"]) == 1


async def test_a_stated_policy_is_followed_the_default_one_is_not() -> None:
    stated = {"type": "fixed", "count": 2, "interval": "PT1H"}
    mocks = [mock("https://x.test/a", 503, None, [1, 2]), mock("https://x.test/a", 200, None, [3])]
    done = await perform({"A": http(retryPolicy=stated)}, mocks=mocks)
    assert described(done)["status"] == "Succeeded"
    assert done.state is not None
    assert done.state.ended is not None
    assert done.state.started is not None
    assert done.state.ended - done.state.started >= timedelta(hours=2)
    plain = await perform({"A": http()}, mocks=mocks)
    assert described(plain)["status"] == "Failed"


async def test_waits_are_skipped_and_told() -> None:
    began = time.monotonic()
    start = datetime(2026, 3, 1, tzinfo=UTC)
    wait = {"type": "Wait", "inputs": {"interval": {"count": 30, "unit": "Day"}}}
    later = {"type": "Compose", "inputs": "@utcNow('yyyy-MM-dd')", "runAfter": {"W": ["Succeeded"]}}
    done = await perform({"W": wait, "N": later}, now=start)
    shown = described(done)
    assert shown["waits"] == {"W": "P30D"}
    assert shown["actions"]["N"]["outputs"] == "2026-03-31"
    assert time.monotonic() - began < 60


async def test_big_values_come_back_whole() -> None:
    text = "x" * 20_000
    actions: dict[str, Any] = {
        "V": {"type": "InitializeVariable", "inputs": {"variables": [{"name": "v", "type": "array"}]}},
        "A": {
            "type": "AppendToArrayVariable",
            "inputs": {"name": "v", "value": "@triggerBody()"},
            "runAfter": {"V": ["Succeeded"]},
        },
        "R": {
            "type": "Response",
            "inputs": {"statusCode": 200, "body": "@variables('v')"},
            "runAfter": {"A": ["Succeeded"]},
        },
    }
    shown = described(await perform(actions, call=call(body={"t": text})))
    assert shown["variables"]["v"] == [{"t": text}]
    assert shown["response"]["body"] == [{"t": text}]


@pytest.mark.parametrize(
    "actions,status",
    [
        ({"A": {"type": "Compose", "inputs": 1}}, 202),
        ({"A": {"type": "Compose", "inputs": "@int('x')"},
          "R": {"type": "Response", "inputs": {}, "runAfter": {"A": ["Succeeded"]}}}, 502),
        ({"R": {"type": "Response", "inputs": {"statusCode": 418}}}, 418),
    ],
)  # fmt: skip
async def test_what_the_caller_gets(actions: dict[str, Any], status: int) -> None:
    assert described(await perform(actions))["response"]["status"] == status


async def test_a_call_that_is_refused_starts_no_run() -> None:
    triggers = {"t": {"type": "Request", "inputs": {"method": "PUT"}}}
    shown = described(await perform({}, triggers=triggers))
    assert (shown["status"], shown["response"]["status"]) == (None, 405)


async def test_a_condition_that_is_false_starts_no_run() -> None:
    triggers = {"t": {"type": "Recurrence", "conditions": [{"expression": "@equals(1, 2)"}]}}
    shown = described(await perform({}, triggers=triggers, call=None))
    assert (shown["status"], shown["response"]) == (None, None)


async def test_settings_reach_parameters() -> None:
    done = await perform(
        {"A": {"type": "Compose", "inputs": "@parameters('base')"}},
        parameters={"base": "@{appsetting('HOST')}/v1"},
        settings={"HOST": "https://x.test"},
    )
    assert described(done)["actions"]["A"]["outputs"] == "https://x.test/v1"


async def test_what_cannot_run_says_why() -> None:
    with pytest.raises(CannotRun, match="runs after 'B'"):
        await perform({"A": {"type": "Compose", "runAfter": {"B": ["Succeeded"]}}})
    with pytest.raises(CannotRun, match="no triggers at all"):
        await perform({}, triggers={})
    assert "must be an object" in (await _answer({"id": 1, "definition": []}))["failure"]


def test_the_batch_answers_every_line() -> None:
    request = {"id": "a", "definition": {"triggers": TRIGGER, "actions": {}}, "trigger": {"method": "POST"}}
    lines = [json.dumps(request), "no json", json.dumps({"id": "b", "definition": None})]
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "run", "--batch"],
        input="\n".join(lines).encode(),
        capture_output=True,
        timeout=60,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == ["a", None, "b"]
    assert answers[0]["status"] == "Succeeded"
    assert "failure" in answers[1]
    assert "failure" in answers[2]


def test_a_file_is_run_and_told(tmp_path: Path) -> None:
    path = tmp_path / "workflow.json"
    actions = {
        "A": {"type": "Compose", "inputs": "@triggerBody()"},
        "B": {"type": "Compose", "inputs": "@int('x')"},
    }
    path.write_text(json.dumps({"definition": {"triggers": TRIGGER, "actions": actions}, "kind": "Stateful"}))
    (tmp_path / "in.json").write_text('{"n": 1}')
    command = [
        sys.executable,
        str(ROOT / "manage.py"),
        "run",
        str(path),
        "--input",
        str(tmp_path / "in.json"),
    ]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert told.returncode == 1
    assert "Failed" in told.stdout
    assert "Unable to process template language expressions in action 'B'" in told.stdout
    whole = subprocess.run([*command, "--json"], capture_output=True, text=True, timeout=60)
    assert json.loads(whole.stdout)["actions"]["A"]["outputs"] == {"n": 1}


async def test_a_subscription_is_ended_also_where_the_run_ends_with_it() -> None:
    hook = {
        "type": "HttpWebhook",
        "inputs": {
            "subscribe": {"method": "POST", "uri": "https://x.test/on"},
            "unsubscribe": {"method": "POST", "uri": "https://x.test/off", "body": "@action().outputs.body"},
        },
        "limit": {"timeout": "PT1M"},
    }
    posted = [
        Mock.read({"method": "POST", "url": f"https://x.test/{name}", "respond": {"status": 200, "body": 7}})
        for name in ("on", "off")
    ]
    done = await perform({"Hook": hook}, mocks=posted, fast=True)
    assert [(sent["url"], sent.get("body")) for sent in done.requests] == [
        ("https://x.test/on", None),
        ("https://x.test/off", 7),
    ]


@pytest.mark.parametrize("author", [None, "@triggerBody()['id']"])
async def test_records_show_the_tracking_id_of_the_run(author: str | None) -> None:
    trigger = {**TRIGGER["manual"], **({"correlation": {"clientTrackingId": author}} if author else {})}
    given = call(body={"id": "order-7"})
    if author is None:
        given.headers.append(("X-MS-Client-Tracking-Id", "order-7"))
    actions = {
        "A": {"type": "Compose", "inputs": "@trigger().clientTrackingId"},
        "B": {
            "type": "Compose",
            "inputs": "@actions('A').clientTrackingId",
            "runAfter": {"A": ["Succeeded"]},
        },
    }
    shown = described(await perform(actions, triggers={"manual": trigger}, call=given))["actions"]
    assert [shown[name]["outputs"] for name in ("A", "B")] == ["order-7", "order-7"]


async def test_pages_are_counted_by_an_expression() -> None:
    policy = {"runtimeConfiguration": {"paginationPolicy": {"minimumItemCount": "@parameters('most')"}}}
    first = mock("https://x.test/a", 200, {"value": [1, 2], "nextLink": "https://x.test/b"})
    mocks = [first, mock("https://x.test/b", 200, {"value": [3], "nextLink": "https://x.test/c"})]
    done = await perform({"A": http() | policy}, mocks=mocks, parameters={"most": 3})
    assert described(done)["actions"]["A"]["outputs"]["body"] == {"value": [1, 2, 3]}
    assert len(done.requests) == 2
