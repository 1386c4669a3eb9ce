"""What the commands share: early options, the data folder, the database, the tenant meant."""

from __future__ import annotations

import contextlib
import os
import sys
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from designer.tenants.actors import Actor
    from designer.tenants.models import Tenant

_MIGRATION_LOCK = 0x6D696C6C  # "mill": any number will do, as long as all processes use the same
# Settings read the environment once, before a command parses its options; so these are looked for first.
_BEFORE_SETTINGS = {"--data": "MILLRACE_DATA", "--host": "MILLRACE_HOST", "--port": "MILLRACE_PORT"}


def read_early_options(arguments: Sequence[str]) -> None:
    """Puts --data, --host and --port into the environment; the command itself refuses wrong values."""
    for index, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        variable = _BEFORE_SETTINGS.get(name)
        if variable is None:
            continue
        if not equals and index + 1 < len(arguments):
            value = arguments[index + 1]
        if name == "--port" and not value.isdecimal():
            continue
        if value:
            os.environ[variable] = str(Path(value).absolute()) if name == "--data" else value


def use_data_folder() -> Path:
    """The data folder, made if need be and only ours. Raises CommandError with one sentence."""
    from django.conf import settings
    from django.core.management import CommandError

    folder = Path(settings.DATA)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = folder / f".writable-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise CommandError(
            f"The data folder {folder} cannot be written ({error.strerror}). Choose another with --data DIR "
            "or the variable MILLRACE_DATA."
        ) from error
    return folder


def migrate(say: bool = True) -> None:
    """Brings the database to this release. Raises CommandError when it cannot be reached, or is of a newer
    one.
    """
    import psycopg
    from django.core.management import CommandError, call_command
    from django.db import OperationalError, connection

    from runtime.store.schema import NewerDatabase, refuse_newer

    try:
        _reach(connection)
        refuse_newer()
        if not _pending(connection):
            return
        if say:
            sys.stderr.write("Preparing the database …\n")
        with _alone(connection):
            if _pending(connection):
                call_command("migrate", verbosity=0, interactive=False)
                keep_wall()
    except NewerDatabase as error:
        raise CommandError(str(error)) from None
    except (OperationalError, psycopg.OperationalError) as error:
        first_line = str(error).strip().partition("\n")[0]
        raise CommandError(f"The database cannot be reached: {first_line}") from error


def keep_wall() -> None:
    """New tables go behind row-level security too, where there is a role for it. Raises CommandError."""
    from django.conf import settings
    from django.core.management import CommandError
    from django.db import connection

    from designer.tenants import row_security

    if not settings.WEB_ROLE or connection.vendor != "postgresql":
        return
    try:
        row_security.prepare(settings.WEB_ROLE)
    except row_security.RoleRefused as error:
        raise CommandError(str(error)) from None


def check_payload_store() -> None:
    """Raises CommandError when the setting names none that there is; that it answers is the doctor's
    question.
    """
    from django.core.management import CommandError

    from runtime.store.places import PlaceFailed, configured

    try:
        configured()
    except PlaceFailed as error:
        raise CommandError(str(error)) from None


def _pending(connection: BaseDatabaseWrapper) -> bool:
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


@contextlib.contextmanager
def _alone(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Several processes start together in a cluster; one prepares the database and the others wait for it."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_MIGRATION_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_MIGRATION_LOCK])


def _reach(connection: BaseDatabaseWrapper) -> None:
    """One attempt without the pool, which would go on trying and then not say why."""
    if connection.vendor == "postgresql":
        import psycopg

        own = connection.settings_dict
        psycopg.connect(
            dbname=own["NAME"],
            user=own["USER"] or None,
            password=own["PASSWORD"] or None,
            host=own["HOST"] or None,
            port=own["PORT"] or None,
            connect_timeout=5,
        ).close()


def tenant_meant(slug: str | None) -> Tenant:
    """The tenant of that slug or name; without one, the only tenant there is. Raises CommandError."""
    from django.core.management import CommandError

    from designer.tenants import doors

    tenants = list(doors.all_tenants())
    if not tenants:
        raise CommandError("There is no organisation yet. Make one with: millrace setup --email E --tenant T")
    if slug is None:
        if len(tenants) == 1:
            return tenants[0]
        names = ", ".join(tenant.slug for tenant in tenants)
        raise CommandError(f"There are several organisations ({names}). Say which with --tenant.")
    for tenant in tenants:
        if slug.lower() in {tenant.slug.lower(), tenant.name.lower()}:
            return tenant
    raise CommandError(f"There is no organisation {slug}.")


def workflow_meant(tenant: Tenant, wanted: str) -> uuid.UUID:
    """The workflow of that slug, name or id. Raises CommandError."""
    from django.core.management import CommandError
    from django.db.models import Q

    rows = tenant.workflows.filter(deleted_at=None)
    for row in rows.filter(Q(slug=wanted) | Q(name__iexact=wanted)):
        return row.pk
    for row in rows:
        if str(row.pk) == wanted.lower():
            return row.pk
    raise CommandError(f"{tenant.name} has no workflow {wanted}.")


def command_actor(slug: str | None) -> Actor:
    from designer.tenants.actors import command_line

    return command_line(tenant_meant(slug), f"command-{uuid.uuid4().hex[:16]}")
