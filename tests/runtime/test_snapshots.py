"""Long runs are read back from a snapshot and what came after it, and without one where it is of no use."""

from __future__ import annotations

import asyncio
import gc
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from runtime import services
from runtime.engine import snapshots as shapes
from runtime.host import history, snapshots
from runtime.models import JournalRow, Run, Snapshot
from tests.runtime import worlds
from tests.runtime.histories import long_history
from tests.runtime.worlds import arrival, chain, definition, http, make_version, wait

BIG = "x" * 20_000


@pytest.fixture(autouse=True)
def _soon(monkeypatch: Any) -> None:
    monkeypatch.setattr(snapshots, "EVERY", 20)
    monkeypatch.setattr(snapshots, "SETTLED_SECONDS", 0.0)


def long_one() -> Any:
    calls = [(f"C{i}", http(f"http://c{i}.example", body="@triggerBody()")) for i in range(30)]
    last = ("Last", http("http://last.example", body="@outputs('C0')?['body']"))
    return make_version(definition(chain(*calls, ("Pause", wait(1)), last)))


def _actions(tenant: uuid.UUID, run: uuid.UUID) -> Any:
    history._states._kept.clear()
    return services.run_snapshot(tenant, run)["actions"]


async def until(question: Callable[[], Any]) -> Any:
    async with asyncio.timeout(60):
        while not (found := await worlds.read(question)):
            await asyncio.sleep(0.02)
    return found


def delete_covered_rows(snapshot: Snapshot) -> None:
    assert JournalRow.objects.filter(run_id=snapshot.pk, seq__lte=snapshot.seq).delete()[0] >= 10


def spoil(snapshot: Snapshot) -> None:
    Snapshot.objects.filter(pk=snapshot.pk).update(data=b"\x00nonsense")


def of_another_release(snapshot: Snapshot) -> None:
    Snapshot.objects.filter(pk=snapshot.pk).update(schema="0" * 24, data=b"\x00nonsense")


@pytest.mark.parametrize("change", [delete_covered_rows, spoil, of_another_release], ids=lambda f: f.__name__)
async def test_a_run_goes_on_from_it(
    database: str, change: Callable[[Snapshot], None], caplog: pytest.LogCaptureFixture
) -> None:
    version = await worlds.read(long_one)
    first = worlds.Recorder(lambda call: BIG)
    async with worlds.process(executor=first):
        receipt = await services.receive(arrival(version, BIG))
        await until(Run.objects.filter(pk=receipt.run_id, owner=None).exists)
        snapshot = await until(Snapshot.objects.filter(pk=receipt.run_id).first)
    snapshot = await worlds.read(Snapshot.objects.filter(pk=receipt.run_id).first)
    assert snapshot.schema == shapes.SCHEMA
    assert snapshot.events >= 20
    # People see the same, with or without it.
    seen = await worlds.read(lambda: _actions(version.tenant_id, receipt.run_id))
    await worlds.read(Snapshot.objects.filter(pk=receipt.run_id).delete)
    assert await worlds.read(lambda: _actions(version.tenant_id, receipt.run_id)) == seen
    await worlds.read(lambda: snapshot.save(force_insert=True))
    # What a snapshot stands for need not be there any more; where it is of no use, the journal is read.
    await worlds.read(lambda: change(snapshot))
    seen_again = await worlds.read(lambda: _actions(version.tenant_id, receipt.run_id))
    assert seen_again == seen or change is delete_covered_rows
    second = worlds.Recorder()
    async with worlds.process(executor=second) as process:
        run = await worlds.ended(receipt.run_id)
        unreadable = process.report()["unreadable_snapshots"]
    # Nobody is left to wonder why it took longer: the log tells those who look and those who run it.
    assert (unreadable > 0) is (change is spoil)
    said = [
        record.name for record in caplog.records if "its journal is folded instead" in record.getMessage()
    ]
    assert set(said) == ({"runtime.host.history", "runtime.host.snapshots"} if change is spoil else set())
    assert run.status == "Succeeded", run.error
    assert [call.inputs["body"] for call in second.calls] == [BIG]


async def test_an_older_one_never_replaces_a_newer_and_none_outlives_its_run(database: str) -> None:
    version = await worlds.read(long_one)
    async with worlds.process() as process:
        receipt = await services.receive(arrival(version, "x"))
        newest = await until(Snapshot.objects.filter(pk=receipt.run_id).first)
        put = process.store.put_snapshot
        older = snapshots.SnapshotRow(1, 5, b"old")
        await put(version.tenant_id, receipt.run_id, shapes.SCHEMA, older)
        await put(version.tenant_id, version.pk, shapes.SCHEMA, older)
        await worlds.ended(receipt.run_id)
    assert await worlds.read(lambda: bytes(Snapshot.objects.get(pk=receipt.run_id).data)) != b"old"
    assert (await worlds.read(lambda: Snapshot.objects.get(pk=receipt.run_id).seq)) >= newest.seq
    assert not await worlds.read(Snapshot.objects.filter(pk=version.pk).exists)


def test_it_is_quicker_than_the_history(capsys: Any) -> None:
    """100,000 events, the quickest of three; what remains is the making of 50,000 records."""
    entries = long_history(50_000)
    gc.collect()
    gc.disable()  # a server's collector is rarer than a test's
    try:
        replayed, (state, seq, events, _) = best(lambda: snapshots.folded(None, None, entries))
        row = snapshots.SnapshotRow(seq, events, snapshots.packed(state))
        restored, (again, *_) = best(lambda: snapshots.folded(None, row, []))
    finally:
        gc.enable()
    assert again == state
    with capsys.disabled():
        print(
            f"\n{events:,} events: journal {replayed:.2f} s, snapshot {restored:.2f} s, {len(row.data):,} bytes"
        )
    assert restored < replayed


def best(work: Callable[[], Any]) -> tuple[float, Any]:
    took = []
    for _ in range(3):
        began = time.perf_counter()
        result = work()
        took.append(time.perf_counter() - began)
    return min(took), result


async def test_states_of_big_runs_are_not_kept_beside_each_other(database: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(history, "_KEPT_EVENTS", 30)
    version = await worlds.read(
        lambda: make_version(definition(chain(*[(f"S{i}", wait(0)) for i in range(6)])))
    )
    looked_at = []
    async with worlds.process():
        for _ in range(4):
            receipt = await services.receive(arrival(version))
            await until(Run.objects.filter(pk=receipt.run_id, ended_at__isnull=False).exists)
            looked_at.append(receipt.run_id)

    def look() -> list[uuid.UUID]:
        history._states._kept.clear()
        for run in looked_at:
            services.action_detail(version.tenant_id, run, "S0")
        return list(history._states._kept)

    kept = await worlds.read(look)
    assert kept[-1] == looked_at[-1], "the one that is looked at stays"
    assert len(kept) < len(looked_at)
    assert sum(history._states._kept[run].events for run in kept) <= 30 or len(kept) == 1
