"""`millrace partition`: divide the per-run tables of a PostgreSQL database by time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from django.core.management import BaseCommand, CommandError, CommandParser

from designer.command_line import keep_wall, migrate, use_data_folder
from runtime.store import partitions
from runtime.store.sessions import open_session

_UNITS = {"d": "days", "h": "hours"}
_SHORTEST, _LONGEST = timedelta(hours=1), timedelta(days=400)


class Command(BaseCommand):
    help = (
        "Divide runs, arrivals and journals by time, so that retention drops whole tables. Millrace may run "
        "meanwhile; given again, it goes on where it was interrupted, or changes how long new ranges are."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data", help="data folder (default: ./var)")
        parser.add_argument("--every", metavar="TIME", default="7d", help="6h, 1d, 7d (default), …")

    def handle(self, *args: Any, **options: Any) -> None:
        every = _every(options["every"])
        use_data_folder()
        migrate()
        session = open_session()
        try:
            if not session.skip_locked():
                raise CommandError("Only PostgreSQL has partitions. SQLite needs none: it has one writer.")
            partitions.convert(session, every, datetime.now(UTC))
            found = partitions.parts(session)
            keep_wall()
        except psycopg.errors.LockNotAvailable:
            raise CommandError(
                "A table could not be exchanged because something else holds it. Nothing is lost; try again."
            ) from None
        finally:
            session.close()
        self.stdout.write(
            f"Runs, arrivals and journals lie in {len(found)} ranges of time, the last made until "
            f"{found[-1].until:%Y-%m-%d %H:%M} UTC; the next ones are made in time. A range goes as a whole "
            "once all its runs have ended and retention keeps none of them."
        )


def _every(text: str) -> timedelta:
    """Raises CommandError."""
    given = re.fullmatch(r"(\d{1,3})([dh])", text.strip())
    every = timedelta(**{_UNITS[given[2]]: int(given[1])}) if given else timedelta(0)
    if not _SHORTEST <= every <= _LONGEST:
        raise CommandError(f"--every {text} is no length for a range. Write 6h, 1d or 7d.")
    return every
