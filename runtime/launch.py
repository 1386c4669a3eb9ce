"""What the commands call to start the runtime on the loop of their server."""

from __future__ import annotations

import threading
from typing import Any

from runtime.celery import app
from runtime.memory import spare_collector
from runtime.process import Process


async def start_embedded() -> Process:
    """For `millrace up`: host, in-process Celery and intake on the loop of the ASGI server, which runs."""
    process = Process("embedded")
    await process.start()
    process.beside = CeleryThread()
    spare_collector()
    return process


async def start_web() -> Process:
    """For `millrace web`: intake and live news without a host."""
    process = Process("web")
    await process.start()
    spare_collector()
    return process


class CeleryThread:
    """A Celery worker beside the loop, over the in-memory transport."""

    def __init__(self) -> None:
        self._worker: Any = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._work, name="millrace-celery", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        # Made on this thread: it closes Django's connections, which the loop's thread must not.
        self._worker = app.WorkController(
            app=app, pool="threads", concurrency=2, loglevel="WARNING", without_gossip=True,
            without_mingle=True, without_heartbeat=True, quiet=True, hostname="embedded@localhost",
            ready_callback=self._is_ready,
        )  # fmt: skip
        self._worker.start()

    def _is_ready(self, consumer: Any) -> None:
        self._ready.set()

    def stop(self) -> None:
        # A worker that is told to stop while it still starts falls over its own half-made parts.
        if self._ready.wait(3):
            # Its own stop joins threads without a limit: whoever stops the process waits three seconds.
            threading.Thread(target=self._worker.stop, name="millrace-celery-stop", daemon=True).start()
        self._thread.join(timeout=3)
