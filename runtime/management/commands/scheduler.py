"""`millrace scheduler`: a host that only watches the clock: due timers, schedules, dead owners."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from runtime.store.places import PlaceFailed, configured
from runtime.store.schema import NewerDatabase, refuse_newer


class Command(BaseCommand):
    help = "Watch the clock: fire due timers and schedules, hand over what dead workers own."

    def handle(self, *args: Any, **options: Any) -> None:
        from runtime.celery import HostThread

        try:
            refuse_newer()
            configured()
        except (NewerDatabase, PlaceFailed) as error:
            raise CommandError(str(error)) from None
        told = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: told.set())
        host = HostThread("scheduler")
        host.start()
        while not told.wait(1.0):
            pass
        host.stop()
