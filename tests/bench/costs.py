"""What one run of ten steps costs: rows, bytes, commits and processor time, for the chapter on sizing.

`python -m tests.bench --only costs`
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from dataclasses import dataclass
from typing import Any

import aiohttp

from tests.bench import load, server
from tests.bench.server import Server

TABLES = (
    "inbox", "run", "journalrow", "summary", "payload", "payloaduse", "timer", "arrival",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Costs:
    """Of one run. `bytes` is what the database has grown by, indexes and all."""

    rows: float
    bytes: float
    commits: float
    cpu: float

    def __str__(self) -> str:
        return (
            f"{self.rows:.1f} rows, {self.bytes / 1024:.1f} KB, {self.commits:.2f} commits, {self.cpu:.2f} ms"
        )


def measure(running: Server, url: str, body: bytes, connections: int, seconds: float) -> Costs:
    """Over all runs of a round, once they have ended."""
    before = _state(running)
    begun = running.cpu()
    found = load.post(url, body, connections, seconds)
    deadline = time.monotonic() + 60
    while server.count_ended(running) - before["ended"] < found.requests and time.monotonic() < deadline:
        time.sleep(0.2)
    used = running.cpu() - begun
    time.sleep(7)  # figures of other processes come with their heartbeat, every five seconds
    after = _state(running)
    runs = max(1, after["ended"] - before["ended"])
    return Costs(
        (after["rows"] - before["rows"]) / runs, (after["bytes"] - before["bytes"]) / runs,
        (after["commits"] - before["commits"]) / runs, used / runs * 1e3,
    )  # fmt: skip


def _state(running: Server) -> dict[str, float]:
    return {
        "ended": server.count_ended(running),
        "commits": asyncio.run(_commits(running)),
        **_database(running),
    }


async def _commits(running: Server) -> float:
    """Of all writers, from `/metrics`."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{running.port}/metrics") as answer,
    ):
        text = await answer.text()
    return sum(
        float(count) for count in re.findall(r"^millrace_commit_seconds_count\{[^}]*\} (\S+)$", text, re.M)
    )


def _database(running: Server) -> dict[str, float]:
    url = running.environment["DATABASE_URL"]
    counts = [f"SELECT count(*) FROM runtime_{table}" for table in TABLES]
    if url:
        import psycopg

        with psycopg.connect(url, autocommit=True) as connection:

            def ask(query: str) -> Any:
                row = connection.execute(query.encode()).fetchone()
                return row[0] if row else 0

            sizes = [f"SELECT pg_total_relation_size('runtime_{table}')" for table in TABLES]
            return {"rows": sum(map(ask, counts)), "bytes": sum(map(ask, sizes))}
    import sqlite3

    file = f"{running.environment['MILLRACE_DATA']}/millrace.sqlite3"
    with contextlib.closing(sqlite3.connect(file)) as found:
        pages = (
            found.execute("PRAGMA page_count").fetchone()[0]
            - found.execute("PRAGMA freelist_count").fetchone()[0]
        )
        size = found.execute("PRAGMA page_size").fetchone()[0]
        return {"rows": sum(found.execute(query).fetchone()[0] for query in counts), "bytes": pages * size}
