"""`millrace worker`: carries out workflows. Any number of them, on any number of machines."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from runtime.queue import QUEUES, WATCHED
from runtime.store.places import PlaceFailed, configured
from runtime.store.schema import NewerDatabase, refuse_newer

PAUSE_SECONDS = 1.0


class Command(BaseCommand):
    help = "Carry out workflows: a Celery worker whose host takes what is ready."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--processes", type=int, default=1, help="processes to keep running (default 1)")
        parser.add_argument(
            "--concurrency",
            type=int,
            default=200,
            help="operations that one process carries out at a time (default 200)",
        )
        parser.add_argument(
            "--queues",
            default=",".join(QUEUES),
            help="what to serve: runs, polling (triggers that ask other servers), maintenance (retention)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.EMBEDDED:
            raise CommandError(
                "There is no broker to listen to: BROKER_URL is not set, so `millrace up` runs "
                "everything in one process. "
                "Set BROKER_URL (redis:// or amqp://) to run workers of their own."
            )
        try:
            refuse_newer()
            configured()
        except (NewerDatabase, PlaceFailed) as error:
            raise CommandError(str(error)) from None
        unknown = sorted(set(options["queues"].split(",")) - set(QUEUES))
        if unknown:
            raise CommandError(f"There is no queue {', '.join(unknown)}. Choose among {', '.join(QUEUES)}.")
        for name in ("processes", "concurrency"):
            if options[name] < 1:
                raise CommandError(f"--{name} has to be at least 1.")
        if options["processes"] > 1:
            _watch(options["processes"], options["concurrency"], options["queues"])
            return
        from runtime.celery import app

        app.worker_main(
            [
                "worker", "--pool=threads", f"--concurrency={options['concurrency']}",
                f"--queues={options['queues']}",
                "--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=WARNING",
            ]
        )  # fmt: skip


def _watch(processes: int, concurrency: int, queues: str) -> None:
    """Keep so many workers running: one that ends is replaced, until this process is told to end."""
    command = [sys.executable, "-m", "manage", "worker", f"--concurrency={concurrency}", f"--queues={queues}"]
    stopping = False

    def stop(*_: Any) -> None:
        nonlocal stopping
        stopping = True
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(signal.SIGTERM)

    children: list[subprocess.Popen[bytes]] = []
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while not stopping:
        children[:] = [child for child in children if child.poll() is None]
        while len(children) < processes and not stopping:
            children.append(subprocess.Popen(command, env={**os.environ, WATCHED: "1"}))  # noqa: S603
        time.sleep(PAUSE_SECONDS)
    for child in children:
        child.wait()
