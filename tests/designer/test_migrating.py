"""Processes of a cluster that start at the same moment prepare the database once."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVER = os.environ.get("MILLRACE_TEST_POSTGRESQL", "postgresql://root@127.0.0.1:5432/postgres")


@pytest.fixture
def database() -> Iterator[str]:
    name = f"millrace_web_{uuid.uuid4().hex[:10]}"
    try:
        server = psycopg.connect(SERVER, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        if os.environ.get("MILLRACE_REQUIRE_SERVICES") == "1":
            raise
        pytest.skip(f"PostgreSQL is not there: {error}")
    with server:
        server.execute(f'CREATE DATABASE "{name}"')
    yield SERVER.rpartition("/")[0] + f"/{name}"
    with psycopg.connect(SERVER, autocommit=True) as server:
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.mark.postgresql
def test_three_at_once(database: str, tmp_path: Path):
    environment = {**os.environ, "DATABASE_URL": database, "MILLRACE_DATA": str(tmp_path)}
    started = [
        subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "runs"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for _ in range(3)
    ]
    for process in started:
        _, errors = process.communicate(timeout=60)
        # All that is missing now is an organisation.
        assert "There is no organisation yet" in errors, errors
        assert "Traceback" not in errors
