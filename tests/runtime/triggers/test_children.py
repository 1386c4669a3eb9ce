"""Workflow actions across published workflows of a tenant (reference 6.7)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from designer.workflows.models import Workflow
from runtime import services
from tests.runtime.triggers.places import (
    actor,
    arrival,
    bodies,
    change,
    disable,
    living,
    publish,
    runs,
    until_ends,
)
from tests.runtime.worlds import ended, make_tenant, read, respond, wait

pytestmark = pytest.mark.usefixtures("database")

REQUEST = {"type": "Request", "kind": "Http"}


def call_of(
    identity: str, *, options: str = "", trigger: str | None = "When", **inputs: Any
) -> dict[str, Any]:
    host = {"workflow": {"id": identity}} | ({"triggerName": trigger} if trigger else {})
    action = {"type": "Workflow", "inputs": {"host": host, "body": "@triggerBody()", **inputs}}
    return action | ({"operationOptions": options} if options else {})


def child(who: Any, name: str = "Child", trigger: Any = None, actions: Any = None) -> Workflow:
    given = {"Answer": respond({"got": "@triggerBody()"})} if actions is None else actions
    return publish(trigger or REQUEST, given, who=who, name=name)


def parent(who: Any, action: dict[str, Any]) -> Workflow:
    answer = {**respond("@outputs('Call')"), "runAfter": {"Call": ["Succeeded"]}}
    return publish(REQUEST, {"Call": action, "Answer": answer}, who=who)


async def run_of(workflow: Workflow, body: Any = 1) -> Any:
    receipt = await services.receive(arrival(workflow, body))
    return await ended(receipt.run_id)


def output_of(run: Any) -> Any:
    return services.action_detail(run.tenant_id, run.pk, "Call")


@pytest.mark.parametrize("spelling", ["name", "other case", "resource id", "id"])
async def test_a_child_is_called_by_name_and_by_resource_id(spelling: str, tmp_path: Path) -> None:
    who = await read(actor)
    called = await read(lambda: child(who, "Stock check"))
    identity = {
        "name": "Stock check",
        "other case": "stock CHECK",
        "resource id": "/subscriptions/x/resourceGroups/y/providers/Microsoft.Logic/workflows/Stock%20check",
        "id": str(called.pk),
    }[spelling]
    workflow = await read(lambda: parent(who, call_of(identity, headers={"x-order": "7"})))
    async with living(tmp_path):
        run = await run_of(workflow, {"n": 1})
        found = await read(lambda: output_of(run))
    assert run.status == "Succeeded"
    assert found["code"] == "Accepted"
    assert found["outputs"]["statusCode"] == 200
    assert found["outputs"]["body"] == {"got": {"n": 1}}
    (inner,) = await runs(called)
    assert (inner.parent_run, inner.client_tracking_id) == (run.pk, run.client_tracking_id)
    assert await read(lambda: services.child_run(run.tenant_id, run.pk, "Call", ())) == inner


async def test_without_waiting_the_parent_goes_on(tmp_path: Path) -> None:
    who = await read(actor)
    called = await read(lambda: child(who, actions={"Long": wait(60)}))
    workflow = await read(lambda: parent(who, call_of("Child", options="DisableAsyncPattern")))
    async with living(tmp_path):
        run = await run_of(workflow)
        found = await read(lambda: output_of(run))
        await until_ends(called, [("child", "started")])
    assert (run.status, found["outputs"]["statusCode"]) == ("Succeeded", 202)
    assert str((await runs(called))[0].pk) == found["outputs"]["headers"]["x-ms-workflow-run-id"]


async def _fails(workflow: Workflow, code: str, folder: Path) -> str:
    async with living(folder):
        run = await run_of(workflow)
        found = await read(lambda: output_of(run))
    assert (run.status, found["status"]) == ("Failed", "Failed")
    assert found["error"]["code"] == code, found["error"]
    return str(found["error"]["message"])


async def test_a_workflow_that_is_not_there(tmp_path: Path) -> None:
    workflow = await read(lambda: parent(actor(), call_of("Nowhere")))
    assert "'Nowhere'" in await _fails(workflow, "NestedWorkflowNotFound", tmp_path)


async def test_a_workflow_that_is_switched_off(tmp_path: Path) -> None:
    who = await read(actor)
    called = await read(lambda: child(who))
    await read(lambda: disable(called))
    workflow = await read(lambda: parent(who, call_of("Child")))
    await _fails(workflow, "NestedWorkflowNotFound", tmp_path)


async def test_a_workflow_of_another_tenant(tmp_path: Path) -> None:
    called = await read(lambda: child(actor(make_tenant())))
    workflow = await read(lambda: parent(actor(), call_of(str(called.pk))))
    await _fails(workflow, "NestedWorkflowNotFound", tmp_path)
    assert await runs(called) == []


async def test_itself(tmp_path: Path) -> None:
    who = await read(actor)
    workflow = await read(lambda: parent(who, call_of("Nobody")))
    await read(
        lambda: change(
            workflow,
            lambda text: text["actions"]["Call"]["inputs"]["host"].update(workflow={"id": workflow.name}),
        )
    )
    await _fails(workflow, "WorkflowSelfReference", tmp_path)


async def test_a_child_without_a_response(tmp_path: Path) -> None:
    who = await read(actor)
    await read(lambda: child(who, actions={}))
    workflow = await read(lambda: parent(who, call_of("Child")))
    await _fails(workflow, "NestedWorkflowDoesNotContainResponseAction", tmp_path)


async def test_a_child_that_splits(tmp_path: Path) -> None:
    who = await read(actor)
    called = await read(lambda: child(who, trigger={**REQUEST, "splitOn": "@triggerBody()"}, actions={}))
    waits = await read(lambda: parent(who, call_of("Child")))
    await _fails(waits, "NestedWorkflowContainsSplitOnTrigger", tmp_path)
    does_not = await read(lambda: parent(who, call_of("Child", options="DisableAsyncPattern")))
    async with living(tmp_path):
        assert (await run_of(does_not, [1, 2])).status == "Succeeded"
        await until_ends(called, [("child", "split")])
    assert await bodies(called) == [1, 2]


async def test_a_trigger_that_is_not_there_and_one_that_is_no_request(tmp_path: Path) -> None:
    who = await read(actor)
    await read(lambda: child(who))
    recurring = {"type": "Recurrence", "recurrence": {"frequency": "Day", "interval": 1}}
    await read(lambda: child(who, "Clock", recurring, {}))
    wrong = await read(lambda: parent(who, call_of("Child", trigger="Other")))
    assert "'Other'" in await _fails(wrong, "NestedWorkflowTriggerNotFound", tmp_path)
    clock = await read(lambda: parent(who, call_of("Clock", trigger=None)))
    await _fails(clock, "NestedWorkflowTriggerNotFound", tmp_path)


async def test_a_child_that_ends_without_its_response(tmp_path: Path) -> None:
    who = await read(actor)
    actions = {
        "Check": {"type": "If", "expression": "@equals(1, 2)", "actions": {"Answer": respond()}},
    }
    await read(lambda: child(who, actions=actions))
    workflow = await read(lambda: parent(who, call_of("Child")))
    await _fails(workflow, "NoResponse", tmp_path)


async def test_a_child_whose_conditions_refuse_does_not_leave_its_parent_waiting(tmp_path: Path) -> None:
    who = await read(actor)
    await read(lambda: child(who, trigger={**REQUEST, "conditions": [{"expression": "@equals(1, 2)"}]}))
    workflow = await read(lambda: parent(who, call_of("Child")))
    assert "Condition 1" in await _fails(workflow, "NestedWorkflowNotStarted", tmp_path)


async def test_an_answer_of_400_fails_the_call(tmp_path: Path) -> None:
    who = await read(actor)
    await read(lambda: child(who, actions={"Answer": respond({"no": True}, 400)}))
    workflow = await read(lambda: parent(who, call_of("Child")))
    async with living(tmp_path):
        run = await run_of(workflow)
        found = await read(lambda: output_of(run))
    assert (run.status, found["outputs"]["statusCode"]) == ("Failed", 400)
