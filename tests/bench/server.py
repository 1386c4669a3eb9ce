"""The product as it is installed: `millrace up` in a folder of its own, or a cluster by hand."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.runtime.servers import Program, free_port, manage, publish, set_up, wait_for_port

TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """Running processes, the port of the web one, and a way to publish definitions."""

    def __init__(self, programs: list[Program], port: int, environment: dict[str, str], folder: Path) -> None:
        self.programs, self.port, self.environment, self.folder = programs, port, environment, folder

    def publish(self, name: str, definition: dict[str, Any]) -> str:
        """Import and publish; the callback URL at this server."""
        _, path = publish(definition, self.environment, self.folder, name)
        return f"http://127.0.0.1:{self.port}{path}"

    def memory(self) -> float:
        """Megabytes resident, of all processes."""
        pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self.pids())
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def cpu(self) -> float:
        """Seconds of processor time used so far."""
        total = 0
        for pid in self.pids():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def pids(self) -> list[int]:
        return [program.pid for program in self.programs if program.pid]


@contextlib.contextmanager
def embedded() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="millrace-bench-") as folder:
        port = free_port()
        environment = {
            "MILLRACE_DATA": folder, "DATABASE_URL": "", "BROKER_URL": "memory://", "REDIS_URL": "",
            "MILLRACE_SECRET_KEY": "bench", "MILLRACE_PRIVATE_ADDRESSES": "allow",
        }  # fmt: skip
        set_up(environment)
        program = Program("up", manage("up", "--port", str(port)), environment, Path(folder))
        with running([program], port, environment, Path(folder)) as server:
            yield server


@contextlib.contextmanager
def cluster() -> Iterator[Server]:
    from tests.runtime.stores import REDIS, postgresql_database

    with tempfile.TemporaryDirectory(prefix="millrace-bench-") as folder, postgresql_database() as url:
        port = free_port()
        environment = {
            "MILLRACE_DATA": folder, "DATABASE_URL": url, "BROKER_URL": f"{REDIS}/13", "REDIS_URL": f"{REDIS}/14",
            "MILLRACE_SECRET_KEY": "bench", "MILLRACE_PRIVATE_ADDRESSES": "allow",
        }  # fmt: skip
        set_up(environment)
        programs = [
            Program("web", manage("web", "--port", str(port)), environment, Path(folder)),
            Program("worker", manage("worker"), environment, Path(folder)),
            Program("scheduler", manage("scheduler"), environment, Path(folder)),
        ]
        with running(programs, port, environment, Path(folder)) as server:
            yield server


@contextlib.contextmanager
def running(
    programs: list[Program], port: int, environment: dict[str, str], folder: Path
) -> Iterator[Server]:
    for program in programs:
        program.start()
    try:
        wait_for_port(port, programs[0])
        yield Server(programs, port, environment, folder)
    finally:
        for program in programs:
            program.stop()


def count_ended(running: Server) -> int:
    """Runs that are over, straight from the database."""
    return _count(running, "SELECT count(*) FROM runtime_run WHERE ended_at IS NOT NULL")


def count_unfinished(running: Server) -> int:
    """Runs that are not over, and arrivals nobody has begun."""
    return _count(running, "SELECT count(*) FROM runtime_run WHERE ended_at IS NULL") + _count(
        running, "SELECT count(*) FROM runtime_inbox WHERE state = 'new'"
    )


def _count(running: Server, query: str) -> int:
    url = running.environment["DATABASE_URL"]
    if url:
        import psycopg

        with psycopg.connect(url) as connection:
            row = connection.execute(query).fetchone()
            return int(row[0]) if row else 0
    import sqlite3

    with contextlib.closing(
        sqlite3.connect(Path(running.environment["MILLRACE_DATA"]) / "millrace.sqlite3")
    ) as found:
        return int(found.execute(query).fetchone()[0])
