"""The Celery worker. It carries hints, never work: a task rings the host of its process and ends.

`celery -A runtime.celery worker --pool=threads` is what `millrace worker` starts; the bootstep starts the
host on a thread and loop of its own and drains it when the worker stops.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable
from typing import Any

from celery import bootsteps
from django.conf import settings

from runtime.queue import QUEUES, WATCHED, app

__all__ = ["HostThread", "StartHost", "app"]

log = logging.getLogger(__name__)


class HostThread:
    """A host on a thread and loop of its own."""

    def __init__(
        self, kind: Any = "worker", queues: frozenset[str] | None = None, effects: int | None = None
    ) -> None:
        self._kind, self._queues, self._effects = kind, queues, effects
        self._thread = threading.Thread(target=self._work, name="millrace-host")
        self._started = threading.Event()
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.failure: BaseException | None = None
        self.replace: Callable[[], None] | None = None

    def start(self) -> None:
        self._thread.start()
        self._started.wait()
        if self.failure is not None:
            raise self.failure

    def stop(self) -> None:
        if self._loop is not None and self._stop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()

    def join(self) -> None:
        self._thread.join()

    def _work(self) -> None:
        import uvloop

        try:
            uvloop.run(self._serve())
        except BaseException as error:
            self.failure = error
            self._started.set()

    async def _serve(self) -> None:
        from runtime.host.loop import Limits
        from runtime.memory import spare_collector
        from runtime.process import Process

        limits = Limits(effects=self._effects) if self._effects else None
        process = Process(self._kind, limits=limits, queues=self._queues)
        process.replace = self.replace
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        await process.start()
        spare_collector()
        self._started.set()
        await self._stop.wait()
        await process.stop()


class StartHost(bootsteps.StartStopStep):
    """Starts the host with the worker and drains it with the worker."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        # In embedded mode the host is on the server's loop already.
        self.enabled = not settings.EMBEDDED
        self._host: HostThread | None = None
        self._effects: int | None = options.get("concurrency")

    def start(self, parent: Any) -> None:
        import django

        django.setup()
        served = frozenset(parent.app.amqp.queues.consume_from) & frozenset(QUEUES)
        self._host = HostThread("worker", None if served >= set(QUEUES) else served, self._effects)
        if os.environ.get(WATCHED):
            # Celery's own way of stopping: finish, hand over, end; who watches us starts another.
            self._host.replace = lambda: os.kill(os.getpid(), signal.SIGTERM)
        self._host.start()
        log.info("The host of this worker is running")

    def stop(self, parent: Any) -> None:
        if self._host is not None:
            self._host.stop()

    def terminate(self, parent: Any) -> None:
        self.stop(parent)


app.steps["worker"].add(StartHost)
