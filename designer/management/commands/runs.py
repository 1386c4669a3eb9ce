"""`millrace runs`: the newest runs, a line each."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from designer.command_line import migrate, tenant_meant, use_data_folder, workflow_meant
from designer.tenants.errors import FieldsInvalid
from runtime.language.values import dumps


class Command(BaseCommand):
    help = "List the newest runs of an organisation."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", help="slug or name of the organisation; not needed when there is one")
        parser.add_argument("--workflow", help="name, slug or id of a workflow")
        parser.add_argument("--status", default="", help="Running, Succeeded, Failed, …")
        parser.add_argument(
            "--search", default="", help="a run's id; part of a tracking id, failed action, code or error"
        )
        parser.add_argument("--limit", type=int, default=20)
        parser.add_argument("--json", action="store_true", help="one JSON object per run")
        parser.add_argument("--data", help="data folder (default ./var)")

    def handle(self, *args: Any, **options: Any) -> None:
        use_data_folder()
        migrate()
        from designer.workflows import runs
        from runtime.services import RunFilters

        tenant = tenant_meant(options["tenant"])
        workflow_id = workflow_meant(tenant, options["workflow"]) if options["workflow"] else None
        filters = RunFilters(
            workflow_id, (options["status"],) if options["status"] else (), search=options["search"]
        )
        try:
            page = runs.page(tenant, filters, None, max(1, min(options["limit"], 500)))
        except FieldsInvalid as error:
            raise CommandError(str(error)) from error
        for run in page["items"]:
            self.stdout.write(dumps(run) if options["json"] else in_words(run))


def in_words(run: dict[str, Any]) -> str:
    took = f"{run['durationMs'] / 1000:.3f} s" if run["durationMs"] is not None else "-"
    version = f"v{run['version']}" if run["version"] else "draft"
    failed = (
        f"  {run['firstFailedAction']}: {(run['error'] or {}).get('message', '')}" if run["error"] else ""
    )
    return (
        f"{run['id']}  {run['status']:<10} {run['startedAt']}  {took:>10}  "
        f"{run['workflow']['name']} {version}{failed}"
    )
