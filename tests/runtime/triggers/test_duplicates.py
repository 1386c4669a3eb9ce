"""The same event twice (`metadata.millrace.deduplicate`): over HTTP, at once, after the window, over a restart."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from designer.workflows import callbacks
from designer.workflows import inbox as inbox_page
from runtime import services
from runtime.models import DedupeKey, Inbox
from runtime.store import retention
from runtime.store.sessions import open_session
from tests.runtime.triggers.caller import call
from tests.runtime.triggers.outsider import Outsider, Reply
from tests.runtime.triggers.places import (
    arrival,
    ends,
    has_ends,
    inbox,
    living,
    publish,
    runs,
    until,
    until_ends,
)
from tests.runtime.worlds import ended, http, read

pytestmark = pytest.mark.usefixtures("database")


def by(key: str = "@triggerBody()?['id']", window: str = "PT1H", **more: Any) -> dict[str, Any]:
    same = {"key": key, "window": window}
    return {"type": "Request", "kind": "Http", "metadata": {"millrace": {"deduplicate": same}}, **more}


async def called(trigger: dict[str, Any], outsider: Outsider) -> tuple[Any, str]:
    """A workflow that calls the server with the event, and its public address."""
    outsider.answers["/event"] = [Reply(200)]
    action = http(f"{outsider.url}/event", body="@triggerBody()")
    workflow = await read(lambda: publish(trigger, {"Call": action}))
    return workflow, await read(lambda: callbacks.signed_url(workflow, "When"))


async def test_an_event_that_comes_again_starts_nothing_and_names_the_first(
    outsider: Outsider, tmp_path: Path
) -> None:
    workflow, url = await called(by(), outsider)
    async with living(tmp_path):
        assert (await call(url, {"id": "a", "n": 1}))[0] == 202
        await until_ends(workflow, [("callback", "started")])
        assert (await call(url, {"id": "a", "n": 2}))[0] == 202
        assert (await call(url, {"id": "b"}))[0] == 202
        rows = await until_ends(
            workflow, [("callback", "started"), ("callback", "deduplicated"), ("callback", "started")]
        )
        for run in await runs(workflow):
            await ended(run.pk)
    assert [asked.body for asked in outsider.asked] == [{"id": "a", "n": 1}, {"id": "b"}]
    assert rows[1].detail == "An arrival with the key 'a' was here in the hour before."
    shown = await read(lambda: inbox_page.detail(workflow.tenant, rows[1].pk))
    assert shown["duplicateOf"] == str(rows[0].pk) == str((await runs(workflow))[0].pk)
    assert shown["outputs"]


async def test_two_equal_requests_at_the_same_moment_start_one_run(
    outsider: Outsider, tmp_path: Path
) -> None:
    workflow, url = await called(by(), outsider)
    async with living(tmp_path):
        answers = await asyncio.gather(*[call(url, {"id": n % 5}) for n in range(40)])
        assert {status for status, _, _ in answers} == {202}
        await until(lambda: has_ends(workflow, 40))
        for run in await runs(workflow):
            await ended(run.pk)
    assert sorted(asked.body["id"] for asked in outsider.asked) == [0, 1, 2, 3, 4]
    found = [state for _, state in await ends(workflow)]
    assert (found.count("started"), found.count("deduplicated")) == (5, 35)


async def test_two_hosts_take_the_same_event_and_one_starts_it(outsider: Outsider, tmp_path: Path) -> None:
    workflow, _ = await called(by(), outsider)
    for _ in range(20):
        await read(lambda: services.start_run(arrival(workflow, {"id": "same"})))
    # On SQLite there is one process, and one that begins takes over what an earlier one of its number had.
    second = AsyncExitStack() if connection.vendor == "sqlite" else living(tmp_path)
    async with living(tmp_path), second:
        await until(lambda: has_ends(workflow, 20), 30)
        for run in await runs(workflow):
            await ended(run.pk)
    assert len(outsider.asked) == 1
    first = {row.pk for row in await inbox(workflow) if row.state == "started"}
    assert {row.duplicate_of for row in await inbox(workflow) if row.state != "started"} == first


async def test_after_the_window_it_is_another_event(outsider: Outsider, tmp_path: Path) -> None:
    workflow, url = await called(by(window="PT10M"), outsider)
    async with living(tmp_path):
        await call(url, {"id": "a"})
        await until_ends(workflow, [("callback", "started")])
        row = await read(lambda: Inbox.objects.get(workflow=workflow))
        key = await read(lambda: DedupeKey.objects.get(workflow=workflow))
        assert key.expires_at - row.received_at == timedelta(minutes=10)
        await read(
            lambda: DedupeKey.objects.filter(workflow=workflow).update(
                expires_at=datetime.now(UTC) - timedelta(seconds=1)
            )
        )
        await call(url, {"id": "a"})
        await until_ends(workflow, [("callback", "started")] * 2)
    key = await read(lambda: DedupeKey.objects.get(workflow=workflow))
    assert key.expires_at > datetime.now(UTC)


async def test_a_restart_in_between_makes_no_difference(outsider: Outsider, tmp_path: Path) -> None:
    """The second came within the window; when somebody has time for it, the window is over."""
    workflow, url = await called(by(window="PT10M"), outsider)
    async with living(tmp_path):
        await call(url, {"id": "a"})
        await until_ends(workflow, [("callback", "started")])
    before, now = datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC)

    def came(minutes: int) -> None:
        row = services.start_run(arrival(workflow, {"id": "a"}))
        Inbox.objects.filter(pk=row).update(received_at=before + timedelta(minutes=minutes))

    def an_hour_ago() -> None:
        DedupeKey.objects.filter(workflow=workflow).update(expires_at=before + timedelta(minutes=10))
        came(9)
        session = open_session()
        assert retention.delete_expired_keys(session, now) == 0
        session.close()

    await read(an_hour_ago)
    async with living(tmp_path):
        await until_ends(workflow, [("callback", "started"), ("callback", "deduplicated")])
    await read(lambda: came(11))
    async with living(tmp_path):
        rows = await until_ends(
            workflow, [("callback", "started"), ("callback", "deduplicated"), ("callback", "started")]
        )
    assert rows[1].duplicate_of == rows[0].pk


async def test_without_a_key_everything_starts_and_a_filtered_event_claims_none(
    outsider: Outsider, tmp_path: Path
) -> None:
    trigger = by(conditions=[{"expression": "@equals(triggerBody()?['ok'], true)"}])
    workflow, url = await called(trigger, outsider)
    async with living(tmp_path):
        for body in ({"ok": True}, {"ok": True}, {"id": "a", "ok": False}, {"id": "a", "ok": True}):
            await call(url, body)
            await until(lambda: _settled(workflow))
    assert [state for _, state in await ends(workflow)] == ["started", "started", "filtered", "started"]


async def _settled(workflow: Any) -> bool:
    return "new" not in [state for _, state in await ends(workflow)]


async def test_the_header_and_the_key_both_count(outsider: Outsider, tmp_path: Path) -> None:
    """Sent again with the same Idempotency-Key it is the same event, whatever its body says now."""
    workflow, url = await called(by(), outsider)
    async with living(tmp_path):
        for body, header in (({"id": 1}, "x"), ({"id": 2}, "x"), ({"id": 2}, "y"), ({"id": 3}, "z")):
            await call(url, body, idempotency_key=header)
            await until(lambda: _settled(workflow))
    rows = await inbox(workflow)
    assert [row.state for row in rows] == ["started", "deduplicated", "started", "started"]
    assert "Idempotency-Key" in rows[1].detail


async def test_a_secured_key_is_told_to_nobody(outsider: Outsider, tmp_path: Path) -> None:
    secured = {"secureData": {"properties": ["outputs"]}}
    workflow, url = await called(by(runtimeConfiguration=secured), outsider)
    async with living(tmp_path):
        for _ in range(2):
            await call(url, {"id": "a-secret"})
            await until(lambda: _settled(workflow))
    rows = await inbox(workflow)
    assert rows[1].detail == "An arrival with the same key was here in the hour before."
    assert "secret" not in str(await read(lambda: list(DedupeKey.objects.values_list("key", flat=True))))


async def test_a_key_that_cannot_be_read_refuses_the_arrival_in_words(
    outsider: Outsider, tmp_path: Path
) -> None:
    workflow, url = await called(by(key="@triggerBody()['id']"), outsider)
    async with living(tmp_path):
        await call(url, {"other": 1})
        (row,) = await until_ends(workflow, [("callback", "rejected")])
    assert "id" in row.detail
