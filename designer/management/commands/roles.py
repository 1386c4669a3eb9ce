"""`millrace roles`: row-level security, the second wall between tenants on PostgreSQL."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.db import DatabaseError, connection

from designer.command_line import migrate
from designer.tenants import row_security


class Command(BaseCommand):
    help = (
        "Prepare the role of MILLRACE_WEB_ROLE: rights, and policies that show it the rows of one tenant. "
        "Run it as the owner of the database; it may be repeated."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.WEB_ROLE:
            raise CommandError(
                "MILLRACE_WEB_ROLE names no role. Set it, e.g. to millrace_web, and try again."
            )
        if connection.vendor != "postgresql":
            raise CommandError("Only PostgreSQL has row-level security.")
        migrate()
        try:
            number = row_security.prepare(settings.WEB_ROLE)
        except row_security.RoleRefused as error:
            raise CommandError(str(error)) from None
        except DatabaseError as error:
            said = str(error).strip().partition("\n")[0]
            raise CommandError(
                f"The role could not be prepared ({said}). DATABASE_URL has to be that of the owner."
            ) from None
        self.stdout.write(
            f"{number} tables are behind row-level security for {settings.WEB_ROLE}. Restart `millrace web`."
        )
