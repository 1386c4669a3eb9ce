"""`millrace doctor`: is everything there that Millrace needs, and what to do about what is not."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from designer.doctor import Line


class Command(BaseCommand):
    help = "Check database, broker, data folder, key, port, canvas and time zones. Status 1 on trouble."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
        parser.add_argument("--data", help="data folder (default ./var)")
        parser.add_argument("--host", help="address the server would use")
        parser.add_argument("--port", help="port the server would use")

    def handle(self, *args: Any, **options: Any) -> None:
        from designer.doctor import examine

        lines = examine()
        well = all(line.state != "trouble" for line in lines)
        if options["json"]:
            self.stdout.write(json.dumps({"ok": well, "checks": [asdict(line) for line in lines]}, indent=2))
        else:
            for line in lines:
                self.stdout.write(in_words(line))
        if not well:
            sys.exit(1)


def in_words(line: Line) -> str:
    said = line.sentence if line.state == "ok" else f"{line.sentence} {line.advice}".rstrip()
    return f"{line.state:<8} {line.name:<13} {said}"
