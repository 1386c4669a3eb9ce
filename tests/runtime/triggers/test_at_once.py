"""Two processes deciding at the same moment: the last slot and the last message of a batch go to one of them."""

from __future__ import annotations

import asyncio
import time
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from runtime.models import BatchMessage, Inbox, Run
from runtime.store import codec
from runtime.store.records import BatchMessage as Message
from runtime.store.records import Intake, Slots
from runtime.store.sessions import open_session
from runtime.store.writer import _transaction
from tests.runtime.stores import make_inbox, make_intake, make_start
from tests.runtime.worlds import read

pytestmark = pytest.mark.usefixtures("database")


class Slow:
    """A session that takes its time between the last statement and the commit."""

    def __init__(self) -> None:
        self._session = open_session(durable=True)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def commit(self) -> None:
        time.sleep(0.4)
        self._session.commit()


def _write(*requests: Any) -> list[Any]:
    session = Slow()
    try:
        return _transaction(session, list(requests), datetime.now(UTC))  # type: ignore[arg-type]
    finally:
        session.close()


async def _together(intakes: list[Intake]) -> None:
    await asyncio.gather(*[asyncio.to_thread(_write, intake) for intake in intakes])


def _taken(workflow: uuid.UUID, worker: uuid.UUID) -> Any:
    return make_inbox(id=uuid.uuid4(), workflow=workflow, trigger="When", owner=worker, attempts=1)


async def test_the_last_slot_goes_to_one() -> None:
    workflow, workers = uuid.uuid4(), [uuid.uuid4(), uuid.uuid4(), uuid.uuid4()]
    rows = [_taken(workflow, worker) for worker in workers]
    await asyncio.to_thread(_write, *rows)
    slots = Slots(workflow, "When", 1)
    intakes = [
        make_intake(row, worker, [make_start(row, worker)], slots=slots)
        for row, worker in zip(rows, workers, strict=True)
    ]
    await _together(intakes)
    assert await read(lambda: Run.objects.filter(workflow=workflow).count()) == 1
    states = await read(
        lambda: sorted(Inbox.objects.filter(workflow=workflow).values_list("state", flat=True))
    )
    assert states == ["new", "new", "started"]


async def test_an_end_and_a_wait_at_once_do_not_miss_each_other() -> None:
    """The run that ends while a row is put to wait: either it sees the row, or the row sees the end."""
    from tests.runtime.stores import ended

    workflow, worker = uuid.uuid4(), uuid.uuid4()
    slots = Slots(workflow, "When", 1)
    first, second = _taken(workflow, worker), _taken(workflow, worker)
    await asyncio.to_thread(_write, first, second)
    start = make_start(first, worker)
    await asyncio.to_thread(_write, make_intake(first, worker, [start], slots=slots))
    end = make_start(first, worker, seq=2, start=None, change=ended(), frees=slots)
    waits = make_intake(second, worker, [make_start(second, worker)], slots=slots)
    await asyncio.gather(asyncio.to_thread(_write, waits), asyncio.to_thread(_write, end))
    row = await read(lambda: Inbox.objects.get(pk=second.id))
    from datetime import UTC, datetime

    assert row.state == "started" or row.ready_at <= datetime.now(UTC), "nobody would wake it"


async def test_the_last_message_releases_one_batch() -> None:
    workflow = uuid.uuid4()
    workers = [uuid.uuid4() for _ in range(4)]
    rows = [_taken(workflow, worker) for worker in workers]
    await asyncio.to_thread(_write, *rows)

    def message(number: int) -> Message:
        return Message("orders", "DEFAULT", str(number), codec.pack_value(number), 1, (), 2, 1000)

    await _together(
        [
            make_intake(row, worker, [], state="batched", message=message(number))
            for number, (row, worker) in enumerate(zip(rows, workers, strict=True))
        ]
    )
    releases = await read(lambda: list(Inbox.objects.filter(workflow=workflow, kind="release")))
    assert len(releases) == 2
    sizes = await read(
        lambda: [BatchMessage.objects.filter(release=release.pk).count() for release in releases]
    )
    assert sizes == [2, 2]
