"""One tenant's flood and another's single event: 2,000 events here, 100,000 with `make fair`.

Seconds depend on what else the machine does, so the short form counts what was put before the single event
instead: never more of the flood than a process holds at a time. The long form measures seconds as well.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from datetime import timedelta
from typing import Any

import pytest

from runtime import services
from runtime.host.loop import Limits
from runtime.models import Inbox, Run
from runtime.process import Kind
from tests.runtime.worlds import (
    arrival,
    chain,
    compose,
    definition,
    make_tenant,
    make_version,
    process,
    read,
    until,
)

pytestmark = pytest.mark.usefixtures("database")
LONG = os.environ.get("MILLRACE_FAIR_LONG") == "1"
FLOOD = 100_000 if LONG else 2_000
HELD = Limits().runs if LONG else 50
WORK = definition(chain(("One", compose("@triggerBody()")), ("Two", compose("@outputs('One')"))))


def flood(version: Any, count: int) -> None:
    """Arrivals as they lie in the inbox, so many that putting them there one by one would take too long. They
    are due all at once: a machine may be quicker at ending them than at putting them there.
    """
    first = Inbox.objects.get(pk=services.start_run(arrival(version, {"n": 0})))
    same = {
        field.attname: getattr(first, field.attname) for field in Inbox._meta.fields if field.attname != "id"
    }
    same["ready_at"] = later = first.received_at + timedelta(days=1)
    for start in range(1, count, 5_000):
        Inbox.objects.bulk_create(Inbox(**same) for _ in range(start, min(count, start + 5_000)))
    Inbox.objects.filter(workflow=version.workflow_id, ready_at=later).update(ready_at=first.received_at)


async def over(run: Any) -> None:
    await until(lambda: Run.objects.filter(pk=run, ended_at__isnull=False).exists(), 120)


@pytest.mark.timeout(3600 if LONG else 300)
async def test_a_flood_of_one_tenant_does_not_hold_up_another(database: str) -> None:
    kind: Kind = "embedded" if database.startswith("sqlite") else "worker"
    many = await read(lambda: make_version(WORK, make_tenant()))
    single = await read(lambda: make_version(WORK, make_tenant()))
    limits = Limits(runs=HELD, claimed_at_once=HELD)
    async with process(kind, limits=limits):
        alone = []
        for _ in range(3):
            begun = time.monotonic()
            await over((await services.receive(arrival(single))).run_id)
            alone.append(time.monotonic() - begun)
        await read(lambda: flood(many, FLOOD))
        await until(lambda: Run.objects.filter(workflow=many.workflow_id, ended_at__isnull=False).exists())
        beside, between = [], []
        for _ in range(5):
            begun = time.monotonic()
            run = (await services.receive(arrival(single))).run_id
            await over(run)
            beside.append(time.monotonic() - begun)
            between.append(await read(lambda run=run: _put_before(many, run)))
            if LONG:
                await asyncio.sleep(1)
        left = await read(lambda: Inbox.objects.filter(workflow=many.workflow_id, state="new").count())
    print(
        f"{kind}: alone {statistics.median(alone):.3f} s, beside {FLOOD} events {max(beside):.3f} s at most; "
        f"put before: {between}; {left} of them still wait"
    )
    assert left > HELD, "the flood was over before the single events were"
    assert max(between) <= 2 * HELD
    if LONG:
        assert max(beside) - statistics.median(alone) < 1.0


def _put_before(many: Any, run: Any) -> int:
    """How much of the flood began after the single event had come and before it began itself."""
    arrived = Inbox.objects.values_list("received_at", flat=True).get(pk=run)
    began = Run.objects.values_list("ended_at", flat=True).get(pk=run)
    return Run.objects.filter(workflow=many.workflow_id, ended_at__gt=arrived, ended_at__lt=began).count()
