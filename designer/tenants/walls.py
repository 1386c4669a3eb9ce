"""The second wall between tenants, on PostgreSQL: row-level security under a role of the web application.

The first wall is that every read starts at its tenant. Behind it, where `MILLRACE_WEB_ROLE` names a role
that `millrace roles` has prepared, the connections of pages and API act as that role, and its policies show
and take only rows of the tenant in `millrace.tenant`. That is set from here, before a statement, whenever it
is not what the connection has already; without a scope a query finds nothing. The look-ups that cannot know
their tenant yet say so with `everywhere()`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.backends.signals import connection_created

_EVERYWHERE = "*"
_scope: ContextVar[str] = ContextVar("millrace_tenant", default="")
_SET = "SELECT set_config('role', %s, false), set_config('millrace.tenant', %s, false)"


@contextmanager
def within(tenant_id: UUID) -> Iterator[None]:
    """What is read and written here belongs to this tenant."""
    with _scoped(str(tenant_id)):
        yield


@contextmanager
def everywhere() -> Iterator[None]:
    """For look-ups by which the tenant is found out, and figures over all."""
    with _scoped(_EVERYWHERE):
        yield


@contextmanager
def _scoped(scope: str) -> Iterator[None]:
    token = _scope.set(scope)
    try:
        yield
    finally:
        _scope.reset(token)


def raise_() -> None:
    """From now on, in this process. Once the database is prepared: that takes its owner."""
    if not settings.WEB_ROLE or connections["default"].vendor != "postgresql":
        return
    connection_created.connect(_guard)
    for connection in connections.all(initialized_only=True):
        connection.close()


def lower() -> None:
    """For tests."""
    connection_created.disconnect(_guard)
    for connection in connections.all(initialized_only=True):
        if _before in connection.execute_wrappers:
            connection.execute_wrappers.remove(_before)
        connection.close()
        if isinstance(connection, DatabaseWrapper):
            getattr(connection, "close_pool")()  # noqa: B009  # not in its stubs; old ones keep their role


def _guard(connection: Any, **_: Any) -> None:
    if _before not in connection.execute_wrappers:
        connection.execute_wrappers.append(_before)


def _before(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """The role and the tenant, where this connection has others. What is set inside a transaction may be
    undone with a part of it, so there it is not relied on.
    """
    connection = context["connection"]
    raw, scope = connection.connection, _scope.get()
    if getattr(raw, "millrace_scope", None) != scope:
        raw.millrace_scope = None if connection.in_atomic_block else scope
        with raw.cursor() as cursor:
            cursor.execute(_SET, (settings.WEB_ROLE, scope))
    return execute(sql, params, many, context)
