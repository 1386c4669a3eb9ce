"""Plain Celery over Redis, as its first steps show it: every task's result is fetched, nothing is persisted."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery

_redis = os.environ.get("REDIS") or os.environ.get("MILLRACE_TEST_REDIS", "redis://127.0.0.1:6379")
app = Celery("peer", broker=f"{_redis}/4", backend=f"{_redis}/5")
app.conf.update(task_default_queue="millrace-bench-peer", result_expires=60)


@app.task(name="peer.step")
def step(value: dict[str, Any]) -> dict[str, Any]:
    return {**value, "n": value["n"] + 1}


@app.task(name="peer.ten")
def ten(value: dict[str, Any]) -> dict[str, Any]:
    for _ in range(10):
        value = {**value, "n": value["n"] + 1}
    return value
