"""Who comes next when many wait in one process: tenants in turn, and the loop breathes in between."""

from __future__ import annotations

import asyncio
import threading
import uuid
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from runtime.host import loop, reception
from runtime.host.loop import Host
from runtime.host.reception import Reception
from runtime.shares import Turns
from runtime.store import writer
from runtime.store.records import Append, InboxRow, Intake

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


async def test_an_arrival_and_another_tenant_do_not_wait_for_all_that_a_flood_writes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate, transactions = threading.Event(), []

    def transaction(session: Any, requests: list[Any], now: datetime) -> list[None]:
        gate.wait(10)
        transactions.append(requests)
        return [None] * len(requests)

    def intake(tenant: uuid.UUID) -> Intake:
        inbox = row(tenant, None)
        return Intake(inbox.id, uuid.uuid4(), 1, "started", row=inbox)

    monkeypatch.setattr(writer, "_transaction", transaction)
    monkeypatch.setattr(writer, "open_session", lambda durable: SimpleNamespace(close=lambda: None))
    written = writer.Writer(lambda: NOW)
    written.start(asyncio.get_running_loop())
    begins, goes_on = intake(SINGLE), Append(uuid.uuid4(), SINGLE, 1, 2, NOW, b"")
    flood = [intake(MANY) for _ in range(250)]
    arrival, look = row(SINGLE, None), lambda session: None
    answers = [written.ask(flood[0])]  # the rest gathers behind it
    while written.waiting:
        await asyncio.sleep(0)
    answers += [written.ask(request) for request in [*flood[1:], arrival, begins, goes_on, look]]
    gate.set()
    await asyncio.gather(*answers)
    await written.stop()
    second, rest = transactions[1], [request for requests in transactions[2:] for request in requests]
    assert second[:2] == [arrival, look]
    assert second.index(begins) < second.index(goes_on) <= 5
    assert len(second) == 2 + writer._MOST_OF_RUNS
    assert [request for request in second + rest if request in flood] == flood[1:]
