"""Who comes next when many wait in one process: tenants in turn, and the loop breathes in between."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from runtime.host import loop, reception
from runtime.host.loop import Host
from runtime.host.reception import Reception
from runtime.shares import Turns
from runtime.store.records import InboxRow

MANY, SINGLE = uuid.uuid4(), uuid.uuid4()
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def row(tenant: uuid.UUID, answer_by: datetime | None) -> InboxRow:
    return InboxRow(
        id=uuid.uuid4(), tenant=tenant, workflow=uuid.uuid4(), version=uuid.uuid4(), trigger="manual",
        kind="webhook", record=b"", received_at=NOW, ready_at=NOW, answer_by=answer_by,
    )  # fmt: skip


def test_tenants_take_turns_and_the_oldest_is_first_within_one() -> None:
    turns: Turns[int] = Turns()
    for waiting in range(3):
        turns.add(MANY, waiting)
    turns.add(SINGLE, 10)
    assert [turns.next() for _ in range(len(turns))] == [0, 10, 1, 2]
    assert not turns


@pytest.mark.parametrize("answer_by", [NOW, None], ids=["somebody waits", "nobody waits"])
async def test_many_rows_of_one_tenant_do_not_begin_in_one_turn_of_the_loop(
    answer_by: datetime | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reception, "DRAIN_SECONDS", 0)
    began: list[uuid.UUID] = []
    host: Any = SimpleNamespace(stopping=False, backlog=False, store=None, unseal=None)
    inbox = Reception(host, SimpleNamespace())  # type: ignore[arg-type]
    monkeypatch.setattr(inbox, "_open", lambda row: began.append(row.tenant))
    for tenant in [MANY] * 30 + [SINGLE]:
        inbox.offered[tenant] += 1
        inbox.take(row(tenant, answer_by))
    assert len(began) == (1 if answer_by else 0)  # whom somebody waits for does not wait for the loop
    await asyncio.sleep(0)
    assert len(began) <= 2
    while SINGLE not in began:
        await asyncio.sleep(0)
    assert began.index(SINGLE) <= 2
    while inbox.offered:
        await asyncio.sleep(0)
    assert sorted(began) == sorted([MANY] * 30 + [SINGLE])


async def test_many_runs_of_one_tenant_do_not_go_on_in_one_turn_of_the_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loop, "TURNS_SECONDS", 0)
    went_on: list[uuid.UUID] = []
    host: Any = SimpleNamespace(_agenda=Turns(), _turning=False)
    host._step = lambda run: went_on.append(run.tenant)
    host._turns = lambda: Host._turns(host)
    for tenant in [MANY] * 30 + [SINGLE]:
        run: Any = SimpleNamespace(tenant=tenant, scheduled=False, gone=False, loading=False, releasing=False)
        Host.step(host, run)
    await asyncio.sleep(0)
    assert went_on == [MANY]
    while SINGLE not in went_on:
        await asyncio.sleep(0)
    assert went_on.index(SINGLE) <= 2
