"""`millrace import`: definitions in any of their wrappers become workflows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from designer.command_line import command_actor, migrate, use_data_folder
from designer.tenants.actors import Actor
from runtime.language.document import DocumentError
from runtime.language.importing import Imported, ImportFailure, read_path
from runtime.language.values import dumps


class Command(BaseCommand):
    help = "Import definitions, ARM templates, Standard projects or packages into an organisation."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", metavar="FILE", type=Path)
        parser.add_argument("--tenant", help="slug or name of the organisation; not needed when there is one")
        parser.add_argument("--publish", action="store_true", help="publish each workflow at once")
        parser.add_argument("--json", action="store_true", help="one JSON object per workflow")
        parser.add_argument("--data", help="data folder (default ./var)")

    def handle(self, *args: Any, **options: Any) -> None:
        use_data_folder()
        migrate()
        actor = command_actor(options["tenant"])
        troubled = False
        for path in options["paths"]:
            for outcome in self._import(actor, path, publish=options["publish"]):
                troubled = troubled or bool(outcome["error"])
                self.stdout.write(dumps(outcome) if options["json"] else in_words(outcome))
        if troubled:
            raise CommandError("Not everything was imported and published; see above.")

    def _import(self, actor: Actor, path: Path, *, publish: bool) -> Iterator[dict[str, Any]]:
        from designer.workflows import importing
        from designer.workflows.errors import TextRefused, TooLarge

        try:
            found: list[Imported] = read_path(path)
            results = importing.store(actor, found, path.name)
        except OSError as error:
            yield outcome_of(str(path), f"{path} cannot be read: {error.strerror}.")
        except (ImportFailure, DocumentError, TextRefused, TooLarge) as error:
            yield outcome_of(str(path), f"{path} cannot be imported. {error}")
        else:
            for result in results:
                yield self._stored(actor, str(path), result, publish=publish)

    def _stored(self, actor: Actor, file: str, result: Any, *, publish: bool) -> dict[str, Any]:
        from designer.workflows import callbacks, publishing, services
        from designer.workflows.errors import PublishRefused

        outcome = outcome_of(file, None)
        outcome |= {
            "id": str(result.workflow.pk),
            "name": result.workflow.name,
            "problems": result.problems,
            "report": result.report,
        }
        if publish:
            try:
                outcome["version"] = publishing.publish(actor, result.workflow, "Imported").number
            except PublishRefused as error:
                outcome["error"] = str(error)
        workflow = services.find(actor.tenant, result.workflow.pk)
        addresses = callbacks.addresses(workflow, callbacks.origin_of(None))
        outcome["callbacks"] = [address.wire() for address in addresses]
        return outcome


def outcome_of(file: str, error: str | None) -> dict[str, Any]:
    return {
        "file": file,
        "id": None,
        "name": None,
        "version": None,
        "problems": [],
        "report": [],
        "callbacks": [],
        "error": error,
    }


def in_words(outcome: dict[str, Any]) -> str:
    if outcome["id"] is None:
        return str(outcome["error"])
    version = f"version {outcome['version']}" if outcome["version"] else "draft"
    lines = [f"{outcome['name']}  {outcome['id']}  {version}"]
    lines += [f"  {item['severity']}: {item['message']} ({item['pointer']})" for item in outcome["problems"]]
    lines += [f"  note: {sentence}" for sentence in outcome["report"]]
    lines += [f"  {address['trigger']}: {address['url']}" for address in outcome["callbacks"]]
    if outcome["error"]:
        lines.append(f"  {outcome['error']}")
    return "\n".join(lines)
