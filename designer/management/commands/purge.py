"""`millrace purge`: remove finished runs now, as retention would, or older ones than it says."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser

from designer.command_line import migrate, tenant_meant, use_data_folder, workflow_meant
from runtime.store import retention
from runtime.store.retention import Kept, Rule
from runtime.store.upkeep import OwnHands, Upkeep

_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


class Command(BaseCommand):
    help = (
        "Remove finished runs with their journal, payloads and arrivals. Without --older-than or --keep: "
        "those that the retention settings do not keep. Runs that have not ended always stay."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data", help="data folder (default: ./var)")
        parser.add_argument("--tenant", help="only this organisation (slug or name)")
        parser.add_argument("--workflow", help="only this workflow (slug, name or id)")
        parser.add_argument("--older-than", metavar="AGE", help="that ended so long ago: 30d, 12h, 45m or 0")
        parser.add_argument("--keep", type=int, metavar="N", help="keep the newest N runs of each workflow")
        parser.add_argument("--dry-run", action="store_true", help="only count")

    def handle(self, *args: Any, **options: Any) -> None:
        use_data_folder()
        migrate()
        now = datetime.now(UTC)
        rule = _rule(options["older_than"], options["keep"])
        hands = OwnHands()
        upkeep = Upkeep(hands, now, dry=options["dry_run"])
        try:
            for kept in self._meant(hands, options):
                upkeep.apply(kept if rule is None else Kept(kept.tenant, kept.workflow, rule))
            if options["tenant"] is None and options["workflow"] is None:
                upkeep.small_things()
                upkeep.sweep_places()
            upkeep.sweep_payloads()
        finally:
            hands.close()
        removed = upkeep.removed
        self.stdout.write(
            f"{'Would remove' if options['dry_run'] else 'Removed'} {removed['runs']:,} runs, "
            f"{removed['arrivals']:,} arrivals that started none, and {removed['payloads']:,} payloads that "
            f"nothing uses ({removed['payload_bytes'] / 1e6:,.1f} MB)."
        )
        if removed["runs"] and not options["dry_run"]:
            self.stdout.write("Payloads of these runs follow an hour later, in the next round or purge.")

    def _meant(self, hands: OwnHands, options: dict[str, Any]) -> list[Kept]:
        found = hands.read(
            lambda session: retention.rules(session, settings.RETENTION_DAYS, settings.RETENTION_RUNS)
        )
        if options["tenant"] is None and options["workflow"] is None:
            return found
        tenant = tenant_meant(options["tenant"])
        found = [kept for kept in found if kept.tenant == tenant.pk]
        if options["workflow"] is None:
            return found
        workflow = workflow_meant(tenant, options["workflow"])
        return [kept for kept in found if kept.workflow == workflow]


def _rule(older_than: str | None, keep: int | None) -> Rule | None:
    if keep is not None and keep < 1:
        raise CommandError("--keep must be at least 1. To remove all finished runs say --older-than 0.")
    if older_than is None:
        return None if keep is None else Rule(None, keep)
    given = re.fullmatch(r"(\d{1,6})([dhm]?)", older_than.strip())
    if given is None or (not given[2] and given[1] != "0"):
        raise CommandError(f"--older-than {older_than} is no age. Write 30d, 12h, 45m or 0.")
    return Rule(timedelta(**{_UNITS[given[2] or "d"]: int(given[1])}), keep or 0)
