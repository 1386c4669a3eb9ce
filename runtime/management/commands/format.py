"""`millrace format PATH… --output DIR`: files in canonical white space, nothing else changed."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from runtime.language.document import DocumentError, decode
from runtime.language.printing import format as formatted


class Command(BaseCommand):
    help = "Write files back with canonical white space: order, duplicates, spellings and comments stay."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        parser.add_argument("--output", required=True, type=Path, metavar="DIR")

    def handle(self, *args: Any, **options: Any) -> None:
        refused = 0
        written = 0
        for file, name in (pair for path in options["paths"] for pair in _files(path)):
            try:
                text = formatted(decode(file.read_bytes()))
            except (DocumentError, OSError) as wrong:
                self.stderr.write(f"{file}: {wrong}")
                refused += 1
                continue
            target = options["output"] / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text.encode("utf-8"))
            written += 1
        self.stdout.write(f"{written} written, {refused} refused.")
        if refused:
            sys.exit(1)


def _files(path: Path) -> Iterator[tuple[Path, Path]]:
    """Files with the name to write them under: relative to a given folder, the bare name of a given file."""
    if path.is_dir():
        for file in sorted(path.rglob("*.json")):
            if file.is_file():
                yield file, file.relative_to(path)
    else:
        yield path, Path(path.name)
