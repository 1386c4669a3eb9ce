"""Contents from one payload store to another: whole, beside readers and writers, and killed half-way."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import zstandard

from runtime import services
from runtime.host.history import content
from runtime.models import Payload, PayloadPart, PayloadPlace, PayloadUse
from runtime.store import codec, moving, places
from runtime.store.places import CHUNK, new_key
from runtime.store.upkeep import OwnHands
from tests.runtime import worlds
from tests.runtime.servers import ROOT
from tests.runtime.test_places import noise
from tests.runtime.worlds import arrival, chain, compose, definition, http, make_version

TENANT = uuid.UUID(int=77)
RUN = uuid.UUID(int=78)


@pytest.fixture
def hands(database: str, settings: Any, tmp_path: Path) -> Iterator[OwnHands]:
    settings.DATA = tmp_path
    Payload.objects.all().delete()
    PayloadPart.objects.all().delete()
    PayloadPlace.objects.all().delete()
    PayloadUse.objects.filter(run_id=RUN).delete()
    hands = OwnHands()
    yield hands
    hands.close()


def put(place: places.Place, sizes: list[int]) -> dict[str, str]:
    """Values of these sizes as a run stores them, by hash."""
    kept = {}
    for size in sizes:
        value = noise(size)
        plain = codec.pack_plain(value)
        stored = codec.wrap(b"M" + plain)
        row = Payload(
            tenant_id=TENANT, hash=codec.content_hash(plain), size=len(plain), kind="String", content=stored
        )
        if len(stored) >= place.threshold:
            row.place, row.content = new_key(TENANT), b""
            place.write(row.place, [stored])
        row.save(force_insert=True)
        PayloadUse.objects.create(tenant_id=TENANT, run_id=RUN, hash=row.hash)
        kept[row.hash] = value
    return kept


def lost(kept: dict[str, str]) -> list[str]:
    return [name for name, value in kept.items() if content(TENANT, RUN, name) != value]


SIZES = [6_000, 120_000, 300_000, 2 * CHUNK, 3 * CHUNK]


@pytest.mark.parametrize("source, target", [("database", "files"), ("files", "database"),
                                                ("files", "memory"), ("memory", "files")])  # fmt: skip
def test_everything_lies_there_afterwards_and_nothing_elsewhere(
    hands: OwnHands, settings: Any, source: str, target: str
) -> None:
    made = f"memory://m-{uuid.uuid4().hex}"
    source, target = (made if name == "memory" else name for name in (source, target))
    settings.PAYLOADS = source
    hands.change(lambda session: places.remember(session, source))
    kept = put(places.configured(), SIZES)
    move = moving.Moving(hands, target, settle=0)
    move.execute()
    assert lost(kept) == []
    there = places.place_at(target)
    soon = datetime.now(UTC) + timedelta(minutes=1)
    rows = list(Payload.objects.all())
    for row in rows:
        whole = b"".join(there.read(row.place)) if row.place else bytes(row.content)
        assert bool(row.place) == (len(whole) >= there.threshold)
        assert codec.unpack_plain(codec.unwrap(whole)[1:]) == kept[row.hash]
    assert list(places.place_at(source).keys(soon)) == []
    assert set(there.keys(soon)) == {row.place for row in rows if row.place}
    settings.PAYLOADS = target
    assert lost(kept) == []
    again = moving.Moving(hands, target, settle=0)
    again.execute()
    assert again.moved["contents"] == 0


def test_a_setting_that_was_changed_leaves_old_values_readable(hands: OwnHands, settings: Any) -> None:
    settings.PAYLOADS = "files"
    kept = put(places.configured(), [200_000])
    settings.PAYLOADS = "database"
    assert lost(kept) == []
    assert places.strays(places.configured()) == 0


def test_a_damaged_content_is_told_and_stays(hands: OwnHands, settings: Any) -> None:
    settings.PAYLOADS = "files"
    kept = put(places.configured(), [200_000, 210_000])
    row = Payload.objects.get(hash=min(kept))
    other = codec.wrap(b"M" + codec.pack_plain(noise(200_000)))
    places.configured().write(row.place, [other])
    move = moving.Moving(hands, "database", settle=0)
    move.execute()
    assert move.damaged == {row.hash}
    assert Payload.objects.get(hash=row.hash).place == row.place
    assert move.moved["contents"] == 1
    assert b"".join(places.place_at("files").read(row.place)) == other


def test_what_is_not_given_back_as_written_changes_no_row(
    hands: OwnHands, settings: Any, monkeypatch: Any
) -> None:
    settings.PAYLOADS = "database"
    kept = put(places.configured(), [2 * CHUNK])
    read = places.FolderPlace.read

    def damaged(place: Any, key: str) -> Iterator[bytes]:
        whole = b"".join(read(place, key))
        return iter([whole if len(whole) < 100 else whole[:-1] + b"?"])

    monkeypatch.setattr(places.FolderPlace, "read", damaged)
    with pytest.raises(places.PlaceFailed, match="not written"):
        moving.Moving(hands, "files", settle=0).execute()
    monkeypatch.undo()
    settings.PAYLOADS = "database"
    assert lost(kept) == []


async def test_runs_go_on_while_contents_move(database: str, settings: Any, tmp_path: Path) -> None:
    """Runs that bring, pass on and read big values, with two moves there and back beside them."""
    settings.DATA, settings.PAYLOADS = tmp_path, "files"
    actions = chain(
        ("Call", http("http://x.example", body="@triggerBody()")),
        ("Length", compose("@length(body('Call'))")),
    )
    version = await worlds.read(lambda: make_version(definition(actions)))
    done, goings = threading.Event(), list[moving.Moving]()

    def move() -> None:
        hands = OwnHands()
        try:
            while not done.is_set():
                for address in ("database", "files"):
                    goings.append(moving.Moving(hands, address, settle=1))
                    goings[-1].execute()
        finally:
            hands.close()

    async with worlds.process(executor=worlds.Recorder(lambda call: noise(400_000))) as process:
        moving_on, rounds = None, 0
        async with asyncio.timeout(120):
            while len(goings) < 3 or rounds < 5:
                receipts = [await services.receive(arrival(version, noise(300_000))) for _ in range(3)]
                for receipt in receipts:
                    process.payloads._values.clear()  # as another process would see it
                    run = await worlds.ended(receipt.run_id)
                    assert run.status == "Succeeded", run.error
                # Once there is something to move; and a pause, or there is always something left.
                moving_on = moving_on or asyncio.create_task(worlds.read(move))
                await asyncio.sleep(0.1)
                rounds += 1
        assert process.host is not None
        assert not process.host.figures["broken"], "no value was away for a moment"
        done.set()
        assert moving_on is not None
        await moving_on
    assert sum(going.moved["contents"] for going in goings) > 5
    uses = await worlds.read(
        lambda: list(PayloadUse.objects.filter(tenant_id=version.tenant_id).values_list("run_id", "hash"))
    )
    assert len(uses) >= 30
    for run_id, name in uses:
        assert await worlds.read(lambda run_id=run_id, name=name: content(version.tenant_id, run_id, name))


@pytest.mark.parametrize("point", ["move.copied:3", "move.named:3", "any moment"])
def test_killed_half_way_nothing_is_lost(
    hands: OwnHands, database: str, settings: Any, tmp_path: Path, point: str
) -> None:
    settings.PAYLOADS = "files"
    kept = put(places.configured(), [100_000 + 1000 * number for number in range(40)])
    environment = {
        **os.environ, "DATABASE_URL": database, "MILLRACE_DATA": str(tmp_path), "MILLRACE_PAYLOADS": "files",
    }  # fmt: skip
    command = [sys.executable, str(ROOT / "manage.py"), "payloads", "move", "--to", f"file://{tmp_path}/new",
               "--settle", "0"]  # fmt: skip
    kills = 0
    for _ in range(30):
        armed = {} if point == "any moment" else {"MILLRACE_CRASH_AT": point}
        running = subprocess.Popen(command, env=environment | armed, stdout=subprocess.PIPE, text=True)
        if point == "any moment":
            had = len(list((tmp_path / "new").glob("*/*/*")))
            while len(list((tmp_path / "new").glob("*/*/*"))) < had + 5 and running.poll() is None:
                time.sleep(0.001)
            if running.poll() is None:
                running.send_signal(signal.SIGKILL)
        said, _ = running.communicate(timeout=60)
        assert lost(kept) == []
        if running.returncode == 0:
            break
        kills += 1
        if kills == 2:
            point, environment = "", environment | {"MILLRACE_CRASH_AT": ""}
    assert kills == 2
    assert running.returncode == 0
    assert "moved to" in said
    rows = list(Payload.objects.filter(tenant_id=TENANT))
    new = places.place_at(f"file://{tmp_path}/new")
    assert all(
        codec.content_hash(codec.unwrap(b"".join(new.read(row.place)))[1:]) == row.hash for row in rows
    )


def test_values_that_came_as_text_are_checked_too(hands: OwnHands, settings: Any) -> None:
    """As a call's big body is stored: compressed in a stream (`runtime.store.streams`)."""
    settings.PAYLOADS = "files"
    text = ('{"a": "' + noise(3 * CHUNK) + '"}').encode()
    packer = zstandard.ZstdCompressor(level=1).compressobj(size=len(text) + 1)
    stored = codec.ZSTD + packer.compress(b"J") + packer.compress(text) + packer.flush()
    key = new_key(TENANT)
    places.configured().write(key, [stored[:70_000], stored[70_000:]])
    Payload.objects.create(
        tenant_id=TENANT, hash=codec.content_hash(text), size=len(text), kind="Object", place=key, content=b""
    )
    move = moving.Moving(hands, "database", settle=0)
    move.execute()
    assert move.moved == {"contents": 1, "bytes": len(stored)}
    assert not move.damaged
