"""`millrace setup`: the first account and an organisation, without a browser."""

from __future__ import annotations

import sys
import uuid
from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from designer.command_line import migrate, use_data_folder
from designer.tenants.errors import FieldsInvalid


class Command(BaseCommand):
    help = "Make an account and its organisation. The password comes from a prompt or standard input."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--tenant", required=True, help="name of the organisation")
        parser.add_argument("--name", default="", help="name of the person")
        parser.add_argument("--data", help="data folder (default ./var)")

    def handle(self, *args: Any, **options: Any) -> None:
        use_data_folder()
        migrate()
        from designer.tenants import setup

        try:
            user, tenant = setup.create_owner(
                email=options["email"],
                password=read_password(),
                name=options["name"],
                tenant_name=options["tenant"],
                request_id=f"command-{uuid.uuid4().hex[:16]}",
            )
        except FieldsInvalid as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{user.email} owns {tenant.name}: /t/{tenant.slug}/workflows")


def read_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass("Password: ")
    if getpass("Once more: ") != password:
        raise CommandError("The two passwords differ. Nothing was changed.")
    return password
