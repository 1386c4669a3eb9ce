"""`millrace payloads`: where big values lie, and moving them from one payload store to another."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser

from designer.command_line import migrate, use_data_folder
from runtime.store import moving, places
from runtime.store.places import PlaceFailed
from runtime.store.upkeep import OwnHands

_TELL_SECONDS = 5.0


class Command(BaseCommand):
    help = (
        "Say where big values lie, or move them to another payload store while Millrace runs. A move that "
        "was interrupted goes on where it was when the command is given again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data", help="data folder (default: ./var)")
        what = parser.add_subparsers(dest="what", required=True, metavar="status | move")
        what.add_parser("status", help="count what lies where")
        move = what.add_parser("move", help="bring all big values to one place")
        move.add_argument(
            "--to", required=True, metavar="PLACE",
            help="database, files, file:///folder, s3://bucket/prefix, or s3: that of MILLRACE_PAYLOADS",
        )  # fmt: skip
        move.add_argument(
            "--settle", type=float, default=moving.SETTLE_SECONDS, metavar="SECONDS",
            help="how long a copy stays in its old place, for whoever is reading it (default 60)",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        use_data_folder()
        migrate()
        hands = OwnHands()
        try:
            if options["what"] == "status":
                self._status(hands)
            else:
                self._move(hands, _address(options["to"]), options["settle"])
        except PlaceFailed as error:
            raise CommandError(str(error)) from None
        finally:
            hands.close()

    def _status(self, hands: OwnHands) -> None:
        main = settings.PAYLOADS or "database"
        self.stdout.write(f"New big values go to {main}.")
        for address in dict.fromkeys([main, *places.known()]):
            found = moving.count(hands, places.place_at(address, hands.change))
            self.stdout.write(f"{address}: {found:,} contents")

    def _move(self, hands: OwnHands, address: str, settle: float) -> None:
        move = moving.Moving(hands, address, settle)
        told = time.monotonic()

        def tell() -> None:
            nonlocal told
            if time.monotonic() - told >= _TELL_SECONDS:
                told = time.monotonic()
                self.stdout.write(f"{_in_words(move)} so far …")

        move.tell = tell
        move.execute()
        self.stdout.write(f"{_in_words(move)} moved to {address}; every one was read back and compared.")
        if move.damaged:
            raise CommandError(
                f"{len(move.damaged)} contents are not what their checksum says and stay where they are: "
                + ", ".join(sorted(move.damaged)[:5])
            )
        if address != (settings.PAYLOADS or "database"):
            self.stdout.write(
                f"New big values still go to {settings.PAYLOADS or 'database'}: set "
                f"MILLRACE_PAYLOADS={address}, restart the processes, and give this command once more."
            )


def _in_words(move: moving.Moving) -> str:
    return f"{move.moved['contents']:,} contents ({move.moved['bytes'] / 1e6:,.1f} MB)"


def _address(wanted: str) -> str:
    """Raises CommandError."""
    if wanted != "s3":
        return wanted
    if str(settings.PAYLOADS).startswith("s3://"):
        return str(settings.PAYLOADS)
    raise CommandError(
        "--to s3 takes the bucket of MILLRACE_PAYLOADS, which names none. Say --to s3://bucket/prefix."
    )
