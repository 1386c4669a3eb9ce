"""`millrace practice`: a stock service and a mail server to try workflows against."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from designer.practice import PracticeWorld


class Command(BaseCommand):
    help = (
        "Play the world outside for the tour: a stock service and a mail server, printing what reaches them."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--stock-port", type=int, default=9000, help="port of the stock service (default 9000)"
        )
        parser.add_argument(
            "--mail-port", type=int, default=2525, help="port of the mail server (default 2525)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(self._play(options["stock_port"], options["mail_port"]))

    async def _play(self, stock_port: int, mail_port: int) -> None:
        try:
            async with PracticeWorld(self._say, stock_port, mail_port) as addresses:
                self._say(f"Stock service: POST {addresses.stock}")
                mail = f"{addresses.mail_host} port {addresses.mail_port}"
                self._say(f"Mail server:   {mail}, no encryption, no sign-in")
                self._say("Whatever reaches them is printed here. Stop with Ctrl+C.")
                await asyncio.Event().wait()
        except OSError as error:
            ports = f"{stock_port} and {mail_port}"
            raise CommandError(
                f"The practice servers could not start: one of the ports {ports} is taken. "
                "Choose others with --stock-port and --mail-port."
            ) from error

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
