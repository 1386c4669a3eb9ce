"""Stores for tests: each backend in a database of its own."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from django.conf import settings
from django.db import connections

from designer.databases import database_from_url
from runtime.store.records import Append, InboxRow, Intake, RunChange, RunRow
from tests.runtime import templates

POSTGRESQL = os.environ.get("MILLRACE_TEST_POSTGRESQL", "postgresql://root@127.0.0.1:5432/postgres")

REDIS = os.environ.get("MILLRACE_TEST_REDIS", "redis://127.0.0.1:6379")


def postgresql_or_skip() -> str:
    try:
        psycopg.connect(POSTGRESQL, connect_timeout=2).close()
    except psycopg.OperationalError as error:
        if os.environ.get("MILLRACE_REQUIRE_SERVICES") == "1":
            raise
        pytest.skip(f"PostgreSQL does not answer at {POSTGRESQL}: {error}")
    return POSTGRESQL


def redis_or_skip() -> None:
    try:
        redis.Redis.from_url(REDIS).ping()
    except redis.RedisError as error:
        if os.environ.get("MILLRACE_REQUIRE_SERVICES") == "1":
            raise
        pytest.skip(f"Redis does not answer at {REDIS}: {error}")


@contextmanager
def postgresql_database() -> Iterator[str]:
    """The URL of a fresh database, dropped afterwards."""
    server = postgresql_or_skip()
    name = f"millrace_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    try:
        yield server.rsplit("/", 1)[0] + f"/{name}"
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def migrated(url: str, folder: Path) -> Iterator[None]:
    """Point Django's default connection at the database of the URL, migrated."""
    wanted = database_from_url(url, folder / "millrace.sqlite3")
    before = connections["default"].settings_dict.copy()
    connections["default"].close()
    if hasattr(connections["default"], "close_pool"):
        connections["default"].close_pool()
    connections.settings["default"] = {**before, **wanted, "TEST": before.get("TEST", {})}
    del connections["default"]
    try:
        templates.migrate(url)
        yield
    finally:
        connections["default"].close()
        if hasattr(connections["default"], "close_pool"):
            connections["default"].close_pool()
        connections.settings["default"] = before
        del connections["default"]


def now() -> datetime:
    return datetime.now(UTC)


TENANT, OTHER, WORKFLOW, VERSION = (uuid.UUID(int=number) for number in (1, 2, 3, 4))


def make_inbox(**overrides: Any) -> InboxRow:
    given = {
        "id": uuid.uuid4(), "tenant": TENANT, "workflow": WORKFLOW, "version": VERSION, "trigger": "manual",
        "kind": "callback", "record": b"r", "received_at": now(), "ready_at": now(),
    }  # fmt: skip
    return InboxRow(**{**given, **overrides})


def make_start(inbox: InboxRow, worker: uuid.UUID, **overrides: Any) -> Append:
    run = RunRow(
        id=inbox.id, tenant=inbox.tenant, workflow=inbox.workflow, version=inbox.version, trigger=inbox.trigger,
        origin=inbox.kind, started_at=now(), owner=worker, epoch=inbox.attempts, inbox=inbox.id,
    )  # fmt: skip
    given = {
        "run": run.id, "tenant": run.tenant, "epoch": run.epoch, "seq": 1, "at": now(), "events": b"e1", "start": run,
    }  # fmt: skip
    return Append(**{**given, **overrides})


def make_intake(inbox: InboxRow, worker: uuid.UUID, runs: list[Append], **overrides: Any) -> Intake:
    given = {
        "id": inbox.id, "worker": worker, "attempts": inbox.attempts, "state": "started", "row": inbox, "runs": runs,
    }  # fmt: skip
    return Intake(**{**given, **overrides})


def ended(status: str = "Succeeded") -> RunChange:
    return RunChange(status, now())


__all__ = ["OTHER", "TENANT", "settings"]
