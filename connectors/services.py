"""Connections from the outside: create, change, show without secrets, test, open for the executor.

Who may do so, the audit entry and the transaction belong to the caller; no write here does any other I/O.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone

from connectors import registry
from connectors.builtin.storage import quota
from connectors.egress import Egress, private_addresses_allowed
from connectors.models import Connection
from connectors.sdk import Connector, ConnectorError, Context, Fault, Form, FormError, Json
from connectors.sdk.context import SafeLogger, secrets_of
from connectors.sdk.forms import Member

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.\-]{0,79}")
TEST_TIMEOUT = 20.0


class ConnectionNotFound(ConnectorError):
    """The tenant has no such connection, or it is one of another connector."""

    def __init__(self, name: str, connector: Connector) -> None:
        super().__init__(
            f"There is no {connector.title} connection '{name}'. Create it under Connections, or choose "
            "another one for the action.",
            code="ConnectionNotFound",
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """A connection's parameters for people: without secrets, and which secrets are set."""

    parameters: dict[str, Json]
    secrets_set: list[str]


@dataclass(frozen=True, slots=True)
class Tested:
    """What a test of a connection said: a sentence either way."""

    ok: bool
    message: str


def form_of(connector_id: str) -> type[Form]:
    """The connection form of a connector; FormError when there is none to fill in."""
    connector = registry.find(connector_id)
    if connector is None:
        raise FormError([Fault("/connector", f"There is no connector '{connector_id}' here.")])
    if connector.connection is None:
        raise FormError([Fault("/connector", f"{connector.title} needs no connection.")])
    return connector.connection


def check_name(name: str) -> str:
    """The name without spaces around it; FormError when it cannot be one. The database keeps it unique."""
    name = name.strip()
    if not NAME.fullmatch(name):
        sentence = "The name must begin with a letter or digit and hold only those, spaces, '_', '-' and '.'."
        raise FormError([Fault("/name", sentence)])
    return name


def create(
    tenant_id: UUID,
    name: str,
    connector_id: str,
    parameters: Mapping[str, Json],
    created_by_id: Any = None,
    limits: Mapping[str, int | None] | None = None,
) -> Connection:
    """Store a new connection. FormError names what is wrong; IntegrityError when the name is taken."""
    form = _parse(connector_id, parameters)
    connector = registry.find(connector_id)
    connection = Connection(
        tenant_id=tenant_id,
        name=check_name(name),
        connector=connector.id if connector else connector_id,
        created_by_id=created_by_id,
        **(limits or {}),
    )
    connection.seal_parameters(form.dump())
    connection.save(force_insert=True)
    return connection


def change(
    connection: Connection,
    name: str | None = None,
    parameters: Mapping[str, Json] | None = None,
    limits: Mapping[str, int | None] | None = None,
) -> Connection:
    """Store new parameters. A secret that is left out, or null, keeps its value; so does a limit left out.

    It does not where it would be sent elsewhere: whoever may change a connection may not read its secrets.
    """
    for limit, most in (limits or {}).items():
        setattr(connection, limit, most)
    if name is not None:
        connection.name = check_name(name)
    if parameters is not None:
        form = form_of(connection.connector)
        given = {key.lower(): value for key, value in parameters.items()}
        merged, before = dict(parameters), connection.open_parameters()
        kept = [key for key in before if _is_secret(form, key) and given.get(key.lower()) is None]
        merged.update({key: before[key] for key in kept})
        after = _parse(connection.connector, merged).dump()
        _refuse_elsewhere(form, before, after, [key for key in kept if before[key] not in (None, "")])
        connection.seal_parameters(after)
        connection.state, connection.state_message = Connection.State.UNTESTED, ""
    connection.save()
    return connection


def _refuse_elsewhere(
    form: type[Form], before: Mapping[str, Json], after: Mapping[str, Json], kept: list[str]
) -> None:
    """FormError where kept secrets would go to another place than the one they were entered for."""
    plain = [member for member in form.members() if not _is_secret(form, member.name)]
    watched = [member for member in plain if member.info.destination] or plain
    changed = next((one for one in watched if before.get(one.name) != after.get(one.name)), None)
    if changed is None or not kept:
        return
    titles = {member.name: member.title for member in form.members()}
    again = f"again, because '{changed.title}' has changed."
    raise FormError([Fault(f"/parameters/{key}", f"Enter '{titles.get(key, key)}' {again}") for key in kept])


def shown(connection: Connection) -> Shown:
    """What may leave the server."""
    form = form_of(connection.connector)
    parameters = connection.open_parameters()
    secret = [name for name in parameters if _is_secret(form, name)]
    visible = {name: value for name, value in parameters.items() if name not in secret}
    return Shown(visible, [name for name in secret if parameters[name] not in (None, "")])


def test(connection: Connection) -> Tested:
    """Try the connection now. Call it outside any transaction and event loop; then `record_test`."""
    return asyncio.run(try_connection(connection))


async def try_connection(connection: Connection) -> Tested:
    """The same on a loop. Never raises for what the other side does."""
    connector = registry.find(connection.connector)
    if connector is None or connector.test is None or connector.connection is None:
        return Tested(False, f"The connector '{connection.connector}' is not installed here.")
    tenant_id = str(connection.tenant_id)
    network = Egress(allow_private=private_addresses_allowed(tenant_id))
    logger = SafeLogger(logging.getLogger(f"connectors.{connector.id}"))
    try:
        form = connector.connection.parse(connection.open_parameters())
        logger = SafeLogger(logging.getLogger(f"connectors.{connector.id}"), secrets_of(form))
        context: Context[Any] = Context(form, network, tenant_folder(tenant_id), logger=logger)
        async with asyncio.timeout(TEST_TIMEOUT):
            return Tested(True, await connector.test(context))
    except ConnectorError as error:
        return Tested(False, logger.clean(error.message))
    except TimeoutError:
        return Tested(False, f"There was no answer within {TEST_TIMEOUT:g} seconds.")
    finally:
        await network.close()


def record_test(connection: Connection, tested: Tested) -> Connection:
    """Store the outcome, so that lists show the connection's state."""
    connection.state = Connection.State.OK if tested.ok else Connection.State.FAILING
    connection.state_message = tested.message[:500]
    connection.last_tested = timezone.now()
    connection.save(update_fields=["state", "state_message", "last_tested"])
    return connection


def tenant_folder(tenant_id: UUID | str) -> Path:
    """Where the tenant's files are. The id is checked, because it becomes part of a path."""
    return Path(settings.DATA) / "files" / UUID(str(tenant_id)).hex


def files_used(tenant_id: UUID | str) -> int:
    """Bytes of files that the tenant keeps."""
    return quota.used(tenant_folder(tenant_id))


class DatabaseConnections:
    """The tenant's connections, for the executor."""

    async def parameters(self, tenant_id: str, name: str, connector: Connector) -> Mapping[str, Json]:
        """The clear parameters of a connection, by its name in any letter case."""
        return await sync_to_async(self._read, thread_sensitive=False)(tenant_id, name, connector)

    def _read(self, tenant_id: str, name: str, connector: Connector) -> Mapping[str, Json]:
        try:
            found = Connection.objects.filter(
                tenant_id=tenant_id, name__iexact=name, connector__iexact=connector.id
            ).first()
        finally:
            close_old_connections()
        if found is None:
            raise ConnectionNotFound(name, connector)
        return found.open_parameters()


def _parse(connector_id: str, parameters: Mapping[str, Json]) -> Form:
    try:
        json.dumps(dict(parameters), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        sentence = "A text holds half a character (a lone surrogate). Enter it again."
        raise FormError([Fault("/parameters", sentence)]) from None
    try:
        return form_of(connector_id).parse(dict(parameters))
    except FormError as error:
        if any(fault.pointer == "/connector" for fault in error.faults):
            raise
        faults = [Fault(f"/parameters{fault.pointer}", fault.message) for fault in error.faults]
        raise FormError(faults) from None


def _is_secret(form: type[Form], name: str) -> bool:
    member: Member | None = next((m for m in form.members() if m.name.lower() == name.lower()), None)
    return member is not None and member.shape.schema().get("writeOnly") is True
