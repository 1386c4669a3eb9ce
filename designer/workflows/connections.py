"""A tenant's connections: permission and audit around connectors.services."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import IntegrityError
from django.db.models import QuerySet

from connectors import services
from connectors.models import Connection
from connectors.sdk import FormError
from designer.tenants.actors import Actor
from designer.tenants.errors import FieldsInvalid, NotFound
from designer.tenants.writes import write
from runtime.language.values import Json, loads

if TYPE_CHECKING:
    from designer.tenants.models import Tenant

_NAMED = re.compile(r'"connectionName"\s*:\s*("(?:[^"\\]|\\.)*")')


def all_of(tenant: Tenant) -> QuerySet[Connection]:
    return tenant.connections.order_by("name")


def find(tenant: Tenant, connection_id: UUID | str) -> Connection:
    connection = tenant.connections.filter(pk=connection_id).select_related("tenant").first()
    if connection is None:
        raise NotFound("connection")
    return connection


def usage(tenant: Tenant) -> Counter[str]:
    """How many workflows name each connection in their draft, by lower-case name."""
    used: Counter[str] = Counter()
    for text in tenant.workflows.filter(deleted_at=None).values_list("draft_text", flat=True).iterator():
        used.update({str(loads(name)).lower() for name in _NAMED.findall(text)})
    return used


def without_secrets(connection: Connection) -> services.Shown:
    return services.shown(connection)


def create(
    actor: Actor,
    *,
    name: str,
    connector: str,
    parameters: Mapping[str, Json],
    limits: Mapping[str, int | None] | None = None,
) -> Connection:
    with _faults_as_fields(name), write(actor, "connection.write", "connection.create") as change:
        user_id = actor.user.pk if actor.user else None
        connection = services.create(actor.tenant.pk, name, connector, parameters, user_id, limits)
        change.about("connection", connection.pk, connection.name, after={"connector": connector})
    return find(actor.tenant, connection.pk)


def change(
    actor: Actor,
    connection: Connection,
    *,
    name: str | None = None,
    parameters: Mapping[str, Json] | None = None,
    limits: Mapping[str, int | None] | None = None,
) -> Connection:
    before, kept = connection.name, {limit: getattr(connection, limit) for limit in limits or {}}
    with _faults_as_fields(name or before), write(actor, "connection.write", "connection.change") as written:
        services.change(connection, name, parameters, limits)
        written.about(
            "connection",
            connection.pk,
            connection.name,
            before={"name": before, **kept},
            after={"name": connection.name, "parameters": sorted(parameters or ()), **(limits or {})},
        )
    return find(actor.tenant, connection.pk)


def delete(actor: Actor, connection: Connection) -> None:
    with write(actor, "connection.write", "connection.delete") as written:
        written.about(
            "connection", connection.pk, connection.name, before={"connector": connection.connector}
        )
        connection.delete()


def test(actor: Actor, connection: Connection) -> Connection:
    """Tries the connection, outside any transaction, and records what came of it."""
    actor.require("connection.use")
    tested = services.test(connection)
    with write(actor, "connection.use", "connection.test") as written:
        services.record_test(connection, tested)
        written.about("connection", connection.pk, connection.name, after={"ok": tested.ok})
    return find(actor.tenant, connection.pk)


@contextmanager
def _faults_as_fields(name: str) -> Iterator[None]:
    try:
        yield
    except FormError as error:
        fields: dict[str, list[str]] = {}
        for fault in error.faults:
            fields.setdefault(fault.pointer.strip("/").replace("/", "."), []).append(fault.message)
        raise FieldsInvalid(fields) from error
    except IntegrityError as error:
        sentence = f"There is a connection named {name} already. Choose another name."
        raise FieldsInvalid({"name": [sentence]}) from error
