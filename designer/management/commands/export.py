"""`millrace export`: definitions out, as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from designer.command_line import migrate, tenant_meant, use_data_folder


class Command(BaseCommand):
    help = "Write definitions, byte for byte: one workflow to standard output, or several into a folder."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "workflows", nargs="*", metavar="WORKFLOW", help="names or slugs; all without any"
        )
        parser.add_argument("--tenant", help="slug or name of the organisation; not needed when there is one")
        parser.add_argument("--output", type=Path, metavar="DIR", help="one file per workflow in this folder")
        parser.add_argument("--published", action="store_true", help="the published version, not the draft")
        parser.add_argument("--data", help="data folder (default ./var)")

    def handle(self, *args: Any, **options: Any) -> None:
        use_data_folder()
        migrate()
        tenant = tenant_meant(options["tenant"])
        rows = tenant.workflows.filter(deleted_at=None).select_related("published").order_by("slug")
        found = []
        for wanted in options["workflows"]:
            workflow = rows.filter(Q(slug=wanted) | Q(name__iexact=wanted)).first()
            if workflow is None:
                raise CommandError(f"{tenant.name} has no workflow {wanted}.")
            found.append(workflow)
        found = found or list(rows)
        output: Path | None = options["output"]
        if output is None and len(found) != 1:
            raise CommandError("Name one workflow, or give a folder for several with --output DIR.")
        for workflow in found:
            version = workflow.published if options["published"] else None
            if options["published"] and version is None:
                self.stderr.write(f"{workflow.name} has no published version; it is left out.")
                continue
            text = version.text if version else workflow.draft_text
            if output is None:
                self.stdout.write(text, ending="")
            else:
                output.mkdir(parents=True, exist_ok=True)
                (output / f"{workflow.slug}.json").write_bytes(text.encode())
                self.stdout.write(str(output / f"{workflow.slug}.json"))
