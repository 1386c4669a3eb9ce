"""DATABASE_URL → Django's DATABASES entry, with the options each engine needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

# Without IMMEDIATE a transaction that reads first and writes later fails at once with "database is locked",
# whatever the busy timeout says; with it, writers queue.
_SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
}


def database_from_url(url: str | None, default_file: Path) -> dict[str, Any]:
    """`sqlite:///path` or `postgresql://user:password@host:port/name?sslmode=…`; without a URL the file
    given.
    """
    if not url:
        return _sqlite(str(default_file))
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return _sqlite(unquote(parts.path[1:]) or str(default_file))
    if parts.scheme in {"postgresql", "postgres"}:
        return _postgresql(url)
    raise ImproperlyConfigured(
        f"DATABASE_URL starts with {parts.scheme}://, which is not supported: use sqlite:/// or postgresql://."
    )


def _sqlite(name: str) -> dict[str, Any]:
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": name, "OPTIONS": dict(_SQLITE_OPTIONS)}


def _postgresql(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    pool = {
        "min_size": int(query.pop("pool_min", "1")),
        "max_size": int(query.pop("pool_max", "16")),
        "timeout": 20,
    }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "OPTIONS": {**query, "pool": pool},
        "CONN_HEALTH_CHECKS": True,
    }
