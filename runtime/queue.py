"""The Celery application: what carries hints between processes. It knows no host (`runtime.celery`)."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "designer.settings")

from django.conf import settings  # Celery's own entry point imports this without Django's

QUEUES = ("runs", "polling", "maintenance")
# Set by `millrace worker` for the processes it replaces.
WATCHED = "MILLRACE_WATCHED"

app = Celery("millrace")
app.conf.update(
    broker_url="memory://localhost/" if settings.EMBEDDED else settings.BROKER_URL,
    broker_connection_retry_on_startup=True,
    # The in-memory transport looks for messages; at its default of a second nothing would be prompt.
    broker_transport_options={"polling_interval": 0.05} if settings.EMBEDDED else {},
    task_default_queue="runs",
    task_ignore_result=True,
    task_acks_late=False,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    worker_enable_remote_control=False,
    task_store_errors_even_if_ignored=False,
    imports=["runtime.tasks"],
)


def send_hint() -> None:
    """Something is ready for whoever has room. Raises what the broker's client raises."""
    app.send_task("runtime.wake", queue="runs", expires=30, retry=False, ignore_result=True)
