"""A PostgreSQL and a Redis of the test's own: in a temporary folder, on a free port, there to be killed."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis

from tests.runtime.servers import Program, free_port


def _binary(name: str) -> str:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    path = str(found[0]) if found else shutil.which(name)
    if path is None:
        if os.environ.get("MILLRACE_REQUIRE_SERVICES") == "1":
            raise FileNotFoundError(name)
        pytest.skip(f"{name} is not installed, and this test kills servers of its own only")
    return path


def _servant() -> str | None:
    """PostgreSQL refuses to run as the superuser of the machine."""
    if os.getuid():
        return None
    known = {user.pw_name for user in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in known), None)


class Server(Program):
    """A server that is ready when it answers; a killed one may need a few tries to come back."""

    def answers(self) -> bool:
        raise NotImplementedError

    def close_sockets(self) -> None:
        """Every connection of others ends, and the server goes on."""
        raise NotImplementedError

    def wait_until_ready(self, timeout: float = 60) -> None:
        deadline = time.monotonic() + timeout
        while not self.answers():
            assert time.monotonic() < deadline, f"{self.name} does not come back:\n{self.log()}"
            if not self.running:
                self.start()
            time.sleep(0.2)


class PostgreSQL(Server):
    @property
    def url(self) -> str:
        return f"postgresql://millrace@127.0.0.1:{self.port}/postgres"

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def close_sockets(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )


class Redis(Server):
    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def answers(self) -> bool:
        try:
            return bool(redis.Redis.from_url(self.url).ping())
        except redis.RedisError:
            return False

    def close_sockets(self) -> None:
        with redis.Redis.from_url(self.url) as client:
            client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")


@contextmanager
def own_postgresql(logs: Path) -> Iterator[PostgreSQL]:
    postgres, initdb, user, port = _binary("postgres"), _binary("initdb"), _servant(), free_port()
    # Not below pytest's folder, which is closed to the user the server runs as.
    folder = Path(tempfile.mkdtemp(prefix="millrace-chaos-"))
    if user:
        shutil.chown(folder, user)
    data = folder / "data"
    server = PostgreSQL(
        "postgresql",
        [postgres, "-D", str(data), "-h", "127.0.0.1", "-p", str(port), "-k", str(folder)],
        {},
        logs,
        user=user,
    )
    server.port = port
    try:
        subprocess.run(
            [initdb, "-D", str(data), "-U", "millrace", "-A", "trust", "-E", "UTF8"],
            check=True, capture_output=True, user=user, cwd=folder,
        )  # fmt: skip
        server.start()
        server.wait_until_ready()
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def own_redis(logs: Path) -> Iterator[Redis]:
    port = free_port()
    command = [_binary("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir"]
    server = Redis("redis", [*command, str(logs)], {}, logs)
    server.port = port
    try:
        server.start()
        server.wait_until_ready()
        yield server
    finally:
        server.kill()
