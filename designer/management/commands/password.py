"""`millrace password`: a new password for somebody who forgot theirs."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from designer.command_line import migrate, use_data_folder
from designer.management.commands.setup import read_password
from designer.tenants.errors import FieldsInvalid


class Command(BaseCommand):
    help = (
        "Give an account a new password and sign it out everywhere. The password comes from a prompt or "
        "standard input."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--data", help="data folder (default ./var)")

    def handle(self, *args: Any, **options: Any) -> None:
        use_data_folder()
        migrate()
        from designer.tenants import passwords

        try:
            user = passwords.replace(options["email"], read_password())
        except FieldsInvalid as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{user.email} has a new password and is signed out everywhere.")
