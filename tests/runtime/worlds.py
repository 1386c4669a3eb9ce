"""A tenant with workflows in a database, and drivers for a runtime process inside the test."""

from __future__ import annotations

import asyncio
import hashlib
import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connections

from designer.tenants.models import Tenant
from designer.workflows.models import Version, Workflow
from runtime import services
from runtime.engine.events import Outcome
from runtime.executor import Call
from runtime.models import Run
from runtime.process import Kind, Process


def make_tenant(slug: str = "") -> Tenant:
    return Tenant.objects.create(slug=slug or f"t-{uuid.uuid4().hex[:8]}", name="Test")


def make_version(definition: dict[str, Any], tenant: Tenant | None = None, name: str = "") -> Version:
    """A published workflow of its own."""
    tenant = tenant or make_tenant()
    name = name or f"W{uuid.uuid4().hex[:8]}"
    text = json.dumps({"definition": definition, "kind": "Stateful"}, indent=2)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    workflow = Workflow.objects.create(
        tenant=tenant, name=name, slug=name.lower(), draft_text=text, draft_sha256=sha256
    )
    version = Version.objects.create(
        tenant=tenant, workflow=workflow, number=1, kind="published", text=text, sha256=sha256
    )
    Workflow.objects.filter(pk=workflow.pk).update(published=version)
    return version


def definition(actions: dict[str, Any], trigger: dict[str, Any] | None = None) -> dict[str, Any]:
    schema = "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#"
    return {
        "$schema": schema,
        "contentVersion": "1.0.0.0",
        "triggers": {"manual": trigger or {"type": "Request", "kind": "Http", "inputs": {}}},
        "actions": actions,
    }


def chain(*actions: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """Actions one after the other."""
    chained: dict[str, Any] = {}
    before: str | None = None
    for name, action in actions:
        chained[name] = {**action, "runAfter": {before: ["Succeeded"]} if before else {}}
        before = name
    return chained


def http(uri: str, method: str = "POST", **more: Any) -> dict[str, Any]:
    return {"type": "Http", "inputs": {"method": method, "uri": uri, "retryPolicy": {"type": "none"}, **more}}


def respond(body: Any = "@triggerBody()", status: int = 200) -> dict[str, Any]:
    return {"type": "Response", "kind": "Http", "inputs": {"statusCode": status, "body": body}}


def wait(seconds: int) -> dict[str, Any]:
    return {"type": "Wait", "inputs": {"interval": {"count": seconds, "unit": "Second"}}}


def compose(value: Any) -> dict[str, Any]:
    return {"type": "Compose", "inputs": value}


def arrival(
    version: Version, body: Any = None, seconds: float | None = None, **more: Any
) -> services.TriggerArrival:
    answer_by = datetime.now(UTC) + timedelta(seconds=seconds) if seconds is not None else None
    given = {
        "tenant_id": version.tenant_id, "workflow_id": version.workflow_id, "version_id": version.pk,
        "trigger": "manual", "outputs": {"headers": {}, "body": body}, "answer_by": answer_by, **more,
    }  # fmt: skip
    return services.TriggerArrival(**given)


class Recorder:
    """An executor that counts what it is asked for and answers as told."""

    def __init__(self, answer: Callable[[Call], Any] | None = None) -> None:
        self.calls: list[Call] = []
        self._answer = answer

    async def execute(self, call: Call) -> Outcome:
        self.calls.append(call)
        given = self._answer(call) if self._answer else None
        if asyncio.iscoroutine(given):
            given = await given
        if isinstance(given, Outcome):
            return given
        return Outcome("Succeeded", "OK", outputs={"statusCode": 200, "headers": {}, "body": given})


@asynccontextmanager
async def process(kind: Kind = "embedded", executor: Any = None, **more: Any) -> AsyncIterator[Process]:
    running = Process(kind, executor=executor or Recorder(), **more)
    await running.start()
    try:
        yield running
    finally:
        await running.stop(grace=0.5)


async def read(question: Callable[[], Any]) -> Any:
    """A question to the database from the loop; its connection goes back to the pool."""

    def ask() -> Any:
        try:
            return question()
        finally:
            connections["default"].close()

    return await asyncio.to_thread(ask)


async def ended(run_id: uuid.UUID, timeout: float = 60) -> Run:
    """The run, once it is over."""
    async with asyncio.timeout(timeout):
        while True:
            run = await read(lambda: Run.objects.filter(pk=run_id).first())
            if run is not None and run.ended_at is not None:
                return run  # type: ignore[no-any-return]
            await asyncio.sleep(0.02)


async def until(fact: Callable[[], bool], timeout: float = 60) -> None:
    """Until the database says so."""
    async with asyncio.timeout(timeout):
        while not await read(fact):  # the fact is in the database
            await asyncio.sleep(0.05)
