"""`millrace up`: everything in one process."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from designer import address
from designer.command_line import check_payload_store, migrate, use_data_folder


class Command(BaseCommand):
    help = "Start the web application, the run host, the queue and the scheduler in one process."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=settings.LISTEN_HOST, help="address (default 127.0.0.1)")
        parser.add_argument("--port", type=int, default=settings.LISTEN_PORT, help="default 8000")
        parser.add_argument("--data", help="data folder (default ./var)")

    def handle(self, *args: Any, **options: Any) -> None:
        from designer import serving

        use_data_folder()
        listener = serving.bind(options["host"], options["port"])
        migrate()
        check_payload_store()
        from runtime.launch import start_embedded

        serving.serve(listener, start_embedded, banner(options["host"], listener.getsockname()[1]))


def banner(host: str, port: int) -> str:
    """The address and, while there is no account, a fresh set-up link."""
    from designer.tenants import setup

    reached_at = address.remember(host, port)
    lines = [f"Millrace is running at {reached_at}", "Stop it with Ctrl+C."]
    secret = setup.new_link()
    if secret:
        hours = round(settings.SETUP_LINK_LIFETIME.total_seconds() / 3600)
        lines[1:1] = [
            "",
            "Make the first account here (works once, within the next " + f"{hours} hours):",
            f"  {reached_at}/setup?token={secret}",
            "",
        ]
    return "\n".join(lines) + "\n"
