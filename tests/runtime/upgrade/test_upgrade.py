"""Work that an earlier release left behind, in every place where a run can wait, is finished by this one: once.

The databases beside this file were made by the releases themselves (`release.py`). They are migrated forward
with their runs in them.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from runtime import services
from runtime.engine.events import Outcome
from runtime.executor import Call
from runtime.models import Callback, Inbox, JournalRow, Run, Timer, Worker
from tests.runtime.stores import migrated, postgresql_database
from tests.runtime.worlds import process, read, until

HERE = Path(__file__).parent
DUMPS = sorted(HERE.glob("release-*.sql.gz"))


@pytest.fixture(
    params=[
        pytest.param(dump, id=dump.name.removesuffix(".sql.gz"),
                     marks=[pytest.mark.postgresql] if "postgresql" in dump.name else [])
        for dump in DUMPS
    ]
)  # fmt: skip
def left_behind(request: Any, tmp_path: Path, django_db_blocker: Any) -> Iterator[Counter[str]]:
    """The database of a release, migrated forward; yields what had been called by then."""
    text = gzip.decompress(request.param.read_bytes()).decode()
    release, kind = request.param.name.removesuffix(".sql.gz").rsplit(".", 1)
    with ExitStack() as stack:
        stack.enter_context(django_db_blocker.unblock())
        if kind == "sqlite":
            url = f"sqlite:///{tmp_path}/release.sqlite3"
            with closing(sqlite3.connect(tmp_path / "release.sqlite3")) as connection:
                connection.executescript(text)
        else:
            url = stack.enter_context(postgresql_database())
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(text.encode())
        stack.enter_context(migrated(url, tmp_path))
        yield Counter(json.loads((HERE / f"{release}.json").read_text()))


class Outside:
    """Answers everything, and goes on counting."""

    def __init__(self, calls: Counter[str]) -> None:
        self.calls = calls

    async def execute(self, call: Call) -> Outcome:
        given = call.inputs
        assert isinstance(given, dict)
        key = str(given["body"]["key"])
        self.calls[key] += 1
        return Outcome("Succeeded", "OK", outputs={"statusCode": 200, "headers": {}, "body": {"seen": key}})


def hours_have_passed() -> None:
    """What waits for a moment waits no longer, and whoever owned something is long dead, on any clock."""
    Worker.objects.update(heartbeat_at=datetime.now(UTC) - timedelta(hours=1))
    Timer.objects.exclude(key="run").update(due_at=datetime.now(UTC))


def unfinished() -> int:
    return Run.objects.filter(ended_at=None).count() + Inbox.objects.filter(state="new").count()


async def test_its_runs_are_finished_exactly_once(left_behind: Counter[str]) -> None:
    before = await read(lambda: set(JournalRow.objects.values_list("run_id", "seq", "epoch")))
    waiting = await read(lambda: Run.objects.filter(ended_at=None).count())
    assert waiting == 5, "a timer, a webhook, a retry, a loop and an effect in flight"
    outside = Outside(left_behind)
    await read(hours_have_passed)
    async with process(executor=outside):
        hook = await read(lambda: Callback.objects.get())
        assert await services.callback(hook.run_id, hook.token, {"headers": {}, "body": {"answered": True}})
        assert not await services.callback(hook.run_id, hook.token, None), "an address is used once"
        await until(lambda: unfinished() == 0)
    once = {f"{name}-after": 1 for name in ("timer", "webhook", "retry", "loop", "flight", "queued")}
    loop = {f"loop-{item}": 1 for item in range(1, 6)}
    assert outside.calls == {
        **once, **loop, "timer-before": 1, "webhook": 1, "retry": 2, "flight": 2, "recurrence-after": 2
    }  # fmt: skip
    runs = await read(lambda: list(Run.objects.select_related("workflow")))
    assert {run.status for run in runs} == {"Succeeded"}
    by_name: dict[str, UUID] = {run.workflow.name: run.pk for run in runs}
    (tenant,) = {run.tenant_id for run in runs}
    slow = await read(lambda: services.action_detail(tenant, by_name["flight"], "Slow"))
    assert [attempt["interrupted"] for attempt in slow["tries"]] == [True], "what was repeated is marked"
    again = await read(lambda: services.action_detail(tenant, by_name["retry"], "Again"))
    assert len(again["tries"]) == 2
    after = await read(lambda: set(JournalRow.objects.values_list("run_id", "seq", "epoch")))
    assert before < after, "the history of the release is kept as it was written"
