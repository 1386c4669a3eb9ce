"""The cluster over RabbitMQ: a web process and a worker carry out a workflow, and the hints are heard."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.runtime.servers import Program, free_port, manage, post, publish, set_up, wait_for_port
from tests.runtime.stores import postgresql_database
from tests.runtime.worlds import chain, compose, definition, respond

pytestmark = [pytest.mark.slow, pytest.mark.postgresql, pytest.mark.redis, pytest.mark.timeout(180)]

RABBITMQ = os.environ.get("MILLRACE_TEST_RABBITMQ", "amqp://guest:guest@127.0.0.1:5672//")
REDIS = os.environ.get("MILLRACE_TEST_REDIS", "redis://127.0.0.1:6379")


def reach_or_skip(url: str, name: str) -> None:
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 0), 2).close()
    except OSError as error:
        if os.environ.get("MILLRACE_REQUIRE_SERVICES") == "1":
            raise
        pytest.skip(f"{name} does not answer at {parts.hostname}:{parts.port}: {error}")


async def test_a_cluster_over_rabbitmq_runs_a_workflow(tmp_path: Path) -> None:
    reach_or_skip(RABBITMQ, "RabbitMQ")
    reach_or_skip(REDIS, "Redis")
    with postgresql_database() as url:
        port = free_port()
        environment = {
            "DATABASE_URL": url, "BROKER_URL": RABBITMQ, "REDIS_URL": f"{REDIS}/9", "MILLRACE_DATA": str(tmp_path),
            "MILLRACE_SECRET_KEY": "k" * 48,
        }  # fmt: skip
        set_up(environment)
        answer = respond("@outputs('Double')")
        steps = definition(chain(("Double", compose("@mul(triggerBody()?['n'], 2)")), ("Answer", answer)))
        _, path = publish(steps, environment, tmp_path, "double")
        web = Program("web", manage("web", "--port", str(port)), environment, tmp_path)
        worker = Program("worker", manage("worker"), environment, tmp_path)
        try:
            web.start()
            worker.start()
            wait_for_port(port, web)
            first = await _call(port, path, {"n": 4}, web, worker)
            assert first == (200, b"8")
            took = []
            for number in range(8):
                began = time.perf_counter()
                assert await post(port, path, {"n": number}) == (200, str(number * 2).encode())
                took.append(time.perf_counter() - began)
            # Without a hint each would wait for the worker's look, once a second.
            assert sorted(took)[len(took) // 2] < 0.9, took
        finally:
            stopped = [program.stop() for program in (web, worker)]
    assert stopped == [0, 0], web.log() + worker.log()


async def _call(port: int, path: str, body: object, *programs: Program) -> tuple[int, bytes]:
    """The first call: the worker may still be starting."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await post(port, path, body)
            except (OSError, TimeoutError):
                assert all(program.running for program in programs), "".join(p.log() for p in programs)
                await asyncio.sleep(0.5)


@pytest.mark.parametrize("broker", ["rabbitmq", "redis"])
async def test_hints_of_the_queue_alone_are_prompt(broker: str, tmp_path: Path) -> None:
    """With Redis away no bell rings between processes: what wakes the worker is Celery's task."""
    chosen = RABBITMQ if broker == "rabbitmq" else f"{REDIS}/9"
    reach_or_skip(chosen, broker)
    with postgresql_database() as url:
        port = free_port()
        environment = {
            "DATABASE_URL": url, "BROKER_URL": chosen, "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0", "MILLRACE_DATA": str(tmp_path),
            "MILLRACE_SECRET_KEY": "k" * 48,
        }  # fmt: skip
        set_up(environment)
        _, path = publish(definition(chain(("Only", compose("1")))), environment, tmp_path, "accepted")
        web = Program("web", manage("web", "--port", str(port)), environment, tmp_path)
        worker = Program("worker", manage("worker"), environment, tmp_path)
        try:
            web.start()
            worker.start()
            wait_for_port(port, web)
            with psycopg.connect(url, autocommit=True) as connection:
                while not connection.execute("SELECT 1 FROM runtime_worker WHERE kind = 'worker'").fetchall():
                    await asyncio.sleep(0.2)
                for _ in range(12):
                    assert (await _call(port, path, {}, web, worker))[0] == 202
                    await asyncio.sleep(0.33)
                query = "SELECT extract(epoch FROM r.started_at - i.received_at) FROM runtime_run r JOIN runtime_inbox i ON i.id = r.id"
                took = sorted(float(row[0]) for row in connection.execute(query).fetchall())
        finally:
            stopped = [program.stop() for program in (web, worker)]
    assert stopped == [0, 0], web.log() + worker.log()
    assert len(took) >= 11
    # Without hints they would wait for the look, up to a second and half of one in the middle.
    assert took[len(took) // 2] < 0.25, took
