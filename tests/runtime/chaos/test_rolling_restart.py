"""A rolling restart: every process is told to stop (SIGTERM) and started again, one after the other, under load.
Unlike a crash it may not even repeat what was in flight.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.runtime.chaos.ledger import Ledger
from tests.runtime.chaos.test_chaos import (
    Cluster,
    _wait_until_served,
    cluster,
    installed,
    send_all,
    sqlite,
    workflow_of,
)
from tests.runtime.servers import CountingServer, Program, free_port, manage

__all__ = ["cluster", "sqlite"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


async def restart(programs: list[Program], environment: dict[str, str], folder: Path) -> None:
    server = CountingServer(delay=0.3)
    workflow, path = await asyncio.to_thread(installed, workflow_of(server), environment, folder)
    for program in programs:
        program.start()
    try:
        await asyncio.to_thread(_wait_until_served, programs[0])
        sending = asyncio.create_task(send_all(programs[0].port, path, 20))
        await asyncio.sleep(2)
        for program in programs[::-1]:
            assert await asyncio.to_thread(program.stop) in (0, -15), program.log()
            program.start()
            await asyncio.to_thread(_wait_until_served, program)
            await asyncio.sleep(2)
        ledger = Ledger(await sending, {"restarts": len(programs)}, 0)
        await ledger.settle(server, workflow, 90)
        print(f"\n{ledger}")
        ledger.check(server)
        assert ledger.interrupted == 0, ledger
        assert ledger.repeated == 0, ledger
    finally:
        for program in programs:
            program.kill()
        server.close()


async def test_one_process_is_restarted(sqlite: dict[str, str], tmp_path: Path) -> None:
    port = free_port()
    await restart(
        [Program("up", manage("up", "--port", str(port)), sqlite, tmp_path, port=port)], sqlite, tmp_path
    )


@pytest.mark.postgresql
@pytest.mark.redis
async def test_a_cluster_is_restarted_one_by_one(cluster: Cluster, tmp_path: Path) -> None:
    port = free_port()

    def program(name: str, *command: str, port: int = 0) -> Program:
        return Program(name, manage(*command), cluster.environment, tmp_path, port=port)

    programs = [
        program("web", "web", "--port", str(port), port=port),
        program("worker0", "worker"),
        program("worker1", "worker"),
        program("scheduler", "scheduler"),
    ]
    await restart(programs, cluster.environment, tmp_path)
