"""Celery's entry points: each rings the host of its process and ends."""

from __future__ import annotations

from runtime.process import current
from runtime.queue import app


@app.task(name="runtime.wake", ignore_result=True)
def wake() -> None:
    """Something is ready for whoever has room."""
    process = current()
    if process is not None:
        process.ring_from_thread()
