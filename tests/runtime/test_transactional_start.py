"""`services.start_run` inside the caller's transaction, as the chapter of the runtime shows it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from designer.tenants.models import Tenant
from designer.workflows.models import Workflow
from runtime import services
from runtime.models import Inbox, Run
from tests.runtime.worlds import chain, definition, ended, http, make_version, process, read

pytestmark = pytest.mark.usefixtures("database")
ROOT = Path(__file__).resolve().parents[2]


def place_order() -> Any:
    """The function that the README shows."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "runtime/README.md").read_text("utf-8"), re.DOTALL)
    (block,) = [block for block in blocks if "def place_order" in block]
    names: dict[str, Any] = {}
    exec(block, names)
    return names["place_order"]


class Changed(Exception):
    """The caller changes its mind."""


async def test_it_commits_or_vanishes_with_the_callers_data() -> None:
    calls: list[Any] = []
    steps = definition(chain(("Call", http("http://x", body="@triggerBody()"))))
    workflow: Workflow = (await read(lambda: make_version(steps))).workflow
    await read(workflow.refresh_from_db)
    place = place_order()

    def order(slug: str, *, fails: bool) -> UUID | None:
        row = Tenant(slug=slug, name="An order of the caller's")
        try:
            with transaction.atomic():
                run = place(workflow, row)
                if fails:
                    raise Changed
        except Changed:
            return None
        else:
            return run  # type: ignore[no-any-return]

    def seen(row: str) -> tuple[bool, int]:
        return Tenant.objects.filter(slug=row).exists(), Inbox.objects.filter(workflow=workflow).count()

    async with process(executor=_Recording(calls)):
        await read(lambda: order("taken-back", fails=True))
        assert await read(lambda: seen("taken-back")) == (False, 0)
        run = await read(lambda: order("kept", fails=False))
        found = await ended(run)
        assert await read(lambda: seen("kept")) == (True, 1)
    assert found.status == "Succeeded"
    assert await read(lambda: Run.objects.filter(workflow=workflow).count()) == 1
    kept = await read(lambda: Tenant.objects.get(slug="kept"))
    assert calls == [{"order": str(kept.pk)}]


async def test_nobody_begins_it_before_the_commit() -> None:
    """The row is the caller's until then, whatever hosts look for."""
    workflow: Workflow = (
        await read(lambda: make_version(definition(chain(("Call", http("http://x"))))))
    ).workflow
    await read(workflow.refresh_from_db)
    calls: list[Any] = []

    def slowly() -> tuple[UUID, int]:
        import time

        with transaction.atomic():
            run = services.start_run(
                services.TriggerArrival(workflow.tenant_id, workflow.pk, workflow.published_id, "manual", {})
            )
            time.sleep(0.5)
            return run, len(calls)

    async with process(executor=_Recording(calls)):
        run, before = await read(slowly)
        assert before == 0
        assert (await ended(run)).status == "Succeeded"
    assert len(calls) == 1


class _Recording:
    def __init__(self, calls: list[Any]) -> None:
        self._calls = calls

    async def execute(self, call: Any) -> Any:
        from runtime.engine.events import Outcome

        self._calls.append(call.inputs.get("body"))
        return Outcome("Succeeded", "OK", outputs={"statusCode": 200, "headers": {}, "body": None})
