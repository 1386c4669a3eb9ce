"""Conditions, splitOn, correlation and secured outputs (reference 5.1, 5.11, 5.12, 9.1, 9.8)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from designer.workflows import callbacks
from designer.workflows.models import Workflow
from runtime import services
from runtime.models import Inbox, JournalRow, Payload
from tests.runtime.triggers.caller import call
from tests.runtime.triggers.places import (
    arrival,
    bodies,
    ends,
    inbox,
    living,
    publish,
    record_of,
    runs,
    until_ends,
)
from tests.runtime.worlds import ended, read, respond

pytestmark = pytest.mark.usefixtures("database")


def request(**more: Any) -> dict[str, Any]:
    return {"type": "Request", "kind": "Http", **more}


async def _receive(workflow: Workflow, *contents: Any, **more: Any) -> None:
    for content in contents:
        await services.receive(arrival(workflow, content, **more))


async def test_every_condition_must_be_true(tmp_path: Path) -> None:
    conditions = [
        {"expression": "@greater(triggerBody()?['n'], 1)"},
        {"expression": "@less(triggerBody()?['n'], parameters('most'))"},
    ]
    declared = {"parameters": {"most": {"type": "Int", "defaultValue": 5}}}
    workflow = await read(lambda: publish(request(conditions=conditions), whole=declared))
    async with living(tmp_path):
        await _receive(workflow, {"n": 1}, {"n": 3}, {"n": 9})
        rows = await until_ends(
            workflow, [("callback", "filtered"), ("callback", "started"), ("callback", "filtered")]
        )
    assert await bodies(workflow) == [{"n": 3}]
    assert "Condition 1" in rows[0].detail
    assert "Condition 2" in rows[2].detail
    assert bytes(rows[0].record), "what was filtered can be looked at"


async def test_a_condition_that_fails_fails_the_trigger(tmp_path: Path) -> None:
    workflow = await read(lambda: publish(request(conditions=[{"expression": "@greater(triggerBody(), 1)"}])))
    async with living(tmp_path):
        await _receive(workflow, "text")
        rows = await until_ends(workflow, [("callback", "rejected")])
    assert "greater" in rows[0].detail


async def test_a_condition_that_is_not_a_boolean_does_not_fire(tmp_path: Path) -> None:
    workflow = await read(lambda: publish(request(conditions=[{"expression": "@triggerBody()"}])))
    async with living(tmp_path):
        await _receive(workflow, "true")
        rows = await until_ends(workflow, [("callback", "filtered")])
    assert not rows[0].runs


async def test_one_run_per_item_with_its_own_tracking_id(tmp_path: Path) -> None:
    trigger = request(
        splitOn="@triggerBody()?['rows']",
        splitOnConfiguration={"correlation": {"clientTrackingId": "@triggerBody()?['id']"}},
    )
    workflow = await read(lambda: publish(trigger))
    async with living(tmp_path):
        await _receive(workflow, {"status": "ok", "rows": [{"id": "a"}, {"id": "b"}, {"id": "c"}]})
        rows = await until_ends(workflow, [("callback", "split")])
    assert (rows[0].detail, rows[0].runs) == ("3 items", 3)
    found = await runs(workflow)
    assert {run.client_tracking_id for run in found} == {"a", "b", "c"}
    assert {run.inbox for run in found} == {rows[0].pk}
    records: list[Any] = [await record_of(run) for run in found]
    assert sorted(record["outputs"]["body"]["id"] for record in records) == ["a", "b", "c"]
    assert all(record["outputs"]["headers"] == {} for record in records), "the other outputs stay"
    assert {record["originHistoryName"] for record in records} == {str(rows[0].pk)}


@pytest.mark.parametrize(
    "body, wanted, detail",
    [
        ({"rows": []}, "split", "0 items"),
        ({"rows": {"a": 1}}, "rejected", "an Object, not an array"),
        ({"rows": "text"}, "rejected", "a String, not an array"),
        ({}, "rejected", "a Null, not an array"),
    ],
)
async def test_what_cannot_be_split(tmp_path: Path, body: Any, wanted: str, detail: str) -> None:
    workflow = await read(lambda: publish(request(splitOn="@triggerBody()?['rows']")))
    async with living(tmp_path):
        await _receive(workflow, body)
        rows = await until_ends(workflow, [("callback", wanted)])
    assert detail in rows[0].detail
    assert await runs(workflow) == []


async def test_a_caller_of_a_split_gets_202_at_once(tmp_path: Path) -> None:
    workflow = await read(lambda: publish(request(splitOn="@triggerBody()")))
    url = await read(lambda: callbacks.signed_url(workflow, "When"))
    async with living(tmp_path):
        assert (await call(url, [1, 2]))[0] == 202
        await until_ends(workflow, [("callback", "split")])


async def test_conditions_look_at_the_whole_before_it_is_split(tmp_path: Path) -> None:
    trigger = request(
        splitOn="@triggerBody()['rows']",
        conditions=[{"expression": "@equals(triggerBody()['status'], 'ok')"}],
    )
    workflow = await read(lambda: publish(trigger))
    async with living(tmp_path):
        await _receive(workflow, {"status": "bad", "rows": [1]}, {"status": "ok", "rows": [1]})
        await until_ends(workflow, [("callback", "filtered"), ("callback", "split")])


async def test_many_items_become_rows_of_their_own(tmp_path: Path) -> None:
    workflow = await read(lambda: publish(request(splitOn="@triggerBody()")))
    async with living(tmp_path):
        await _receive(workflow, list(range(250)))
        await until_ends(workflow, [("callback", "split"), *[("item", "started")] * 250], timeout=30)
    assert sorted(await bodies(workflow)) == list(range(250))  # type: ignore[type-var]


async def test_a_run_is_resubmitted_with_another_body(tmp_path: Path) -> None:
    workflow = await read(lambda: publish(request()))
    async with living(tmp_path):
        await _receive(workflow, {"order": 8})
        await until_ends(workflow, [("callback", "started")])
        (run,) = await runs(workflow)
        again = await read(
            lambda: services.resubmit(run.tenant_id, run.pk, "me", "r", has_body=True, body={"order": 9})
        )
        await ended(again)
        assert sorted(str(body) for body in await bodies(workflow)) == ["{'order': 8}", "{'order': 9}"]


async def test_a_resubmitted_item_is_not_split_again(tmp_path: Path) -> None:
    workflow = await read(
        lambda: publish(
            request(splitOn="@triggerBody()", conditions=[{"expression": "@not(empty(triggerBody()))"}])
        )
    )
    async with living(tmp_path):
        await _receive(workflow, ["only"])
        await until_ends(workflow, [("callback", "split")])
        (run,) = await runs(workflow)
        again = await read(lambda: services.resubmit(run.tenant_id, run.pk, "me", "r"))
        await ended(again)
    assert await bodies(workflow) == ["only", "only"]


async def test_the_tracking_id_comes_from_the_definition_or_the_caller(tmp_path: Path) -> None:
    expression = "@coalesce(triggerOutputs()?.headers?['x-order'], triggerBody()?['id'])"
    workflow = await read(lambda: publish(request(correlation={"clientTrackingId": expression})))
    plain = await read(lambda: publish(request()))
    async with living(tmp_path):
        url = await read(lambda: callbacks.signed_url(workflow, "When"))
        await call(url, {"id": "from body"}, **{"x-order": "from header"})
        await call(url, {"id": "from body"})
        await call(url, {"id": 5})
        await until_ends(
            workflow, [("callback", "started"), ("callback", "started"), ("callback", "rejected")]
        )
        assert {run.client_tracking_id for run in await runs(workflow)} == {"from header", "from body"}
        assert "clientTrackingId" in (await inbox(workflow))[2].detail
        url = await read(lambda: callbacks.signed_url(plain, "When"))
        await call(url, {}, **{"x-ms-client-tracking-id": "mine"})
        await call(url, {})
        await until_ends(plain, [("callback", "started")] * 2)
    own, other = await runs(plain)
    assert (own.client_tracking_id, other.client_tracking_id) == ("mine", str(other.pk))


@pytest.mark.parametrize(
    "expression, detail",
    [
        ("@take(triggerBody(), 128)", ""),
        ("@triggerBody()", "has 129 characters; 128 is the most (ClientTrackingIdLengthLimitExceeded)"),
        ("@int('7')", "gave an Integer, not a text"),
        ("@string('')", "gave a String, not a text with something in it"),
    ],
)
async def test_a_tracking_id_is_a_text_of_128_characters(
    tmp_path: Path, expression: str, detail: str
) -> None:
    workflow = await read(lambda: publish(request(correlation={"clientTrackingId": expression})))
    async with living(tmp_path):
        await _receive(workflow, "x" * 129)
        rows = await until_ends(workflow, [("callback", "rejected" if detail else "started")])
    assert detail in rows[0].detail
    assert [run.client_tracking_id for run in await runs(workflow)] == ([] if detail else ["x" * 128])


async def test_keywords_of_the_caller_are_on_every_record(tmp_path: Path) -> None:
    seen = {"t": "@trigger()?['clientKeywords']", "a": "@actions('First')?['clientKeywords']"}
    actions = {
        "First": {"type": "Compose", "inputs": 1},
        "Answer": {**respond(seen), "runAfter": {"First": ["Succeeded"]}},
    }
    workflow = await read(lambda: publish(request(), actions))
    url = await read(lambda: callbacks.signed_url(workflow, "When"))
    async with living(tmp_path):
        _, answer, _ = await call(url, {}, **{"x-ms-client-keywords": "order, urgent"})
        assert answer == {"t": ["order", "urgent"], "a": ["order", "urgent"]}
        _, answer, _ = await call(url, {})
        assert answer == {"t": None, "a": None}


async def test_secured_outputs_are_nowhere_in_clear(tmp_path: Path) -> None:
    secured = request(runtimeConfiguration={"secureData": {"properties": ["outputs"]}})
    actions = {"Answer": respond("@triggerBody()?['small']")}
    workflow = await read(lambda: publish(secured, actions))
    stopped = await read(lambda: publish({**secured, "conditions": [{"expression": "@equals(1, 2)"}]}))
    urls = await read(lambda: [callbacks.signed_url(one, "When") for one in (workflow, stopped)])
    body = {"small": "open sesame", "big": "open sesame " * 1000}
    async with living(tmp_path):
        status, answer, _ = await call(urls[0], body)
        assert (status, answer) == (200, "open sesame"), "the data flow at run time"
        await call(urls[1], body)
        await until_ends(stopped, [("callback", "filtered")])
    (run,) = await runs(workflow)
    record = await record_of(run)
    assert "outputs" not in record
    assert record["secured"] == ["outputs"]
    assert b"sesame" not in await read(_everything)


def _everything() -> bytes:
    from runtime.store import codec

    found = [bytes(row.record) for row in Inbox.objects.all()]
    found += [bytes(row.events) for row in JournalRow.objects.all()]
    found += [bytes(row.content) for row in Payload.objects.all()]
    opened = []
    for data in found:
        if data and not codec.is_sealed(data):
            opened.append(codec.unwrap(data))
    return b"".join(opened)


async def test_a_definition_without_the_trigger_ends_the_row_visibly(tmp_path: Path) -> None:
    workflow = await read(lambda: publish(request()))
    async with living(tmp_path):
        await _receive(workflow, 1, trigger="Gone")
        rows = await until_ends(workflow, [("callback", "rejected")])
    assert "has no trigger 'Gone'" in rows[0].detail
    assert "When" in rows[0].detail


async def test_the_same_key_starts_one_run(tmp_path: Path) -> None:
    workflow = await read(lambda: publish(request()))
    async with living(tmp_path):
        await _receive(workflow, 1, dedupe_key="order-1")
        await until_ends(workflow, [("callback", "started")])
        await _receive(workflow, 2, dedupe_key="order-1")
        await until_ends(workflow, [("callback", "started"), ("callback", "deduplicated")])


async def test_a_relative_path_and_a_schema_are_checked_before_anything_is_stored(tmp_path: Path) -> None:
    schema = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
    inputs = {"method": "POST", "relativePath": "/orders/{id}", "schema": schema}
    trigger = request(inputs=inputs, operationOptions="EnableSchemaValidation")
    workflow = await read(lambda: publish(trigger))
    url = await read(lambda: callbacks.signed_url(workflow, "When"))
    path, _, query = url.partition("?")
    async with living(tmp_path):
        assert (await call(f"{path}/orders/wow%25wee%3f?{query}", {"n": 1}))[0] == 202
        assert (await call(f"{path}/orders/1?{query}", {"n": "x"}))[0] == 400
        assert (await call(f"{path}/orders?{query}", {"n": 1}))[0] >= 400
        assert (await call(f"{path}/orders/1?{query}", {"n": 1}, "PUT"))[0] >= 400
        assert (await call(f"{path}/orders/1?{query.replace('sig=', 'sig=x')}", {"n": 1}))[0] == 401
        await until_ends(workflow, [("callback", "started")])
    record: Any = await record_of((await runs(workflow))[0])
    assert record["outputs"]["relativePathParameters"] == {"id": "wow%wee?"}
    assert "sig" not in json.dumps(record["outputs"])
    assert (await ends(workflow)) == [("callback", "started")]
