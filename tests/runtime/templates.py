"""A fresh database is migrated once for each server, and copied from then on: seconds against tenths of one."""

from __future__ import annotations

import atexit
import contextlib
import sqlite3
import tempfile
import uuid
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
from django.core.management import call_command
from django.db import connections

_migrated: dict[str, str] = {}


def migrate(url: str) -> None:
    """The database of the URL, to which Django's default connection points, as `migrate` would leave it."""
    server = url.rsplit("/", 1)[0] if url.startswith("postgresql") else "sqlite"
    if not _fresh(url):
        call_command("migrate", verbosity=0, interactive=False)
    elif server in _migrated:
        _copy(_migrated[server], url)
    else:
        call_command("migrate", verbosity=0, interactive=False)
        _leave()
        _migrated[server] = _new_name(server)
        _copy(url, _migrated[server])


def _fresh(url: str) -> bool:
    if not url.startswith("postgresql"):
        return not _file(url).exists()
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'public'").fetchone() is None


def _new_name(server: str) -> str:
    if server == "sqlite":
        folder = tempfile.TemporaryDirectory(prefix="millrace-template-")
        atexit.register(folder.cleanup)
        return f"sqlite:///{folder.name}/template.sqlite3"
    name = f"millrace_template_{uuid.uuid4().hex[:12]}"
    atexit.register(_drop, server, name)
    return f"{server}/{name}"


def _copy(source: str, target: str) -> None:
    _leave()
    if not source.startswith("postgresql"):
        with (
            contextlib.closing(sqlite3.connect(_file(source))) as here,
            contextlib.closing(sqlite3.connect(_file(target))) as there,
        ):
            here.backup(there)
        return
    server, name = target.rsplit("/", 1)
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {source.rsplit('/', 1)[1]}".encode())


def _drop(server: str, name: str) -> None:
    """A server that a test started for itself is gone by then, and the copy with it."""
    with (
        contextlib.suppress(psycopg.OperationalError),
        psycopg.connect(f"{server}/postgres", autocommit=True, connect_timeout=2) as connection,
    ):
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())


def _leave() -> None:
    """Nobody may be connected to a database that is copied."""
    connections["default"].close()
    if hasattr(connections["default"], "close_pool"):
        connections["default"].close_pool()


def _file(url: str) -> Path:
    return Path(unquote(urlsplit(url).path[1:]))
