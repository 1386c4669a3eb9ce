"""What `millrace doctor` looks at. Each check says in a sentence what is, and what to do about trouble.

Nothing is changed here: no folder is made, no key, no table, so that the doctor can be asked at any time.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.request import urlopen

from django.conf import settings
from django.db import connection

from designer import address, master_key
from runtime import health

State = Literal["ok", "warning", "trouble"]

LITTLE_SPACE = 1 << 30
NO_SPACE = 200 << 20
OLDEST_POSTGRESQL = 130_000
KEY_LENGTH = 32
FEW_RANGES_AHEAD = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    state: State
    sentence: str
    advice: str = ""


def examine() -> list[Line]:
    """All of it, in the order in which things depend on each other."""
    lines = [*_data_folder(), *_master_key(), *_time_zones(), *_canvas()]
    database = health.check_database()
    if not database.ok:
        lines.append(_trouble("database", f"{database.sentence} ({database.detail})", database.advice))
    else:
        lines += [*_database(), *_migrations()]
    for finding in (health.check_broker(), health.check_live()):
        if finding.ok:
            lines.append(Line(finding.name, "ok", finding.sentence))
        else:
            lines.append(_trouble(finding.name, f"{finding.sentence} ({finding.detail})", finding.advice))
    lines += [_told(finding) for finding in health.check_eviction()]
    lines += _port()
    if database.ok and all(line.name != "migrations" or line.state == "ok" for line in lines):
        lines += [*_wall(), *_partitions(), *_payloads(), *_hosts()]
        lines += [_told(finding) for finding in (*health.check_queues(), *health.check_clocks())]
    return lines


def _told(finding: health.Finding) -> Line:
    return Line(finding.name, "ok" if finding.ok else "trouble", finding.sentence, finding.advice)


def _trouble(name: str, sentence: str, advice: str) -> Line:
    return Line(name, "trouble", sentence, advice)


def _data_folder() -> Iterator[Line]:
    folder = Path(settings.DATA)
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    if not os.access(there, os.W_OK) or not there.is_dir():
        yield _trouble(
            "data folder", f"The data folder {folder} cannot be written.",
            "Give its owner the right to, or choose another with --data or MILLRACE_DATA.",
        )  # fmt: skip
        return
    state = "can be written" if folder.exists() else "does not exist yet; the first start makes it"
    yield Line("data folder", "ok", f"The data folder {folder} {state}.")
    free = shutil.disk_usage(there).free
    said = f"{free / (1 << 30):.1f} GB are free there."
    advice = "Free some, or move the data folder: what cannot be written is not accepted."
    if free < NO_SPACE:
        yield _trouble("free space", said, advice)
    else:
        yield Line("free space", "warning" if free < LITTLE_SPACE else "ok", said, advice)


def _master_key() -> Iterator[Line]:
    given, file = os.environ.get("MILLRACE_SECRET_KEY"), Path(settings.DATA) / master_key.FILE_NAME
    if given:
        if len(given) < KEY_LENGTH:
            yield _trouble(
                "master key", f"MILLRACE_SECRET_KEY has only {len(given)} characters.",
                f"Use at least {KEY_LENGTH} random ones; all processes need the same.",
            )  # fmt: skip
        else:
            yield Line("master key", "ok", "The master key comes from MILLRACE_SECRET_KEY.")
        return
    if not settings.EMBEDDED:
        yield _trouble(
            "master key", "Several processes share this installation, but MILLRACE_SECRET_KEY is not set.",
            "Set it to the same long random text for all: otherwise each machine makes a key of its own.",
        )  # fmt: skip
    elif not file.exists():
        yield Line("master key", "ok", f"The first start makes the master key {file}.")
    elif stat.S_IMODE(file.stat().st_mode) & 0o077:
        yield _trouble("master key", f"Others on this machine can read {file}.", f"Run: chmod 600 {file}")
    else:
        yield Line("master key", "ok", f"The master key is in {file}; keep a copy apart from the database.")


def _time_zones() -> Iterator[Line]:
    from runtime.language.expressions.functions.zones import find_zone

    missing = [
        name
        for name in ("Europe/Berlin", "W. Europe Standard Time", "America/New_York")
        if find_zone(name) is None
    ]
    if missing:
        yield _trouble(
            "time zones", f"Time zones are missing: {', '.join(missing)}.", "Install the package tzdata."
        )
    else:
        yield Line("time zones", "ok", "Time zones are known, by their Windows names too.")


def _canvas() -> Iterator[Line]:
    if (Path(settings.STATIC_ROOT) / ".vite" / "manifest.json").is_file():
        yield Line("canvas", "ok", "The canvas is built.")
    else:
        yield _trouble(
            "canvas", f"The canvas is not built: {settings.STATIC_ROOT} has no manifest.",
            "Run `make run` once, or `npm ci && npm run build` in frontend/.",
        )  # fmt: skip


def _database() -> Iterator[Line]:
    if connection.vendor == "sqlite":
        yield from _sqlite()
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version_num')::int, clock_timestamp(), "
            "current_setting('transaction_read_only')"
        )
        version, its_time, read_only = cursor.fetchone()
    said = f"PostgreSQL {version // 10_000}.{version % 10_000} answers."
    if version < OLDEST_POSTGRESQL:
        yield _trouble("database", said, f"Use PostgreSQL {OLDEST_POSTGRESQL // 10_000} or newer.")
    else:
        yield Line("database", "ok", said)
    if read_only == "on":
        yield _trouble(
            "database", "The database takes no writes: it is a standby, or set to read only.",
            "Point DATABASE_URL at the server that takes writes.",
        )  # fmt: skip
    skew = abs((datetime.now(UTC) - its_time).total_seconds())
    if skew > health.SKEW_SECONDS:
        yield _trouble(
            "clock", f"The clocks of this machine and of the database differ by {skew:.1f} s.",
            "Let both follow a time server: due times are judged by this machine's clock.",
        )  # fmt: skip
    else:
        yield Line("clock", "ok", "This machine's clock and the database's agree.")


def _wall() -> Iterator[Line]:
    from designer.tenants import row_security

    role = settings.WEB_ROLE
    if connection.vendor != "postgresql":
        return
    if not role:
        yield Line(
            "tenants", "ok", "Tenants are kept apart by the application; row-level security is not in use.",
            "For a second wall name a role in MILLRACE_WEB_ROLE and run `millrace roles`.",
        )  # fmt: skip
    elif missing := row_security.open_tables():
        yield _trouble(
            "tenants", f"{len(missing)} tables are not behind row-level security, e.g. {missing[0]}.",
            "Run `millrace roles` as the owner of the database.",
        )  # fmt: skip
    else:
        yield Line("tenants", "ok", f"Pages and API act as {role}, behind row-level security.")


def _partitions() -> Iterator[Line]:
    from runtime.store import partitions
    from runtime.store.sessions import open_session

    if connection.vendor != "postgresql":
        return
    session = open_session()
    try:
        parts = partitions.parts(session) if partitions.is_partitioned(session) else []
    finally:
        session.close()
    if not parts:
        yield Line("partitions", "ok", "What runs leave lies in whole tables, not in ranges of time.")
        return
    until, ahead = parts[-1].until, parts[-1].until - datetime.now(UTC)
    said = f"What runs leave lies in {len(parts)} ranges of time, the last until {until:%Y-%m-%d %H:%M} UTC."
    advice = "Restart `millrace worker`, which makes the coming ranges: past the last nothing is stored."
    if ahead <= timedelta(0):
        yield _trouble("partitions", said, advice)
    else:
        yield Line("partitions", "warning" if ahead < FEW_RANGES_AHEAD else "ok", said, advice)


def _sqlite() -> Iterator[Line]:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        (mode,) = cursor.fetchone()
        cursor.execute("SELECT sqlite_version()")
        (version,) = cursor.fetchone()
    yield Line("database", "ok", f"SQLite {version} has {connection.settings_dict['NAME']} open.")
    if mode == "wal":
        yield Line("journal mode", "ok", "SQLite's journal mode is WAL.")
    else:
        yield _trouble(
            "journal mode", f"SQLite's journal mode is {mode}, so readers would wait for writers.",
            "Put the data folder on a local disk: network file systems do not carry WAL.",
        )  # fmt: skip
    if not settings.EMBEDDED:
        yield _trouble(
            "database",
            "Several processes share a SQLite file.",
            "Set DATABASE_URL to PostgreSQL for a cluster.",
        )  # fmt: skip


def _migrations() -> Iterator[Line]:
    from django.db.migrations.executor import MigrationExecutor

    from runtime.store.schema import newer_migrations

    executor = MigrationExecutor(connection)
    unknown = newer_migrations()
    waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if unknown:
        yield _trouble(
            "migrations", f"The database was made by a newer release (it has {', '.join(unknown)}).",
            "Install that release again, or restore a backup from before the update.",
        )  # fmt: skip
    elif waiting:
        yield Line(
            "migrations", "warning", f"{waiting} migrations of the database wait.",
            "Run `millrace migrate`; `millrace up` and `millrace web` do it when they start.",
        )  # fmt: skip
    else:
        yield Line("migrations", "ok", "The database is of this release.")


def _payloads() -> Iterator[Line]:
    """The store of big values: something is written, read and deleted, except where that would make it."""
    from runtime.store import places

    try:
        place = places.configured()
        if _is_worth_trying(place):
            places.try_out(place)
        strays = places.strays(place)
    except places.PlaceFailed as error:
        yield _trouble("payloads", str(error), "Until it works, runs with big values wait.")
        return
    if strays:
        yield _trouble(
            "payloads", f"Big values lie in {place.name}, but {strays} of the newest five are not there.",
            "Set MILLRACE_PAYLOADS back to what it was when they were written, or move them first with "
            "`millrace payloads move`.",
        )  # fmt: skip
    else:
        yield Line("payloads", "ok", f"Big values lie in {place.name}.")


def _is_worth_trying(place: Any) -> bool:
    """The database needs nothing of its own, and a folder that the first use makes stays unmade."""
    if settings.PAYLOADS == "files":
        return (Path(settings.DATA) / "payloads").exists()
    return not place.is_table


def _port() -> Iterator[Line]:
    host, port = settings.LISTEN_HOST, settings.LISTEN_PORT
    if port == 0:
        return
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = error.strerror or str(error)
        else:
            yield Line("port", "ok", f"Port {port} on {host} is free.")
            return
    if _is_ours(address.of(host, port)):
        yield Line("port", "ok", f"Millrace itself answers on port {port}.")
    else:
        yield _trouble(
            "port", f"Port {port} on {host} cannot be used ({reason}).",
            "End the program that has it, or choose another with --port or MILLRACE_PORT.",
        )  # fmt: skip


def _is_ours(url: str) -> bool:
    with contextlib.suppress(OSError, ValueError), urlopen(f"{url}/healthz", timeout=2) as answer:  # noqa: S310
        return bool(answer.read(200) == b'{"status": "alive"}')
    return False


def _hosts() -> Iterator[Line]:
    """Alone on this machine nothing may run yet; in a cluster somebody has to."""
    for finding in (health.check_hosts(), health.check_sweeper()):
        if finding.ok:
            yield Line(finding.name, "ok", finding.sentence)
        else:
            yield Line(
                finding.name, "warning" if settings.EMBEDDED else "trouble", finding.sentence, finding.advice
            )
