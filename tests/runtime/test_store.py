"""One contract for every store: memory, SQLite, PostgreSQL."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from runtime.store.database import DatabaseStore
from runtime.store.memory import MemoryStore
from runtime.store.records import Append, ArrivalRow, Fired, Key, PayloadRow, Slots, Verdict
from tests.runtime.stores import (
    OTHER,
    TENANT,
    ended,
    make_inbox,
    make_intake,
    make_start,
    migrated,
    now,
    postgresql_database,
)

ME, SOMEBODY = uuid.uuid4(), uuid.uuid4()


@pytest.fixture(
    scope="module", params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
)
def backend(request: Any, tmp_path_factory: Any, django_db_blocker: Any) -> Any:
    folder: Path = tmp_path_factory.mktemp("store")
    if request.param == "memory":
        yield MemoryStore
        return
    with django_db_blocker.unblock():
        if request.param == "sqlite":
            with migrated(f"sqlite:///{folder}/store.sqlite3", folder):
                yield DatabaseStore
        else:
            with postgresql_database() as url, migrated(url, folder):
                yield DatabaseStore


@pytest_asyncio.fixture
async def store(backend: Any) -> AsyncIterator[Any]:
    store = backend()
    await store.open()
    yield store
    await store.close()


def arrival(run: uuid.UUID, kind: str = "timer", key: str = "k") -> ArrivalRow:
    return ArrivalRow(uuid.uuid4(), TENANT, run, kind, key)


async def taken(store: Any, **overrides: Any) -> Any:
    """An inbox row in this worker's hands."""
    row = make_inbox(owner=ME, attempts=1, **overrides)
    await store.put_inbox([row])
    return row


async def started(store: Any, **overrides: Any) -> Append:
    """A run this worker owns, with its first row."""
    row = await taken(store)
    append = make_start(row, ME, **overrides)
    assert (await store.finish(make_intake(row, ME, [append]))) == [
        Verdict.RELEASED if append.release or append.ended else Verdict.KEPT
    ]
    return append


def following(first: Append, seq: int = 2, **overrides: Any) -> Append:
    given = {
        "run": first.run,
        "tenant": TENANT,
        "epoch": first.epoch,
        "seq": seq,
        "at": now(),
        "events": b"e",
    }
    return Append(**{**given, **overrides})


async def test_an_inbox_row_is_taken_once_and_oldest_first(store: Any) -> None:
    rows = [make_inbox(ready_at=now() - timedelta(seconds=age)) for age in (1, 3, 2)]
    await store.put_inbox(rows)
    first = await store.take_inbox(ME, 2, {}, now())
    second = await store.take_inbox(SOMEBODY, 10, {}, now())
    assert {row.id for row in first} == {rows[1].id, rows[2].id}
    assert [row.id for row in second] == [rows[0].id]
    assert first[0].attempts == 1
    assert first[0].record == b"r"
    for row in first:
        assert await store.finish(make_intake(row, ME, [], state="filtered")) == []
    assert await store.finish(make_intake(second[0], SOMEBODY, [], state="filtered")) == []


async def test_a_repeated_delivery_changes_nothing(store: Any) -> None:
    row = make_inbox()
    await store.put_inbox([row])
    await store.put_inbox([row])
    taken = await store.take_inbox(ME, 10, {}, now())
    assert [found.id for found in taken] == [row.id]
    await store.finish(make_intake(taken[0], ME, [], state="filtered"))


async def test_a_row_that_is_put_back_waits_for_its_moment(store: Any) -> None:
    row = await taken(store)
    later = now() + timedelta(seconds=60)
    assert await store.finish(make_intake(row, ME, [], state="new", ready_at=later)) == []
    assert await store.take_inbox(ME, 10, {}, now()) == []
    again = await store.take_inbox(ME, 10, {}, later + timedelta(seconds=1))
    assert again[0].attempts == 2
    await store.finish(make_intake(again[0], ME, [], state="rejected", detail="why"))


async def test_tenants_are_served_in_turn(store: Any) -> None:
    long_ago = now() - timedelta(hours=1)
    many = [make_inbox(ready_at=long_ago) for _ in range(20)]
    one = make_inbox(tenant=OTHER)
    await store.put_inbox([*many, one])
    first = await store.take_inbox(ME, 4, {}, now())
    assert one.id in {row.id for row in first}
    rest = await store.take_inbox(ME, 100, {}, now())
    for row in [*first, *rest]:
        await store.finish(make_intake(row, ME, [], state="filtered"))


async def test_a_stale_owner_writes_nothing(store: Any) -> None:
    first = await started(store, release=True)
    assert await store.put_arrival(arrival(first.run))
    claimed = (await store.claim(SOMEBODY, 10, {}, now()))[0]
    assert (claimed.id, claimed.epoch) == (first.run, 2)
    stale, fresh = following(first, timers=[("t", now())]), following(first, epoch=2)
    verdicts = await asyncio.gather(store.append(stale), store.append(fresh))
    assert verdicts == [Verdict.REFUSED, Verdict.KEPT]
    assert [entry.seq for entry in await store.journal(first.run)] == [1, 2]
    assert (await store.fire(now() + timedelta(hours=1), none, 10)).runs == []
    await store.append(following(first, 3, epoch=2, change=ended()))


async def test_neighbours_of_a_stale_row_commit(store: Any) -> None:
    mine, other = await started(store), await started(store)
    wrong = following(mine, epoch=9)
    right = following(other, change=ended())
    assert await asyncio.gather(store.append(wrong), store.append(right)) == [
        Verdict.REFUSED,
        Verdict.RELEASED,
    ]
    await store.append(following(mine, change=ended()))


async def test_a_run_is_not_released_over_an_arrival_it_has_not_seen(store: Any) -> None:
    first = await started(store)
    await store.put_arrival(arrival(first.run, key="a"))
    assert await store.append(following(first, release=True)) is Verdict.KEPT
    rows, ready_at = await store.arrivals(first.run)
    assert [row.key for row in rows] == ["a"]
    await store.put_arrival(arrival(first.run, key="b"))
    consume = following(first, 3, release=True, seen_ready_at=ready_at, consumed=[rows[0].id])
    assert await store.append(consume) is Verdict.KEPT
    rows, ready_at = await store.arrivals(first.run)
    assert [row.key for row in rows] == ["b"]
    done = following(first, 4, release=True, seen_ready_at=ready_at, consumed=[rows[0].id])
    assert await store.append(done) is Verdict.RELEASED
    assert await store.claim(ME, 10, {}, now()) == []
    await store.put_arrival(arrival(first.run, key="c"))
    claimed = await store.claim(ME, 10, {}, now())
    assert [run.id for run in claimed] == [first.run]
    await store.append(following(first, 5, epoch=2, change=ended()))


async def test_an_arrival_of_the_same_kind_and_key_counts_once(store: Any) -> None:
    first = await started(store)
    await store.put_arrival(arrival(first.run))
    await store.put_arrival(arrival(first.run))
    assert len((await store.arrivals(first.run))[0]) == 1
    await store.append(following(first, change=ended()))
    assert not await store.put_arrival(arrival(first.run, key="late"))


async def test_a_due_timer_arrives_once(store: Any) -> None:
    first = await started(
        store, release=True, timers=[("soon", now()), ("later", now() + timedelta(hours=1))]
    )
    swept = await store.fire(now(), none, 10)
    assert swept.runs == [first.run]
    assert swept.next_due is not None
    assert (await store.fire(now(), none, 10)).runs == []
    claimed = (await store.claim(ME, 10, {}, now()))[0]
    rows, seen = await store.arrivals(first.run)
    assert [(row.kind, row.key) for row in rows] == [("timer", "soon")]
    await store.append(
        following(first, epoch=claimed.epoch, cancelled_timers=["later"], consumed=[rows[0].id], release=True,
                  seen_ready_at=seen)
    )  # fmt: skip
    assert (await store.fire(now() + timedelta(hours=2), none, 10)).runs == []
    await store.put_arrival(arrival(first.run, "cancel", ""))
    claimed = (await store.claim(ME, 10, {}, now()))[0]
    await store.append(following(first, 3, epoch=claimed.epoch, change=ended()))


async def test_a_started_and_cancelled_timer_leaves_nothing(store: Any) -> None:
    first = await started(store)
    await asyncio.gather(
        store.append(following(first, 2, timers=[("t", now())])),
        store.append(following(first, 3, cancelled_timers=["t"])),
    )
    assert (await store.fire(now(), none, 10)).runs == []
    await store.append(following(first, 4, change=ended()))


async def test_a_dead_workers_runs_and_rows_are_handed_over(store: Any) -> None:
    first, row = await started(store), await taken(store)
    await store.register(ME, "worker")
    await store.retire(ME)
    assert [run.id for run in await store.claim(SOMEBODY, 10, {}, now())] == [first.run]
    assert [found.id for found in await store.take_inbox(SOMEBODY, 10, {}, now())] == [row.id]
    assert await store.append(following(first)) is Verdict.REFUSED
    assert await store.finish(make_intake(row, ME, [make_start(row, ME)])) is None
    await store.append(following(first, 2, epoch=3, change=ended()))


async def test_a_key_seen_before_starts_nothing(store: Any) -> None:
    until = now() + timedelta(hours=1)
    for expected in ([Verdict.RELEASED], []):
        row = await taken(store)
        append = make_start(row, ME, change=ended())
        intake = make_intake(row, ME, [append], keys=[Key("order-1", until, "the same order")])
        assert await store.finish(intake) == expected
    assert intake.state == "deduplicated"
    assert intake.duplicate_of is not None


async def test_payloads_are_kept_once_and_read_back(store: Any) -> None:
    payload = PayloadRow("h" * 48, 5000, "String", b"content")
    first = await started(store, payloads=[payload], uses=[payload.hash])
    await store.append(following(first, payloads=[payload], uses=[payload.hash], change=ended()))
    assert await store.payload(TENANT, payload.hash) == b"content"
    assert await store.payload(OTHER, payload.hash) is None


async def test_children_and_answers_are_written_with_the_row_that_sends_them(store: Any) -> None:
    parent = await started(store, release=True)
    child = make_inbox(parent_run=parent.run, parent_action="Call")
    sender = await started(store)
    await store.append(
        following(sender, inbox=[child], arrivals=[arrival(parent.run, "child", "Call")], change=ended())
    )
    assert [row.parent_action for row in await store.take_inbox(ME, 10, {}, now())] == ["Call"]
    claimed = await store.claim(ME, 10, {}, now())
    assert [run.id for run in claimed] == [parent.run]
    await store.append(following(parent, epoch=2, change=ended()))


async def test_many_writers_share_commits(store: Any) -> None:
    rows = [make_inbox(owner=ME, attempts=1) for _ in range(200)]
    await asyncio.gather(*[store.put_inbox([row]) for row in rows])
    appends = [make_start(row, ME, change=ended()) for row in rows]
    answers = await asyncio.gather(
        *[store.finish(make_intake(row, ME, [append])) for row, append in zip(rows, appends, strict=True)]
    )
    assert answers == [[Verdict.RELEASED]] * 200
    if isinstance(store, DatabaseStore):
        assert store.writer.figures.commits < 100


async def test_a_callback_address_works_once(store: Any) -> None:
    first = await started(store, release=True, callbacks=[("token", "Wait@1")])
    row = ArrivalRow(uuid.uuid4(), TENANT, first.run, "callback", "", b"body")
    assert not await store.take_callback(first.run, "wrong", row)
    assert await store.take_callback(first.run, "token", row)
    assert not await store.take_callback(first.run, "token", row)
    claimed = (await store.claim(ME, 10, {}, now()))[0]
    rows, _ = await store.arrivals(first.run)
    assert (rows[0].key, rows[0].payload) == ("Wait@1|token", b"body")
    await store.append(following(first, epoch=claimed.epoch, change=ended()))


async def test_a_row_the_database_refuses_fails_alone(store: Any) -> None:
    if isinstance(store, MemoryStore):
        pytest.skip("memory refuses nothing")
    bad, good = make_inbox(client_tracking_id=object()), make_inbox(owner=ME, attempts=1)
    answers = await asyncio.gather(store.put_inbox([bad]), store.put_inbox([good]), return_exceptions=True)
    assert isinstance(answers[0], Exception)
    assert answers[1] is None
    await store.finish(make_intake(good, ME, [], state="filtered"))


def none(*_: Any) -> Fired:
    return Fired([], [], b"")


async def test_a_run_that_was_handed_over_can_be_given_back(store: Any) -> None:
    first = await started(store)
    await store.abandon(first.run, 1, ME)
    claimed = (await store.claim(ME, 10, {}, now() + timedelta(seconds=1)))[0]
    _, ready_at = await store.arrivals(first.run)
    assert ready_at is not None
    assert ready_at == claimed.ready_at
    assert not await store.release(first.run, claimed.epoch, None)
    assert await store.release(first.run, claimed.epoch, ready_at)
    assert await store.claim(ME, 10, {}, now() + timedelta(seconds=1)) == []


@pytest.mark.parametrize("most", [1, 3])
async def test_what_waits_for_a_slot_says_for_what(store: Any, most: int) -> None:
    slots = Slots(uuid.uuid4(), "manual", most)
    ids = sorted(uuid.uuid4() for _ in range(most + 1))  # in the order of arrival
    rows = [make_inbox(id=one, workflow=slots.workflow, owner=ME, attempts=1) for one in ids]
    await store.put_inbox(rows)
    intakes = [make_intake(row, ME, [make_start(row, ME)], slots=slots) for row in rows]
    for intake in intakes:
        await store.finish(intake)
    word = "no other run of this trigger is" if most == 1 else "fewer than 3 runs of this trigger are"
    assert (intakes[-1].state, intakes[-1].detail) == ("new", f"Waits until {word} active.")
