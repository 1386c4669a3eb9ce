"""`millrace web`: the web application alone; runs are executed by `millrace worker` processes."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from designer.command_line import check_payload_store, migrate, use_data_folder
from designer.management.commands.up import banner


class Command(BaseCommand):
    help = "Start the web application without a run host. Several may run beside each other."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=settings.LISTEN_HOST, help="address (default 127.0.0.1)")
        parser.add_argument("--port", type=int, default=settings.LISTEN_PORT, help="default 8000")
        parser.add_argument("--data", help="data folder (default ./var)")

    def handle(self, *args: Any, **options: Any) -> None:
        from designer import serving
        from designer.tenants import walls

        if not settings.REDIS_URL or settings.EMBEDDED:
            raise CommandError(
                "`millrace web` is one of several processes: set DATABASE_URL, BROKER_URL and REDIS_URL, "
                "or use `millrace up` for everything in one process."
            )
        use_data_folder()
        listener = serving.bind(options["host"], options["port"])
        migrate()
        check_payload_store()
        walls.raise_()
        from runtime.launch import start_web

        serving.serve(listener, start_web, banner(options["host"], listener.getsockname()[1]))
