"""Workers that are told to end, replaced, or serve some queues only: nothing is lost and nothing happens twice."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from runtime.executor import OperationExecutor
from runtime.process import MOST_ABANDONED, Process
from runtime.store.records import Kinds
from runtime.triggers import outside
from tests.runtime.servers import (
    CountingServer,
    Program,
    free_port,
    manage,
    post,
    publish,
    set_up,
    wait_for_port,
)
from tests.runtime.stores import REDIS, postgresql_database, redis_or_skip
from tests.runtime.worlds import chain, definition, http

RUNS = 60


@pytest.mark.slow
@pytest.mark.postgresql
@pytest.mark.redis
@pytest.mark.timeout(180)
async def test_a_rolling_restart_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    redis_or_skip()
    counting = CountingServer(delay=0.3)
    with postgresql_database() as url:
        port = free_port()
        environment = {
            "DATABASE_URL": url, "BROKER_URL": f"{REDIS}/6", "REDIS_URL": f"{REDIS}/7", "MILLRACE_DATA": str(tmp_path),
            "MILLRACE_SECRET_KEY": "k" * 48, "MILLRACE_PRIVATE_ADDRESSES": "allow",
        }  # fmt: skip
        set_up(environment)
        calls = [
            (f"Call{i}", http(counting.url, body={"key": f"@{{triggerBody()?['n']}}-{i}"})) for i in range(4)
        ]
        _, path = publish(definition(chain(*calls)), environment, tmp_path, "calls")
        web = Program("web", manage("web", "--port", str(port)), environment, tmp_path)
        # Each in turn is told to end while the other goes on: what a rolling restart does.
        workers = [
            Program(f"worker{i}", manage("worker", "--concurrency", "20"), environment, tmp_path)
            for i in range(2)
        ]
        try:
            for program in (web, *workers):
                program.start()
            wait_for_port(port, web)
            await _working(url, 2)
            for number in range(RUNS):
                while True:
                    status, _ = await post(port, path, {"n": number})
                    if status == 202:
                        break
                if number in (RUNS // 3, 2 * RUNS // 3):
                    worker = workers[number // (RUNS // 3) - 1]
                    assert await asyncio.to_thread(worker.stop) == 0, worker.log()
                    worker.start()
                    await _working(url, 2)
            deadline = time.monotonic() + 60
            while len(counting.calls) < RUNS * 4 and time.monotonic() < deadline:
                await asyncio.sleep(0.2)
            await asyncio.sleep(0.5)
        finally:
            for program in (web, *workers):
                program.stop()
            counting.close()
    wanted = {f"{number}-{i}": 1 for number in range(RUNS) for i in range(4)}
    assert dict(counting.calls) == wanted


async def _working(url: str, count: int) -> None:
    query = "SELECT count(*) FROM runtime_worker WHERE kind = 'worker' AND stopped_at IS NULL"
    async with asyncio.timeout(40), await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        while True:
            row = await (await connection.execute(query)).fetchone()
            if row and row[0] >= count:
                # The command that starts a worker handles signals a moment later than its host lives.
                await asyncio.sleep(0.5)
                return
            await asyncio.sleep(0.1)


@pytest.mark.slow
@pytest.mark.postgresql
@pytest.mark.redis
@pytest.mark.timeout(120)
async def test_a_process_that_ends_is_replaced_and_all_end_with_their_watcher(tmp_path: Path) -> None:
    redis_or_skip()
    with postgresql_database() as url:
        environment = {
            "DATABASE_URL": url, "BROKER_URL": f"{REDIS}/6", "REDIS_URL": f"{REDIS}/7", "MILLRACE_DATA": str(tmp_path),
            "MILLRACE_SECRET_KEY": "k" * 48,
        }  # fmt: skip
        set_up(environment)
        watcher = Program("worker", manage("worker", "--processes", "2"), environment, tmp_path)
        watcher.start()
        try:
            first = await _children(watcher.pid, 2)
            os.kill(first[0], signal.SIGKILL)
            second = await _children(watcher.pid, 2, without=first[0])
            assert first[1] in second
        finally:
            assert watcher.stop() == 0, watcher.log()
        assert not any(Path(f"/proc/{pid}").exists() for pid in {*first, *second})


async def _children(parent: int, count: int, without: int = 0) -> list[int]:
    for _ in range(200):
        listed = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True, check=False
        )
        found = [int(line) for line in listed.stdout.split()]
        if len(found) >= count and without not in found:
            return found
        await asyncio.sleep(0.1)
    raise AssertionError(f"{parent} does not have {count} processes")


def test_eight_threads_past_their_limit_ask_for_a_fresh_process_once() -> None:
    executor = OperationExecutor(network=lambda tenant: None, folders=Path)  # type: ignore[arg-type,return-value]
    process = Process("worker", executor=executor)
    asked: list[int] = []
    process.replace = lambda: asked.append(executor.abandoned)
    process._make_host()

    async def abandon(count: int) -> None:
        for number in range(count):
            place: Any = type("Target", (), {})()
            place.connector = type("Connector", (), {"id": f"c{id(place)}"})()
            place.operation = lambda: time.sleep(2)
            task = asyncio.create_task(executor._in_thread(f"t{number}", place, ()))
            await asyncio.sleep(0.01)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(abandon(MOST_ABANDONED + 2))
    assert asked == [MOST_ABANDONED]


async def test_a_host_takes_only_what_its_queues_name() -> None:
    assert "poll" in outside.kinds(frozenset({"polling"}))
    assert "callback" not in outside.kinds(frozenset({"polling"}))
    assert "poll" not in outside.kinds(frozenset({"runs", "maintenance"}))
    assert "release" in outside.kinds(frozenset({"runs"}))
    assert "callback" not in outside.kinds(frozenset({"maintenance"}))
    assert "callback" in Kinds(frozenset({"poll"}), others=True)
