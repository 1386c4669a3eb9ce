"""Django's `migrate`, with the data folder made first."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate

from designer.command_line import keep_wall, use_data_folder


class Command(migrate.Command):
    def add_arguments(self, parser: Any) -> None:
        super().add_arguments(parser)
        parser.add_argument("--data", help="data folder (default ./var)")

    def handle(self, *args: Any, **options: Any) -> None:
        use_data_folder()
        super().handle(*args, **options)
        keep_wall()
