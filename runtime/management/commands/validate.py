"""`millrace validate PATH… [--json]`: the problems of definitions, without a database."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from runtime.language.definition import Definition, read
from runtime.language.document import DocumentError, parse
from runtime.language.importing import Imported, ImportFailure, read_path
from runtime.language.importing.projects import COMPANIONS
from runtime.language.validate import Problem, definition_node, validate


@dataclass(frozen=True, slots=True)
class Checked:
    """One workflow of one file and what is wrong with it."""

    file: str
    name: str
    kind: str
    triggers: int
    actions: int
    problems: list[Problem]

    @property
    def failed(self) -> bool:
        return any(problem.severity == "error" for problem in self.problems)


class Command(BaseCommand):
    help = "Check definitions in files, project folders and packages. Exit status 1 when one has an error."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        parser.add_argument("--json", action="store_true", help="one JSON line per workflow")

    def handle(self, *args: Any, **options: Any) -> None:
        failed = False
        for checked in (checked for path in options["paths"] for checked in _checked(path)):
            failed = failed or checked.failed
            self.stdout.write(_line(checked) if options["json"] else _words(checked))
        if failed:
            sys.exit(1)


def _checked(path: Path) -> Iterator[Checked]:
    """The workflows of one argument. In a folder, files that carry none are passed over."""
    if not path.exists():
        yield _failure(path, "FileNotFound", f"There is nothing at {path}.")
    elif not path.is_dir():
        yield from _of_file(path, named=True)
    else:
        for file in sorted(path.rglob("*")):
            wanted = file.suffix.lower() in (".json", ".zip") and file.name.lower() not in COMPANIONS
            if wanted and file.is_file():
                yield from _of_file(file, named=False)


def _of_file(path: Path, *, named: bool) -> Iterator[Checked]:
    try:
        found = read_path(path)
    except ImportFailure as wrong:
        if named or wrong.code != "ImportNothingFound":
            yield _failure(path, wrong.code, str(wrong))
    except DocumentError as wrong:
        yield _failure(path, wrong.code, str(wrong))
    except OSError as wrong:
        yield _failure(path, "FileNotRead", f"{path} cannot be read: {wrong.strerror}.")
    else:
        for imported in found:
            yield _check(path, imported)


def _check(path: Path, imported: Imported) -> Checked:
    document = parse(imported.text)
    definition = read(document.plain())
    bare = definition_node(document) is document.root  # says nothing of its kind: the strict rules hold
    problems = validate(
        imported.text,
        kind="" if bare else imported.kind,
        parameters=imported.parameters or None,
        connections=imported.connections or None,
    )
    return Checked(str(path), imported.name, imported.kind, *_counts(definition), problems)


def _counts(definition: Definition) -> tuple[int, int]:
    return len(definition.triggers), sum(1 for _ in definition.every_action())


def _failure(path: Path, code: str, message: str) -> Checked:
    return Checked(str(path), path.stem, "", 0, 0, [Problem("error", code, "", message)])


def _line(checked: Checked) -> str:
    return json.dumps(
        {
            "file": checked.file,
            "name": checked.name,
            "kind": checked.kind,
            "triggers": checked.triggers,
            "actions": checked.actions,
            "problems": [problem.as_json() for problem in checked.problems],
        },
        ensure_ascii=False,
    )


def _words(checked: Checked) -> str:
    counted = {
        severity: sum(problem.severity == severity for problem in checked.problems)
        for severity in ("error", "warning", "info")
    }
    said = ", ".join(f"{count} {severity}{'s' * (count > 1)}" for severity, count in counted.items() if count)
    lines = [
        f"{checked.file}: {checked.triggers} triggers, {checked.actions} actions: {said or 'no problems'}"
    ]
    lines.extend(
        f"  {problem.severity:<7} {problem.code} {problem.pointer or '/'}\n          {problem.message}"
        for problem in checked.problems
    )
    return "\n".join(lines)
