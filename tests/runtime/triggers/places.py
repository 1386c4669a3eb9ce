"""Workflows with a trigger of their own, published as people publish them, and what can be seen of them."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from connectors import egress
from connectors import services as connections
from designer.tenants.actors import Actor, command_line
from designer.tenants.models import Tenant
from designer.workflows import drafts, publishing
from designer.workflows import services as workflows
from designer.workflows.models import Workflow
from runtime import services
from runtime.executor import OperationExecutor
from runtime.language.values import Json
from runtime.models import Inbox, Run, TriggerState
from runtime.process import Process
from runtime.store import codec
from tests.runtime.worlds import compose, definition, make_tenant, process, read

KEEP = {"Keep": compose("@triggerBody()")}


def actor(tenant: Tenant | None = None) -> Actor:
    return command_line(tenant or make_tenant(), "test")


def publish(trigger: dict[str, Any], actions: dict[str, Any] | None = None, **more: Any) -> Workflow:
    """A workflow with this trigger, published and enabled."""
    who = more.pop("who", None) or actor()
    whole = definition(KEEP if actions is None else actions, trigger)
    whole["triggers"] = {"When": whole["triggers"]["manual"]}
    whole |= more.pop("whole", {})
    text = json.dumps({"definition": whole, "kind": "Stateful"}, indent=2)
    workflow = workflows.create(who, more.pop("name", f"W{uuid.uuid4().hex[:8]}"), text=text)
    publishing.publish(who, workflow)
    workflow.refresh_from_db()
    return workflow


def change(workflow: Workflow, edit: Callable[[dict[str, Any]], None]) -> None:
    """Publish the next version, its definition edited."""
    who = actor(workflow.tenant)
    document = json.loads(workflow.draft_text)
    edit(document["definition"])
    drafts.replace_text(
        who, workflow, json.dumps(document, indent=2), edit_id=uuid.uuid4().hex, name="replaceFromCode"
    )
    workflow.refresh_from_db()
    publishing.publish(who, workflow)
    workflow.refresh_from_db()


def enable(workflow: Workflow) -> None:
    workflows.enable(actor(workflow.tenant), workflow)


def disable(workflow: Workflow) -> None:
    workflows.disable(actor(workflow.tenant), workflow)


def delete(workflow: Workflow) -> None:
    workflows.delete(actor(workflow.tenant), workflow)


def arrival(workflow: Workflow, body: Any = None, **more: Any) -> services.TriggerArrival:
    given: dict[str, Any] = {
        "tenant_id": workflow.tenant_id, "workflow_id": workflow.pk, "version_id": workflow.published_id,
        "trigger": "When", "outputs": {"headers": {}, "body": body},
    }  # fmt: skip
    return services.TriggerArrival(**{**given, **more})


@asynccontextmanager
async def living(folder: Path) -> AsyncIterator[Process]:
    """A process with the real operations over the real network."""
    executor = OperationExecutor(
        network=egress.egress_for, connections=connections.DatabaseConnections(), folders=lambda _: folder
    )
    async with process(executor=executor) as running:
        try:
            yield running
        finally:
            await executor.close()


async def inbox(workflow: Workflow) -> list[Inbox]:
    return await read(lambda: list(Inbox.objects.filter(workflow=workflow).order_by("id")))  # type: ignore[no-any-return]


async def ends(workflow: Workflow) -> list[tuple[str, str]]:
    """Kind and end of every inbox row, oldest first."""
    return [(row.kind, row.state) for row in await inbox(workflow)]


async def has_ends(workflow: Workflow, count: int) -> bool:
    """Whether at least so many inbox rows have come to an end."""
    return sum(state != "new" for _, state in await ends(workflow)) >= count


async def runs(workflow: Workflow) -> list[Run]:
    return await read(lambda: list(Run.objects.filter(workflow=workflow).order_by("started_at", "id")))  # type: ignore[no-any-return]


async def record_of(run: Run) -> dict[str, Json]:
    return await read(lambda: services.run_trigger(run.tenant_id, run.pk))  # type: ignore[no-any-return]


async def bodies(workflow: Workflow) -> list[Json]:
    """The trigger bodies of the workflow's runs."""
    found = []
    for run in await runs(workflow):
        outputs: Any = (await record_of(run)).get("outputs") or {}
        found.append(outputs.get("body"))
    return found


async def state_of(workflow: Workflow) -> TriggerState:
    return await read(lambda: TriggerState.objects.get(workflow=workflow))  # type: ignore[no-any-return]


def memory_of(state: TriggerState) -> dict[str, Json]:
    return codec.unpack_value(bytes(state.memory)) or {}


async def until(holds: Callable[[], Any], timeout: float = 60) -> Any:
    """Wait for it; the value that was true."""
    deadline = asyncio.get_running_loop().time() + timeout
    while True:
        value = holds()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return value
        assert asyncio.get_running_loop().time() < deadline, f"did not come about in {timeout} s"
        await asyncio.sleep(0.03)


async def until_ends(workflow: Workflow, wanted: list[tuple[str, str]], timeout: float = 60) -> list[Inbox]:
    """Wait until the inbox rows have come to these ends."""
    deadline = asyncio.get_running_loop().time() + timeout
    while True:
        rows = await inbox(workflow)
        found = [(row.kind, row.state) for row in rows]
        if found == wanted:
            return rows
        if asyncio.get_running_loop().time() > deadline:
            told = [(row.kind, row.state, row.detail) for row in rows]
            raise AssertionError(f"{told} instead of {wanted}")
        await asyncio.sleep(0.03)
