"""What the doctor says of workers, clocks and Redis: each trouble has its sentence."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from runtime import health
from runtime.models import Worker
from tests.runtime.servers import free_port
from tests.runtime.worlds import process, read

pytestmark = pytest.mark.usefixtures("database", "_unblocked")


@pytest.fixture
def _unblocked(django_db_blocker: Any) -> Any:
    with django_db_blocker.unblock():
        Worker.objects.all().delete()
        yield


async def queues() -> dict[str, bool]:
    return {finding.sentence: finding.ok for finding in await asyncio.to_thread(health.check_queues)}


async def test_without_any_worker_nothing_is_said_of_queues() -> None:
    assert await queues() == {}


async def test_a_worker_serves_every_kind_from_its_first_moment() -> None:
    async with process("worker"):
        assert await queues() == {"Every kind of work is served: runs, polling, maintenance.": True}


async def test_kinds_that_nobody_serves_are_named_one_by_one() -> None:
    async with process("worker", queues=frozenset({"runs"})):
        found = await queues()
    assert [sentence.partition(":")[0] for sentence in found] == [
        "No worker serves 'polling'", "No worker serves 'maintenance'",
    ]  # fmt: skip
    assert not any(found.values())


async def test_a_worker_for_retention_alone_carries_no_runs() -> None:
    async with process("worker", queues=frozenset({"maintenance"})):
        hosts = await asyncio.to_thread(health.check_hosts)
        found = await queues()
    assert not hosts.ok
    assert any(sentence.startswith("No worker serves 'runs'") for sentence in found)


async def test_a_worker_of_the_release_before_is_taken_to_serve_all() -> None:
    await read(
        lambda: Worker.objects.create(kind="worker", machine="old", pid=1, release="0", figures='{"runs": 3}')
    )
    assert list((await queues()).values()) == [True]


async def test_a_machine_whose_clock_is_off_is_named() -> None:
    def told(machine: str, ahead: float) -> None:
        figures = json.dumps({"clock": datetime.now(UTC).timestamp() + ahead})
        Worker.objects.create(kind="worker", machine=machine, pid=1, release="0", figures=figures)

    await read(lambda: (told("right", 0.2), told("fast", 40), told("slow", -7)))
    found = await asyncio.to_thread(health.check_clocks)
    said = [finding.sentence.split(" s ")[0].partition(".")[0] for finding in found]
    assert said == ["The clock of fast is 40", "The clock of slow is 7"] or said == [
        "The clock of fast is 39", "The clock of slow is 7",
    ]  # fmt: skip
    assert "ahead of" in found[0].sentence
    assert "behind" in found[1].sentence


@pytest.fixture
def redis_of_its_own(tmp_path: Path) -> Iterator[int]:
    port = free_port()
    server = subprocess.Popen(
        ["redis-server", "--port", str(port), "--save", "", "--dir", str(tmp_path), "--maxmemory", "100mb"],
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            time.sleep(0.05)  # it does not listen yet
    yield port
    server.terminate()
    server.wait()


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="needs redis-server")
@pytest.mark.parametrize("policy, ok", [("noeviction", True), ("allkeys-lru", False)])
def test_a_redis_that_throws_keys_away(redis_of_its_own: int, settings: Any, policy: str, ok: bool) -> None:
    import redis

    url = f"redis://127.0.0.1:{redis_of_its_own}/0"
    settings.REDIS_URL, settings.BROKER_URL = url, f"redis://127.0.0.1:{redis_of_its_own}/1"
    with redis.Redis.from_url(url) as client:
        client.config_set("maxmemory-policy", policy)
    found = {finding.name: finding for finding in health.check_eviction()}
    assert {name: finding.ok for name, finding in found.items()} == {"live": ok, "broker": ok}
    if not ok:
        assert "when 100 MB are full (maxmemory-policy allkeys-lru)" in found["broker"].sentence
        assert "BROKER_URL" in found["broker"].sentence
        assert "noeviction" in found["broker"].advice
