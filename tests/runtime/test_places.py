"""Payload stores: the same for a table, a folder and fsspec; runs over each; order, failure, sweeping."""

from __future__ import annotations

import asyncio
import base64
import os
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from runtime import services
from runtime.host.history import content
from runtime.models import JournalRow, Payload, PayloadPart, PayloadUse
from runtime.store import places, retention
from runtime.store.places import CHUNK, FolderPlace, Place, PlaceFailed, RemotePlace, TablePlace, new_key
from runtime.store.upkeep import OwnHands, Upkeep
from tests.runtime import worlds
from tests.runtime.worlds import arrival, chain, compose, definition, http, make_version

TOMORROW = timedelta(days=1, minutes=1)


@pytest.fixture(params=["table", "folder", "memory"])
def place(request: Any, tmp_path: Path, database: str) -> Place:
    if request.param == "table":
        return TablePlace()
    return (
        FolderPlace(tmp_path) if request.param == "folder" else RemotePlace(f"memory://p-{uuid.uuid4().hex}")
    )


@pytest.fixture(params=["database", "files", "memory"])
def setting(request: Any, settings: Any, tmp_path: Path, database: str) -> str:
    settings.DATA = tmp_path
    settings.PAYLOADS = f"memory://s-{uuid.uuid4().hex}" if request.param == "memory" else request.param
    return str(request.param)


def noise(size: int) -> str:
    """Text that does not compress below three quarters."""
    return base64.b64encode(os.urandom(size * 3 // 4)).decode()


def test_one_contract(place: Place) -> None:
    tenant = uuid.uuid4()
    big = os.urandom(9 * CHUNK + 17)
    small, large = new_key(tenant), new_key(tenant)
    place.write(small, [b"small"])
    place.write(large, (big[at : at + 100_000] for at in range(0, len(big), 100_000)))
    assert b"".join(place.read(small)) == b"small"
    assert b"".join(place.read(large)) == big
    now = datetime.now(UTC)
    assert {small, large} <= set(place.keys(now + timedelta(seconds=1)))
    assert small not in set(place.keys(now - timedelta(seconds=5)))
    place.delete([small, large, new_key(tenant)])
    with pytest.raises(FileNotFoundError):
        list(place.read(large))
    places.try_out(place)


@pytest.mark.parametrize("setting_text", ["nowhere", "nosuch://x"])
def test_a_wrong_setting_is_said_in_a_sentence(setting_text: str) -> None:
    with pytest.raises(PlaceFailed, match="MILLRACE_PAYLOADS"):
        places.place_at(setting_text)


def test_a_folder_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PlaceFailed, match="cannot be written"):
        FolderPlace(tmp_path / "file").write(new_key(uuid.uuid4()), [b"x"])


async def test_a_run_keeps_its_big_values_there(setting: str, database: str) -> None:
    body = noise(3 * CHUNK)
    actions = chain(
        ("Call", http("http://x.example", body="@triggerBody()")),
        ("Length", compose("@length(body('Call'))")),
    )
    version = await worlds.read(lambda: make_version(definition(actions)))
    executor = worlds.Recorder(lambda call: noise(3 * CHUNK))
    async with worlds.process(executor=executor):
        receipt = await services.receive(arrival(version, body))
        run = await worlds.ended(receipt.run_id)
        assert run.status == "Succeeded", run.error
    rows = await worlds.read(lambda: list(Payload.objects.filter(tenant_id=version.tenant_id)))
    assert len(rows) == 2
    assert all(row.place and not bytes(row.content) for row in rows)
    assert await worlds.read(PayloadPart.objects.exists) == (setting == "database")
    # Another process, and a person, read it back from there.
    used = next(row for row in rows if row.size < len(body) + 100 and row.size > len(body))
    values = [await worlds.read(lambda row=row: content(version.tenant_id, run.pk, row.hash)) for row in rows]
    assert body in values
    assert used
    await worlds.read(lambda: _forget(version))
    hands = OwnHands()
    sweep = Upkeep(hands, datetime.now(UTC) + timedelta(hours=2))
    await worlds.read(sweep.sweep_payloads)
    hands.close()
    assert sweep.removed["payloads"] == 2
    assert not set(places.configured().keys(datetime.now(UTC) + TOMORROW)) & {row.place for row in rows}


def _forget(version: Any) -> None:
    PayloadUse.objects.filter(tenant_id=version.tenant_id).delete()


async def test_what_no_row_names_goes_after_a_day(setting: str, database: str) -> None:
    place, tenant = places.configured(), uuid.uuid4()
    orphan = new_key(tenant)
    named = new_key(tenant)
    await worlds.read(lambda: place.write(orphan, [b"x"]))
    await worlds.read(lambda: place.write(named, [b"x"]))
    await worlds.read(
        lambda: Payload.objects.create(
            tenant_id=tenant, hash="h", size=1, kind="String", content=b"", place=named
        )
    )
    hands = OwnHands()
    for ahead, gone in ((timedelta(hours=23), 0), (retention.UNNAMED_AGE + timedelta(minutes=1), 1)):
        upkeep = Upkeep(hands, datetime.now(UTC) + ahead)
        await worlds.read(upkeep.sweep_places)
        assert upkeep.removed["contents"] == gone
    hands.close()
    found = set(place.keys(datetime.now(UTC) + TOMORROW))
    assert named in found
    assert orphan not in found
    place.delete([named])
    await worlds.read(Payload.objects.filter(tenant_id=tenant).delete)


class Slow(FolderPlace):
    """Takes its time for the first content, and fails when told to."""

    fail = False
    writes = 0

    def write(self, key: str, chunks: Any) -> None:
        type(self).writes += 1
        time.sleep(0.3 if self.writes == 1 else 0.0)
        if self.fail:
            raise PlaceFailed("The payload store is broken.")
        super().write(key, chunks)


async def test_rows_of_a_run_keep_their_order_behind_a_slow_store(
    database: str, tmp_path: Path, monkeypatch: Any
) -> None:
    """Two branches: one brings a big value whose content takes a while, the other small ones meanwhile."""
    monkeypatch.setattr(Slow, "writes", 0)
    actions = {"Big": http("http://big.example")} | {f"S{i}": http(f"http://s{i}.example") for i in range(5)}
    for number in range(5):
        actions[f"S{number}"]["runAfter"] = {f"S{number - 1}": ["Succeeded"]} if number else {}
    version = await worlds.read(lambda: make_version(definition(actions)))

    async def answer(call: Any) -> str:
        is_big = "big" in call.inputs["uri"]
        await asyncio.sleep(0.02 if is_big else 0.05)
        return noise(200_000) if is_big else "ok"

    executor = worlds.Recorder(answer)
    async with worlds.process(executor=executor) as process:
        process.store.contents.place = Slow(tmp_path)
        receipt = await services.receive(arrival(version, "x"))
        for _ in range(20):  # at no moment is there a gap: the process may die at any
            seqs = await worlds.read(
                lambda: sorted(JournalRow.objects.filter(run_id=receipt.run_id).values_list("seq", flat=True))
            )
            assert seqs == list(range(1, len(seqs) + 1))
            await asyncio.sleep(0.02)
        run = await worlds.ended(receipt.run_id)
    assert run.status == "Succeeded"
    rows = await worlds.read(lambda: list(JournalRow.objects.filter(run_id=run.pk).order_by("seq")))
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    assert len(executor.calls) == 6


async def test_a_store_that_fails_delays_the_run_and_loses_nothing(
    database: str, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(Slow, "fail", True)
    version = await worlds.read(lambda: make_version(definition(chain(("Big", http("http://big.example")),
                                                                      ("After", http("http://s.example"))))))  # fmt: skip
    executor = worlds.Recorder(lambda call: noise(200_000))
    async with worlds.process(executor=executor) as process:
        process.store.contents.place = Slow(tmp_path)
        receipt = await services.receive(arrival(version, "x"))
        async with asyncio.timeout(60):
            while not executor.calls:
                await asyncio.sleep(0.05)
        await asyncio.sleep(1.5)
        assert len({call.inputs["uri"] for call in executor.calls}) == 1
        monkeypatch.setattr(Slow, "fail", False)
        run = await worlds.ended(receipt.run_id)
    assert run.status == "Succeeded"
    rows = await worlds.read(lambda: list(JournalRow.objects.filter(run_id=run.pk).order_by("seq")))
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
