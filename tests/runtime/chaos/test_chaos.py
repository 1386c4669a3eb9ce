"""Nothing is lost and little is repeated while processes and servers are killed at random.

The short form runs with all tests. The long one (`make chaos`) sends 10,000 webhooks at a steady rate and
kills the database and the broker as well, which are its own, or closes every connection to them. What else goes
wrong is in `wrongs`; processes of the cluster start with clocks that are minutes off.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from tests.runtime.chaos import connector
from tests.runtime.chaos.ledger import Ledger, in_flight, steadily
from tests.runtime.chaos.machines import PostgreSQL, Redis, Server, own_postgresql, own_redis
from tests.runtime.chaos.wrongs import (
    Deploy,
    Forgetting,
    FullDisk,
    ReadOnly,
    Sleep,
    Wrong,
    clock_library,
)
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
from tests.runtime.stores import REDIS, migrated, postgresql_database, redis_or_skip
from tests.runtime.worlds import chain, compose, definition, http

LONG = bool(os.environ.get("MILLRACE_CHAOS_LONG"))
RUNS = int(os.environ.get("MILLRACE_CHAOS_RUNS", "10000" if LONG else "100"))
KILLS = int(os.environ.get("MILLRACE_CHAOS_KILLS", "100000" if LONG else "10"))
# How long the webhooks are spread.
SECONDS = float(os.environ.get("SECONDS_PER_MODE", "600")) if LONG else 0.0

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420 + 4 * SECONDS)]


def workflow_of(server: CountingServer) -> dict[str, Any]:
    def key(step: str) -> str:
        return f"@{{triggerBody()?['key']}}-{step}"

    provider = {
        "serviceProviderId": "/serviceProviders/chaos", "operationId": "callOnce", "connectionName": "chaos",
    }  # fmt: skip
    once = {"uri": f"{server.url}/once", "key": key("once")}
    actions = chain(
        ("First", http(f"{server.url}/first", body={"key": key("first")})),
        ("Once", {"type": "ServiceProvider", "inputs": {"parameters": once, "serviceProviderConfiguration": provider}}),
        ("Between", compose("@body('First')")),
        ("Second", http(f"{server.url}/second", body={"key": key("second")})),
    )  # fmt: skip
    actions["Between"]["runAfter"] = {"Once": ["Succeeded", "Failed"]}
    return definition(actions)


async def send_all(port: int, path: str, spread: float) -> set[str]:
    """Within `spread` seconds send every key until it is accepted; a key whose answer was lost is sent again
    under another name.
    """
    accepted: set[str] = set()
    gate = asyncio.Semaphore(10)

    async def one(number: int) -> None:
        await asyncio.sleep(spread * number / RUNS)
        for attempt in range(400):
            key = f"k{number}.{attempt}"
            try:
                async with gate:
                    status, _ = await post(port, path, {"key": key}, timeout=10)
            except (OSError, TimeoutError, ValueError, IndexError):
                await asyncio.sleep(0.1)
                continue
            if status == 202:
                accepted.add(key)
                return
            assert status >= 500, f"a good request was refused with {status}"
            await asyncio.sleep(0.1)
        raise AssertionError(f"{number} was never accepted")

    await asyncio.gather(*[one(number) for number in range(RUNS)])
    return accepted


MINUTES_OFF = (0, -7, 0, 7)
Target = Program | Wrong


class Havoc:
    """Does one of the wrongs at random moments, and makes it good before the next one."""

    def __init__(self, targets: Sequence[Target], workflow: str) -> None:
        self._targets, self._workflow = targets, workflow
        self._chance = random.Random(os.environ.get("MILLRACE_CHAOS_SEED") or None)
        self.kills: Counter[str] = Counter()
        self.in_flight = 0

    async def wreak(self, pauses: tuple[float, float], goes_on: Callable[[], bool]) -> None:
        while goes_on() and self.kills.total() < KILLS:
            await asyncio.sleep(self._chance.uniform(*pauses))
            # Each in its turn at first, so that a short form leaves none out.
            number = self.kills.total()
            target = (
                self._targets[number] if number < len(self._targets) else self._chance.choice(self._targets)
            )
            await (self._kill(target) if isinstance(target, Program) else self._wrong(target))

    async def _wrong(self, wrong: Wrong) -> None:
        self.kills[wrong.name] += 1
        pid = wrong.pid
        async with wrong.happen():
            if pid is not None:
                self.in_flight += await steadily(lambda: in_flight(self._workflow, pid or None))

    async def _kill(self, program: Program) -> None:
        if isinstance(program, Server):
            # Nothing of ours dies, so nothing should be repeated; what is in flight may be, when owners were
            # thought dead.
            self.in_flight += await steadily(lambda: in_flight(self._workflow))
            if self._chance.random() < 0.5:
                self.kills[f"{program.name}'s sockets"] += 1
                await asyncio.to_thread(program.close_sockets)
                return
            self.kills[program.name] += 1
            await asyncio.to_thread(program.kill)
            await asyncio.to_thread(program.start)
            await asyncio.to_thread(program.wait_until_ready)
            return
        self.kills[program.name] += 1
        pid = program.pid
        await asyncio.to_thread(program.kill)
        self.in_flight += await steadily(lambda: in_flight(self._workflow, pid))
        off = self._chance.choice(MINUTES_OFF)
        program.change_environment({"CHAOS_CLOCK_OFF": str(off * 60)})
        if off and program.has("LD_PRELOAD"):
            self.kills["clock off"] += 1
        program.start()
        await asyncio.to_thread(_wait_until_served, program)


def _wait_until_served(program: Program) -> None:
    """Until a request is answered, where it answers any: the port is open earlier, and who is killed then has
    done nothing yet.
    """
    if not program.port:
        return
    port = program.port
    wait_for_port(port, program)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
            return
        assert program.running, program.log()
        time.sleep(0.05)
    raise AssertionError(f"{program.name} answers no request:\n{program.log()}")


def _environment(url: str, folder: Path) -> dict[str, str]:
    packages = folder / "packages"
    packages.mkdir()
    return {
        "DATABASE_URL": url,
        "MILLRACE_DATA": str(folder),
        "MILLRACE_SECRET_KEY": "test",
        "MILLRACE_PRIVATE_ADDRESSES": "allow",
        "PYTHONPATH": connector.install(packages),
    }


async def perform(
    programs: Sequence[Program], targets: Sequence[Target], environment: dict[str, str], folder: Path,
    spread: float, pauses: tuple[float, float],
) -> None:  # fmt: skip
    server = CountingServer(delay=0.15)
    workflow, path = await asyncio.to_thread(installed, workflow_of(server), environment, folder)
    for program in programs:
        program.start()
    try:
        await asyncio.to_thread(_wait_until_served, programs[0])
        havoc = Havoc(targets, workflow)
        sending = asyncio.create_task(send_all(programs[0].port, path, spread))
        await havoc.wreak(pauses, lambda: not sending.done())
        ledger = Ledger(await sending, dict(havoc.kills), havoc.in_flight)
        await ledger.settle(server, workflow, 120 + spread)
        print(f"\n{ledger}")
        ledger.check(server)
        for program in programs:
            assert program.stop() in (0, -15), program.log()
    finally:
        for program in programs:
            program.kill()
        server.close()


def installed(definition: dict[str, Any], environment: dict[str, str], folder: Path) -> tuple[str, str]:
    set_up(environment)
    return publish(definition, environment, folder, "chaos")


@pytest.fixture
def sqlite(tmp_path: Path, django_db_blocker: Any) -> Iterator[dict[str, str]]:
    url = f"sqlite:///{tmp_path}/millrace.sqlite3"
    with django_db_blocker.unblock(), migrated(url, tmp_path):
        yield {**_environment(url, tmp_path), "BROKER_URL": "memory://", "REDIS_URL": ""}


async def test_one_process_with_sqlite(sqlite: dict[str, str], tmp_path: Path) -> None:
    port = free_port()
    program = Program("up", manage("up", "--port", str(port)), sqlite, tmp_path, port=port)
    pauses = (2.0, 12.0) if LONG else (0.3, 1.5)
    others = (Sleep(program, alone=True), FullDisk(program), Deploy([program], _wait_until_served))
    # Death is what happens most.
    targets = [program, *others, *[program] * 4]
    await perform([program], targets, sqlite, tmp_path, SECONDS or 25, pauses)


@dataclass(frozen=True, slots=True)
class Cluster:
    environment: dict[str, str]
    database: PostgreSQL | None  # servers of the test's own
    broker: Redis | None

    def wrongs(self) -> list[Target]:
        """What can happen to servers that nobody else uses."""
        found: list[Target] = []
        if self.database:
            found += [self.database, ReadOnly(self.database)]
        if self.broker:
            found += [self.broker, Forgetting(self.broker)]
        return found


@pytest.fixture
def cluster(tmp_path: Path, django_db_blocker: Any) -> Iterator[Cluster]:
    with ExitStack() as stack:
        stack.enter_context(django_db_blocker.unblock())
        database, broker = None, None
        if LONG:
            database = stack.enter_context(own_postgresql(tmp_path))
            broker = stack.enter_context(own_redis(tmp_path))
            url, redis = database.url, broker.url
        else:
            redis_or_skip()
            url, redis = stack.enter_context(postgresql_database()), REDIS
        stack.enter_context(migrated(url, tmp_path))
        ours = {"BROKER_URL": f"{redis}/11", "REDIS_URL": f"{redis}/12"}
        yield Cluster({**_environment(url, tmp_path), **ours}, database, broker)


@pytest.mark.postgresql
@pytest.mark.redis
async def test_a_cluster_with_postgresql_and_redis(cluster: Cluster, tmp_path: Path) -> None:
    library = clock_library(tmp_path)
    own = {"LD_PRELOAD": str(library)} if library else {}

    def program(name: str, *command: str, port: int = 0) -> Program:
        return Program(name, manage(*command), {**cluster.environment, **own}, tmp_path, port=port)

    port = free_port()
    workers = [program(f"worker{number}", "worker") for number in range(2 if LONG else 1)]
    programs = [
        program("web", "web", "--port", str(port), port=port), *workers, program("scheduler", "scheduler"),
    ]  # fmt: skip
    pauses = (3.0, 15.0) if LONG else (1.0, 5.0)
    asleep = [Sleep(worker) for worker in workers]
    targets = [*programs, *asleep, *cluster.wrongs(), Deploy(programs, _wait_until_served)]
    await perform(programs, targets, cluster.environment, tmp_path, SECONDS or 25, pauses)
