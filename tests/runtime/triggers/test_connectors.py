"""Triggers of connectors: the storage connector watches a folder, its place is remembered with the runs it starts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from connectors import services as connections
from runtime import catalog, services
from tests.runtime.triggers.places import (
    actor,
    bodies,
    disable,
    enable,
    ends,
    living,
    publish,
    record_of,
    runs,
    state_of,
    until,
    until_ends,
)
from tests.runtime.worlds import definition, read

pytestmark = pytest.mark.usefixtures("database")


def watch(operation: str = "fileAddedOrChanged", **more: Any) -> dict[str, Any]:
    configuration = {
        "connectionName": "files", "operationId": operation, "serviceProviderId": "/serviceProviders/storage",
    }  # fmt: skip
    return {
        "type": "ServiceProvider",
        "inputs": {"parameters": {"path": "in"}, "serviceProviderConfiguration": configuration},
        "recurrence": {"frequency": "Second", "interval": 1},
        **more,
    }


def watching(**more: Any) -> Any:
    who = actor()
    connections.create(who.tenant.pk, "files", "storage", {}, None)
    return publish(watch(**more), who=who)


def names(found: list[Any]) -> list[tuple[str, str]]:
    return sorted((body["path"], body["change"]) for body in found)


async def _count(workflow: Any, wanted: int) -> bool:
    return len(await runs(workflow)) >= wanted


async def _looked(workflow: Any) -> bool:
    return any(state != "new" for _, state in await ends(workflow))


async def test_each_new_or_changed_file_starts_one_run(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "old.txt").write_text("there before")
    workflow = await read(watching)
    async with living(tmp_path):
        await until(lambda: _looked(workflow))
        (folder / "a.txt").write_text("a")
        (folder / "b.txt").write_text("b")
        await until(lambda: _count(workflow, 2))
        assert names(await bodies(workflow)) == [("in/a.txt", "added"), ("in/b.txt", "added")]
        (folder / "a.txt").write_text("longer")
        await until(lambda: _count(workflow, 3))
        assert names(await bodies(workflow)).count(("in/a.txt", "changed")) == 1
        await read(lambda: disable(workflow))
        (folder / "c.txt").write_text("while it was off")
        await read(lambda: enable(workflow))
        await until(lambda: _count(workflow, 4))
        await read(lambda: disable(workflow))
    assert ("in/c.txt", "added") in names(await bodies(workflow)), "the place is kept over a pause"
    record: Any = await record_of((await runs(workflow))[0])
    assert record["outputs"]["body"]["name"]
    assert ("poll", "filtered") in await ends(workflow)


async def test_a_split_of_the_definitions_own_sees_all_items(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    workflow = await read(lambda: watching(splitOn="@triggerOutputs()?['body']"))
    async with living(tmp_path):
        await until(lambda: _looked(workflow))
        for name in ("a", "b"):
            (tmp_path / "in" / name).write_text(name)
            os.utime(tmp_path / "in" / name, (1, 1))
        await until(lambda: _count(workflow, 2))
    assert names(await bodies(workflow)) == [("in/a", "added"), ("in/b", "added")]


async def test_an_operation_that_is_no_trigger_ends_in_words(tmp_path: Path) -> None:
    workflow = await read(lambda: watching(operation="notInstalled"))
    async with living(tmp_path):
        rows = await until_ends(workflow, [("poll", "rejected")])
    assert "has no trigger 'notInstalled'" in rows[0].detail
    assert (await state_of(workflow)).last_problem


def test_the_catalogue_shows_what_fires_and_nothing_else() -> None:
    shown = {entry["id"]: entry["wdlType"] for entry in catalog.index() if entry["kind"] == "trigger"}
    assert set(shown.values()) == {
        "Request", "Recurrence", "SlidingWindow", "Http", "HttpWebhook", "Batch", "ServiceProvider",
    }  # fmt: skip
    assert shown["storage/fileAddedOrChanged"] == "ServiceProvider"


@pytest.mark.parametrize(
    "entry", [one for one in catalog.index() if one["kind"] == "trigger"], ids=lambda one: one["id"]
)
def test_what_the_catalogue_inserts_is_accepted(entry: Any) -> None:
    """With its required members filled in, the validator has no error to tell."""
    import json

    manifest = catalog.manifest(*entry["id"].split("/"))
    assert manifest is not None
    trigger = json.loads(manifest["template"])
    if trigger["type"] == "Http":
        trigger["inputs"]["uri"] = "https://example.com"
    if trigger["type"] == "HttpWebhook":
        for name in ("subscribe", "unsubscribe"):
            trigger["inputs"][name]["uri"] = "https://example.com"
    problems = services.validate(json.dumps({"definition": definition({}, trigger), "kind": "Stateful"}))
    assert [problem for problem in problems if problem.severity == "error"] == []


def test_findings_about_triggers() -> None:
    from runtime.language.definition import read as read_definition

    unknown = read_definition(definition({}, watch("nothing")))
    assert [one.code for one in catalog.check(unknown)] == ["OperationNotAvailable"]
    silent = read_definition(definition({}, {**watch(), "recurrence": None}))
    assert "InvalidWorkflowTriggerRecurrence" in [one.code for one in catalog.check(silent)]
    managed = {
        "type": "ApiConnection",
        "inputs": {"host": {}, "path": "/x"},
        "recurrence": {"frequency": "Hour", "interval": 1},
    }
    (finding,) = catalog.check(read_definition(definition({}, managed)))
    assert "Nothing here fires" in finding.message
